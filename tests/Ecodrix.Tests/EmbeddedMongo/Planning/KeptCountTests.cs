using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Planning;

/// <summary>The store keeps the numbers of long lists up to date instead of counting them anew; they are never wrong for it.</summary>
public sealed class KeptCountTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    private const int Documents = 6_000;

    private static readonly BsonDocument[] Filters =
    [
        new("kind", "a"), new("kind", new BsonDocument("$in", new BsonArray { "a", "c" })), new("n", new BsonDocument("$gte", 500)),
        new() { { "kind", "b" }, { "n", new BsonDocument("$lt", 5_900) } },
        new() { { "kind", "a" }, { "odd", true } }, new("odd", new BsonDocument("$ne", false)),
    ];

    [Fact]
    public async Task The_number_of_matches_stays_right_while_many_insert_change_fail_and_delete()
    {
        var things = mongo.NewCollection();
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(BsonDocument.Parse("{kind: 1, n: 1}")));
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(BsonDocument.Parse("{n: 1}")));
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(BsonDocument.Parse("{only: 1}"), new CreateIndexOptions { Unique = true }));
        await things.InsertManyAsync(Enumerable.Range(0, Documents).Select(i => Thing(i, new Random(i))));
        for (int round = 0; round < 4; round++)
        {
            // Asked while the writers run, some of the counts are begun in their midst.
            var writers = Enumerable.Range(0, 8).Select(writer => WriteAsync(things, writer, round));
            var askers = Filters.Select(filter => AskAsync(things, filter));
            await Task.WhenAll(writers.Concat(askers));
            foreach (var filter in Filters)
            {
                long found = (await things.Find(filter).Project(new BsonDocument("_id", 1)).ToListAsync()).Count;
                found.Should().BeGreaterThan(1_000, "the numbers must be worth keeping");
                (await things.CountDocumentsAsync(filter)).Should().Be(found, "round {0}, {1}", round, filter);
            }
        }
    }

    [Fact]
    public async Task Whoever_has_written_finds_the_number_changed()
    {
        var things = mongo.NewCollection();
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(BsonDocument.Parse("{kind: 1}")));
        await things.InsertManyAsync(Enumerable.Range(0, Documents).Select(i => new BsonDocument { { "_id", i }, { "kind", "a" } }));
        for (int i = 0; i < 50; i++)
        {
            (await things.CountDocumentsAsync(new BsonDocument("kind", "a"))).Should().Be(Documents - i);
            await things.DeleteOneAsync(new BsonDocument("_id", i));
        }
    }

    private static async Task AskAsync(IMongoCollection<BsonDocument> things, BsonDocument filter)
    {
        for (int i = 0; i < 10; i++)
        {
            await things.CountDocumentsAsync(filter);
        }
    }

    private static async Task WriteAsync(IMongoCollection<BsonDocument> things, int writer, int round)
    {
        var random = new Random((round * 100) + writer);
        for (int i = 0; i < 60; i++)
        {
            int id = random.Next(Documents);
            switch (random.Next(4))
            {
                case 0:
                    await things.InsertOneAsync(Thing((((round * 8) + writer) * 1_000) + Documents + i, random));
                    break;
                case 1:
                    // The last index refuses it, when the entries of the others are already made.
                    var refused = Thing(1_000_000 + (writer * 1_000) + i, random).Set("only", await AnyAsync(things));
                    await things.Invoking(t => t.InsertOneAsync(refused)).Should().ThrowAsync<MongoWriteException>();
                    break;
                case 2:
                    await things.UpdateOneAsync(new BsonDocument("_id", id), new BsonDocument("$set", new BsonDocument { { "kind", Kind(random) }, { "n", random.Next(Documents) }, { "odd", random.Next(4) > 0 } }));
                    break;
                default:
                    await things.DeleteOneAsync(new BsonDocument("_id", Documents - 1 - random.Next(500)));
                    break;
            }
        }
    }

    // The first documents are never deleted.
    private static async Task<BsonValue> AnyAsync(IMongoCollection<BsonDocument> things) => (await things.Find(new BsonDocument("_id", 0)).SingleAsync())["only"];

    private static BsonDocument Thing(int id, Random random) => new() { { "_id", id }, { "kind", Kind(random) }, { "n", random.Next(Documents) }, { "only", id }, { "odd", random.Next(4) > 0 } };

    private static string Kind(Random random) => ((char)('a' + random.Next(3))).ToString();
}
