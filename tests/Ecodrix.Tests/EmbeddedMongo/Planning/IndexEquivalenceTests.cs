using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Planning;

/// <summary>An index may change how fast an answer is found, never what it is.</summary>
public sealed class IndexEquivalenceTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    private static readonly BsonDocument[] Keys =
    [
        new("a", 1), new("a", -1), new() { { "a", 1 }, { "b", -1 } }, new() { { "b", -1 }, { "a", 1 }, { "c", 1 } }, new("a.b", 1),
        new() { { "a.b", 1 }, { "a.c", -1 } }, new() { { "c", 1 }, { "a", 1 } }, new() { { "c", 1 }, { "b", -1 }, { "_id", 1 } },
        new() { { "a", 1 }, { "b", -1 }, { "_id", 1 } },
    ];

    private static readonly BsonDocument[] Orders =
    [
        new() { { "a", 1 }, { "b", -1 }, { "_id", 1 } }, new() { { "b", -1 }, { "_id", 1 } }, new() { { "b", 1 }, { "_id", -1 } },
        new() { { "c", 1 }, { "b", -1 }, { "_id", 1 } },
    ];

    private static readonly string[] Queries =
    [
        "{a: 1}", "{a: null}", "{a: {$gt: 1}}", "{a: {$gte: 1, $lt: 3}}", "{a: {$lt: NumberDecimal('2.5')}}", "{a: {$in: [1, 'x', null]}}",
        "{a: 'x'}", "{a: /^x/}", "{a: {$exists: false}}", "{a: {$exists: true}}", "{a: {$ne: 1}}", "{a: {$elemMatch: {$gt: 1, $lt: 3}}}",
        "{'a.b': 1}", "{'a.b': null}", "{'a.b': {$gt: 0, $lt: 2}, 'a.c': 1}", "{a: {$elemMatch: {b: 1, c: 2}}}", "{a: []}", "{a: [1, 2]}",
        "{a: {$all: [1, 2]}}", "{a: {$size: 2}}", "{$or: [{a: 1}, {b: 2}]}", "{a: 1, b: 2}", "{a: 1, b: {$gte: 1}}", "{b: 2, a: {$lte: 2}}",
        "{a: {$not: {$gt: 1}}}", "{a: {$type: 'number'}}", "{a: true}", "{a: {b: 1}}", "{c: 1, a: {$in: [1, 2, 3]}}",
        "{c: {$in: [0, 1, 3]}}", "{c: {$in: [0, 2]}, b: {$gte: 1}}", "{a: {$in: [1, 2, 'x']}}", "{a: {$in: [1, 2]}, b: {$in: [0, 3]}}",
        "{$or: [{a: 1}, {c: 2}]}", "{$or: [{a: {$gt: 1}}, {a: {$lt: 1}}, {c: 0}], b: {$gte: 1}}", "{$or: [{a: 1}, {$and: [{a: 2}, {c: 1}]}]}",
        "{a: /^x[12]/}", "{a: {$in: [/^x/, 1]}}", "{a: /^x1/}",
        "{$and: [{a: {$gt: 1}}, {a: {$lt: 2}}]}", "{a: NaN}", "{a: {$gte: {$minKey: 1}}}",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_query_has_the_same_answer_with_and_without_an_index(int seed)
    {
        var random = new Random(seed);
        var documents = Enumerable.Range(0, 300).Select(i => RandomDocument(random, i)).ToList();
        var plain = mongo.NewCollection();
        await plain.InsertManyAsync(documents);
        foreach (var key in Keys)
        {
            var indexed = mongo.NewCollection();
            await indexed.InsertManyAsync(documents);
            await indexed.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(key));
            foreach (string query in Queries)
            {
                var filter = BsonDocument.Parse(query);
                (await IdsAsync(indexed, filter, [])).Should().BeEquivalentTo(await IdsAsync(plain, filter, []), "{0} by {1}, seed {2}", query, key, seed);
                (await indexed.CountDocumentsAsync(filter)).Should().Be(await plain.CountDocumentsAsync(filter), "{0} by {1}", query, key);
                var order = Orders[random.Next(Orders.Length)];
                var expected = await IdsAsync(plain, filter, order);
                (await IdsAsync(indexed, filter, order)).Should().Equal(expected, "{0} sorted by {1}, by {2}, seed {3}", query, order, key, seed);
                var page = (await indexed.Find(filter).Sort(order).Skip(3).Limit(7).ToListAsync()).ConvertAll(thing => thing["_id"].AsInt32);
                page.Should().Equal(expected.Skip(3).Take(7), "a page of {0} sorted by {1}, by {2}, seed {3}", query, order, key, seed);
            }
        }
    }

    private static async Task<List<int>> IdsAsync(IMongoCollection<BsonDocument> things, BsonDocument filter, BsonDocument sort) =>
        (await things.Find(filter).Sort(sort).Project(new BsonDocument("_id", 1)).ToListAsync()).ConvertAll(thing => thing["_id"].AsInt32);

    private static BsonDocument RandomDocument(Random random, int id)
    {
        var document = new BsonDocument("_id", id);
        foreach (string field in new[] { "b", "c" })
        {
            if (random.Next(4) > 0)
            {
                document.Add(field, random.Next(4));
            }
        }

        return random.Next(8) == 0 ? document : document.Add("a", RandomValue(random, 2));
    }

    private static BsonValue RandomValue(Random random, int depth) => random.Next(depth > 0 ? 14 : 10) switch
    {
        0 => BsonNull.Value,
        1 => "x" + random.Next(3),
        2 => "x",
        3 => random.Next(4) + 0.5,
        4 => new BsonDecimal128(random.Next(4) + 0.1m),
        5 => random.Next(4) * 1L,
        6 => random.Next(20) == 0 ? double.NaN : true,
        7 => new BsonDateTime(random.Next(3)),
        < 10 => random.Next(4),
        < 12 => new BsonArray(Enumerable.Range(0, random.Next(4)).Select(_ => RandomValue(random, depth - 1))),
        _ => new BsonDocument { { "b", RandomValue(random, depth - 1) }, { "c", random.Next(3) } },
    };
}
