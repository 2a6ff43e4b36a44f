using Ecodrix.EmbeddedMongo.Update;
using Ecodrix.EmbeddedMongo.Values;
using Ecodrix.Tests.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.Tests.EmbeddedMongo.Update;

/// <summary>https://www.mongodb.com/docs/manual/reference/operator/update/</summary>
public sealed class UpdateOperatorTests
{
    [Theory]
    [InlineData("{ $set: { a: 2 } }", "{ a: 1 }", "{ a: 2 }")]
    [InlineData("{ $set: { 'a.b.c': 1 } }", "{ }", "{ a: { b: { c: 1 } } }")]
    [InlineData("{ $set: { 'a.1': 9 } }", "{ a: [1, 2] }", "{ a: [1, 9] }")]
    [InlineData("{ $set: { 'a.3': 9 } }", "{ a: [1] }", "{ a: [1, null, null, 9] }")]
    [InlineData("{ $set: { 'a.0': 9 } }", "{ }", "{ a: { '0': 9 } }")] // no array is made of a number in a path
    [InlineData("{ $set: { z: 1, b: 1, a: 1 } }", "{ }", "{ a: 1, b: 1, z: 1 }")] // new fields come by name
    [InlineData("{ $set: { 'a.10': 1, 'a.9': 1 } }", "{ a: { } }", "{ a: { '9': 1, '10': 1 } }")] // and by number
    [InlineData("{ $unset: { a: '' } }", "{ a: 1, b: 2 }", "{ b: 2 }")]
    [InlineData("{ $unset: { 'a.b': '' } }", "{ a: { b: 1, c: 2 } }", "{ a: { c: 2 } }")]
    [InlineData("{ $unset: { 'a.0': '' } }", "{ a: [1, 2] }", "{ a: [null, 2] }")]
    [InlineData("{ $rename: { a: 'c.d' } }", "{ a: 1, b: 2 }", "{ b: 2, c: { d: 1 } }")]
    [InlineData("{ $rename: { a: 'b' } }", "{ a: 1, b: 2 }", "{ b: 1 }")]
    [InlineData("{ $min: { a: 1 } }", "{ a: 2 }", "{ a: 1 }")]
    [InlineData("{ $max: { a: 'x' } }", "{ a: 2 }", "{ a: 'x' }")] // text is above numbers
    [InlineData("{ $max: { a: 5 } }", "{ }", "{ a: 5 }")]
    [InlineData("{ $currentDate: { a: true, b: { $type: 'date' } } }", "{ }", "{ a: ISODate('2024-05-01T00:00:00Z'), b: ISODate('2024-05-01T00:00:00Z') }")]
    public void Fields(string update, string document, string expected) => Check(update, document, expected);

    [Theory]
    [InlineData("{ $inc: { a: 1 } }", "{ a: 1 }", "{ a: 2 }")]
    [InlineData("{ $inc: { a: 1 } }", "{ }", "{ a: 1 }")]
    [InlineData("{ $inc: { a: 1 } }", "{ a: 2147483647 }", "{ a: NumberLong(2147483648) }")]
    [InlineData("{ $inc: { a: NumberLong(1) } }", "{ a: 1 }", "{ a: NumberLong(2) }")]
    [InlineData("{ $inc: { a: 0.5 } }", "{ a: 1 }", "{ a: 1.5 }")]
    [InlineData("{ $inc: { a: NumberDecimal('0.10') } }", "{ a: NumberDecimal('1.20') }", "{ a: NumberDecimal('1.30') }")]
    [InlineData("{ $mul: { a: 3 } }", "{ a: 2 }", "{ a: 6 }")]
    [InlineData("{ $mul: { a: NumberLong(3) } }", "{ }", "{ a: NumberLong(0) }")]
    [InlineData("{ $mul: { a: 2 } }", "{ a: 2000000000 }", "{ a: NumberLong(4000000000) }")]
    [InlineData("{ $bit: { a: { and: 12 } } }", "{ a: 10 }", "{ a: 8 }")]
    [InlineData("{ $bit: { a: { or: NumberLong(1), xor: 3 } } }", "{ a: 4 }", "{ a: NumberLong(6) }")]
    public void Numbers(string update, string document, string expected) => Check(update, document, expected);

