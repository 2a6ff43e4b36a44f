using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ecodrix.EmbeddedMongo.Indexes;

namespace Ecodrix.EmbeddedMongo.Storage;

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

    public void Ask(RangeCounts of, string key, ImmutableArray<KeyRange> runs)
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
