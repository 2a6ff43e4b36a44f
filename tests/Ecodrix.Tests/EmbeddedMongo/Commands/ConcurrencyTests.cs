using System.Collections.Concurrent;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Commands;

public sealed class ConcurrencyTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    [Fact]
    public async Task Readers_that_stay_see_what_is_changed_and_what_lies_beyond_the_file_as_they_first_saw_it()
    {
        var documents = mongo.NewCollection();
        var filling = new string('x', 8000);
        for (int round = 0; round < 6; round++)
        {
            // Some 4 MB more a round, which the writer moves from its log into the file meanwhile.
            await documents.InsertManyAsync(Enumerable.Range(round * 500, 500).Select(n => new BsonDocument { ["_id"] = n, ["round"] = 0, ["filling"] = filling }));
            await documents.UpdateManyAsync(new BsonDocument(), new BsonDocument("$set", new BsonDocument("round", round)));

            var seen = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
            {
                var all = await documents.Find(new BsonDocument()).Sort(new BsonDocument("_id", 1)).ToListAsync();
                return (Ids: all.Count, Rounds: all.Select(d => d["round"].AsInt32).Distinct().ToList(), Last: all[^1]["_id"].AsInt32);
            }));
            seen.Should().OnlyContain(s => s.Ids == (round + 1) * 500 && s.Last == s.Ids - 1 && s.Rounds.Count == 1 && s.Rounds[0] == round);
        }
    }

    [Fact]
    public async Task Of_32_claimers_no_two_ever_get_the_same_job_and_all_jobs_are_got_in_order()
    {
        const int Jobs = 1000;
        var jobs = mongo.NewCollection();
        await jobs.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(BsonDocument.Parse("{status: 1, runAt: 1}")));
        await jobs.InsertManyAsync(Enumerable.Range(0, Jobs).Select(i => BsonDocument.Parse($"{{_id: {i}, status: 'queued', runAt: {i}}}")));
        var claimed = new ConcurrentQueue<int>();

        await Task.WhenAll(Enumerable.Range(0, 32).Select(claimer => Task.Run(async () =>
        {
            int last = -1;
            while (await ClaimAsync(jobs, claimer) is { } job)
            {
                job["_id"].AsInt32.Should().BeGreaterThan(last, "the oldest comes first");
                last = job["_id"].AsInt32;
                claimed.Enqueue(last);
            }
        })));

        claimed.Should().OnlyHaveUniqueItems().And.HaveCount(Jobs);
    }

    [Fact]
    public async Task Increments_by_many_at_once_all_count()
    {
        var counters = mongo.NewCollection();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => counters.UpdateOneAsync(
            new BsonDocument("_id", "c"), BsonDocument.Parse("{$inc: {n: 1}}"), new UpdateOptions { IsUpsert = true })));

        (await counters.Find(new BsonDocument("_id", "c")).SingleAsync())["n"].AsInt32.Should().Be(200);
    }

    [Fact]
    public async Task A_cursor_shows_the_collection_as_it_was_when_the_cursor_was_opened()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync(Enumerable.Range(0, 1000).Select(i => new BsonDocument { { "_id", i }, { "state", "old" } }));
        using var cursor = await things.Find(FilterDefinition<BsonDocument>.Empty).Sort("{_id: 1}").ToCursorAsync(CancellationToken.None);
        await cursor.MoveNextAsync();
        var seen = cursor.Current.ToList();

        await things.UpdateManyAsync(FilterDefinition<BsonDocument>.Empty, BsonDocument.Parse("{$set: {state: 'new'}}"));
        await things.DeleteManyAsync(BsonDocument.Parse("{_id: {$gte: 500}}"));
        await things.InsertOneAsync(new BsonDocument { { "_id", 5000 }, { "state", "new" } });
        while (await cursor.MoveNextAsync())
        {
            seen.AddRange(cursor.Current);
        }

        seen.Should().HaveCount(1000).And.OnlyContain(thing => thing["state"] == "old");
    }

    [Fact]
    public async Task More_cursors_than_there_are_snapshots_read_to_their_end_and_leave_room_for_others()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync(Enumerable.Range(0, 300).Select(i => new BsonDocument("_id", i)));
        var cursors = new List<IAsyncCursor<BsonDocument>>();
        for (int i = 0; i < 40; i++)
        {
            cursors.Add(await things.FindAsync(FilterDefinition<BsonDocument>.Empty, new FindOptions<BsonDocument> { BatchSize = 10 }));
        }

        (await things.CountDocumentsAsync(BsonDocument.Parse("{_id: {$gte: 0}}"))).Should().Be(300);
        foreach (var cursor in cursors)
        {
            (await cursor.ToListAsync()).Should().HaveCount(300);
        }
    }

    [Fact]
    public async Task A_cursor_that_was_killed_or_never_was_is_error_43()
    {
        var database = mongo.NewDatabase();
        await database.GetCollection<BsonDocument>("things").InsertManyAsync(Enumerable.Range(0, 10).Select(i => new BsonDocument("_id", i)));
        var first = await database.RunCommandAsync<BsonDocument>(BsonDocument.Parse("{find: 'things', batchSize: 2}"));
        var id = first["cursor"]["id"].AsInt64;
        id.Should().NotBe(0);

        var killed = await database.RunCommandAsync<BsonDocument>(new BsonDocument { { "killCursors", "things" }, { "cursors", new BsonArray { id } } });
        killed["cursorsKilled"].AsBsonArray.Should().Equal(id);
        var more = () => database.RunCommandAsync<BsonDocument>(new BsonDocument { { "getMore", id }, { "collection", "things" } });
        (await more.Should().ThrowAsync<MongoCommandException>()).Which.Code.Should().Be(43);
    }

    [Fact]
    public async Task A_query_that_takes_longer_than_its_client_allows_is_error_50()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync(Enumerable.Range(0, 4000).Select(i => new BsonDocument("_id", i)));
        var slow = things.Find(BsonDocument.Parse("{$expr: {$lt: [{$sum: {$range: [0, 5000]}}, 0]}}"), new FindOptions { MaxTime = TimeSpan.FromMilliseconds(10) });
        var run = () => slow.ToListAsync();

        await run.Should().ThrowAsync<MongoExecutionTimeoutException>();
    }

    private static async Task<BsonDocument?> ClaimAsync(IMongoCollection<BsonDocument> jobs, int claimer) => await jobs.FindOneAndUpdateAsync(
        BsonDocument.Parse("{status: 'queued'}"),
        new BsonDocument("$set", new BsonDocument { { "status", "taken" }, { "by", claimer } }),
        new FindOneAndUpdateOptions<BsonDocument> { Sort = "{runAt: 1}" });
}