    [Theory]
    [InlineData("{ $push: { a: 1 } }", "{ }", "{ a: [1] }")]
    [InlineData("{ $push: { a: [1, 2] } }", "{ a: [0] }", "{ a: [0, [1, 2]] }")]
    [InlineData("{ $push: { a: { $each: [1, 2] } } }", "{ a: [0] }", "{ a: [0, 1, 2] }")]
    [InlineData("{ $push: { a: { $each: [9], $position: 1 } } }", "{ a: [1, 2] }", "{ a: [1, 9, 2] }")]
    [InlineData("{ $push: { a: { $each: [9], $position: -1 } } }", "{ a: [1, 2] }", "{ a: [1, 9, 2] }")]
    [InlineData("{ $push: { a: { $each: [3], $slice: -2 } } }", "{ a: [1, 2] }", "{ a: [2, 3] }")]
    [InlineData("{ $push: { a: { $each: [3], $slice: 2 } } }", "{ a: [1, 2] }", "{ a: [1, 2] }")]
    [InlineData("{ $push: { a: { $each: [3], $slice: 0 } } }", "{ a: [1, 2] }", "{ a: [] }")]
    [InlineData("{ $push: { a: { $each: [1, 5], $sort: -1, $slice: 2 } } }", "{ a: [3] }", "{ a: [5, 3] }")]
    [InlineData("{ $push: { a: { $each: [{ n: 1 }], $sort: { n: 1 } } } }", "{ a: [{ n: 2 }] }", "{ a: [{ n: 1 }, { n: 2 }] }")]
    [InlineData("{ $push: { a: { $each: [] } } }", "{ }", "{ a: [] }")]
    [InlineData("{ $addToSet: { a: 2 } }", "{ a: [1, 2.0] }", "{ a: [1, 2.0] }")]
    [InlineData("{ $addToSet: { a: { $each: [1, 3, 3] } } }", "{ a: [1] }", "{ a: [1, 3] }")]
    [InlineData("{ $addToSet: { a: { x: 1, y: 2 } } }", "{ a: [{ y: 2, x: 1 }] }", "{ a: [{ y: 2, x: 1 }, { x: 1, y: 2 }] }")]
    [InlineData("{ $addToSet: { a: 1 } }", "{ }", "{ a: [1] }")]
    [InlineData("{ $pop: { a: 1 } }", "{ a: [1, 2] }", "{ a: [1] }")]
    [InlineData("{ $pop: { a: -1 } }", "{ a: [1, 2] }", "{ a: [2] }")]
    [InlineData("{ $pull: { a: 1 } }", "{ a: [1, 2, 1.0] }", "{ a: [2] }")]
    [InlineData("{ $pull: { a: { $gte: 2 } } }", "{ a: [1, 2, 3] }", "{ a: [1] }")]
    [InlineData("{ $pull: { a: { b: 1 } } }", "{ a: [{ b: 1, c: 1 }, { b: 2 }, 7] }", "{ a: [{ b: 2 }, 7] }")]
    [InlineData("{ $pull: { a: { b: { $gt: 1 } } } }", "{ a: [{ b: 1 }, { b: 2 }] }", "{ a: [{ b: 1 }] }")]
    [InlineData("{ $pull: { a: { $in: ['x', 'y'] } } }", "{ a: ['x', 'z', 'y'] }", "{ a: ['z'] }")]
    [InlineData("{ $pull: { a: /^x/ } }", "{ a: ['xa', 'b'] }", "{ a: ['b'] }")]
    [InlineData("{ $pull: { a: null } }", "{ a: [null, 1] }", "{ a: [1] }")]
    [InlineData("{ $pullAll: { a: [1, 2] } }", "{ a: [1, 2, 3, 1] }", "{ a: [3] }")]
    public void Arrays(string update, string document, string expected) => Check(update, document, expected);

    [Theory]
    [InlineData("{ $set: { a: 1 } }", "{ a: 1 }")]
    [InlineData("{ $unset: { a: 1, 'b.c': 1, 'd.9': 1 } }", "{ b: 5, d: [1] }")]
    [InlineData("{ $rename: { a: 'b' } }", "{ c: 1 }")]
    [InlineData("{ $min: { a: 5 } }", "{ a: 5 }")]
    [InlineData("{ $min: { a: 5.0 } }", "{ a: 5 }")]
    [InlineData("{ $inc: { a: 0 } }", "{ a: 5 }")]
    [InlineData("{ $addToSet: { a: 1 } }", "{ a: [1] }")]
    [InlineData("{ $pull: { a: 5, b: 1 } }", "{ a: [1] }")]
    [InlineData("{ $pop: { a: 1, b: 1 } }", "{ a: [] }")]
    [InlineData("{ $push: { a: { $each: [] } } }", "{ a: [1] }")]
    [InlineData("{ $setOnInsert: { z: 1 } }", "{ a: 1 }")]
    [InlineData("{ $set: { } }", "{ a: 1 }")]
    [InlineData("{ a: 1 }", "{ a: 1 }")]
    public void An_update_that_changes_nothing_says_so(string update, string document)
    {
        var before = Json.Doc(document);

        var outcome = UpdateProgram.Parse(Json.Doc(update)).Apply(before, null);

        outcome.Changed.Should().BeFalse();
        outcome.Document.Should().BeSameAs(before);
    }

