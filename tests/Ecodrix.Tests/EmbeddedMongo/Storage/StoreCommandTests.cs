using Ecodrix.App.Hosting;
using Ecodrix.EmbeddedMongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Storage;

/// <summary><c>backup</c> and <c>export</c> of the command line, run beside a product that is writing.</summary>
public sealed class StoreCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("embedded-mongo-commands-");

    [Fact]
    public async Task A_backup_taken_while_the_product_writes_is_consistent_and_starts()
    {
        var data = Path.Combine(_folder.FullName, "data");
        var copy = Path.Combine(_folder.FullName, "copy");
        await using (var server = await StartAsync(data))
        {
            using var client = new MongoClient(server.ConnectionString);
            var things = client.GetDatabase("d").GetCollection<BsonDocument>("things");
            await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>("{n: 1}"));
            Directory.CreateDirectory(Path.Combine(data, "keys"));
            await File.WriteAllTextAsync(Path.Combine(data, "keys", "key.xml"), "a key");
            using var stop = new CancellationTokenSource();
            var writing = Task.Run(async () =>
            {
                for (int i = 0; !stop.IsCancellationRequested; i++)
                {
                    await things.InsertOneAsync(new BsonDocument { { "_id", i }, { "n", i } });
                }
            });
            while (await things.CountDocumentsAsync(FilterDefinition<BsonDocument>.Empty) < 500)
            {
            }

            (await StoreCommands.TryRunAsync(["backup", copy, $"--Ecodrix:DataPath={data}"])).Should().Be(0);
            (await StoreCommands.TryRunAsync(["backup", copy, $"--Ecodrix:DataPath={data}"])).Should().Be(1, "a backup never overwrites one");
            await stop.CancelAsync();
            await writing;
        }

        (await File.ReadAllTextAsync(Path.Combine(copy, "keys", "key.xml"))).Should().Be("a key");
        await using var restored = await StartAsync(copy);
        using var reader = new MongoClient(restored.ConnectionString);
        var database = reader.GetDatabase("d");
        (await database.RunCommandAsync<BsonDocument>(new BsonDocument("validate", "things")))["valid"].AsBoolean.Should().BeTrue();
        var ids = (await database.GetCollection<BsonDocument>("things").Find("{}").Sort("{_id: 1}").ToListAsync()).ConvertAll(thing => thing["_id"].AsInt32);
        ids.Should().HaveCountGreaterThanOrEqualTo(500).And.Equal(Enumerable.Range(0, ids.Count));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_export_copies_documents_and_indexes_whether_or_not_the_product_runs(bool runs)
    {
        var data = Path.Combine(_folder.FullName, "data");
        var running = await StartAsync(data);
        using (var client = new MongoClient(running.ConnectionString))
        {
            var things = client.GetDatabase("d").GetCollection<BsonDocument>("things");
            await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>("{n: 1}", new CreateIndexOptions { Unique = true }));
            await things.InsertManyAsync(Enumerable.Range(0, 2500).Select(i => new BsonDocument { { "_id", i }, { "n", i } }));
        }

        await File.WriteAllTextAsync(Path.Combine(data, "mongodb.uri"), running.ConnectionString);
        if (!runs)
        {
            await running.DisposeAsync();
        }

        await using var target = await StartAsync(Path.Combine(_folder.FullName, "target"));
        (await StoreCommands.TryRunAsync(["export", target.ConnectionString, $"--Ecodrix:DataPath={data}"])).Should().Be(0);
        await running.DisposeAsync();

        using var other = new MongoClient(target.ConnectionString);
        var copied = other.GetDatabase("d").GetCollection<BsonDocument>("things");
        (await copied.CountDocumentsAsync("{}")).Should().Be(2500);
        (await copied.Indexes.List().ToListAsync()).Should().Contain(index => index["name"] == "n_1" && index["unique"] == true);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Task<EmbeddedMongoServer> StartAsync(string data) =>
        EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = Path.Combine(data, "mongo") });
}
