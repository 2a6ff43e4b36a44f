using System.Diagnostics;
using System.Globalization;
using Ecodrix.EmbeddedMongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Bench;

/// <summary>The lists that a CRM shows of 100,000 leads: a page and its total for each way to filter and sort, one caller.</summary>
internal static class StoreLists
{
    private const int Leads = 100_000;
    private const int Runs = 15;

    private static readonly string[] Indexes =
    [
        "{email: 1}", "{status: 1, createdAt: -1, _id: -1}", "{createdAt: -1, _id: -1}", "{updatedAt: -1, _id: -1}", "{score: -1, _id: -1}",
        "{dealValue: -1, _id: -1}", "{stageId: 1, rank: 1, _id: 1}", "{pipelineId: 1, status: 1, createdAt: -1, _id: -1}",
        "{source: 1, createdAt: -1, _id: -1}", "{assignedTo: 1, createdAt: -1, _id: -1}", "{tags: 1, createdAt: -1, _id: -1}", "{searchTerms: 1}",
    ];

    private static readonly (string Name, string Filter, string Sort)[] Shapes =
    [
        ("all but archived, newest", "{status: {$in: ['open', 'won', 'lost']}}", "{createdAt: -1, _id: -1}"),
        ("one status, newest", "{status: 'won'}", "{createdAt: -1, _id: -1}"),
        ("all but archived, by score", "{status: {$in: ['open', 'won', 'lost']}}", "{score: -1, _id: -1}"),
        ("one pipeline, newest", "{status: {$in: ['open', 'won', 'lost']}, pipelineId: 2}", "{createdAt: -1, _id: -1}"),
        ("one stage, newest", "{status: {$in: ['open', 'won', 'lost']}, stageId: 7}", "{createdAt: -1, _id: -1}"),
        ("one source, by value", "{status: {$in: ['open', 'won', 'lost']}, source: 's3'}", "{dealValue: -1, _id: -1}"),
        ("one person, newest", "{status: {$in: ['open', 'won', 'lost']}, assignedTo: 'p11'}", "{createdAt: -1, _id: -1}"),
        ("a tag, newest", "{status: {$in: ['open', 'won', 'lost']}, tags: 't4'}", "{createdAt: -1, _id: -1}"),
        ("score of 80 or more, newest", "{status: {$in: ['open', 'won', 'lost']}, score: {$gte: 80}}", "{createdAt: -1, _id: -1}"),
        ("search, rare", "{status: {$in: ['open', 'won', 'lost']}, searchTerms: /^name123/}", "{createdAt: -1, _id: -1}"),
        ("search, common", "{status: {$in: ['open', 'won', 'lost']}, searchTerms: /^n/}", "{createdAt: -1, _id: -1}"),
        ("either of two persons", "{$or: [{assignedTo: 'p3'}, {assignedTo: 'p5'}]}", "{createdAt: -1, _id: -1}"),
    ];

    public static async Task RunAsync(TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("store-lists-");
        try
        {
            await using var server = await EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = folder.FullName });
            using var client = new MongoClient(server.ConnectionString);
            var leads = client.GetDatabase("bench").GetCollection<BsonDocument>("leads");
            await FillAsync(leads);
            await output.WriteLineAsync($"{"median of " + Runs,-36}{"page ms",12}{"total ms",12}");
            foreach (var (name, filter, sort) in Shapes)
            {
                var page = await MedianAsync(async () => await leads.Find(filter).Sort(sort).Limit(20).ToListAsync());
                var total = await MedianAsync(async () => await leads.CountDocumentsAsync(filter));
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{name,-36}{page,12:N1}{total,12:N1}"));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task FillAsync(IMongoCollection<BsonDocument> leads)
    {
        await leads.Indexes.CreateManyAsync(Indexes.Select(key => new CreateIndexModel<BsonDocument>(key)));
        var random = new Random(1);
        string[] statuses = ["open", "open", "open", "won", "lost", "archived"];
        foreach (var chunk in Enumerable.Range(0, Leads).Chunk(5000))
        {
            await leads.InsertManyAsync(chunk.Select(i => new BsonDocument
            {
                { "email", $"lead{i}@example.com" }, { "status", statuses[random.Next(statuses.Length)] },
                { "createdAt", new BsonDateTime(1_700_000_000_000 + (random.Next() * 10L)) }, { "updatedAt", new BsonDateTime(1_700_000_000_000 + random.Next()) },
                { "score", random.Next(101) }, { "dealValue", random.Next(100_000) }, { "pipelineId", random.Next(4) }, { "stageId", random.Next(20) },
                { "rank", $"r{i:x8}" }, { "source", $"s{random.Next(8)}" }, { "assignedTo", $"p{random.Next(25)}" },
                { "tags", new BsonArray { $"t{random.Next(10)}", $"t{10 + random.Next(10)}" } },
                { "searchTerms", new BsonArray { $"name{i}", $"family{i % 997}", $"+91{i:0000000000}" } }, { "filler", new string('x', 600) },
            }));
        }
    }

    private static async Task<double> MedianAsync(Func<Task> operation)
    {
        var times = new List<double>();
        for (int i = 0; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await operation();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        return times[Runs / 2];
    }
}
