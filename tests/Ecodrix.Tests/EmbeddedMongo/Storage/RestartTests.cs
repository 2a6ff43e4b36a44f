using Ecodrix.EmbeddedMongo;
using Microsoft.Extensions.Time.Testing;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Storage;

public sealed class RestartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("embedded-mongo-");

    [Fact]
    public async Task Data_and_indexes_are_there_after_a_restart()
    {
        await using (var server = await StartAsync())
        {
            using var client = new MongoClient(server.ConnectionString);
            var things = client.GetDatabase("d").GetCollection<BsonDocument>("things");
            await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(
                new BsonDocument("tags", 1), new CreateIndexOptions { Unique = true }));
            await things.InsertOneAsync(new BsonDocument { { "_id", 1 }, { "tags", new BsonArray { "a", "b" } } });
        }

        await using var again = await StartAsync();
        using var other = new MongoClient(again.ConnectionString);
        var same = other.GetDatabase("d").GetCollection<BsonDocument>("things");
        (await same.Find(new BsonDocument("tags", new BsonDocument("$in", new BsonArray { "a", "b" }))).ToListAsync()).Should().ContainSingle();
        var duplicate = () => same.InsertOneAsync(new BsonDocument("tags", "b"));
        await duplicate.Should().ThrowAsync<MongoWriteException>();
    }

    [Fact]
    public async Task A_folder_in_use_is_refused()
    {
        await using var server = await StartAsync();

        var second = StartAsync;

        await second.Should().ThrowAsync<IOException>().WithMessage("*in use*");
    }

    [Fact]
    public async Task A_foreign_file_is_refused_and_left_alone()
    {
        string path = Path.Combine(_folder.FullName, "store.db");
        await File.WriteAllTextAsync(path, "precious");

        var start = StartAsync;

        await start.Should().ThrowAsync<InvalidDataException>();
        (await File.ReadAllTextAsync(path)).Should().Be("precious");
    }

    [Fact]
    public async Task A_backup_taken_while_running_starts_as_a_server_of_its_own()
    {
        string copy = Path.Combine(_folder.FullName, "backup");
        await using var server = await StartAsync();
        using var client = new MongoClient(server.ConnectionString);
        await client.GetDatabase("d").GetCollection<BsonDocument>("things").InsertOneAsync(new BsonDocument("_id", 1));

        await server.BackupAsync(copy);

        await using var restored = await EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = copy });
        using var other = new MongoClient(restored.ConnectionString);
        (await other.GetDatabase("d").GetCollection<BsonDocument>("things").CountDocumentsAsync(new BsonDocument("_id", 1))).Should().Be(1);
    }

    [Fact]
    public async Task Documents_whose_time_is_over_are_deleted_by_the_clock()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await EmbeddedMongoServer.StartAsync(
            new EmbeddedMongoOptions { DirectoryPath = _folder.FullName, Clock = clock });
        using var client = new MongoClient(server.ConnectionString);
        var things = client.GetDatabase("d").GetCollection<BsonDocument>("things");
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(
            new BsonDocument("at", 1), new CreateIndexOptions { ExpireAfter = TimeSpan.FromHours(1) }));
        await things.InsertManyAsync(Enumerable.Range(0, 4).Select(hours =>
            new BsonDocument { { "_id", hours }, { "at", clock.GetUtcNow().UtcDateTime.AddHours(hours) } }));

        clock.Advance(TimeSpan.FromMinutes(150));

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await things.CountDocumentsAsync(FilterDefinition<BsonDocument>.Empty, cancellationToken: limit.Token) > 2)
        {
            await Task.Yield();
        }

        (await things.Find(FilterDefinition<BsonDocument>.Empty).ToListAsync()).Select(thing => thing["_id"].AsInt32).Should().Equal(2, 3);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<EmbeddedMongoServer> StartAsync() =>
        EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = _folder.FullName });
}
