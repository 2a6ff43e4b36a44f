using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>
/// Sorts records by encoded keys, of which it keeps no more than the limit needs. The documents stay in the file: only keys and
/// record numbers are held.
/// </summary>
internal sealed class RecordSorter : IDisposable
{
    /// <summary>MongoDB's limit on the memory of a sort.</summary>
    public const long MemoryLimit = 100 * 1024 * 1024;

    private const int EntryOverhead = 64;
    private const int Slack = 1024;

    private readonly IndexInfo _pattern;
    private readonly IndexKeys _keys = new();
    private readonly int _limit;
    private readonly List<Entry> _entries = [];
    private long _bytes;
    private bool _sorted = true;

    /// <param name="sort">The order.</param>
    /// <param name="limit">How many of the first are wanted; 0 means all.</param>
    public RecordSorter(SortSpec sort, int limit)
    {
        // A document sorts by the least key it would have in an index with this pattern.
        var key = new BsonDocument(sort.Fields.Select(field => new BsonElement(field.Path.Text, field.Descending ? -1 : 1)));
        _pattern = new IndexInfo(0, IndexDefinition.Of(new BsonDocument { { "name", "sort" }, { "key", key } }), 0);
        _limit = limit;
    }

    public void Add(long record, ReadOnlySpan<byte> body, int? positional)
    {
        try
        {
            _keys.Collect(_pattern, body, record);
        }
        catch (MongoError error) when (error.Code == 171)
        {
            throw Errors.BadValue("cannot sort with keys that are parallel arrays");
        }

        var entry = new Entry(_keys[0].ToArray(), record, positional);
        _entries.Add(entry);
        _bytes += entry.Key.Length + EntryOverhead;
        _sorted = false;
        if (_limit > 0 && _entries.Count >= (2L * _limit) + Slack)
        {
            Trim();
        }

        if (_bytes > MemoryLimit)
        {
            throw Errors.ExceededMemoryLimit(
                $"Sort exceeded memory limit of {MemoryLimit} bytes, but did not opt in to external sorting.");
        }
    }

    /// <summary>The records in order.</summary>
    public IReadOnlyList<Entry> Sorted()
    {
        Trim();
        return _entries;
    }

    public void Dispose() => _keys.Dispose();

    private void Trim()
    {
        if (!_sorted)
        {
            _entries.Sort((x, y) => x.Key.AsSpan().SequenceCompareTo(y.Key));
            _sorted = true;
        }

        if (_limit > 0 && _entries.Count > _limit)
        {
            _entries.RemoveRange(_limit, _entries.Count - _limit);
            _bytes = _entries.Sum(entry => (long)entry.Key.Length + EntryOverhead);
        }
    }

    internal readonly record struct Entry(byte[] Key, long Record, int? Positional);
}
