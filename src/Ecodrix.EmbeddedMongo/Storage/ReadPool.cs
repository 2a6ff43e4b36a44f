using System.Collections.Concurrent;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>The connections that readers use beside the writer, each within a transaction of its own.</summary>
internal sealed class ReadPool(StoreFile file, Catalog catalog, CountQueue counting, int capacity) : IDisposable
{
    private const int CacheKilobytes = 4096;

    private static readonly SqlText Begin = new("BEGIN");
    private static readonly SqlText Commit = new("COMMIT");

    // The snapshot of a transaction is taken at its first read, not at its begin.
    private static readonly SqlText TakeSnapshot = new("SELECT kind FROM purges LIMIT 1");

    private readonly ConcurrentStack<SqliteSession> _idle = new();
    private readonly SemaphoreSlim _free = new(capacity, capacity);

    /// <summary>Opens a view of a database as it is now.</summary>
    public async ValueTask<Snapshot> OpenAsync(string database, CancellationToken ct)
    {
        await _free.WaitAsync(ct).ConfigureAwait(false);
        SqliteSession? session = null;
        try
        {
            session = _idle.TryPop(out var idle) ? idle : file.Connect(CacheKilobytes);
            long asOf = counting.Commits;
            return new Snapshot(this, session, TakeConsistent(session, database)) { Cancellation = ct, Counting = counting, AsOf = asOf };
        }
        catch
        {
            session?.Dispose();
            _free.Release();
            throw;
        }
    }

    public void Return(SqliteSession session)
    {
        session.Run(Commit);
        _idle.Push(session);
        _free.Release();
    }

    public void Dispose()
    {
        while (_idle.TryPop(out var session))
        {
            session.Dispose();
        }

        _free.Dispose();
    }

    /// <summary>
    /// Begins a transaction whose snapshot fits the catalog: if a new catalog was published meanwhile, which of the two the
    /// snapshot belongs to is unknown, so it is taken again.
    /// </summary>
    private DatabaseCatalog TakeConsistent(SqliteSession session, string database)
    {
        var before = catalog.Get(database);
        while (true)
        {
            session.Run(Begin);
            session.Run(TakeSnapshot);
            var after = catalog.Get(database);
            if (ReferenceEquals(before, after))
            {
                return after;
            }

            session.Run(Commit);
            before = after;
        }
    }
}
