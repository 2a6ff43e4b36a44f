namespace Ecodrix.Sandbox.Graph.Numbers;

/// <summary>Makes a <c>wa_id</c> of what a sender typed into <c>to</c>.</summary>
internal static class PhoneNumbers
{
    private const int ShortestNational = 10;

    /// <summary>
    /// Strips punctuation, and puts the business's calling code before a number without <c>+</c> that does not carry it yet:
    /// to an Indian business, <c>(631) 555-1234</c> is +91 6315551234.
    /// </summary>
    public static string WaId(string input, string callingCode)
    {
        Span<char> digits = stackalloc char[32];
        var count = 0;
        foreach (var c in input.Length <= 40 ? input : "")
        {
            if (char.IsAsciiDigit(c) && count < digits.Length)
            {
                digits[count++] = c;
            }
            else if (c is not ('+' or '-' or '(' or ')' or ' ' or '.'))
            {
                throw GraphErrors.Value($"Recipient phone number {input} is not valid.");
            }
        }

        var number = new string(digits[..count]);
        var international = input.AsSpan().TrimStart().StartsWith("+", StringComparison.Ordinal)
            || (number.StartsWith(callingCode, StringComparison.Ordinal) && number.Length >= callingCode.Length + ShortestNational);
        var full = international ? number : callingCode + number;
        return full.Length is >= 7 and <= 15 ? Registered(full) : throw GraphErrors.Value($"Recipient phone number {input} is not valid.");
    }

    /// <summary>Whether a recipient is a business-scoped user id: a country, a dot, up to 128 letters and digits.</summary>
    public static bool IsUserId(string recipient)
    {
        var dot = recipient.LastIndexOf('.');
        return recipient.Length is > 3 and <= 140
            && char.IsAsciiLetterUpper(recipient[0]) && char.IsAsciiLetterUpper(recipient[1]) && recipient[2] == '.'
            && recipient[(dot + 1)..].Length > 0
            && recipient[3..].All(c => char.IsAsciiLetterOrDigit(c) || c == '.');
    }

    /// <summary>
    /// The number under which the recipient is registered can differ from the one dialled: Mexican mobiles carry a 1 after
    /// the country code, Brazilian ones outside the large cities no ninth digit.
    /// </summary>
    private static string Registered(string number) => number switch
    {
        { Length: 12 } when number.StartsWith("52", StringComparison.Ordinal) => "521" + number[2..],
        { Length: 13 } when number.StartsWith("55", StringComparison.Ordinal) && number[4] == '9' && !KeepsNinthDigit(number[2..4]) =>
            number[..4] + number[5..],
        _ => number,
    };

    private static bool KeepsNinthDigit(string area) =>
        int.Parse(area, System.Globalization.CultureInfo.InvariantCulture) is (>= 11 and <= 19) or 21 or 22 or 24 or 27 or 28;
}
