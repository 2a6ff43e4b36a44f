namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>A run of keys: from <paramref name="Start"/> up to but not including <paramref name="End"/>.</summary>
internal readonly record struct KeySpan(byte[] Start, byte[] End)
{
    public bool Contains(ReadOnlySpan<byte> key) => key.SequenceCompareTo(Start) >= 0 && key.SequenceCompareTo(End) < 0;
}
