using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>A run of keys: from <paramref name="Start"/> up to but not including <paramref name="End"/>.</summary>
internal readonly record struct KeySpan(byte[] Start, byte[] End)
{
    public bool Contains(ReadOnlySpan<byte> key) => key.SequenceCompareTo(Start) >= 0 && key.SequenceCompareTo(End) < 0;
}

/// <summary>
/// How many entries some runs of an index have: counted once, a piece at a time, and from then on kept up to date by the writer,
/// so that the total of a long list costs nothing. Changed by the writer only.
/// </summary>
internal sealed class RangeCount(string key, ImmutableArray<KeySpan> runs)
{
    private const int EntriesPerStep = 5_000;

    private static readonly SqlText Piece =
        new("SELECT count(*), max(key) FROM (SELECT key FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3)");

    private byte[] _reached = runs[0].Start;
    private int _run;
    private long _counted;
    private long _pending;
    private long _value = -1;

    public string Key { get; } = key;

    /// <summary>The number as of the last commit, or −1 while it is being counted.</summary>
    public long Value => Volatile.Read(ref _value);

    /// <summary>When it was last asked for, in milliseconds of the system's clock.</summary>
    public long UsedAt { get; set; } = Environment.TickCount64;

    /// <summary>Counts the next piece; false at the end.</summary>
    public bool Step(SqliteSession session)
    {
        if (_run == runs.Length)
        {
            return false;
        }

        using var piece = session.Use(Piece).Bind(1, _reached).Bind(2, runs[_run].End).Bind(3, EntriesPerStep);
        piece.Step();
        long found = piece.Integer(0);
        _counted += found;
        if (found == EntriesPerStep)
        {
            // The least key after the last one of the piece.
            _reached = [.. piece.Blob(1), 0];
        }
        else if (++_run < runs.Length)
        {
            _reached = runs[_run].Start;
        }

        return _run < runs.Length;
    }

    /// <summary>An entry came or went. What lies beyond the piece counted last will be counted with its own.</summary>
    public bool Note(ReadOnlySpan<byte> entry, int change)
    {
        for (int i = 0; i <= _run && i < runs.Length; i++)
        {
            if (runs[i].Contains(entry))
            {
                if (i == _run && entry.SequenceCompareTo(_reached) >= 0)
                {
                    return false;
                }

                _pending += change;
                return true;
            }
        }

        return false;
    }

    public void Undo(int change) => _pending -= change;

    public void Commit()
    {
        _counted += _pending;
        _pending = 0;
        if (_run == runs.Length)
        {
            Volatile.Write(ref _value, _counted);
        }
    }

    public void Abandon() => _pending = 0;
}

/// <summary>The counts that one collection keeps: of the runs asked for most recently.</summary>
internal sealed class RangeCounts
{
    private const int Capacity = 64;

    private readonly Lock _gate = new();
    private readonly List<(RangeCount Count, int Change)> _document = [];
    private ImmutableArray<RangeCount> _kept = [];

    /// <summary>Whether any is kept. Where none is, writes have nothing to note.</summary>
    public bool Any => !_kept.IsEmpty;

    public bool TryGet(string key, out long value)
    {
        foreach (var count in _kept)
        {
            if (count.Key == key)
            {
                count.UsedAt = Environment.TickCount64;
                value = count.Value;
                return value >= 0;
            }
        }

        value = 0;
        return false;
    }

    /// <summary>Keeps one more, in place of the one that nobody asked for the longest; null if it is kept already.</summary>
    public RangeCount? Add(string key, ImmutableArray<KeySpan> runs)
    {
        lock (_gate)
        {
            if (_kept.Any(count => count.Key == key))
            {
                return null;
            }

            var kept = _kept.Length < Capacity ? _kept : _kept.Remove(_kept.MinBy(count => count.UsedAt)!);
            var added = new RangeCount(key, runs);
            _kept = kept.Add(added);
            return added;
        }
    }

    /// <summary>A document is about to be written: what is noted from here on can be undone.</summary>
    public void BeginDocument() => _document.Clear();

    public void Note(ReadOnlySpan<byte> entry, int change)
    {
        foreach (var count in _kept)
        {
            if (count.Note(entry, change))
            {
                _document.Add((count, change));
            }
        }
    }

    public void UndoDocument()
    {
        foreach (var (count, change) in _document)
        {
            count.Undo(change);
        }

        _document.Clear();
    }

    public void Commit()
    {
        foreach (var count in _kept)
        {
            count.Commit();
        }
    }

    public void Abandon()
    {
        foreach (var count in _kept)
        {
            count.Abandon();
        }
    }
}

/// <summary>
/// Numbers of matches that took looking at many keys or documents, each right until the collection changes: whoever turns the
/// pages of a list does not have it counted anew for each.
/// </summary>
internal sealed class RememberedCounts
{
    private const int Capacity = 128;

    private readonly ConcurrentDictionary<string, (long Count, long AsOf)> _counts = new(StringComparer.Ordinal);
    private long _changedAt;

    /// <summary>The commit that is about to change the collection, or was the last to.</summary>
    public void ChangeAt(long commit) => Volatile.Write(ref _changedAt, commit);

    public bool TryGet(string query, out long count)
    {
        bool known = _counts.TryGetValue(query, out var found) && Volatile.Read(ref _changedAt) <= found.AsOf;
        count = found.Count;
        return known;
    }

    /// <param name="query">What was counted.</param>
    /// <param name="count">The number.</param>
    /// <param name="asOf">A commit that whoever counted saw, perhaps with later ones.</param>
    public void Remember(string query, long count, long asOf)
    {
        if (_counts.Count >= Capacity)
        {
            _counts.Clear();
        }

        _counts[query] = (count, asOf);
    }
}

/// <summary>The counts that are still to be made, which the writer does while nobody writes.</summary>
internal sealed class CountQueue
{
    private readonly ConcurrentQueue<RangeCount> _waiting = new();
    private long _commits;

    /// <summary>How many transactions the writer has committed.</summary>
    public long Commits
    {
        get => Volatile.Read(ref _commits);
        set => Volatile.Write(ref _commits, value);
    }

    public bool IsDue => !_waiting.IsEmpty;

    /// <summary>Wakes the writer.</summary>
    public Action? Wake { get; set; }

    public void Ask(RangeCounts of, string key, ImmutableArray<KeySpan> runs)
    {
        if (of.Add(key, runs) is { } count)
        {
            _waiting.Enqueue(count);
            Wake?.Invoke();
        }
    }

    /// <summary>Counts one piece, in a transaction of the writer.</summary>
    public void Step(SqliteSession session)
    {
        if (_waiting.TryPeek(out var next) && !next.Step(session))
        {
            next.Commit();
            _waiting.TryDequeue(out _);
        }
    }
}
