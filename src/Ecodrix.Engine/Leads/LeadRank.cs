namespace Ecodrix.Engine.Leads;

/// <summary>
/// Places in a column as text, so that a card can always be put between two others without touching any third. Smaller stands
/// higher.
/// </summary>
internal static class LeadRank
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int TimeDigits = 11;

    /// <summary>A place above everything put anywhere until now: newer is smaller.</summary>
    public static string Top(DateTime now)
    {
        var left = DateTime.MaxValue.Ticks - now.Ticks;
        Span<char> text = stackalloc char[TimeDigits + 1];
        for (var at = TimeDigits - 1; at >= 0; at--)
        {
            text[at] = Digits[(int)(left % Digits.Length)];
            left /= Digits.Length;
        }

        // Never ends in the lowest digit, so that there is always room above.
        text[^1] = 'i';
        return new string(text);
    }
}