    [Fact]
    public void Writing_another_type_of_the_same_number_is_a_change() =>
        Check("{ $set: { a: 1.0 } }", "{ a: 1 }", "{ a: 1.0 }");

    [Theory]
    [InlineData("{ $set: { 'a.$': 9 } }", "{ a: [1, 5] }", "{ a: [1, 9] }")]
    [InlineData("{ $inc: { 'a.$.n': 1 } }", "{ a: [{ n: 1 }, { n: 2 }] }", "{ a: [{ n: 1 }, { n: 3 }] }")]
    public void The_positional_operator_is_the_element_that_matched(string update, string document, string expected) =>
        Json.Show(UpdateProgram.Parse(Json.Doc(update)).Apply(Json.Doc(document), 1).Document).Should().Be(Json.Normal(expected));

    [Theory]
    [InlineData("{ $inc: { 'a.$[]': 1 } }", "null", "{ a: [1, 2] }", "{ a: [2, 3] }")]
    [InlineData("{ $set: { 'a.$[e]': 0 } }", "[{ e: { $gte: 2 } }]", "{ a: [1, 2, 3] }", "{ a: [1, 0, 0] }")]
    [InlineData("{ $set: { 'a.$[e].ok': true } }", "[{ 'e.n': 1 }]", "{ a: [{ n: 1 }, { n: 2 }] }", "{ a: [{ n: 1, ok: true }, { n: 2 }] }")]
    [InlineData("{ $set: { 'a.$[].b.$[e]': 9 } }", "[{ e: 1 }]", "{ a: [{ b: [1, 2] }, { b: [1] }] }", "{ a: [{ b: [9, 2] }, { b: [9] }] }")]
    [InlineData("{ $push: { 'a.$[e].t': 'x' } }", "[{ $or: [{ 'e.n': 1 }, { 'e.n': 3 }] }]", "{ a: [{ n: 1 }, { n: 2 }] }", "{ a: [{ n: 1, t: ['x'] }, { n: 2 }] }")]
    [InlineData("{ $unset: { 'a.$[].b': 1 } }", "null", "{ a: [{ b: 1, c: 1 }, { b: 2 }] }", "{ a: [{ c: 1 }, { }] }")]
    public void Array_filters_pick_the_elements(string update, string arrayFilters, string document, string expected)
    {
        var program = UpdateProgram.Parse(Json.Doc(update), Json.Value(arrayFilters) as BsonArray);

        Json.Show(program.Apply(Json.Doc(document), null).Document).Should().Be(Json.Normal(expected));
    }

    [Theory]
    [InlineData("[{ $set: { b: '$a' } }]", "{ _id: 1, a: 5 }", "{ _id: 1, a: 5, b: 5 }")]
    [InlineData("[{ $set: { n: { $add: ['$n', 1] } } }, { $unset: 'x' }]", "{ _id: 1, n: 1, x: 1 }", "{ _id: 1, n: 2 }")]
    [InlineData("[{ $replaceWith: { a: '$a' } }]", "{ _id: 1, a: 5, b: 1 }", "{ _id: 1, a: 5 }")]
    [InlineData("[{ $project: { a: 1 } }]", "{ _id: 1, a: 5, b: 1 }", "{ _id: 1, a: 5 }")]
    [InlineData("[{ $set: { at: '$$NOW' } }]", "{ _id: 1 }", "{ _id: 1, at: ISODate('2024-05-01T00:00:00Z') }")]
    public void A_pipeline_computes_the_document(string update, string document, string expected)
    {
        var program = UpdateProgram.Parse(Json.Value(update), null, Variables);

        Json.Show(program.Apply(Json.Doc(document), null).Document).Should().Be(Json.Normal(expected));
    }

    [Theory]
    [InlineData("{ a: 2 }", "{ _id: 1, a: 1, b: 1 }", "{ _id: 1, a: 2 }")]
    [InlineData("{ a: 2, _id: 1.0 }", "{ _id: 1, b: 1 }", "{ _id: 1, a: 2 }")]
    public void A_replacement_keeps_the_id(string update, string document, string expected) => Check(update, document, expected);

    private static Variables Variables => new(new DateTime(2024, 5, 1, 0, 0, 0, DateTimeKind.Utc));

    private static void Check(string update, string document, string expected)
    {
        var before = Json.Doc(document);
        var program = UpdateProgram.Parse(Json.Doc(update), null, Variables);

        var outcome = program.Apply(before, null);

        Json.Show(outcome.Document).Should().Be(Json.Normal(expected));
        outcome.Changed.Should().Be(Json.Show(before) != Json.Normal(expected));
        Json.Show(before).Should().Be(Json.Normal(document), "the document itself stays as it was");
    }
}
