using Ecodrix.EmbeddedMongo.Storage;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>Steps through index entries, and with them through the documents they lead to.</summary>
internal abstract class EntryReader : IDisposable
{
    public long Examined { get; protected set; }

    /// <summary>The record that the entry leads to.</summary>
    public long Record { get; protected set; }

    /// <summary>Whether it reads the documents too.</summary>
    public virtual bool HasDocuments => false;

    /// <summary>The document that the entry leads to, valid until the next step; empty where only the entries are read.</summary>
    public virtual ReadOnlySpan<byte> Body => default;

    public abstract bool Next();

    public abstract void Dispose();

    /// <summary>Reads the entries alone.</summary>
    public static EntryReader Of(SqliteSession session, EntryPath path) => path is IndexScan { Merges: true }
        ? new EntryMerge(session, path)
        : new EntryRuns(session, path);

    /// <summary>Reads the entries and their documents.</summary>
    public static EntryReader WithDocuments(SqliteSession session, EntryPath path, CollectionInfo collection) => path is IndexScan { Merges: true }
        ? new EntryDocuments(session, new EntryMerge(session, path), collection)
        : new EntryRuns(session, path, collection);
}

/// <summary>
/// One run after the other. Documents come by a join within SQLite, whose cursor stays open from one to the next: several times
/// cheaper than a look-up of its own for each.
/// </summary>
internal sealed class EntryRuns : EntryReader
{
    private const string Entries = "SELECT record FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key";

    // CROSS JOIN keeps SQLite from reversing the loops.
    private const string Joined =
        "SELECT e.record, d.body FROM entries e CROSS JOIN documents d ON d.id = ?3 + e.record WHERE e.key >= ?1 AND e.key < ?2 ORDER BY e.key";

    private static readonly SqlText Forward = new(Entries);
    private static readonly SqlText Reverse = new($"{Entries} DESC");
    private static readonly SqlText JoinedForward = new(Joined);
    private static readonly SqlText JoinedReverse = new($"{Joined} DESC");

    private readonly EntryPath _path;
    private readonly CollectionInfo? _documents;
    private readonly Statement _rows;
    private int _range = -1;
    private bool _inRange;

    /// <param name="session">The connection to read on.</param>
    /// <param name="path">Which entries, and from which end.</param>
    /// <param name="documents">The collection to read the documents from; null reads the entries alone.</param>
    public EntryRuns(SqliteSession session, EntryPath path, CollectionInfo? documents = null)
    {
        _path = path;
        _documents = documents;
        _rows = session.Use((documents is null, path.Backward) switch
        {
            (true, false) => Forward,
            (true, true) => Reverse,
            (false, false) => JoinedForward,
            (false, true) => JoinedReverse,
        });
    }

    public override bool HasDocuments => _documents is not null;

    public override ReadOnlySpan<byte> Body => _documents is null ? default : _rows.Blob(1);

    public override bool Next()
    {
        while (_inRange || OpenNext())
        {
            if (_rows.Step())
            {
                Examined++;
                Record = _rows.Integer(0);
                return true;
            }

            _inRange = false;
        }

        return false;
    }

    public override void Dispose() => _rows.Dispose();

    private bool OpenNext()
    {
        if (++_range >= _path.Ranges.Length)
        {
            return false;
        }

        var range = _path.Ranges[_path.Backward ? _path.Ranges.Length - 1 - _range : _range];
        _rows.Reset();
        _rows.Bind(1, range.Start).Bind(2, range.End);
        if (_documents is not null)
        {
            _rows.Bind(3, _documents.FirstRow);
        }

        return _inRange = true;
    }
}

/// <summary>All runs at once, always the one whose next entry comes first in what follows the run's fixed fields.</summary>
internal sealed class EntryMerge : EntryReader
{
    private static readonly SqlText Forward = new("SELECT record, key FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key");
    private static readonly SqlText Reverse = new("SELECT record, key FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key DESC");

    private readonly List<Statement> _runs = [];
    private readonly PriorityQueue<(Statement Rows, int Fixed), byte[]> _heads;
    private (Statement Rows, int Fixed)? _current;

    public EntryMerge(SqliteSession session, EntryPath path)
    {
        _heads = new(Comparer<byte[]>.Create(path.Backward
            ? (x, y) => y.AsSpan().SequenceCompareTo(x)
            : (x, y) => x.AsSpan().SequenceCompareTo(y)));
        foreach (var range in path.Ranges)
        {
            var rows = session.Use(path.Backward ? Reverse : Forward).Bind(1, range.Start).Bind(2, range.End);
            _runs.Add(rows);
            Advance((rows, range.FixedLength));
        }
    }

    public override bool Next()
    {
        if (_current is { } last)
        {
            Advance(last);
            _current = null;
        }

        if (!_heads.TryDequeue(out var head, out _))
        {
            return false;
        }

        _current = head;
        Record = head.Rows.Integer(0);
        return true;
    }

    public override void Dispose() => _runs.ForEach(rows => rows.Dispose());

    private void Advance((Statement Rows, int Fixed) run)
    {
        if (run.Rows.Step())
        {
            Examined++;
            _heads.Enqueue(run, run.Rows.Blob(1)[run.Fixed..].ToArray());
        }
    }
}

/// <summary>Looks up the document of each entry.</summary>
internal sealed class EntryDocuments(SqliteSession session, EntryReader entries, CollectionInfo collection) : EntryReader
{
    private readonly Statement _fetch = session.Use(StoreView.FetchDocument);

    public override bool HasDocuments => true;

    public override ReadOnlySpan<byte> Body => _fetch.Blob(0);

    public override bool Next()
    {
        while (entries.Next())
        {
            Examined = entries.Examined;
            Record = entries.Record;
            _fetch.Reset();
            if (_fetch.Bind(1, collection.RowOf(Record)).Step())
            {
                return true;
            }
        }

        Examined = entries.Examined;
        return false;
    }

    public override void Dispose()
    {
        entries.Dispose();
        _fetch.Dispose();
    }
}
