namespace Ecodrix.EmbeddedMongo.Indexes;

/// <summary>A run of index entries: from <paramref name="Start"/> up to but not including <paramref name="End"/>.</summary>
/// <param name="Start">The first key there could be.</param>
/// <param name="End">The first key beyond.</param>
/// <param name="FixedLength">How many bytes all keys of the run begin with: the index's number and the fields fixed to one value.</param>
internal sealed record KeyRange(byte[] Start, byte[] End, int FixedLength)
{
    /// <summary>The least key that is greater than every key starting with <paramref name="prefix"/>.</summary>
    public static byte[] After(ReadOnlySpan<byte> prefix)
    {
        int length = prefix.LastIndexOfAnyExcept((byte)0xFF) + 1;
        if (length == 0)
        {
            // Nothing starts with 0xFF: tags and their inversions stay clear of it.
            return [0xFF, 0xFF];
        }

        byte[] next = prefix[..length].ToArray();
        next[^1]++;
        return next;
    }

    public bool Contains(ReadOnlySpan<byte> key) => key.SequenceCompareTo(Start) >= 0 && key.SequenceCompareTo(End) < 0;
}
