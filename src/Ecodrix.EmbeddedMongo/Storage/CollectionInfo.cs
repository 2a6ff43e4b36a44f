using System.Collections.Immutable;
using Ecodrix.EmbeddedMongo.Indexes;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>A collection as the catalog has it at one moment. Immutable, but for its running <see cref="State"/>.</summary>
internal sealed record CollectionInfo(
    int Id, string Database, string Name, BsonDocument Options, Guid Uuid, ImmutableArray<IndexInfo> Indexes, CollectionState State)
{
    private const int RecordBits = 40;

    public string Namespace => $"{Database}.{Name}";

    public IndexInfo IdIndex => Indexes[0];

    /// <summary>The row of the first record there could be.</summary>
    public long FirstRow => (long)Id << RecordBits;

    /// <summary>The row after the last record there could be.</summary>
    public long EndRow => (long)(Id + 1) << RecordBits;

    public long RowOf(long record) => FirstRow | record;

    public long RecordOf(long row) => row - FirstRow;
}

/// <summary>What the writer knows of a collection without asking the file.</summary>
internal sealed class CollectionState
{
    private long _count = -1;

    /// <summary>The number of the next record, or 0 if not yet read. Touched by the writer only.</summary>
    public long NextRecord { get; set; }

    /// <summary>How many documents there are, or −1 until someone has asked and they were counted.</summary>
    public long Count
    {
        get => Volatile.Read(ref _count);
        set => Volatile.Write(ref _count, value);
    }

    /// <summary>What the running transaction adds to the count. Touched by the writer only.</summary>
    public long Added { get; set; }

    /// <summary>The numbers of matches that are right until something changes.</summary>
    public RememberedCounts Remembered { get; } = new();

    /// <summary>About how long runs of its indexes are.</summary>
    public SampledCounts Samples { get; } = new();

    /// <summary>The numbers of matches that are kept up to date.</summary>
    public RangeCounts Counts { get; } = new();
}

/// <summary>The collections of one database at one moment.</summary>
internal sealed class DatabaseCatalog(string name, ImmutableDictionary<string, CollectionInfo> collections)
{
    public string Name { get; } = name;

    public ImmutableDictionary<string, CollectionInfo> Collections { get; } = collections;

    public CollectionInfo? Find(string collection) => Collections.GetValueOrDefault(collection);

    public DatabaseCatalog With(CollectionInfo collection) => new(Name, Collections.SetItem(collection.Name, collection));

    public DatabaseCatalog Without(string collection) => new(Name, Collections.Remove(collection));
}
