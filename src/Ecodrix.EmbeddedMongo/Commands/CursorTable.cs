using System.Collections.Concurrent;
using System.Security.Cryptography;
using Ecodrix.EmbeddedMongo.Planning;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>The open cursors. One that nobody asks for ten minutes is closed.</summary>
internal sealed class CursorTable : IDisposable
{
    private static readonly TimeSpan Sweep = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<long, Cursor> _cursors = new();
    private readonly EmbeddedMongoOptions _options;
    private readonly ITimer _sweeper;

    public CursorTable(EmbeddedMongoOptions options, string spoolDirectory)
    {
        _options = options;
        SpoolDirectory = spoolDirectory;
        _sweeper = options.Clock.CreateTimer(_ => CloseIdle(), null, Sweep, Sweep);
    }

    /// <summary>Where results are put aside.</summary>
    public string SpoolDirectory { get; }

    /// <exception cref="MongoError">There are as many cursors as there may be.</exception>
    public Cursor Open(string database, string collection, ResultStream results, bool neverExpires)
    {
        if (_cursors.Count >= _options.MaximumCursors)
        {
            results.Dispose();
            throw new MongoError(8, "UnknownError", $"too many open cursors: {_options.MaximumCursors} is the limit");
        }

        while (true)
        {
            long id = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue;
            var cursor = new Cursor(id, database, collection, results, neverExpires) { LastUsed = _options.Clock.GetUtcNow() };
            if (id != 0 && _cursors.TryAdd(id, cursor))
            {
                return cursor;
            }
        }
    }

    /// <summary>Takes a cursor out, so that nobody else uses it; <see cref="PutBack"/> returns it.</summary>
    public Cursor? Take(long id) => _cursors.TryRemove(id, out var cursor) ? cursor : null;

    public void PutBack(Cursor cursor)
    {
        cursor.LastUsed = _options.Clock.GetUtcNow();
        _cursors[cursor.Id] = cursor;
    }

    public void Dispose()
    {
        _sweeper.Dispose();
        foreach (long id in _cursors.Keys)
        {
            Take(id)?.Dispose();
        }
    }

    private void CloseIdle()
    {
        var oldest = _options.Clock.GetUtcNow() - _options.CursorTimeout;
        foreach (var cursor in _cursors.Values)
        {
            if (!cursor.NeverExpires && cursor.LastUsed <= oldest)
            {
                Take(cursor.Id)?.Dispose();
            }
        }
    }
}
