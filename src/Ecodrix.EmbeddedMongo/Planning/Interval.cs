using Ecodrix.EmbeddedMongo.Indexes;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>
/// A run of values of one field, by their ascending keys. An end that is not included leaves out every key that starts with
/// its bytes, so that a single tag byte can stand for a whole type.
/// </summary>
internal sealed record Interval(byte[] Low, bool IncludesLow, byte[] High, bool IncludesHigh)
{
    /// <summary>All values.</summary>
    public static Interval Full { get; } = new([0], true, [0xFF], true);

    public bool IsPoint => IncludesLow && IncludesHigh && Low.AsSpan().SequenceEqual(High);

    public static Interval Point(byte[] key) => new(key, true, key, true);

    /// <summary>The first key of the interval, below which nothing belongs to it.</summary>
    public byte[] Start => IncludesLow ? Low : KeyRange.After(Low);

    /// <summary>The first key beyond the interval.</summary>
    public byte[] End => IncludesHigh ? KeyRange.After(High) : High;

    /// <summary>The values of both, or null if there are none.</summary>
    public Interval? Intersect(Interval other)
    {
        var low = Start.AsSpan().SequenceCompareTo(other.Start) >= 0 ? this : other;
        var high = End.AsSpan().SequenceCompareTo(other.End) <= 0 ? this : other;
        return low.Start.AsSpan().SequenceCompareTo(high.End) < 0
            ? new Interval(low.Low, low.IncludesLow, high.High, high.IncludesHigh)
            : null;
    }

    /// <summary>The same values in a field that the index keeps in descending order.</summary>
    public Interval Descending()
    {
        byte[] low = [.. High], high = [.. Low];
        KeyEncoder.Invert(low);
        KeyEncoder.Invert(high);
        return new Interval(low, IncludesHigh, high, IncludesLow);
    }
}
