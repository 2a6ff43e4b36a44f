using System.Globalization;
using System.Text;
using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Engine.Leads;

/// <summary>What leads are found by: words without case and accents, ends of the phone number, references.</summary>
internal static class LeadTerms
{
    private const int LongestTerm = 40;

    /// <summary>The terms of a lead; a search finds it by the beginning of any.</summary>
    public static List<string> Of(Lead lead)
    {
        var terms = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in (ReadOnlySpan<string?>)[lead.FirstName, lead.LastName, lead.DealTitle])
        {
            terms.UnionWith(Words(text));
        }

        if (lead.Email is { } email)
        {
            terms.Add(Term(Fold(email)));
            terms.UnionWith(Words(email));
        }

        foreach (var phone in lead.OtherPhones.Append(lead.Phone).OfType<string>())
        {
            // Every ending of three digits or more: the beginning of an ending is any part of the number.
            var digits = phone.AsSpan(1);
            for (var at = 0; at <= digits.Length - 3; at++)
            {
                terms.Add(digits[at..].ToString());
            }
        }

        return [.. terms.Order(StringComparer.Ordinal)];
    }

    /// <summary>The words of a search, as <see cref="Of"/> writes terms.</summary>
    public static IReadOnlyList<string> Query(string search)
    {
        // A phone number is typed with gaps, signs and brackets: they belong to one term.
        var digits = new string([.. search.Where(char.IsAsciiDigit)]);
        if (digits.Length >= 3 && search.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or '(' or ')' or ' '))
        {
            return [digits];
        }

        // An address is one term; its parts alone would find everybody at the same provider.
        return [.. search.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(part => part.Contains('@', StringComparison.Ordinal) ? [Term(Fold(part))] : Words(part)).Take(8)];
    }

    /// <summary>A reference as its index holds it.</summary>
    public static string RefKey(string field, string value) => $"{field}={value}";

    /// <summary>All references of a lead as the index holds them.</summary>
    public static List<string> RefKeys(BsonDocument refs) =>
        [.. refs.Where(e => !e.Value.IsBsonNull).Select(e => RefKey(e.Name, e.Value.IsString ? e.Value.AsString : e.Value.ToString()!))];

    /// <summary>The words of a text, in its order.</summary>
    public static IEnumerable<string> Words(string? text) =>
        text is null ? [] : new string([.. Fold(text).Select(c => IsGap(c) ? ' ' : c)]).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Term);

    // Not everything that is no letter: the vowel signs of Indian scripts are none either.
    private static bool IsGap(char c) => char.IsWhiteSpace(c) || char.IsPunctuation(c) || char.IsSymbol(c) || char.IsControl(c);

    private static string Term(string word) => Texts.Cut(word, LongestTerm);

    private static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var c in text.Normalize(NormalizationForm.FormD))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark)
            {
                folded.Append(char.ToLowerInvariant(c));
            }
        }

        return folded.ToString().Normalize(NormalizationForm.FormC);
    }
}
