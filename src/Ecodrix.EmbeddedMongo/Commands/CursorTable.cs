using System.Collections.Concurrent;
using System.Security.Cryptography;
using Ecodrix.EmbeddedMongo.Planning;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>
/// The open cursors. A few of them are live: they read on from the snapshot they began with, so that nothing of a large result is
/// put aside before it is asked for. One that rests is put aside, which frees its snapshot; one that nobody asks for ten minutes is
/// closed.
/// </summary>
internal sealed class CursorTable : IDisposable
{
    /// <summary>How many snapshots cursors may hold; the other read connections stay free for commands.</summary>
    private const int MaximumLive = 6;

    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    /// <summary>How long a cursor may rest on its snapshot, which keeps the write-ahead log from being folded back.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<long, Cursor> _cursors = new();
    private readonly EmbeddedMongoOptions _options;
    private readonly string _spoolDirectory;
    private readonly ITimer _sweeper;
    private int _live;

    public CursorTable(EmbeddedMongoOptions options, string spoolDirectory)
    {
        _options = options;
        _spoolDirectory = spoolDirectory;
        _sweeper = options.Clock.CreateTimer(_ => SweepIdle(), null, Sweep, Sweep);
    }

    /// <summary>Keeps what is left of some results under a new cursor, which owns them from now on.</summary>
    /// <exception cref="MongoError">There are as many cursors as there may be; the results are still the caller's.</exception>
    public Cursor Open(string database, string collection, ResultStream results, ReadOnlySpan<byte> held, bool neverExpires)
    {
        if (_cursors.Count >= _options.MaximumCursors)
        {
            throw new MongoError(8, "UnknownError", $"too many open cursors: {_options.MaximumCursors} is the limit");
        }

        if (Interlocked.Increment(ref _live) <= MaximumLive)
        {
            return Add(new Cursor(database, collection, results, held, neverExpires) { IsLive = true });
        }

        Interlocked.Decrement(ref _live);
        var cursor = new Cursor(database, collection, Spool.Of(results, held, _spoolDirectory), [], neverExpires);
        results.Dispose();
        return Add(cursor);
    }

    /// <summary>Takes a cursor for the caller alone; <see cref="PutBack"/> or <see cref="Close"/> ends that. Null if there is none.</summary>
    public async Task<Cursor?> TakeAsync(long id, CancellationToken ct)
    {
        if (!_cursors.TryGetValue(id, out var cursor))
        {
            return null;
        }

        await cursor.InUse.WaitAsync(ct).ConfigureAwait(false);
        if (_cursors.ContainsKey(id))
        {
            return cursor;
        }

        // Closed while waiting for it.
        cursor.InUse.Release();
        return null;
    }

    public void PutBack(Cursor cursor)
    {
        cursor.LastUsed = _options.Clock.GetUtcNow();
        cursor.InUse.Release();
    }

    /// <summary>Closes a cursor that the caller has taken.</summary>
    public void Close(Cursor cursor)
    {
        _cursors.TryRemove(cursor.Id, out _);
        Forget(cursor);
        cursor.Dispose();
        cursor.InUse.Release();
    }

    public void Dispose()
    {
        _sweeper.Dispose();
        foreach (var cursor in _cursors.Values)
        {
            cursor.InUse.Wait();
            Close(cursor);
        }
    }

    private Cursor Add(Cursor cursor)
    {
        cursor.LastUsed = _options.Clock.GetUtcNow();
        do
        {
            cursor.Id = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue;
        }
        while (cursor.Id == 0 || !_cursors.TryAdd(cursor.Id, cursor));
        return cursor;
    }

    private void SweepIdle()
    {
        var now = _options.Clock.GetUtcNow();
        foreach (var cursor in _cursors.Values)
        {
            // One in use is not idle.
            if (!cursor.InUse.Wait(0))
            {
                continue;
            }

            if (!cursor.NeverExpires && cursor.LastUsed <= now - _options.CursorTimeout)
            {
                Close(cursor);
                continue;
            }

            try
            {
                if (cursor.IsLive && cursor.LastUsed <= now - Rest)
                {
                    cursor.PutAside(_spoolDirectory);
                    Forget(cursor);
                }

                cursor.InUse.Release();
            }
            catch (Exception e) when (e is IOException or MongoError or Storage.SqliteFailure)
            {
                // What cannot be put aside cannot be served either: its client learns of it by the next getMore.
                Close(cursor);
            }
        }
    }

    private void Forget(Cursor cursor)
    {
        if (cursor.IsLive)
        {
            cursor.IsLive = false;
            Interlocked.Decrement(ref _live);
        }
    }
}
