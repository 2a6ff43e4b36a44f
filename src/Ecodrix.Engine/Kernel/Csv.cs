using System.Buffers;
using System.Text;

namespace Ecodrix.Engine.Kernel;

/// <summary>Comma-separated values as RFC 4180 has them.</summary>
public static class Csv
{
    private static readonly SearchValues<char> Numeric = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> NeedsQuotes = SearchValues.Create("\",\r\n;");

    /// <summary>
    /// One line. A cell that a spreadsheet would take for a formula gets an apostrophe before it, or opening an export could run what a
    /// stranger typed into a form; numbers, and phone numbers, are none.
    /// </summary>
    public static void Append(StringBuilder line, IEnumerable<string?> cells)
    {
        var first = true;
        foreach (var cell in cells)
        {
            if (!first)
            {
                line.Append(',');
            }

            first = false;
            AppendCell(line, cell ?? "");
        }

        line.Append("\r\n");
    }

    /// <summary>All rows of a text; the separator is whichever of comma, semicolon and tab the first line has most of.</summary>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    internal static List<string[]> Read(string text)
    {
        text = text.TrimStart('\uFEFF');
        var head = text.AsSpan(0, text.IndexOfAny(['\n', '\r']) is >= 0 and var end ? end : text.Length);
        var separator = head.Count(';') > head.Count(',') ? ';' : head.Count('\t') > head.Count(',') ? '\t' : ',';
        var rows = new List<string[]>();
        var row = new List<string>();
        var cell = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (c == '"' && cell.Length == 0)
            {
                at = ReadQuoted(text, at + 1, cell);
            }
            else if (c == separator)
            {
                row.Add(Plain(cell));
            }
            else if (c is '\n' or '\r')
            {
                at += c == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 1 : 0;
                End(rows, row, cell);
            }
            else
            {
                cell.Append(c);
            }
        }

        End(rows, row, cell);
        return rows;
    }

    private static int ReadQuoted(string text, int at, StringBuilder cell)
    {
        for (; at < text.Length; at++)
        {
            if (text[at] != '"')
            {
                cell.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '"')
            {
                cell.Append('"');
                at++;
            }
            else
            {
                return at;
            }
        }

        throw new FormatException("A quoted value is not closed.");
    }

    private static void End(List<string[]> rows, List<string> row, StringBuilder cell)
    {
        row.Add(Plain(cell));
        if (row.Exists(value => value.Length > 0))
        {
            rows.Add([.. row]);
        }

        row.Clear();
    }

    private static string Plain(StringBuilder cell)
    {
        var text = cell.ToString().Trim();
        cell.Clear();
        return text.Length > 1 && text[0] == '\'' && text[1] is ('=' or '+' or '-' or '@') ? text[1..] : text;
    }

    private static void AppendCell(StringBuilder line, string cell)
    {
        var formula = cell.Length > 0 && cell[0] is ('=' or '+' or '-' or '@' or '\t' or '\r');
        formula = formula && cell.AsSpan(1).ContainsAnyExcept(Numeric);
        var quoted = cell.AsSpan().ContainsAny(NeedsQuotes);
        if (quoted)
        {
            line.Append('"');
        }

        if (formula)
        {
            line.Append('\'');
        }

        line.Append(quoted ? cell.Replace("\"", "\"\"", StringComparison.Ordinal) : cell);
        if (quoted)
        {
            line.Append('"');
        }
    }
}
