using System.Diagnostics;
using System.Globalization;
using Ecodrix.EmbeddedMongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Bench;

/// <summary>A gigabyte in the embedded store: how long a start takes, and how much memory reading all of it.</summary>
internal static class StoreLarge
{
    private const int Documents = 262_144;

    public static async Task RunAsync(TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("store-large-");
        var options = new EmbeddedMongoOptions { DirectoryPath = folder.FullName };
        try
        {
            await using (var server = await EmbeddedMongoServer.StartAsync(options))
            {
                using var client = new MongoClient(server.ConnectionString);
                var docs = client.GetDatabase("bench").GetCollection<BsonDocument>("docs");
                await docs.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>("{n: 1}"));
                var filler = new BsonBinaryData(new byte[4000]);
                foreach (var chunk in Enumerable.Range(0, Documents).Chunk(1000))
                {
                    await docs.InsertManyAsync(chunk.Select(i => new BsonDocument { { "n", i }, { "kind", i % 50 }, { "filler", filler } }));
                }
            }

            long start = Stopwatch.GetTimestamp();
            await using var again = await EmbeddedMongoServer.StartAsync(options);
            Report(output, "start with a file of 1 GB", Stopwatch.GetElapsedTime(start).TotalMilliseconds, "ms");
            using var reader = new MongoClient(again.ConnectionString);
            var all = reader.GetDatabase("bench").GetCollection<BsonDocument>("docs");
            start = Stopwatch.GetTimestamp();
            long read = 0;
            using (var cursor = await all.FindAsync("{}", new FindOptions<BsonDocument> { BatchSize = 500 }))
            {
                while (await cursor.MoveNextAsync())
                {
                    read += cursor.Current.Count();
                }
            }

            Report(output, $"all {read} documents by a cursor", Stopwatch.GetElapsedTime(start).TotalSeconds, "s");
            await all.Aggregate().Group(new BsonDocument { { "_id", "$kind" }, { "total", new BsonDocument("$sum", "$n") } }).ToListAsync();
            Report(output, "most memory of driver and store", Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0, "MB");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Report(TextWriter output, string what, double figure, string unit) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-36}{figure,12:N1} {unit}"));
}
