using Ecodrix.EmbeddedMongo.Bson;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// Index entries of several documents, to be added in the order of their keys: neighbours lie in the same pages, which are found, changed
/// and held in the processor's caches once for all of them. A reusable work space.
/// </summary>
internal sealed class EntryBatch : IDisposable
{
    private readonly ByteBuffer _keys = new(4096);
    private readonly List<Entry> _entries = [];

    public int Count => _entries.Count;

    public void Add(ReadOnlySpan<byte> key, long record)
    {
        _entries.Add(new Entry(_keys.Length, key.Length, record));
        key.CopyTo(_keys.Append(key.Length));
    }

    public void Sort() => _entries.Sort((a, b) => Key(a).SequenceCompareTo(Key(b)));

    public ReadOnlySpan<byte> KeyAt(int at) => Key(_entries[at]);

    public long RecordAt(int at) => _entries[at].Record;

    public void Clear()
    {
        _keys.Clear();
        _entries.Clear();
    }

    public void Dispose() => _keys.Dispose();

    private ReadOnlySpan<byte> Key(Entry entry) => _keys.Span.Slice(entry.Start, entry.Length);

    private readonly record struct Entry(int Start, int Length, long Record);
}
