using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Commands;

/// <summary>https://www.mongodb.com/docs/manual/reference/command/distinct/</summary>
public sealed class DistinctTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    private const string Documents = """
        [{v: 'b'}, {v: 'a', n: 1}, {v: ['c', 'a', 'c']}, {}, {v: null}, {v: []}, {v: [[1, 2], 3]}, {v: 3}, {v: {$numberLong: '3'}}, {v: 3.5}, {v: -7},
         {v: {a: 1}}, {v: {a: 1, b: 2}}, {v: true}, {v: ''}, {v: 'aa'}, {v: ['b', null]}, {v: {$date: '2026-03-20T08:00:00Z'}}, {v: {$oid: '0123456789abcdef01234567'}}]
        """;

    [Theory]
    [InlineData("{v: 1}")]
    [InlineData("{v: -1}")]
    [InlineData("{v: 1, n: -1}")]
    [InlineData("{v: -1, n: 1}")]
    public async Task An_index_gives_the_values_that_reading_everything_gives(string index)
    {
        var things = await ThingsAsync(Documents);
        var read = await ValuesAsync(things);
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(BsonDocument.Parse(index)));

        (await ValuesAsync(things)).Should().Equal(read);
        read.Should().HaveCount(15).And.Contain(BsonNull.Value).And.Contain("aa").And.Contain(v => v.IsBsonArray);
        (await StageAsync(things, "{distinct: 'things', key: 'v'}"))["stage"].Should().Be("DISTINCT_SCAN");
    }

    [Fact]
    public async Task An_index_is_skipped_through_from_value_to_value()
    {
        var things = await ThingsAsync("[]");
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(BsonDocument.Parse("{labels: 1, at: -1}")));
        await things.InsertManyAsync(Enumerable.Range(0, 1_000).Select(i => new BsonDocument { ["at"] = i, ["labels"] = i % 3 == 0 ? new BsonArray() : new BsonArray { $"l{i % 4}" } }));

        var explained = await things.Database.RunCommandAsync<BsonDocument>(BsonDocument.Parse("{explain: {distinct: 'things', key: 'labels'}, verbosity: 'executionStats'}"));

        explained["executionStats"]["totalDocsExamined"].ToInt32().Should().Be(5, "four labels, and what has none");
        (await ValuesAsync(things, "labels")).Should().Equal("l0", "l1", "l2", "l3");
    }

    [Theory]
    [InlineData("{v: 1}", "{distinct: 'things', key: 'v', query: {n: 1}}")]
    [InlineData("{n: 1}", "{distinct: 'things', key: 'v'}")]
    public async Task What_the_index_cannot_know_is_read_from_the_documents(string index, string command)
    {
        var things = await ThingsAsync(Documents);
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(BsonDocument.Parse(index)));

        (await StageAsync(things, command))["stage"].Should().NotBe("DISTINCT_SCAN");
        (await things.Database.RunCommandAsync<BsonDocument>(BsonDocument.Parse("{distinct: 'things', key: 'v', query: {n: 1}}")))["values"].AsBsonArray.Should().Equal("a");
    }

    [Theory]
    [InlineData("{sparse: true}")]
    [InlineData("{partialFilterExpression: {n: 1}}")]
    public async Task An_index_that_leaves_documents_out_is_not_asked(string options)
    {
        var things = await ThingsAsync(Documents);
        var read = await ValuesAsync(things);
        var spec = BsonDocument.Parse(options).Add("key", BsonDocument.Parse("{v: 1}")).Add("name", "some");
        await things.Database.RunCommandAsync<BsonDocument>(new BsonDocument { ["createIndexes"] = "things", ["indexes"] = new BsonArray { spec } });

        (await ValuesAsync(things)).Should().Equal(read);
    }

    private static async Task<BsonDocument> StageAsync(IMongoCollection<BsonDocument> things, string command) =>
        (await things.Database.RunCommandAsync<BsonDocument>(new BsonDocument { ["explain"] = BsonDocument.Parse(command), ["verbosity"] = "queryPlanner" }))["queryPlanner"]["winningPlan"].AsBsonDocument;

    private static async Task<List<BsonValue>> ValuesAsync(IMongoCollection<BsonDocument> things, string key = "v") =>
        [.. (await things.Database.RunCommandAsync<BsonDocument>(new BsonDocument { ["distinct"] = "things", ["key"] = key }))["values"].AsBsonArray];

    private async Task<IMongoCollection<BsonDocument>> ThingsAsync(string documents)
    {
        var things = mongo.NewDatabase().GetCollection<BsonDocument>("things");
        var all = MongoDB.Bson.Serialization.BsonSerializer.Deserialize<BsonArray>(documents).Select(d => d.AsBsonDocument).ToList();
        if (all.Count > 0)
        {
            await things.InsertManyAsync(all);
        }

        return things;
    }
}
