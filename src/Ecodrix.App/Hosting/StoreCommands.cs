using Ecodrix.EmbeddedMongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.App.Hosting;

/// <summary>
/// What the program does instead of serving: <c>backup &lt;directory&gt;</c> copies the data folder, and
/// <c>export &lt;mongodb-uri&gt;</c> copies the databases into a real MongoDB. Both work while the product runs.
/// </summary>
internal static class StoreCommands
{
    private const int Batch = 1000;

    private static readonly string[] OwnDatabases = ["admin", "config", "local"];

    /// <summary>Runs the command that the arguments name; null if they name none, and the program is to serve.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int?> TryRunAsync(string[] args, CancellationToken ct = default)
    {
        if (args.Length == 0 || args[0] is not ("backup" or "export"))
        {
            return null;
        }

        if (args.Length < 2)
        {
            await Console.Error.WriteLineAsync($"usage: {args[0]} {(args[0] == "backup" ? "<directory>" : "<mongodb-uri>")}");
            return 2;
        }

        var data = HostSettings.Read(WebApplication.CreateBuilder(args[2..]).Configuration).DataPath;
        try
        {
            await (args[0] == "backup" ? BackupAsync(data, args[1], ct) : ExportAsync(data, args[1], Console.Out, ct));
            return 0;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or MongoException or UnauthorizedAccessException or TimeoutException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    /// <summary>Copies the store as of one instant, and the keys that its secrets are encrypted with, and media.</summary>
    /// <exception cref="IOException">There is no store, or the target already holds one.</exception>
    public static async Task BackupAsync(string data, string target, CancellationToken ct)
    {
        await EmbeddedMongoServer.BackupAsync(Path.Combine(data, "mongo"), Path.Combine(target, "mongo"), ct);
        foreach (var folder in new[] { "keys", "media" })
        {
            CopyFolder(Path.Combine(data, folder), Path.Combine(target, folder));
        }
    }

    /// <summary>Copies all databases with their indexes into another MongoDB, in which none of them may exist.</summary>
    public static async Task ExportAsync(string data, string targetUri, TextWriter output, CancellationToken ct)
    {
        var (source, started) = await ConnectAsync(data, ct);
        await using var server = started;
        using var from = source;
        using var to = new MongoClient(targetUri);
        var taken = await (await to.ListDatabaseNamesAsync(ct)).ToListAsync(ct);
        var names = (await (await from.ListDatabaseNamesAsync(ct)).ToListAsync(ct)).Except(OwnDatabases).ToList();
        if (names.Intersect(taken).ToList() is { Count: > 0 } both)
        {
            throw new IOException($"The target already has: {string.Join(", ", both)}. An export never mixes with data that is there.");
        }

        foreach (var name in names)
        {
            var database = from.GetDatabase(name);
            foreach (var collection in await (await database.ListCollectionNamesAsync(cancellationToken: ct)).ToListAsync(ct))
            {
                var count = await CopyAsync(database.GetCollection<BsonDocument>(collection), to.GetDatabase(name).GetCollection<BsonDocument>(collection), ct);
                await output.WriteLineAsync($"{name}.{collection}: {count}");
            }
        }
    }

    /// <summary>The running product's store, or if none runs the folder opened for this.</summary>
    private static async Task<(MongoClient Client, EmbeddedMongoServer? Started)> ConnectAsync(string data, CancellationToken ct)
    {
        try
        {
            var server = await EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = Path.Combine(data, "mongo") }, ct);
            return (new MongoClient(server.ConnectionString), server);
        }
        catch (IOException) when (File.Exists(Path.Combine(data, "mongodb.uri")))
        {
            return (new MongoClient(await File.ReadAllTextAsync(Path.Combine(data, "mongodb.uri"), ct)), null);
        }
    }

    private static async Task<long> CopyAsync(IMongoCollection<BsonDocument> from, IMongoCollection<BsonDocument> to, CancellationToken ct)
    {
        var indexes = (await (await from.Indexes.ListAsync(ct)).ToListAsync(ct)).Where(index => index["name"] != "_id_").ToList();
        await to.Database.CreateCollectionAsync(to.CollectionNamespace.CollectionName, cancellationToken: ct);
        if (indexes.Count > 0)
        {
            await to.Database.RunCommandAsync<BsonDocument>(
                new BsonDocument { { "createIndexes", to.CollectionNamespace.CollectionName }, { "indexes", new BsonArray(indexes) } }, cancellationToken: ct);
        }

        long copied = 0;
        using var cursor = await from.FindAsync(FilterDefinition<BsonDocument>.Empty, new FindOptions<BsonDocument> { BatchSize = Batch }, ct);
        while (await cursor.MoveNextAsync(ct))
        {
            var documents = cursor.Current.ToList();
            if (documents.Count > 0)
            {
                await to.InsertManyAsync(documents, cancellationToken: ct);
                copied += documents.Count;
            }
        }

        return copied;
    }

    private static void CopyFolder(string from, string to)
    {
        if (!Directory.Exists(from))
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            // Keys and media never change once written.
            File.Copy(file, copy, overwrite: true);
        }
    }
}
