using System.Text;
using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Engine.WhatsApp.Broadcasts;

/// <summary>Reads recipients from CSV (RFC 4180; comma, semicolon or tab).</summary>
internal static class CsvRecipients
{
    private static readonly string[] PhoneNames = ["phone", "mobile", "number", "whatsapp", "to"];

    public static IReadOnlyList<(string? Phone, BsonValue? Variables)> Read(Check check, string csv)
    {
        var text = csv.TrimStart('\uFEFF');
        if (text.Contains('\0'))
        {
            check.That(false, "csv", "csv is not plain text: it holds NUL characters, as files saved as UTF-16 do. Save it as UTF-8.");
            return [];
        }

        var firstLine = text.AsSpan(0, Math.Max(0, text.IndexOf('\n')));
        var separator = firstLine.Contains('\t') ? '\t' : firstLine.Contains(';') && !firstLine.Contains(',') ? ';' : ',';
        var rows = Rows(text, separator);
        var header = rows.FirstOrDefault()?.Select(h => h.Trim()).ToList() ?? [];
        var at = header.FindIndex(h => PhoneNames.Contains(h.ToLowerInvariant()));
        check.That(at >= 0, "csv", "csv needs a first line with the names of its columns, one of them phone.");
        check.That(rows.Count > 1, "csv", "csv has no recipients below its first line.");
        if (at < 0)
        {
            return [];
        }

        return
        [
            .. rows.Skip(1).Where(r => r.Any(c => c.Trim().Length > 0)).Select(row =>
            {
                var variables = new BsonDocument(BroadcastPlanning.CsvMark, true);
                for (var column = 0; column < Math.Min(header.Count, row.Count); column++)
                {
                    if (column != at)
                    {
                        variables[header[column].Length == 0 ? $"column{column + 1}" : header[column]] = row[column].Trim();
                    }
                }

                return ((string?)(at < row.Count ? row[at].Trim() : null), variables.ElementCount > 1 ? variables : (BsonValue?)null);
            }),
        ];
    }

    private static List<List<string>> Rows(string text, char separator)
    {
        var rows = new List<List<string>>();
        var row = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (quoted && c == '"' && at + 1 < text.Length && text[at + 1] == '"')
            {
                cell.Append('"');
                at++;
            }
            else if (c == '"' && (quoted || cell.Length == 0))
            {
                quoted = !quoted;
            }
            else if (!quoted && c == separator)
            {
                row.Add(cell.ToString());
                cell.Clear();
            }
            else if (!quoted && c == '\n')
            {
                row.Add(cell.ToString().TrimEnd('\r'));
                cell.Clear();
                rows.Add(row);
                row = [];
            }
            else
            {
                cell.Append(c);
            }
        }

        if (cell.Length > 0 || row.Count > 0)
        {
            row.Add(cell.ToString().TrimEnd('\r'));
            rows.Add(row);
        }

        return rows;
    }
}
