using System.Diagnostics;
using System.Globalization;
using Ecodrix.EmbeddedMongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Bench;

/// <summary>The embedded store over MongoDB.Driver on loopback: 100,000 documents of 1 KB, 32 callers.</summary>
internal static class StoreBench
{
    private const int Documents = 100_000;
    private const int Callers = 32;
    private static readonly string Filler = new('x', 850);

    public static async Task RunAsync(TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("store-bench-");
        try
        {
            await using (var server = await EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = folder.FullName }))
            {
                using var client = new MongoClient(server.ConnectionString);
                await MeasureAsync(client.GetDatabase("bench").GetCollection<BsonDocument>("docs"), output);
            }

            long start = Stopwatch.GetTimestamp();
            await using var again = await EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = folder.FullName });
            Report(output, "start with the file above", Stopwatch.GetElapsedTime(start).TotalMilliseconds, "ms");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(IMongoCollection<BsonDocument> docs, TextWriter output)
    {
        await docs.Indexes.CreateManyAsync(
        [
            new(new BsonDocument("phone", 1), new CreateIndexOptions { Unique = true }),
            new(new BsonDocument { { "status", 1 }, { "runAt", 1 } }),
        ]);
        await docs.InsertOneAsync(NewDocument(-1));

        Report(output, "single inserts", await RateAsync(Documents, i => docs.InsertOneAsync(NewDocument(i))), "/s");
        Report(output, "point reads by an indexed field", await RateAsync(Documents, i =>
            docs.Find(new BsonDocument("phone", $"+91{i % Documents}")).FirstOrDefaultAsync()), "/s");
        var claim = new BsonDocument { { "status", "queued" }, { "runAt", new BsonDocument("$lte", Documents) } };
        var options = new FindOneAndUpdateOptions<BsonDocument> { Sort = new BsonDocument("runAt", 1) };
        Report(output, "claims from an indexed queue", await RateAsync(20_000, _ =>
            docs.FindOneAndUpdateAsync(claim, new BsonDocument("$set", new BsonDocument("status", "processing")), options)), "/s");

        long start = Stopwatch.GetTimestamp();
        await docs.Aggregate().Match(new BsonDocument("n", new BsonDocument("$gte", 0)))
            .Group(new BsonDocument { { "_id", "$kind" }, { "total", new BsonDocument("$sum", "$n") } }).ToListAsync();
        Report(output, "$match and $group over all", Stopwatch.GetElapsedTime(start).TotalMilliseconds, "ms");

        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 1000; i++)
        {
            await docs.InsertOneAsync(NewDocument(Documents + i));
        }

        Report(output, "one insert, one caller", Stopwatch.GetElapsedTime(start).TotalMilliseconds / 1000, "ms");
        Report(output, "working set of driver and store", Environment.WorkingSet / 1048576.0, "MB");
    }

    private static async Task<double> RateAsync(int count, Func<int, Task> operation)
    {
        int next = 0;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next) - 1; i < count; i = Interlocked.Increment(ref next) - 1)
            {
                await operation(i);
            }
        })));
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static BsonDocument NewDocument(int i) => new()
    {
        { "phone", $"+91{i}" }, { "status", "queued" }, { "runAt", i }, { "kind", i % 20 }, { "n", i }, { "filler", Filler },
    };

    private static void Report(TextWriter output, string what, double figure, string unit) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-36}{figure,12:N1} {unit}"));
}
