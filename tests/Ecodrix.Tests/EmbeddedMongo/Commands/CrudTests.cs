using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Commands;

public sealed class CrudTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    private static readonly FilterDefinitionBuilder<BsonDocument> Filter = Builders<BsonDocument>.Filter;

    [Fact]
    public async Task What_is_inserted_is_found_by_filter_in_order_and_in_part()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync(Enumerable.Range(0, 10).Select(i => new BsonDocument { { "_id", i }, { "n", 10 - i }, { "even", i % 2 == 0 } }));

        var found = await things.Find(Filter.Eq("even", true)).Sort(new BsonDocument("n", 1)).Skip(1).Limit(2)
            .Project(new BsonDocument("n", 1)).ToListAsync();

        found.Should().Equal(new BsonDocument { { "_id", 6 }, { "n", 4 } }, new BsonDocument { { "_id", 4 }, { "n", 6 } });
    }

    [Fact]
    public async Task A_cursor_reads_on_in_batches_to_the_end()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync(Enumerable.Range(0, 1000).Select(i => new BsonDocument { { "_id", i }, { "text", new string('x', 1000) } }));

        var found = await things.Find(FilterDefinition<BsonDocument>.Empty, new FindOptions { BatchSize = 7 }).ToListAsync();

        found.Select(document => document["_id"].AsInt32).Should().Equal(Enumerable.Range(0, 1000));
    }

    [Fact]
    public async Task Updates_change_one_or_many_and_say_how_many()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync(Enumerable.Range(0, 5).Select(i => new BsonDocument { { "_id", i }, { "n", 0 } }));

        var one = await things.UpdateOneAsync(Filter.Eq("n", 0), Builders<BsonDocument>.Update.Inc("n", 1));
        var many = await things.UpdateManyAsync(Filter.Empty, Builders<BsonDocument>.Update.Set("n", 1));
        var upsert = await things.UpdateOneAsync(Filter.Eq("_id", 9), Builders<BsonDocument>.Update.Set("n", 7), new UpdateOptions { IsUpsert = true });

        (one.MatchedCount, one.ModifiedCount).Should().Be((1, 1));
        (many.MatchedCount, many.ModifiedCount).Should().Be((5, 4));
        upsert.UpsertedId.Should().Be(new BsonInt32(9));
        (await things.CountDocumentsAsync(Filter.Empty)).Should().Be(6);
        (await things.EstimatedDocumentCountAsync()).Should().Be(6);
    }

    [Fact]
    public async Task Deletes_remove_one_or_many()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync(Enumerable.Range(0, 5).Select(i => new BsonDocument("_id", i)));

        (await things.DeleteOneAsync(Filter.Gte("_id", 3))).DeletedCount.Should().Be(1);
        (await things.DeleteManyAsync(Filter.Lt("_id", 2))).DeletedCount.Should().Be(2);

        (await things.Find(Filter.Empty).ToListAsync()).Select(document => document["_id"].AsInt32).Should().Equal(2, 4);
    }

    [Fact]
    public async Task Find_and_modify_returns_the_document_before_or_after()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync([new BsonDocument { { "_id", 1 }, { "p", 2 } }, new BsonDocument { { "_id", 2 }, { "p", 1 } }]);

        var before = await things.FindOneAndUpdateAsync(
            Filter.Empty, Builders<BsonDocument>.Update.Set("claimed", true),
            new FindOneAndUpdateOptions<BsonDocument> { Sort = new BsonDocument("p", 1) });
        var after = await things.FindOneAndUpdateAsync(
            Filter.Exists("claimed", false), Builders<BsonDocument>.Update.Set("claimed", true),
            new FindOneAndUpdateOptions<BsonDocument> { ReturnDocument = ReturnDocument.After });
        var none = await things.FindOneAndDeleteAsync(Filter.Exists("claimed", false));

        before.Should().BeEquivalentTo(new BsonDocument { { "_id", 2 }, { "p", 1 } });
        after.Should().BeEquivalentTo(new BsonDocument { { "_id", 1 }, { "p", 2 }, { "claimed", true } });
        none.Should().BeNull();
    }

    [Fact]
    public async Task A_pipeline_filters_and_groups()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync(Enumerable.Range(0, 10).Select(i => new BsonDocument { { "_id", i }, { "kind", i % 3 }, { "n", i } }));

        var totals = await things.Aggregate()
            .Match(Filter.Gte("n", 1))
            .Group(new BsonDocument { { "_id", "$kind" }, { "total", new BsonDocument("$sum", "$n") } })
            .Sort(new BsonDocument("_id", 1))
            .ToListAsync();

        totals.Select(total => total["total"].ToInt32()).Should().Equal(18, 12, 15);
    }

    [Fact]
    public async Task A_taken_key_is_reported_by_the_place_of_its_write_and_an_unordered_batch_goes_on()
    {
        var things = mongo.NewCollection();
        await things.InsertOneAsync(new BsonDocument("_id", 2));

        var insert = () => things.InsertManyAsync(
            Enumerable.Range(1, 3).Select(i => new BsonDocument("_id", i)), new InsertManyOptions { IsOrdered = false });

        var error = (await insert.Should().ThrowAsync<MongoBulkWriteException<BsonDocument>>()).Which.WriteErrors.Should().ContainSingle().Subject;
        (error.Index, error.Code).Should().Be((1, 11000));
        error.Category.Should().Be(ServerErrorCategory.DuplicateKey);
        (await things.CountDocumentsAsync(Filter.Empty)).Should().Be(3);
    }

    [Fact]
    public async Task Indexes_are_made_listed_used_and_dropped()
    {
        var things = mongo.NewCollection();
        await things.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(
            new BsonDocument { { "a", 1 }, { "b", -1 } }, new CreateIndexOptions { Unique = true }));

        await things.InsertOneAsync(new BsonDocument { { "a", 1 }, { "b", 1 } });
        var again = () => things.InsertOneAsync(new BsonDocument { { "a", 1.0 }, { "b", 1L } });
        await again.Should().ThrowAsync<MongoWriteException>().Where(e => e.WriteError.Category == ServerErrorCategory.DuplicateKey);

        var indexes = await (await things.Indexes.ListAsync()).ToListAsync();
        indexes.Select(index => index["name"].AsString).Should().Equal("_id_", "a_1_b_-1");
        await things.Indexes.DropOneAsync("a_1_b_-1");
        await things.InsertOneAsync(new BsonDocument { { "a", 1 }, { "b", 1 } });
    }

    [Fact]
    public async Task Databases_and_collections_come_and_go()
    {
        var database = mongo.NewDatabase();
        string name = database.DatabaseNamespace.DatabaseName;
        await database.CreateCollectionAsync("one");
        await database.GetCollection<BsonDocument>("two").InsertOneAsync([]);

        (await (await database.ListCollectionNamesAsync()).ToListAsync()).Should().BeEquivalentTo("one", "two");
        (await (await mongo.Client.ListDatabaseNamesAsync()).ToListAsync()).Should().Contain(name);
        await database.DropCollectionAsync("one");
        (await (await database.ListCollectionNamesAsync()).ToListAsync()).Should().Equal("two");
        await mongo.Client.DropDatabaseAsync(name);
        (await (await mongo.Client.ListDatabaseNamesAsync()).ToListAsync()).Should().NotContain(name);
    }

    [Fact]
    public async Task A_lookup_joins_another_collection_of_the_database()
    {
        var database = mongo.NewDatabase();
        await database.GetCollection<BsonDocument>("people").InsertOneAsync(new BsonDocument { { "_id", 7 }, { "name", "Ada" } });
        var things = database.GetCollection<BsonDocument>("things");
        await things.InsertOneAsync(new BsonDocument { { "_id", 1 }, { "owner", 7 } });

        var joined = await things.Aggregate().Lookup("people", "owner", "_id", "people").SingleAsync();

        joined["people"][0]["name"].AsString.Should().Be("Ada");
    }

    [Fact]
    public async Task Of_a_batch_that_fails_in_the_middle_everything_else_is_written_and_counted()
    {
        var collection = mongo.NewCollection();
        await collection.Indexes.CreateOneAsync(new CreateIndexModel<BsonDocument>(new BsonDocument("key", 1), new CreateIndexOptions { Unique = true }));
        await collection.InsertOneAsync(new BsonDocument { { "_id", 0 }, { "key", 500 } });
        var unordered = new BulkWriteOptions { IsOrdered = false };

        var failed = (await FluentActions.Awaiting(() => collection.BulkWriteAsync(
            Enumerable.Range(1, 1000).Select(i => new InsertOneModel<BsonDocument>(new BsonDocument { { "_id", i }, { "key", i } })), unordered))
            .Should().ThrowAsync<MongoBulkWriteException<BsonDocument>>()).Which;
        failed.WriteErrors.Should().ContainSingle().Which.Index.Should().Be(499);
        failed.Result.InsertedCount.Should().Be(999);
        (await collection.EstimatedDocumentCountAsync()).Should().Be(1000);
        (await collection.CountDocumentsAsync(new BsonDocument("key", new BsonDocument("$gte", 400).Add("$lt", 600)))).Should().Be(200);

        // 7 becomes 8, which is taken; the others move out of the way, each once.
        var updates = await FluentActions.Awaiting(() => collection.BulkWriteAsync(
            [
                new UpdateOneModel<BsonDocument>(new BsonDocument("_id", 6), new BsonDocument("$inc", new BsonDocument("key", 10_000))),
                new UpdateOneModel<BsonDocument>(new BsonDocument("_id", 7), new BsonDocument("$set", new BsonDocument("key", 8))),
                new UpdateOneModel<BsonDocument>(new BsonDocument("_id", 5000), new BsonDocument("$set", new BsonDocument("key", 5000))) { IsUpsert = true },
                new UpdateOneModel<BsonDocument>(new BsonDocument("_id", 9), new BsonDocument("$inc", new BsonDocument("key", 10_000))),
            ],
            unordered)).Should().ThrowAsync<MongoBulkWriteException<BsonDocument>>();
        updates.Which.WriteErrors.Should().ContainSingle().Which.Index.Should().Be(1);
        updates.Which.Result.ModifiedCount.Should().Be(2);
        updates.Which.Result.Upserts.Should().ContainSingle().Which.Index.Should().Be(2);
        (await collection.Find(new BsonDocument("key", new BsonDocument("$gt", 10_000))).ToListAsync()).Select(d => d["key"].AsInt32).Should().Equal(10_006, 10_009);
        (await collection.EstimatedDocumentCountAsync()).Should().Be(1001);
    }
}
