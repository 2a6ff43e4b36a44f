using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Commands;

/// <summary>https://www.mongodb.com/docs/manual/core/indexes/index-properties/ and the pages below it.</summary>
public sealed class IndexRuleTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    [Fact]
    public async Task A_unique_index_takes_a_missing_field_for_null_and_so_takes_only_one_of_them()
    {
        // https://www.mongodb.com/docs/manual/core/index-unique/
        var things = await IndexedAsync("{a: 1}", new CreateIndexOptions { Unique = true });
        await things.InsertOneAsync(BsonDocument.Parse("{_id: 1}"));

        await ShouldBeDuplicateAsync(things, "{_id: 2, a: null}");
        await things.InsertOneAsync(BsonDocument.Parse("{_id: 3, a: [1, 1, 2]}"));
        await ShouldBeDuplicateAsync(things, "{_id: 4, a: 2}");
        await ShouldBeDuplicateAsync(things, "{_id: 5, a: 1.0}");
    }

    [Fact]
    public async Task A_unique_sparse_index_takes_any_number_of_documents_without_the_field()
    {
        // https://www.mongodb.com/docs/manual/core/index-sparse/
        var things = await IndexedAsync("{a: 1}", new CreateIndexOptions { Unique = true, Sparse = true });
        await things.InsertManyAsync([BsonDocument.Parse("{_id: 1}"), BsonDocument.Parse("{_id: 2}"), BsonDocument.Parse("{_id: 3, a: null}")]);

        await ShouldBeDuplicateAsync(things, "{_id: 4, a: null}");
        (await things.CountDocumentsAsync(BsonDocument.Parse("{a: null}"))).Should().Be(3, "a sparse index never hides documents");
        (await things.Find(FilterDefinition<BsonDocument>.Empty).Sort("{a: 1}").ToListAsync()).Should().HaveCount(3);
    }

    [Fact]
    public async Task A_unique_partial_index_is_unique_among_the_documents_it_holds()
    {
        // https://www.mongodb.com/docs/manual/core/index-partial/
        var things = await IndexedAsync("{name: 1}", new CreateIndexOptions<BsonDocument>
        {
            Unique = true,
            PartialFilterExpression = BsonDocument.Parse("{age: {$gte: 21}}"),
        });
        await things.InsertManyAsync(
            [BsonDocument.Parse("{_id: 1, name: 'x', age: 30}"), BsonDocument.Parse("{_id: 2, name: 'x', age: 20}"), BsonDocument.Parse("{_id: 3, name: 'x'}")]);

        await ShouldBeDuplicateAsync(things, "{_id: 4, name: 'x', age: 21}");
        var grow = () => things.UpdateOneAsync("{_id: 2}", "{$set: {age: 40}}");
        (await grow.Should().ThrowAsync<MongoWriteException>()).Which.WriteError.Code.Should().Be(11000);
        (await things.CountDocumentsAsync("{name: 'x'}")).Should().Be(3, "the index is passed over where it does not hold all that match");
    }

    [Theory]
    [InlineData("{age: {$gte: 30}, name: 'x'}", "IXSCAN")]
    [InlineData("{age: 25, name: 'x'}", "IXSCAN")]
    [InlineData("{age: {$in: [25, 30]}, name: 'x'}", "IXSCAN")]
    [InlineData("{age: {$gte: 20}, name: 'x'}", "COLLSCAN")]
    [InlineData("{name: 'x'}", "COLLSCAN")]
    public async Task A_partial_index_is_used_where_the_query_implies_its_filter(string query, string stage)
    {
        var things = await IndexedAsync("{name: 1}", new CreateIndexOptions<BsonDocument> { PartialFilterExpression = BsonDocument.Parse("{age: {$gte: 21}}") });
        await things.InsertOneAsync(BsonDocument.Parse("{name: 'x', age: 25}"));

        (await PlanAsync(things, query)).Should().Contain(stage);
    }

    [Fact]
    public async Task A_compound_index_takes_one_array_per_document_only()
    {
        // https://www.mongodb.com/docs/manual/core/indexes/index-types/index-multikey/#compound-multikey-indexes
        var things = await IndexedAsync("{a: 1, b: 1}", new CreateIndexOptions());
        await things.InsertManyAsync([BsonDocument.Parse("{_id: 1, a: [1, 2], b: 1}"), BsonDocument.Parse("{_id: 2, a: 1, b: [1, 2]}")]);

        var insert = () => things.InsertOneAsync(BsonDocument.Parse("{_id: 3, a: [1], b: [1]}"));
        (await insert.Should().ThrowAsync<MongoWriteException>()).Which.WriteError.Code.Should().Be(171);
        (await things.CountDocumentsAsync(FilterDefinition<BsonDocument>.Empty)).Should().Be(2);
    }

    [Fact]
    public async Task Building_a_unique_index_over_duplicates_fails_and_leaves_no_index()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync([BsonDocument.Parse("{a: 1}"), BsonDocument.Parse("{a: 1}")]);

        var build = () => things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>("{a: 1}", new CreateIndexOptions { Unique = true }));
        (await build.Should().ThrowAsync<MongoCommandException>()).Which.Code.Should().Be(11000);
        (await things.Indexes.List().ToListAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task An_index_is_made_once_and_one_that_differs_under_its_name_is_refused()
    {
        // https://www.mongodb.com/docs/manual/reference/command/createIndexes/
        var things = await IndexedAsync("{a: 1}", new CreateIndexOptions { Name = "mine" });
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>("{a: 1}", new CreateIndexOptions { Name = "mine" }));

        var sameName = () => things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>("{b: 1}", new CreateIndexOptions { Name = "mine" }));
        (await sameName.Should().ThrowAsync<MongoCommandException>()).Which.Code.Should().Be(86);
        var sameKey = () => things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>("{a: 1}", new CreateIndexOptions { Name = "other" }));
        (await sameKey.Should().ThrowAsync<MongoCommandException>()).Which.Code.Should().Be(85);
    }

    [Fact]
    public async Task Indexes_are_listed_as_they_were_asked_for()
    {
        // https://www.mongodb.com/docs/manual/reference/command/listIndexes/
        var things = mongo.NewCollection();
        await things.Indexes.CreateManyAsync(
        [
            new("{a: 1, b: -1}"), new("{at: 1}", new() { ExpireAfter = TimeSpan.FromHours(1) }), new("{c: 1}", new() { Unique = true, Sparse = true }),
            new("{d: 1}", new CreateIndexOptions<BsonDocument> { Name = "d", PartialFilterExpression = "{e: {$gt: 1}}" }),
        ]);

        (await things.Indexes.List().ToListAsync()).Should().Equal(
            BsonDocument.Parse("{v: 2, key: {_id: 1}, name: '_id_'}"),
            BsonDocument.Parse("{v: 2, key: {a: 1, b: -1}, name: 'a_1_b_-1'}"),
            BsonDocument.Parse("{v: 2, key: {at: 1}, name: 'at_1', expireAfterSeconds: 3600}"),
            BsonDocument.Parse("{v: 2, key: {c: 1}, name: 'c_1', sparse: true, unique: true}"),
            BsonDocument.Parse("{v: 2, key: {d: 1}, name: 'd', partialFilterExpression: {e: {$gt: 1}}}"));
    }

    [Fact]
    public async Task The_index_on_the_id_cannot_be_dropped()
    {
        var things = await IndexedAsync("{a: 1}", new CreateIndexOptions());
        var drop = () => things.Indexes.DropOneAsync("_id_");

        (await drop.Should().ThrowAsync<MongoCommandException>()).Which.Code.Should().Be(72);
        await things.Indexes.DropAllAsync();
        (await things.Indexes.List().ToListAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task An_anchored_prefix_is_a_range_of_the_index_also_among_the_elements_of_arrays()
    {
        // https://www.mongodb.com/docs/manual/reference/operator/query/regex/#index-use
        var things = await IndexedAsync("{words: 1}", new CreateIndexOptions());
        await things.InsertManyAsync(Enumerable.Range(0, 200).Select(i => BsonDocument.Parse($"{{_id: {i}, words: ['w{i:000}', 'v{i:000}', 'w{i:000}x']}}")));

        var explained = await ExplainAsync(things, "{words: /^w01/}");
        explained["executionStats"]["nReturned"].ToInt32().Should().Be(10);
        explained["executionStats"]["totalKeysExamined"].ToInt32().Should().Be(20);
        explained["executionStats"]["totalDocsExamined"].ToInt32().Should().Be(10);
        (await things.CountDocumentsAsync("{words: /^w01/}")).Should().Be(10);
    }

    private static async Task ShouldBeDuplicateAsync(IMongoCollection<BsonDocument> things, string document)
    {
        var insert = () => things.InsertOneAsync(BsonDocument.Parse(document));
        (await insert.Should().ThrowAsync<MongoWriteException>(document)).Which.WriteError.Category.Should().Be(ServerErrorCategory.DuplicateKey);
    }

    private async Task<IMongoCollection<BsonDocument>> IndexedAsync(string key, CreateIndexOptions options)
    {
        var things = mongo.NewCollection();
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(key, options));
        return things;
    }

    private static async Task<string> PlanAsync(IMongoCollection<BsonDocument> things, string query) =>
        (await ExplainAsync(things, query))["queryPlanner"]["winningPlan"].ToJson();

    private static async Task<BsonDocument> ExplainAsync(IMongoCollection<BsonDocument> things, string query) =>
        await things.Database.RunCommandAsync<BsonDocument>(new BsonDocument
        {
            { "explain", new BsonDocument { { "find", "things" }, { "filter", BsonDocument.Parse(query) } } }, { "verbosity", "executionStats" },
        });
}
