using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Aggregation;

/// <summary>
/// Rules of the stages, each from its page below https://www.mongodb.com/docs/manual/reference/operator/aggregation/, which the
/// name of the case gives.
/// </summary>
public sealed class StageTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    private const string Sales =
        "[{_id: 1, item: 'abc', price: 10, qty: 2, tags: ['a', 'b']}, {_id: 2, item: 'jkl', price: 20, qty: 1, tags: []}," +
        " {_id: 3, item: 'xyz', price: 5, qty: 10, tags: ['a']}, {_id: 4, item: 'abc', price: 10, qty: 10}]";

    [Theory]
    [InlineData("group", "[{$group: {_id: '$item', total: {$sum: {$multiply: ['$price', '$qty']}}}}, {$sort: {_id: 1}}]",
        "[{_id: 'abc', total: 120}, {_id: 'jkl', total: 20}, {_id: 'xyz', total: 50}]")]
    [InlineData("group", "[{$group: {_id: null, n: {$sum: 1}, least: {$min: '$price'}, most: {$max: '$price'}, mean: {$avg: '$qty'}}}]",
        "[{_id: null, n: 4, least: 5, most: 20, mean: 5.75}]")]
    [InlineData("group", "[{$match: {item: 'none'}}, {$group: {_id: null, n: {$sum: 1}}}]", "[]")]
    [InlineData("group", "[{$sort: {_id: -1}}, {$group: {_id: '$item', first: {$first: '$_id'}, last: {$last: '$_id'}}}, {$match: {_id: 'abc'}}]",
        "[{_id: 'abc', first: 4, last: 1}]")]
    [InlineData("group", "[{$group: {_id: 7, n: {$sum: 1}, l: {$sum: NumberLong(2)}, d: {$sum: 0.5}, s: {$sum: 'x'}, a: {$avg: 3}, p: {$push: 'x'}, c: {$count: {}}}}]",
        "[{_id: 7, n: 4, l: NumberLong(8), d: 2.0, s: 0, a: 3.0, p: ['x', 'x', 'x', 'x'], c: 4}]")]
    [InlineData("group", "[{$match: {item: 'abc'}}, {$group: {_id: null, n: {$sum: NumberLong('9223372036854775807')}}}]", "[{_id: null, n: 18446744073709551614.0}]")]
    [InlineData("sum", "[{$group: {_id: null, n: {$sum: '$item'}}}]", "[{_id: null, n: 0}]")]
    [InlineData("avg", "[{$group: {_id: null, n: {$avg: '$item'}}}]", "[{_id: null, n: null}]")]
    [InlineData("push", "[{$group: {_id: '$item', all: {$push: '$none'}}}, {$match: {_id: 'jkl'}}]", "[{_id: 'jkl', all: []}]")]
    [InlineData("addToSet", "[{$group: {_id: null, prices: {$addToSet: '$price'}}}, {$project: {n: {$size: '$prices'}}}]", "[{_id: null, n: 3}]")]
    [InlineData("mergeObjects", "[{$sort: {_id: 1}}, {$group: {_id: null, all: {$mergeObjects: {k: '$item', q: '$qty'}}}}]", "[{_id: null, all: {k: 'abc', q: 10}}]")]
    [InlineData("median", "[{$group: {_id: null, m: {$median: {input: '$qty', method: 'approximate'}}}}]", "[{_id: null, m: 2.0}]")]
    [InlineData("unwind", "[{$unwind: '$tags'}, {$project: {tags: 1}}, {$sort: {_id: 1, tags: 1}}]", "[{_id: 1, tags: 'a'}, {_id: 1, tags: 'b'}, {_id: 3, tags: 'a'}]")]
    [InlineData("unwind", "[{$unwind: {path: '$tags', includeArrayIndex: 'at', preserveNullAndEmptyArrays: true}}, {$match: {_id: {$gt: 1}}}, {$project: {tags: 1, at: 1}}]",
        "[{_id: 2, at: null}, {_id: 3, tags: 'a', at: NumberLong(0)}, {_id: 4, at: null}]")]
    [InlineData("project", "[{$match: {_id: 1}}, {$project: {_id: 0, item: 1, sum: {$add: ['$price', '$qty']}}}]", "[{item: 'abc', sum: 12}]")]
    [InlineData("project", "[{$match: {_id: 1}}, {$project: {item: 0, tags: 0}}]", "[{_id: 1, price: 10, qty: 2}]")]
    [InlineData("addFields", "[{$match: {_id: 1}}, {$addFields: {'more.a': '$price', price: '$$REMOVE'}}]", "[{_id: 1, item: 'abc', qty: 2, tags: ['a', 'b'], more: {a: 10}}]")]
    [InlineData("unset", "[{$match: {_id: 1}}, {$unset: ['item', 'tags']}]", "[{_id: 1, price: 10, qty: 2}]")]
    [InlineData("replaceRoot", "[{$match: {_id: 2}}, {$replaceRoot: {newRoot: {it: '$item'}}}]", "[{it: 'jkl'}]")]
    [InlineData("count", "[{$match: {price: {$gte: 10}}}, {$count: 'n'}]", "[{n: 3}]")]
    [InlineData("count", "[{$match: {price: 0}}, {$count: 'n'}]", "[]")]
    [InlineData("sortByCount", "[{$sortByCount: '$item'}, {$limit: 1}]", "[{_id: 'abc', count: 2}]")]
    [InlineData("bucket", "[{$bucket: {groupBy: '$price', boundaries: [0, 10, 20], default: 'more', output: {n: {$sum: 1}}}}]", "[{_id: 0, n: 1}, {_id: 10, n: 2}, {_id: 'more', n: 1}]")]
    [InlineData("facet", "[{$facet: {n: [{$count: 'n'}], top: [{$sort: {price: -1}}, {$limit: 1}, {$project: {item: 1}}]}}]", "[{n: [{n: 4}], top: [{_id: 2, item: 'jkl'}]}]")]
    [InlineData("sort", "[{$sort: {price: 1, _id: -1}}, {$skip: 1}, {$limit: 2}, {$project: {_id: 1}}]", "[{_id: 4}, {_id: 1}]")]
    [InlineData("lookup", "[{$match: {_id: 1}}, {$lookup: {from: 'things', localField: 'item', foreignField: 'item', as: 'same'}}, {$project: {n: {$size: '$same'}}}]", "[{_id: 1, n: 2}]")]
    [InlineData("lookup", "[{$match: {_id: {$in: [1, 2]}}}, {$lookup: {from: 'things', let: {p: '$price'}, pipeline: [{$match: {$expr: {$gt: ['$price', '$$p']}}}, {$project: {_id: 1}}], as: 'dearer'}}, {$project: {dearer: 1}}, {$sort: {_id: 1}}]",
        "[{_id: 1, dearer: [{_id: 2}]}, {_id: 2, dearer: []}]")]
    [InlineData("unionWith", "[{$match: {_id: 1}}, {$unionWith: {coll: 'things', pipeline: [{$match: {_id: 2}}]}}, {$project: {_id: 1}}]", "[{_id: 1}, {_id: 2}]")]
    public async Task A_stage_does_what_its_page_says(string page, string pipeline, string expected)
    {
        var things = await SalesAsync();
        var stages = BsonDocument.Parse($"{{v: {pipeline}}}")["v"].AsBsonArray.Select(stage => stage.AsBsonDocument).ToArray();

        var found = await things.Aggregate<BsonDocument>(stages).ToListAsync();

        new BsonArray(found).ToJson().Should().Be(BsonDocument.Parse($"{{v: {expected}}}")["v"].ToJson(), "page {0}", page);
    }

    [Theory]
    [InlineData("[{$nothing: {}}]", 40324)]
    [InlineData("[{$match: {}, $limit: 1}]", 40323)]
    [InlineData("[{$limit: 0}]", 15958)]
    [InlineData("[{$group: {n: {$sum: 1}}}]", 15955)]
    [InlineData("[{$group: {_id: 1, n: 1}}]", 40234)]
    [InlineData("[{$unwind: 'tags'}]", 28818)]
    [InlineData("[{$project: {}}]", 51272)]
    [InlineData("[{$facet: {}}]", 40169)]
    [InlineData("[{$sort: {}}]", 15976)]
    [InlineData("[{$count: ''}]", 40156)]
    public async Task An_ill_formed_stage_is_refused_with_its_code(string pipeline, int code)
    {
        var things = await SalesAsync();
        var stages = BsonDocument.Parse($"{{v: {pipeline}}}")["v"].AsBsonArray.Select(stage => stage.AsBsonDocument).ToArray();
        var run = () => things.Aggregate<BsonDocument>(stages).ToListAsync();

        (await run.Should().ThrowAsync<MongoCommandException>(pipeline)).Which.Code.Should().Be(code);
    }

    private async Task<IMongoCollection<BsonDocument>> SalesAsync()
    {
        var things = mongo.NewCollection();
        await things.InsertManyAsync(BsonDocument.Parse($"{{v: {Sales}}}")["v"].AsBsonArray.Select(sale => sale.AsBsonDocument));
        return things;
    }
}
