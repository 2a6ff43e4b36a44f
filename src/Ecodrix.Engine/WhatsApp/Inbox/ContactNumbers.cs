using Ecodrix.Engine.Leads;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>
/// The writings of one number that WhatsApp itself mixes up: Mexico's 1, Argentina's 9 and Brazil's ninth digit come and go between
/// what is dialled and what Meta reports. Only look-ups try them; what is sent is never rewritten.
/// </summary>
internal static class ContactNumbers
{
    /// <summary>Meta's <c>wa_id</c> or <c>from</c> as E.164: Meta is believed even where the number looks impossible.</summary>
    public static string Of(string waId, string country)
    {
        var text = "+" + waId.TrimStart('+');
        return Kernel.PhoneNumbers.Normalise(text, country) ?? text;
    }

    /// <summary>The number and its other writings, the number first.</summary>
    public static IReadOnlyList<string> Variants(string phone) => phone switch
    {
        ['+', '5', '2', '1', .. { Length: 10 } rest] => [phone, "+52" + rest],
        ['+', '5', '2', .. { Length: 10 } rest] => [phone, "+521" + rest],
        ['+', '5', '4', '9', .. { Length: 10 } rest] => [phone, "+54" + rest],
        ['+', '5', '4', .. { Length: 10 } rest] => [phone, "+549" + rest],
        ['+', '5', '5', var a, var b, '9', .. { Length: 8 } rest] => [phone, $"+55{a}{b}{rest}"],
        ['+', '5', '5', var a, var b, .. { Length: 8 } rest] => [phone, $"+55{a}{b}9{rest}"],
        _ => [phone],
    };

    /// <summary>The writing of a number that can be dialled, where Meta's own cannot.</summary>
    public static string Dialled(string phone, string country) => Variants(phone).FirstOrDefault(p => Kernel.PhoneNumbers.Normalise(p, country) == p) ?? phone;

    /// <summary>All writings of several numbers, each once.</summary>
    public static List<string> AllVariants(IEnumerable<string> phones) => [.. phones.SelectMany(Variants).Distinct(StringComparer.Ordinal)];

    /// <summary>Whatever has a number in one of its writings, the same writing first.</summary>
    public static IEnumerable<T> Among<T>(IReadOnlyDictionary<string, T> byPhone, string phone)
        where T : class => Variants(phone).Select(p => byPhone.GetValueOrDefault(p)).OfType<T>();

    /// <summary>What a conversation is found by.</summary>
    public static List<string> Terms(string? name, string? username, string? phone) =>
        LeadTerms.Of(new Lead { FirstName = name ?? "", LastName = username, Phone = phone, Rank = "" });
}
