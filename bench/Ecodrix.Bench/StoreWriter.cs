using System.Globalization;
using System.Text;
using Ecodrix.EmbeddedMongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Bench;

/// <summary>
/// A process to be killed: it writes until someone does, and notes each write in a log after it was acknowledged. A test then
/// compares the log with what the folder holds. Now and then it prints how many writes there have been.
/// </summary>
internal static class StoreWriter
{
    private const int Writers = 8;
    private static int _written;

    /// <param name="folder">The data folder.</param>
    /// <param name="log">A file of lines <c>id version</c>, a version of −1 being a deletion.</param>
    public static async Task RunAsync(string folder, string log)
    {
        await using var server = await EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = folder });
        using var client = new MongoClient(server.ConnectionString);
        var docs = client.GetDatabase("crash").GetCollection<BsonDocument>("docs");
        await docs.Indexes.CreateManyAsync(
        [
            new(new BsonDocument { { "kind", 1 }, { "version", -1 } }),
            new(new BsonDocument("tags", 1)),
            new(new BsonDocument("key", 1), new CreateIndexOptions { Unique = true }),
        ]);
        await using var file = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(docs, file))));
    }

    private static async Task WriteAsync(IMongoCollection<BsonDocument> docs, FileStream log)
    {
        while (true)
        {
            var id = ObjectId.GenerateNewId();
            int number = id.ToByteArray()[^1];
            await docs.InsertOneAsync(new BsonDocument
            {
                { "_id", id }, { "key", id.ToString() }, { "kind", number % 5 }, { "version", 0 },
                { "tags", new BsonArray { "a", $"b{number % 7}" } },
            });
            Note(log, id, 0);
            for (int version = 1; version < 4; version++)
            {
                await docs.UpdateOneAsync(
                    new BsonDocument("_id", id),
                    new BsonDocument { { "$set", new BsonDocument("version", version) }, { "$push", new BsonDocument("tags", $"v{version}") } });
                Note(log, id, version);
            }

            if (number % 3 == 0)
            {
                await docs.DeleteOneAsync(new BsonDocument("_id", id));
                Note(log, id, -1);
            }
        }
    }

    private static void Note(FileStream log, ObjectId id, int version)
    {
        byte[] line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id} {version}\n"));
        lock (log)
        {
            // One write to the system: the kernel keeps it whatever becomes of this process.
            log.Write(line);
            log.Flush();
            if (++_written % 100 == 0)
            {
                Console.Out.WriteLine(_written.ToString(CultureInfo.InvariantCulture));
            }
        }
    }
}
