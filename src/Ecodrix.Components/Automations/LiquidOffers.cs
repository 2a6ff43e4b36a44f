namespace Ecodrix.Components.Automations;

/// <summary>Something a field with Liquid offers to write.</summary>
/// <param name="Text">A name or a filter; a name that ends in a dot is only the beginning of one.</param>
/// <param name="Hint">What may follow it, for people.</param>
public sealed record LiquidOffer(string Text, string? Hint = null)
{
    /// <summary>Whether the output is complete with it, and its braces can be closed.</summary>
    public bool Closes => !Text.EndsWith('.') && Hint is null;
}

/// <summary>What can be written where the caret stands.</summary>
/// <param name="Items">The offers, the most likely first; none where nothing can be said.</param>
/// <param name="Written">The part of it that stands before the caret already, and is replaced.</param>
/// <param name="Gap">Whether a blank belongs before it.</param>
public sealed record LiquidOffers(IReadOnlyList<LiquidOffer> Items, string Written, bool Gap)
{
    private const int Most = 40;

    private static readonly LiquidOffers None = new([], "", false);

    private static readonly LiquidOffer[] Filters =
    [
        new("default", "\"there\""), new("date", "\"%d.%m.%Y %H:%M\""), new("capitalize"), new("upcase"), new("downcase"), new("json"), new("escape"), new("strip"), new("strip_html"),
        new("newline_to_br"), new("truncate", "40"), new("replace", "\"a\", \"b\""), new("append", "\"!\""), new("prepend", "\"Dr. \""), new("join", "\", \""), new("split", "\",\""),
        new("first"), new("last"), new("size"), new("round", "2"), new("plus", "1"), new("minus", "1"), new("times", "2"), new("divided_by", "100"), new("url_encode"),
    ];

    /// <summary>Names every tenant has besides the fields of leads.</summary>
    public static IReadOnlyList<string> Common { get; } = ["lead.name", "lead.stage", "lead.pipeline", "lead.id", "variables.", "data.", "meet.link", "tenant.name", "tenant.code"];

    /// <summary>Offers names after <c>{{</c> and filters after <c>|</c>; nothing outside of braces, in quotes or after a filter's colon.</summary>
    /// <param name="before">The text before the caret.</param>
    /// <param name="names">The names there are.</param>
    public static LiquidOffers At(string before, IReadOnlyList<string> names)
    {
        var open = before.LastIndexOf("{{", StringComparison.Ordinal);
        var inside = open < 0 ? "" : before[(open + 2)..];
        if (open < 0 || inside.Contains("}}", StringComparison.Ordinal) || inside.Contains('\n', StringComparison.Ordinal) || inside.Count(c => c == '"') % 2 == 1 || inside.Count(c => c == '\'') % 2 == 1)
        {
            return None;
        }

        // {{- takes away the blanks before it.
        inside = inside.StartsWith('-') ? inside[1..] : inside;
        var pipe = inside.LastIndexOf('|');
        var rest = inside[(pipe + 1)..];
        var written = rest.TrimStart();
        if (!written.All(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            return None;
        }

        LiquidOffer[] found = pipe >= 0
            ? [.. Filters.Where(f => f.Text.StartsWith(written, StringComparison.OrdinalIgnoreCase))]
            : [.. names.Where(n => Rank(n, written) < 2).OrderBy(n => Rank(n, written)).Take(Most).Select(n => new LiquidOffer(n))];
        // Who has written all of it needs no list in the way of Enter.
        return found is [var only] && only.Text == written ? None : new LiquidOffers(found, written, rest.Length == written.Length);
    }

    /// <summary>First what begins like it, then whose last part does: <c>first</c> finds <c>lead.firstName</c>.</summary>
    private static int Rank(string name, string written) =>
        name.StartsWith(written, StringComparison.OrdinalIgnoreCase) ? 0
        : name[(name.LastIndexOf('.') + 1)..].StartsWith(written, StringComparison.OrdinalIgnoreCase) && !name.EndsWith('.') ? 1 : 2;
}
