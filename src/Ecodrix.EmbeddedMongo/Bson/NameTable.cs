using System.Text;

namespace Ecodrix.EmbeddedMongo.Bson;

/// <summary>
/// The strings of field names already met, found by their bytes: documents of a collection repeat the same few names, and a
/// string for each occurrence would be most of what decoding allocates.
/// </summary>
internal static class NameTable
{
    private const int Size = 4096;
    private const int LongestKept = 64;

    private static readonly Entry?[] Entries = new Entry?[Size];

    public static string Get(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestKept)
        {
            return Encoding.UTF8.GetString(name);
        }

        uint hash = 2166136261;
        foreach (byte b in name)
        {
            hash = (hash ^ b) * 16777619;
        }

        // A slot is one reference, so a race costs a string, never a wrong one.
        ref var slot = ref Entries[hash % Size];
        var entry = Volatile.Read(ref slot);
        if (entry is null || !name.SequenceEqual(entry.Bytes))
        {
            entry = new Entry(name.ToArray(), Encoding.UTF8.GetString(name));
            Volatile.Write(ref slot, entry);
        }

        return entry.Text;
    }

    private sealed record Entry(byte[] Bytes, string Text);
}
