using Ecodrix.EmbeddedMongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo;

/// <summary>An embedded server of its own for a test class, and a database of its own for each test.</summary>
public sealed class MongoFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("embedded-mongo-");
    private int _databases;

    public EmbeddedMongoServer Server { get; private set; } = null!;

    public MongoClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = _folder.FullName });
        Client = new MongoClient(Server.ConnectionString);
    }

    public IMongoDatabase NewDatabase() => Client.GetDatabase($"test{Interlocked.Increment(ref _databases)}");

    public IMongoCollection<BsonDocument> NewCollection() => NewDatabase().GetCollection<BsonDocument>("things");

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
