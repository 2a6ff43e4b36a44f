namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>A run of index entries: from <paramref name="Start"/> up to but not including <paramref name="End"/>.</summary>
internal sealed record KeyRange(byte[] Start, byte[] End)
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
}
