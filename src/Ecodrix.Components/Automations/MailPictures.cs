using System.Text.RegularExpressions;

namespace Ecodrix.Components.Automations;

/// <summary>Pictures in a mail's HTML.</summary>
internal static partial class MailPictures
{
    /// <summary>Whether it shows pictures of other hosts: the page's content security policy lets none be fetched.</summary>
    public static bool FromElsewhere(string? html) => html is not null && Elsewhere().IsMatch(html);

    [GeneratedRegex("""(<img\b[^>]*\bsrc\s*=\s*["']?\s*|url\(\s*["']?|\bbackground\s*=\s*["']?\s*)(https?:)?//""", RegexOptions.IgnoreCase)]
    private static partial Regex Elsewhere();
}
