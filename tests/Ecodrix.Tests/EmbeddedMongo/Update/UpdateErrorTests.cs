using Ecodrix.EmbeddedMongo;
using Ecodrix.EmbeddedMongo.Update;
using Ecodrix.Tests.EmbeddedMongo.Values;

namespace Ecodrix.Tests.EmbeddedMongo.Update;

/// <summary>What updates may not do, with MongoDB's codes.</summary>
public sealed class UpdateErrorTests
{
    [Theory]
    [InlineData("{ $foo: { a: 1 } }", 9, "$foo")]
    [InlineData("{ $set: 5 }", 9, "Modifiers operate on fields")]
    [InlineData("{ $set: { a: 1 }, b: 2 }", 9, "b")]
    [InlineData("{ a: 1, $set: { b: 1 } }", 52, "$set")]
    [InlineData("{ $set: { a: 1, 'a.b': 2 } }", 40, "'a'")]
    [InlineData("{ $set: { a: 1 }, $inc: { a: 1 } }", 40, "'a'")]
    [InlineData("{ $set: { 'a.b': 1 }, $unset: { a: 1 } }", 40, "'a'")]
    [InlineData("{ $rename: { a: 'b' }, $set: { a: 1 } }", 40, "'a'")]
    [InlineData("{ $set: { 'a.$[]': 1, 'a.0': 1 } }", 40, "'a'")]
    [InlineData("{ $set: { 'a..b': 1 } }", 56, "empty field name")]
    [InlineData("{ $set: { '$a': 1 } }", 52, "$a")]
    [InlineData("{ $set: { '$.a': 1 } }", 2, "first position")]
    [InlineData("{ $inc: { a: 'x' } }", 14, "non-numeric")]
    [InlineData("{ $rename: { a: 5 } }", 2, "must be a string")]
    [InlineData("{ $rename: { a: 'a' } }", 2, "must differ")]
    [InlineData("{ $rename: { a: 'b.$' } }", 2, "dynamic")]
    [InlineData("{ $pop: { a: 2 } }", 9, "$pop")]
    [InlineData("{ $pullAll: { a: 1 } }", 2, "$pullAll")]
    [InlineData("{ $push: { a: { $each: 1 } } }", 2, "$each")]
    [InlineData("{ $push: { a: { $each: [], $foo: 1 } } }", 2, "$foo")]
    [InlineData("{ $push: { a: { $each: [], $slice: 'x' } } }", 2, "$slice")]
    [InlineData("{ $push: { a: { $each: [], $sort: 2 } } }", 2, "1 or -1")]
    [InlineData("{ $addToSet: { a: { $each: 1 } } }", 14, "$each")]
    [InlineData("{ $bit: { a: { nand: 1 } } }", 2, "nand")]
    [InlineData("{ $currentDate: { a: 'x' } }", 2, "$currentDate")]
    [InlineData("{ $set: { 'a.$[e]': 1 } }", 2, "No array filter found")]
    [InlineData("{ $pull: { a: { $foo: 1 } } }", 2, "$foo")]
    public void An_ill_formed_update_is_refused(string update, int code, string says) =>
        ShouldRefuse(() => UpdateProgram.Parse(Json.Doc(update)), code, says);

    [Theory]
    [InlineData("{ $set: { 'a.$[e]': 1 } }", "[{ e: 1 }, { f: 1 }]", 9, "'f'")]
    [InlineData("{ $set: { 'a.$[e]': 1 } }", "[{ e: 1 }, { e: 2 }]", 9, "multiple")]
    [InlineData("{ $set: { 'a.$[e]': 1 } }", "[{ e: 1, f: 1 }]", 9, "single top-level field")]
    [InlineData("{ $set: { 'a.$[E]': 1 } }", "[{ E: 1 }]", 2, "lowercase")]
    [InlineData("{ a: 1 }", "[{ e: 1 }]", 9, "replacement")]
    [InlineData("[{ $set: { a: 1 } }]", "[{ e: 1 }]", 9, "pipeline")]
    public void Array_filters_must_fit_the_update(string update, string arrayFilters, int code, string says) =>
        ShouldRefuse(() => UpdateProgram.Parse(Json.Value(update), Json.Array(arrayFilters)), code, says);

