using System.Collections.Immutable;
using Ecodrix.EmbeddedMongo.Indexes;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// How many entries some runs of an index have: counted once, a piece at a time, and from then on kept up to date by the writer,
/// so that the total of a long list costs nothing. Changed by the writer only.
/// </summary>
internal sealed class RangeCount(string key, ImmutableArray<KeyRange> runs)
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
