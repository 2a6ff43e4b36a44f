namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>One database as a command sees it: a connection within a transaction, and the catalog that belongs to it.</summary>
internal class StoreView(SqliteSession session, DatabaseCatalog catalog)
{
    /// <summary>Reads the document of one row.</summary>
    public static readonly SqlText FetchDocument = new("SELECT body FROM documents WHERE id = ?1");

    public SqliteSession Session { get; } = session;

    public DatabaseCatalog Catalog { get; } = catalog;

    /// <summary>Ends a scan between two of its steps: the client's time limit is over, or the server stops.</summary>
    public CancellationToken Cancellation { get; set; }

    /// <summary>Where to ask for a count to be kept; null within a write, which sees more than the counts do.</summary>
    public CountQueue? Counting { get; init; }

    /// <summary>A commit that the view shows, perhaps with later ones.</summary>
    public long AsOf { get; init; }

    public CollectionInfo? Find(string collection) => Catalog.Find(collection);
}

/// <summary>A view of one instant, which later writes do not change. Disposing gives its connection back.</summary>
internal sealed class Snapshot(ReadPool pool, SqliteSession session, DatabaseCatalog catalog) : StoreView(session, catalog), IDisposable
{
    private bool _disposed;

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            pool.Return(Session);
        }
    }
}