    [Theory]
    [InlineData("{ $set: { _id: 2 } }", "{ _id: 1 }", 66, "_id")]
    [InlineData("{ $unset: { _id: 1 } }", "{ _id: 1 }", 66, "_id")]
    [InlineData("{ $set: { '_id.a': 2 } }", "{ _id: { a: 1 } }", 66, "_id")]
    [InlineData("{ _id: 2 }", "{ _id: 1 }", 66, "_id")]
    [InlineData("{ $rename: { a: '_id' } }", "{ _id: 1, a: 2 }", 66, "_id")]
    [InlineData("{ $set: { 'a.b': 1 } }", "{ a: 5 }", 28, "Cannot create field 'b' in element {a: 5}")]
    [InlineData("{ $set: { 'a.b': 1 } }", "{ a: null }", 28, "Cannot create field 'b'")]
    [InlineData("{ $set: { 'a.b': 1 } }", "{ a: [1] }", 28, "Cannot create field 'b'")]
    [InlineData("{ $inc: { a: 1 } }", "{ _id: 7, a: 'x' }", 14, "{_id: 7}")]
    [InlineData("{ $inc: { a: 1 } }", "{ a: null }", 14, "null")]
    [InlineData("{ $inc: { a: NumberLong(1) } }", "{ a: NumberLong('9223372036854775807') }", 2, "Failed to apply $inc")]
    [InlineData("{ $push: { a: 1 } }", "{ a: 5 }", 2, "must be an array")]
    [InlineData("{ $push: { a: 1 } }", "{ a: null }", 2, "must be an array")]
    [InlineData("{ $addToSet: { a: 1 } }", "{ a: 5 }", 2, "non-array")]
    [InlineData("{ $pull: { a: 1 } }", "{ a: 5 }", 2, "non-array")]
    [InlineData("{ $pop: { a: 1 } }", "{ a: 5 }", 14, "non-array")]
    [InlineData("{ $bit: { a: { and: 1 } } }", "{ a: 1.5 }", 2, "non-integral")]
    [InlineData("{ $rename: { 'a.0': 'b' } }", "{ a: [1] }", 2, "array")]
    [InlineData("{ $rename: { b: 'a.0' } }", "{ a: [1], b: 1 }", 2, "array")]
    [InlineData("{ $set: { 'a.$': 1 } }", "{ a: [1] }", 2, "positional operator")]
    [InlineData("{ $set: { 'a.$[]': 1 } }", "{ a: 5 }", 2, "non-array")]
    [InlineData("{ $set: { 'a.$[]': 1 } }", "{ }", 2, "must exist")]
    [InlineData("{ $set: { 'a.9999999': 1 } }", "{ a: [] }", 2, "backfill")]
    [InlineData("[{ $set: { _id: 2 } }]", "{ _id: 1 }", 66, "_id")]
    public void An_update_that_does_not_fit_the_document_is_refused(string update, string document, int code, string says) =>
        ShouldRefuse(() => UpdateProgram.Parse(Json.Value(update)).Apply(Json.Doc(document), null), code, says);

    [Fact]
    public void Placeholders_that_turn_out_to_mean_one_place_conflict()
    {
        var update = UpdateProgram.Parse(Json.Doc("{ $set: { 'a.$[x]': 1, 'a.$[y]': 2 } }"), Json.Array("[{ x: 5 }, { y: { $gt: 4 } }]"));

        Json.Show(update.Apply(Json.Doc("{ a: [3, 6] }"), null).Document).Should().Be(Json.Normal("{ a: [3, 2] }"));
        ShouldRefuse(() => update.Apply(Json.Doc("{ a: [5, 6] }"), null), 40, "conflict");
    }

    [Theory]
    [InlineData("[{ $match: { a: 1 } }]", 72)]
    [InlineData("[{ $foo: 1 }]", 72)]
    [InlineData("[{ $set: { a: { $foo: 1 } } }]", 168)]
    public void A_pipeline_may_only_shape_the_document(string update, int code) =>
        ShouldRefuse(() => UpdateProgram.Parse(Json.Value(update)), code, "$");

    private static void ShouldRefuse(Action action, int code, string says)
    {
        var refusal = FluentActions.Invoking(action).Should().Throw<MongoError>().Which;

        refusal.Code.Should().Be(code, refusal.Message);
        refusal.Message.Should().Contain(says);
    }
}
