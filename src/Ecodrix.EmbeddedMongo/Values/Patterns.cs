using System.Text;
using System.Text.RegularExpressions;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>Regular expressions of queries and expressions. .NET's dialect is close to PCRE; where it differs, it is translated or refused.</summary>
internal static class Patterns
{
    // A pattern is the client's: one that explodes must fail by itself, not take the process along.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <exception cref="MongoError">51091 for an ill-formed pattern, 51108 for an unknown option.</exception>
    public static Regex Compile(string pattern, string options)
    {
        var flags = RegexOptions.CultureInvariant;
        foreach (char option in options)
        {
            flags |= option switch
            {
                'i' => RegexOptions.IgnoreCase,
                'm' => RegexOptions.Multiline,
                's' => RegexOptions.Singleline,
                'x' => RegexOptions.IgnorePatternWhitespace,
                'u' => RegexOptions.None,
                _ => throw Errors.Location(51108, $"invalid flag in regex options: {option}"),
            };
        }

        if (pattern.Contains('\0', StringComparison.Ordinal))
        {
            throw Errors.BadValue("Regular expression cannot contain an embedded null byte");
        }

        try
        {
            return new Regex(Translate(pattern), flags, Timeout);
        }
        catch (ArgumentException fault)
        {
            throw Errors.Location(51091, $"Regular expression is invalid: {fault.Message}");
        }
    }

    /// <exception cref="MongoError">51156 if the match takes longer than a query may.</exception>
    public static bool IsMatch(Regex regex, string text)
    {
        try
        {
            return regex.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooLong();
        }
    }

    /// <exception cref="MongoError">51156 if the match takes longer than a query may.</exception>
    public static T Guard<T>(Func<T> match)
    {
        try
        {
            return match();
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooLong();
        }
    }

    private static MongoError TooLong() =>
        Errors.Location(51156, "Error occurred while executing regular expression: match limit exceeded");

    /// <summary>The text every match begins with, if the pattern is anchored, case-sensitive and begins with plain characters.</summary>
    public static string? PrefixOf(string pattern, string options)
    {
        if (options.AsSpan().IndexOfAny("imx") >= 0 || pattern.Contains('|', StringComparison.Ordinal))
        {
            return null;
        }

        int at = pattern.StartsWith('^') ? 1 : pattern.StartsWith("\\A", StringComparison.Ordinal) ? 2 : 0;
        if (at == 0)
        {
            return null;
        }

        var prefix = new StringBuilder();
        while (at < pattern.Length)
        {
            char c = pattern[at];
            if (c is '?' or '*' or '{')
            {
                // The character before may be absent.
                prefix.Length -= Math.Min(1, prefix.Length);
                prefix.Length -= prefix.Length > 0 && char.IsHighSurrogate(prefix[^1]) ? 1 : 0;
                break;
            }

            bool escaped = c == '\\' && at + 1 < pattern.Length && !char.IsAsciiLetterOrDigit(pattern[at + 1]);
            if (!escaped && "\\^$.[]()+|".Contains(c, StringComparison.Ordinal))
            {
                break;
            }

            prefix.Append(escaped ? pattern[at + 1] : c);
            at += escaped ? 2 : 1;
        }

        return prefix.Length == 0 ? null : prefix.ToString();
    }

    /// <summary>Whether the pattern is an anchor and plain characters, nothing else.</summary>
    public static bool IsPrefixOnly(string pattern, string options)
    {
        if (options.Length > 0 || !pattern.StartsWith('^'))
        {
            return false;
        }

        for (int at = 1; at < pattern.Length; at++)
        {
            char c = pattern[at];
            if (c == '\\')
            {
                // An escaped letter or digit is a class or a reference; any other escaped character is itself.
                if (++at == pattern.Length || char.IsAsciiLetterOrDigit(pattern[at]))
                {
                    return false;
                }
            }
            else if (".$^[](){}*+?|".Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>PCRE's possessive quantifiers and <c>\h</c> have other spellings in .NET; <c>\Q…\E</c> is quoted out.</summary>
    private static string Translate(string pattern)
    {
        if (!pattern.Contains('\\', StringComparison.Ordinal) && !pattern.Contains("(?P", StringComparison.Ordinal))
        {
            return pattern;
        }

        var text = new StringBuilder(pattern.Length);
        for (int at = 0; at < pattern.Length; at++)
        {
            if (pattern[at] != '\\' || at + 1 == pattern.Length)
            {
                text.Append(pattern[at]);
                continue;
            }

            char next = pattern[++at];
            if (next == 'Q')
            {
                int end = pattern.IndexOf("\\E", at, StringComparison.Ordinal);
                end = end < 0 ? pattern.Length : end;
                text.Append(Regex.Escape(pattern[(at + 1)..end]));
                at = end + 1;
                continue;
            }

            text.Append(next == 'h' ? "[ \\t]" : $"\\{next}");
        }

        return text.Replace("(?P<", "(?<").ToString();
    }
}
