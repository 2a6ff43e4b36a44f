using Ecodrix.EmbeddedMongo.Storage;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>Steps through index entries.</summary>
internal abstract class EntryReader : IDisposable
{
    public long Examined { get; protected set; }

    /// <summary>The record that the entry leads to.</summary>
    public long Record { get; protected set; }

    public abstract bool Next();

    public abstract void Dispose();

    public static EntryReader Of(SqliteSession session, EntryPath path) => path is IndexScan { Merges: true }
        ? new EntryMerge(session, path)
        : new EntryRuns(session, path);
}

/// <summary>One run after the other.</summary>
internal sealed class EntryRuns(SqliteSession session, EntryPath path) : EntryReader
{
    private static readonly SqlText Forward = new("SELECT record FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key");
    private static readonly SqlText Reverse = new("SELECT record FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key DESC");

    private readonly Statement _rows = session.Use(path.Backward ? Reverse : Forward);
    private int _range = -1;
    private bool _inRange;

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
        if (++_range >= path.Ranges.Length)
        {
            return false;
        }

        var range = path.Ranges[path.Backward ? path.Ranges.Length - 1 - _range : _range];
        _rows.Reset();
        _rows.Bind(1, range.Start).Bind(2, range.End);
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
