namespace Ecodrix.Engine.Leads;

/// <summary>
/// Places in a column as text, so that a card can always be put between two others without touching any third. Smaller stands
/// higher. Read as digits after a point in base 36; none ends in the lowest digit, so that there is always room above.
/// </summary>
internal static class LeadRank
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int TimeDigits = 11;

    /// <summary>A place above everything put anywhere until now: newer is smaller.</summary>
    public static string Top(DateTime now)
    {
        var left = DateTime.MaxValue.Ticks - now.Ticks;
        Span<char> text = stackalloc char[TimeDigits];
        for (var at = TimeDigits - 1; at >= 0; at--)
        {
            text[at] = Digits[(int)(left % Digits.Length)];
            left /= Digits.Length;
        }

        return string.Concat(text, Salt());
    }

    /// <summary>A place between two others.</summary>
    /// <param name="above">The one that stands higher; null when there is none.</param>
    /// <param name="below">The one that stands lower; null when there is none.</param>
    public static string Between(string? above, string? below)
    {
        above ??= "";
        var between = new System.Text.StringBuilder();
        // While the digits so far are those of the lower card, its next digit is the limit; once they are smaller, nothing is.
        var limited = below is not null && string.CompareOrdinal(above, below) < 0;
        for (var at = 0; ; at++)
        {
            var low = at < above.Length ? Digits.IndexOf(above[at], StringComparison.Ordinal) : 0;
            var high = limited && at < below!.Length ? Digits.IndexOf(below[at], StringComparison.Ordinal) : Digits.Length;
            if (high - low > 1)
            {
                // It differs from the lower card here, so whatever follows it stays above it.
                return between.Append(Digits[(low + high) / 2]).Append(Salt()).ToString();
            }

            limited = limited && high == low;
            between.Append(Digits[low]);
        }
    }

    /// <summary>Two who put a card into the same gap at the same time get two places.</summary>
    private static string Salt()
    {
        Span<char> salt = stackalloc char[3];
        for (var at = 0; at < salt.Length; at++)
        {
            salt[at] = Digits[Random.Shared.Next(at == salt.Length - 1 ? 1 : 0, Digits.Length)];
        }

        return new string(salt);
    }
}
