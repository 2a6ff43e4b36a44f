using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Commands;

/// <summary>https://www.mongodb.com/docs/manual/reference/command/explain/ and /reference/explain-results/</summary>
public sealed class ExplainTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    [Fact]
    public async Task A_find_by_an_indexed_field_is_an_index_scan_that_looks_at_its_matches_only()
    {
        var database = await ThingsAsync();
        var answer = await ExplainAsync(database, "{find: 'things', filter: {kind: 3}}");

        var plan = answer["queryPlanner"]["winningPlan"].AsBsonDocument;
        plan["stage"].Should().Be("FETCH");
        plan["inputStage"]["stage"].Should().Be("IXSCAN");
        plan["inputStage"]["indexName"].Should().Be("kind_1_n_1");
        plan["inputStage"]["keyPattern"].Should().Be(BsonDocument.Parse("{kind: 1, n: 1}"));
        var stats = answer["executionStats"];
        stats["nReturned"].ToInt32().Should().Be(10);
        stats["totalKeysExamined"].ToInt32().Should().Be(10);
        stats["totalDocsExamined"].ToInt32().Should().Be(10);
    }

    [Fact]
    public async Task A_find_without_an_index_is_a_collection_scan()
    {
        var database = await ThingsAsync();
        var answer = await ExplainAsync(database, "{find: 'things', filter: {other: 3}}");

        answer["queryPlanner"]["winningPlan"]["stage"].Should().Be("COLLSCAN");
        answer["executionStats"]["totalDocsExamined"].ToInt32().Should().Be(100);
        answer["executionStats"]["totalKeysExamined"].ToInt32().Should().Be(0);
    }

    [Theory]
    [InlineData("{find: 'things', filter: {kind: 3}, sort: {n: 1}}", "FETCH IXSCAN")]
    [InlineData("{find: 'things', filter: {kind: 3}, sort: {other: 1}}", "SORT FETCH IXSCAN")]
    [InlineData("{find: 'things', filter: {kind: 3}, skip: 1, limit: 2, projection: {n: 1}}", "PROJECTION_DEFAULT LIMIT SKIP FETCH IXSCAN")]
    [InlineData("{find: 'things', filter: {kind: {$in: [3, 5]}}, sort: {n: -1}, limit: 4}", "LIMIT FETCH SORT_MERGE IXSCAN")]
    [InlineData("{find: 'things', filter: {$or: [{kind: 3}, {_id: 5}]}}", "FETCH OR")]
    [InlineData("{find: 'things', filter: {$or: [{kind: 3}, {other: 5}]}}", "COLLSCAN")]
    [InlineData("{count: 'things', query: {kind: {$in: [3, 4]}}}", "COUNT COUNT_SCAN")]
    [InlineData("{find: 'nothing', filter: {kind: 3}}", "EOF")]
    [InlineData("{count: 'things', query: {kind: 3}}", "COUNT COUNT_SCAN")]
    [InlineData("{count: 'things', query: {other: 3}}", "COUNT COLLSCAN")]
    [InlineData("{distinct: 'things', key: 'n', query: {kind: 3}}", "FETCH IXSCAN")]
    [InlineData("{update: 'things', updates: [{q: {kind: 3}, u: {$set: {n: 0}}, multi: true}]}", "UPDATE FETCH IXSCAN")]
    [InlineData("{delete: 'things', deletes: [{q: {other: 3}, limit: 0}]}", "DELETE COLLSCAN")]
    [InlineData("{findAndModify: 'things', query: {kind: 3}, sort: {n: -1}, update: {$set: {n: 0}}}", "UPDATE LIMIT FETCH IXSCAN")]
    [InlineData("{aggregate: 'things', pipeline: [{$match: {kind: 3}}, {$sort: {n: 1}}], cursor: {}}", "FETCH IXSCAN")]
    public async Task The_plan_is_a_tree_of_stages(string command, string stages)
    {
        var answer = await ExplainAsync(await ThingsAsync(), command);

        Stages(answer["queryPlanner"]["winningPlan"].AsBsonDocument).Should().Be(stages);
        Stages(answer["executionStats"]["executionStages"].AsBsonDocument).Should().Be(stages);
    }

    [Fact]
    public async Task A_sorted_page_of_several_values_looks_at_little_more_than_the_page()
    {
        var answer = await ExplainAsync(await ThingsAsync(), "{find: 'things', filter: {kind: {$in: [3, 5, 7]}}, sort: {n: -1}, limit: 4}");

        answer["executionStats"]["totalDocsExamined"].ToInt32().Should().Be(4);
        answer["executionStats"]["totalKeysExamined"].ToInt32().Should().BeLessThan(8);
    }

    [Fact]
    public async Task A_selective_condition_wins_over_an_index_that_gives_the_order_and_an_unselective_one_does_not()
    {
        var database = mongo.NewDatabase();
        var things = database.GetCollection<BsonDocument>("things");
        await things.Indexes.CreateManyAsync([new(new BsonDocument("kind", 1)), new(new BsonDocument("n", -1))]);
        await things.InsertManyAsync(Enumerable.Range(0, 2000).Select(i => new BsonDocument { { "n", i }, { "kind", i % 200 == 0 ? "rare" : "usual" } }));

        var rare = await ExplainAsync(database, "{find: 'things', filter: {kind: 'rare'}, sort: {n: -1}, limit: 10}");
        Stages(rare["queryPlanner"]["winningPlan"].AsBsonDocument).Should().Be("LIMIT SORT FETCH IXSCAN");
        rare["executionStats"]["totalDocsExamined"].ToInt32().Should().Be(10);
        var usual = await ExplainAsync(database, "{find: 'things', filter: {kind: 'usual'}, sort: {n: -1}, limit: 10}");
        Stages(usual["queryPlanner"]["winningPlan"].AsBsonDocument).Should().Be("LIMIT FETCH IXSCAN");
        usual["executionStats"]["totalDocsExamined"].ToInt32().Should().BeLessThan(20);
    }

    [Fact]
    public async Task A_pipeline_shows_what_its_cursor_reads_and_then_the_stages_that_run_over_it()
    {
        var answer = await ExplainAsync(
            await ThingsAsync(), "{aggregate: 'things', pipeline: [{$match: {kind: 3}}, {$group: {_id: '$n'}}, {$limit: 2}], cursor: {}}");

        var stages = answer["stages"].AsBsonArray;
        stages[0]["$cursor"]["queryPlanner"]["winningPlan"]["inputStage"]["stage"].Should().Be("IXSCAN");
        stages[1].AsBsonDocument.Names.Should().Equal("$group");
        stages[2].AsBsonDocument.Names.Should().Equal("$limit");
    }

    [Fact]
    public async Task Explaining_a_write_changes_nothing()
    {
        var database = await ThingsAsync();
        var answer = await ExplainAsync(database, "{delete: 'things', deletes: [{q: {kind: 3}, limit: 0}]}");

        answer["executionStats"]["executionStages"]["nWouldDelete"].ToInt32().Should().Be(10);
        (await database.GetCollection<BsonDocument>("things").CountDocumentsAsync(new BsonDocument("kind", 3))).Should().Be(10);
    }

    [Fact]
    public async Task The_verbosity_queryPlanner_runs_nothing()
    {
        var database = await ThingsAsync();
        var answer = await database.RunCommandAsync<BsonDocument>(
            BsonDocument.Parse("{explain: {find: 'things', filter: {kind: 3}}, verbosity: 'queryPlanner'}"));

        answer.Contains("executionStats").Should().BeFalse();
    }

    [Fact]
    public async Task A_command_that_reads_no_documents_cannot_be_explained()
    {
        var explain = async () => await ExplainAsync(await ThingsAsync(), "{ping: 'things'}");

        (await explain.Should().ThrowAsync<MongoCommandException>()).Which.Code.Should().Be(59);
    }

    private static async Task<BsonDocument> ExplainAsync(IMongoDatabase database, string command) =>
        await database.RunCommandAsync<BsonDocument>(
            new BsonDocument { { "explain", BsonDocument.Parse(command) }, { "verbosity", "executionStats" } });

    private async Task<IMongoDatabase> ThingsAsync()
    {
        var database = mongo.NewDatabase();
        var things = database.GetCollection<BsonDocument>("things");
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(BsonDocument.Parse("{kind: 1, n: 1}")));
        await things.InsertManyAsync(Enumerable.Range(0, 100).Select(i => new BsonDocument { { "_id", i }, { "kind", i / 10 }, { "n", i }, { "other", i } }));
        return database;
    }

    private static string Stages(BsonDocument plan) =>
        plan["stage"].AsString + (plan.TryGetValue("inputStage", out var input) ? $" {Stages(input.AsBsonDocument)}" : "");
}
