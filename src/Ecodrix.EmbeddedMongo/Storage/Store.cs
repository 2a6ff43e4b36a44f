namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>The databases of one folder: one writer, many readers, one file.</summary>
internal sealed class Store : IAsyncDisposable
{
    private const int ReadConnections = 16;
    private const int WriterCacheKilobytes = 32 * 1024;
    private const int CatalogCacheKilobytes = 1024;

    private readonly StoreFile _file;
    private readonly ReadPool _readers;
    private readonly Writer _writer;

    private Store(StoreFile file, Catalog catalog)
    {
        var counting = new CountQueue();
        _file = file;
        _writer = new Writer(new WriteSession(file.Connect(WriterCacheKilobytes), catalog, counting), counting);
        _readers = new ReadPool(file, catalog, counting, ReadConnections);
        Catalog = catalog;
    }

    public Catalog Catalog { get; }

    /// <summary>Opens the folder, making it if it is new.</summary>
    /// <exception cref="InvalidDataException">The folder holds a data file that is not ours, or damaged.</exception>
    /// <exception cref="IOException">The folder is in use, or cannot be read or written.</exception>
    public static Store Open(string directory, Durability durability)
    {
        var file = StoreFile.Open(directory, durability);
        try
        {
            return new Store(file, new Catalog(file.Connect(CatalogCacheKilobytes)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a view of one database that later writes do not change.</summary>
    public ValueTask<Snapshot> ReadAsync(string database, CancellationToken ct) => _readers.OpenAsync(database, ct);

    /// <summary>Runs work on the writer; it is committed when this returns.</summary>
    /// <exception cref="OperationCanceledException">The time was over. What the work had changed until then is kept, as a batch is that fails halfway.</exception>
    public Task<T> WriteAsync<T>(Func<WriteSession, T> work, CancellationToken ct = default) => _writer.RunAsync(work, ct);

    /// <summary>Copies everything, as of one instant, into a new data file while reads and writes go on.</summary>
    /// <exception cref="IOException">There already is a data file in the folder.</exception>
    public void BackupTo(string directory) => StoreFile.Copy(_file.Path, directory);

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        _readers.Dispose();
        Catalog.Dispose();
        _file.Dispose();
    }
}
