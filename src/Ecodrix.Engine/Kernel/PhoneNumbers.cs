using System.Buffers;
using PhoneNumbers;

namespace Ecodrix.Engine.Kernel;

/// <summary>Phone numbers in one form: E.164, so that <c>+919876543210</c>, <c>919876543210</c> and <c>98765 43210</c> are one.</summary>
public static class PhoneNumbers
{
    private static readonly PhoneNumberUtil Util = PhoneNumberUtil.GetInstance();
    private static readonly SearchValues<char> Allowed = SearchValues.Create("0123456789+-–(). \u00a0/");

    /// <summary>The number as E.164 (<c>+</c> and up to 15 digits, ITU-T E.164), or null when no such number can exist.</summary>
    /// <param name="raw">As written by a person or a system.</param>
    /// <param name="country">The ISO 3166 alpha-2 country in which a number without <c>+</c> is read.</param>
    public static string? Normalise(string raw, string country)
    {
        var text = raw.Trim();
        if (text.Length is < 5 or > 40 || text.AsSpan().ContainsAnyExcept(Allowed))
        {
            return null;
        }

        if (text.StartsWith("00", StringComparison.Ordinal))
        {
            text = "+" + text[2..];
        }

        // A local number first; then the way Meta and many systems write one: country code, no plus.
        return Parse(text, country) ?? (text.StartsWith('+') ? null : Parse("+" + text, country));
    }

    /// <summary>Whether this is a known country, as ISO 3166 alpha-2.</summary>
    public static bool IsCountry(string country) => Util.GetSupportedRegions().Contains(country);

    private static string? Parse(string text, string country)
    {
        try
        {
            var number = Util.Parse(text, country);
            return Util.IsValidNumber(number) ? Util.Format(number, PhoneNumberFormat.E164) : null;
        }
        catch (NumberParseException)
        {
            return null;
        }
    }
}
