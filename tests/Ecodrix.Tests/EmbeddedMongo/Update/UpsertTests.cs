using Ecodrix.EmbeddedMongo;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Update;
using Ecodrix.Tests.EmbeddedMongo.Values;

namespace Ecodrix.Tests.EmbeddedMongo.Update;

/// <summary>https://www.mongodb.com/docs/manual/reference/method/db.collection.update/#upsert-behavior</summary>
public sealed class UpsertTests
{
    [Theory]
    [InlineData("{ a: 1 }", "{ $set: { b: 2 } }", "{ a: 1, b: 2 }")]
    [InlineData("{ a: 1 }", "{ $setOnInsert: { b: 2 }, $inc: { n: 1 } }", "{ a: 1, b: 2, n: 1 }")]
    [InlineData("{ a: 1, b: { $gt: 3 } }", "{ $set: { c: 1 } }", "{ a: 1, c: 1 }")]
    [InlineData("{ $and: [{ a: 1 }, { b: { $eq: 2 } }] }", "{ $set: { c: 1 } }", "{ a: 1, b: 2, c: 1 }")]
    [InlineData("{ a: { $in: [5] } }", "{ $set: { c: 1 } }", "{ a: 5, c: 1 }")]
    [InlineData("{ a: { $in: [5, 6] } }", "{ $set: { c: 1 } }", "{ c: 1 }")]
    [InlineData("{ 'a.b': 1, 'a.c': 2 }", "{ $set: { 'a.d': 3 } }", "{ a: { b: 1, c: 2, d: 3 } }")]
    [InlineData("{ a: 1 }", "{ $set: { a: 2 } }", "{ a: 2 }")]
    [InlineData("{ a: 1, _id: 7 }", "{ $set: { b: 1 } }", "{ _id: 7, a: 1, b: 1 }")] // the _id comes first
    [InlineData("{ a: 1 }", "{ $setOnInsert: { _id: 7 } }", "{ _id: 7, a: 1 }")]
    [InlineData("{ a: 1 }", "{ $push: { list: 'x' } }", "{ a: 1, list: ['x'] }")]
    [InlineData("{ a: 1, _id: 7 }", "{ b: 2 }", "{ _id: 7, b: 2 }")] // a replacement takes only the _id
    [InlineData("{ a: 1 }", "{ b: 2 }", "{ b: 2 }")]
    [InlineData("{ a: 1 }", "[{ $set: { b: { $add: ['$a', 1] } } }]", "{ a: 1, b: 2 }")]
    public void The_new_document_begins_with_what_the_filter_fixes(string filter, string update, string expected) =>
        Json.Show(Upsert(filter, update)).Should().Be(Json.Normal(expected));

    [Theory]
    [InlineData("{ _id: 1 }", "{ $set: { _id: 2 } }", 66)]
    [InlineData("{ _id: 1 }", "{ _id: 2 }", 66)]
    [InlineData("{ a: 1, $and: [{ a: 2 }] }", "{ $set: { b: 1 } }", 54)]
    [InlineData("{ a: 1 }", "{ $set: { 'a.b': 1 } }", 28)]
    public void An_upsert_that_contradicts_its_filter_is_refused(string filter, string update, int code) =>
        FluentActions.Invoking(() => Upsert(filter, update)).Should().Throw<MongoError>().Which.Code.Should().Be(code);

    private static MongoDB.Bson.BsonDocument Upsert(string filter, string update) =>
        UpdateProgram.Parse(Json.Value(update)).ForUpsert(QueryFilter.Parse(Json.Doc(filter)));
}
