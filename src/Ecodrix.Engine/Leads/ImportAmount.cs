using System.Globalization;
using System.Text.RegularExpressions;

namespace Ecodrix.Engine.Leads;

/// <summary>
/// Reads an amount of money as people write it in lists: with separators of any country, a currency before or after it, and India's
/// lakh and crore. What could mean two amounts, or none, is no amount: a wrong figure is worse than a fault that is reported.
/// </summary>
internal static partial class ImportAmount
{
    /// <summary>What is longer is no amount.</summary>
    public const int Longest = 60;

    /// <summary>ISO 4217: any other three letters, MIO say, may change the amount.</summary>
    private static readonly HashSet<string> Currencies =
        [.. CultureInfo.GetCultures(CultureTypes.SpecificCultures).Select(c => new RegionInfo(c.Name).ISOCurrencySymbol)];

    /// <summary>The amount, or null where the text is none.</summary>
    public static decimal? Read(string text)
    {
        if (text.Length > Longest || Written().Match(text) is not { Success: true } match
            || match.Groups["code"].Captures.Any(c => !Currencies.Contains(c.Value))
            || Plain(match.Groups["figure"].Value) is not { } plain
            || !decimal.TryParse(plain, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
        {
            return null;
        }

        amount *= Times(match.Groups["times"].Value);
        return match.Groups["minus"].Length > 0 ? -amount : amount;
    }

    private static decimal Times(string word) => word.ToLowerInvariant().TrimEnd('.', 's') switch
    {
        "k" => 1_000,
        "lakh" or "lac" => 1_00_000,
        "crore" or "cr" => 1_00_00_000,
        _ => 1,
    };

    /// <summary>The figure without what groups it and with a point before the fraction; null where its marks say no clear thing.</summary>
    private static string? Plain(string figure)
    {
        if (figure.Any(c => c is '\'' or '’' || char.IsWhiteSpace(c)))
        {
            return Spaced().IsMatch(figure) ? string.Concat(figure.Where(c => char.IsAsciiDigit(c) || c is '.' or ',')).Replace(',', '.') : null;
        }

        return TwoMeanings().IsMatch(figure) ? null
            : PlainFigure().IsMatch(figure) ? figure
            : WithCommas().IsMatch(figure) ? figure.Replace(",", "", StringComparison.Ordinal)
            : WithPoints().IsMatch(figure) ? figure.Replace(".", "", StringComparison.Ordinal).Replace(',', '.')
            : DecimalComma().IsMatch(figure) ? figure.Replace(',', '.')
            : null;
    }

    /// <summary>A figure with what may stand around it.</summary>
    [GeneratedRegex(
        @"^\s*(?:\p{L}{0,3}\p{Sc}|(?<code>[A-Z]{3})|(?i:rs|kr)\.?)?\s*(?<minus>-?)\s*(?<figure>[0-9.,](?:[0-9.,'’\s]*[0-9.,])?)\s*(?<times>(?i:k|lakhs?|lacs?|crores?|cr\.?))?\s*(?:/-|\p{Sc}|(?<code>[A-Z]{3})|(?i:rs|kr)\.?)?\s*$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Written();

    [GeneratedRegex(@"^(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainFigure();

    /// <summary>1.500 is one and a half to some and fifteen hundred to others.</summary>
    [GeneratedRegex(@"^[1-9][0-9]{0,2}\.[0-9]{3}$", RegexOptions.CultureInvariant)]
    private static partial Regex TwoMeanings();

    /// <summary>1,234,567.50 and India's 12,34,567.50.</summary>
    [GeneratedRegex(@"^(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3})(?:\.[0-9]*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex WithCommas();

    /// <summary>1.234.567 and 1.234,50. One point alone says no clear thing, or was a fraction above.</summary>
    [GeneratedRegex(@"^[0-9]{1,3}(?:(?:\.[0-9]{3})+,[0-9]*|(?:\.[0-9]{3}){2,})$", RegexOptions.CultureInvariant)]
    private static partial Regex WithPoints();

    /// <summary>12,50: three digits after the comma were a group above.</summary>
    [GeneratedRegex(@"^[0-9]+,[0-9]{1,2}$", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalComma();

    /// <summary>1 234 567,50 and 1'234'567.50.</summary>
    [GeneratedRegex(@"^[0-9]{1,3}(?:['’\s][0-9]{3})+(?:[.,][0-9]*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Spaced();
}
