using System.Diagnostics;
using System.Globalization;
using Ecodrix.EmbeddedMongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Storage;

/// <summary>A process that is killed in the midst of writing has lost nothing that it was told is written.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Rounds = 4;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("embedded-mongo-crash-");

    [Fact]
    public async Task Killing_the_process_loses_no_acknowledged_write_and_leaves_indexes_and_documents_in_step()
    {
        var data = Path.Combine(_folder.FullName, "data");
        var log = Path.Combine(_folder.FullName, "acknowledged");
        for (int round = 0; round < Rounds; round++)
        {
            await WriteAndKillAsync(data, log, 1000 + Random.Shared.Next(2000));

            await using var server = await EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = data });
            using var client = new MongoClient(server.ConnectionString);
            var database = client.GetDatabase("crash");
            await CheckAcknowledgedAsync(database.GetCollection<BsonDocument>("docs"), log);
            var report = await database.RunCommandAsync<BsonDocument>(new BsonDocument("validate", "docs"));
            report["valid"].AsBoolean.Should().BeTrue(report["errors"].ToString());
            report["keysPerIndex"].AsBsonDocument.ElementCount.Should().Be(4);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task WriteAndKillAsync(string data, string log, int atLeast)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var writer = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, "Ecodrix.Bench.dll"), "store-writer", data, log },
            RedirectStandardOutput = true,
        })!;
        try
        {
            int written = 0;
            while (written < atLeast)
            {
                var line = await writer.StandardOutput.ReadLineAsync(limit.Token);
                line.Should().NotBeNull("it writes until it is killed");
                written = int.Parse(line!, CultureInfo.InvariantCulture);
            }
        }
        finally
        {
            writer.Kill();
            await writer.WaitForExitAsync();
        }
    }

    private static async Task CheckAcknowledgedAsync(IMongoCollection<BsonDocument> docs, string log)
    {
        var acknowledged = new Dictionary<ObjectId, int>();
        var lines = (await File.ReadAllTextAsync(log)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines)
        {
            var parts = line.Split(' ');
            acknowledged[ObjectId.Parse(parts[0])] = int.Parse(parts[1], CultureInfo.InvariantCulture);
        }

        var found = (await docs.Find(FilterDefinition<BsonDocument>.Empty).ToListAsync()).ToDictionary(doc => doc["_id"].AsObjectId);
        foreach (var (id, version) in acknowledged)
        {
            // One write more than was acknowledged may have been carried out: the kill came before the answer.
            if (version < 0)
            {
                found.Should().NotContainKey(id);
            }
            else if (found.TryGetValue(id, out var document))
            {
                document["version"].AsInt32.Should().BeInRange(version, version + 1);
                document["tags"].AsBsonArray.Should().HaveCount(2 + document["version"].AsInt32, "a document is written whole");
            }
            else
            {
                (version == 3 && id.ToByteArray()[^1] % 3 == 0).Should().BeTrue("only a deletion may have come after version {0} of {1}", version, id);
            }
        }
    }
}
