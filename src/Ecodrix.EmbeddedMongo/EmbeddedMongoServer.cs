using System.Globalization;
using Ecodrix.EmbeddedMongo.Commands;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Wire;

namespace Ecodrix.EmbeddedMongo;

/// <summary>
/// A MongoDB that needs no installation: it speaks MongoDB's wire protocol on a loopback port and keeps its data in one folder.
/// For evaluation, development, tests and single-box installs; it is not a cluster and does not want to be.
/// </summary>
public sealed class EmbeddedMongoServer : IAsyncDisposable
{
    private readonly Store _store;
    private readonly CursorTable _cursors;
    private readonly Expiry _expiry;
    private readonly Listener _listener;
    private readonly Credentials _credentials;
    private int _disposed;

    private EmbeddedMongoServer(EmbeddedMongoOptions options, Store store, Credentials credentials, string spoolDirectory)
    {
        _store = store;
        _credentials = credentials;
        _cursors = new CursorTable(options, spoolDirectory);
        _listener = new Listener(
            options.Port, options.MaximumConnections, new Dispatcher(new CommandHost(store, _cursors, credentials, options)));
        _expiry = new Expiry(store, options.Clock, options.ExpiryInterval);
    }

    /// <summary>The loopback port it listens on.</summary>
    public int Port => _listener.Port;

    /// <summary>Connects <c>MongoDB.Driver</c>, mongosh or Compass; contains the password.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture,
        $"mongodb://{Credentials.UserName}:{_credentials.Password}@127.0.0.1:{Port}/?authSource=admin&directConnection=true");

    /// <summary>Opens the data folder, or makes it, and starts listening.</summary>
    /// <exception cref="InvalidDataException">The folder's data file is not one of this store, or is damaged. It is left as it is.</exception>
    /// <exception cref="IOException">Another process has the folder open, or it cannot be written.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken.</exception>
    public static async Task<EmbeddedMongoServer> StartAsync(EmbeddedMongoOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var store = await Task.Run(() => Store.Open(options.DirectoryPath, options.Durability), ct).ConfigureAwait(false);
        try
        {
            return Start(options, store);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Copies the data, consistent as of one instant, into another folder while reads and writes go on. To restore, start a
    /// server on that folder.
    /// </summary>
    /// <param name="directory">The folder to copy to; created if it is not there.</param>
    /// <param name="ct">Gives up the copy before it has begun.</param>
    /// <exception cref="IOException">The folder already holds a data file, or cannot be written.</exception>
    public Task BackupAsync(string directory, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Task.Run(() => _store.BackupTo(directory), ct);
    }

    /// <summary>
    /// Copies the data of a folder, consistent as of one instant, although another process may be serving it. To restore, start a
    /// server on the copy.
    /// </summary>
    /// <param name="source">The data folder.</param>
    /// <param name="directory">The folder to copy to; created if it is not there.</param>
    /// <param name="ct">Gives up the copy before it has begun.</param>
    /// <exception cref="IOException">There is nothing to copy, or the target already holds a data file.</exception>
    /// <exception cref="InvalidDataException">The data file is not one of this store, or is damaged.</exception>
    public static Task BackupAsync(string source, string directory, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Task.Run(() => StoreFile.Copy(StoreFile.PathIn(source), directory), ct);
    }

    /// <summary>Closes the connections, finishes what is being written and closes the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _listener.DisposeAsync().ConfigureAwait(false);
        await _expiry.DisposeAsync().ConfigureAwait(false);
        _cursors.Dispose();
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    private static EmbeddedMongoServer Start(EmbeddedMongoOptions options, Store store)
    {
        string spools = Path.Combine(options.DirectoryPath, "cursors");
        // Whatever a killed process left behind there belongs to nobody.
        if (Directory.Exists(spools))
        {
            Directory.Delete(spools, recursive: true);
        }

        Directory.CreateDirectory(spools);
        return new EmbeddedMongoServer(options, store, Credentials.Load(options.DirectoryPath), spools);
    }
}
