using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.Tests.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.Tests.EmbeddedMongo.Query;

/// <summary>https://www.mongodb.com/docs/manual/reference/operator/query/</summary>
public sealed class QueryOperatorTests
{
    [Theory]
    [InlineData("{ a: 1 }", "{ a: 1 }", true)]
    [InlineData("{ a: 1 }", "{ a: 1.0 }", true)]
    [InlineData("{ a: 1 }", "{ a: NumberDecimal('1.0') }", true)]
    [InlineData("{ a: 1 }", "{ a: '1' }", false)]
    [InlineData("{ a: { b: 1, c: 2 } }", "{ a: { b: 1, c: 2 } }", true)]
    [InlineData("{ a: { b: 1, c: 2 } }", "{ a: { c: 2, b: 1 } }", false)] // the order of fields counts
    [InlineData("{ a: { b: 1 } }", "{ a: { b: 1, c: 2 } }", false)]
    [InlineData("{ a: [1, 2] }", "{ a: [1, 2] }", true)]
    [InlineData("{ a: [1, 2] }", "{ a: [[1, 2], 3] }", true)]
    [InlineData("{ a: [1, 2] }", "{ a: [1, 2, 3] }", false)]
    [InlineData("{ a: 2 }", "{ a: [1, 2] }", true)]
    [InlineData("{ a: { $eq: /x/ } }", "{ a: 'x' }", false)] // $eq takes a pattern as a value
    [InlineData("{ a: { $ne: 2 } }", "{ a: [1, 2] }", false)]
    [InlineData("{ a: { $ne: 2 } }", "{ }", true)]
    public void Equality(string filter, string document, bool matches) => Check(filter, document, matches);

    [Theory]
    [InlineData("{ a: null }", "{ a: null }", true)]
    [InlineData("{ a: null }", "{ }", true)]
    [InlineData("{ a: null }", "{ a: [1, null] }", true)]
    [InlineData("{ a: null }", "{ a: [] }", false)]
    [InlineData("{ 'a.b': null }", "{ a: 5 }", true)]
    [InlineData("{ 'a.b': null }", "{ a: [] }", false)]
    [InlineData("{ 'a.b': null }", "{ a: [1, 2] }", false)]
    [InlineData("{ 'a.b': null }", "{ a: [{ b: 1 }, { }] }", true)]
    [InlineData("{ a: { $gte: null } }", "{ }", true)]
    [InlineData("{ a: { $gt: null } }", "{ a: 1 }", false)]
    [InlineData("{ a: { $ne: null } }", "{ }", false)]
    [InlineData("{ a: { $in: [null] } }", "{ }", true)]
    [InlineData("{ a: { $nin: [null] } }", "{ }", false)]
    [InlineData("{ a: { $nin: [null] } }", "{ a: 1 }", true)]
    public void Null_and_missing(string filter, string document, bool matches) => Check(filter, document, matches);

    [Theory]
    [InlineData("{ a: { $gt: 5 } }", "{ a: 6 }", true)]
    [InlineData("{ a: { $gt: 5 } }", "{ a: '6' }", false)] // a range holds within its type
    [InlineData("{ a: { $lt: 5 } }", "{ a: null }", false)]
    [InlineData("{ a: { $lt: 5 } }", "{ }", false)]
    [InlineData("{ a: { $lte: 5 } }", "{ a: 5.0 }", true)]
    [InlineData("{ a: { $gte: 'b' } }", "{ a: 'bb' }", true)]
    [InlineData("{ a: { $gt: MinKey } }", "{ a: 1 }", true)]
    [InlineData("{ a: { $lt: MaxKey } }", "{ a: 'x' }", true)]
    [InlineData("{ a: { $gt: 1, $lt: 3 } }", "{ a: [0, 5] }", true)] // each bound by another element
    [InlineData("{ a: { $elemMatch: { $gt: 1, $lt: 3 } } }", "{ a: [0, 5] }", false)]
    [InlineData("{ a: { $gt: [1] } }", "{ a: [2] }", true)]
    [InlineData("{ a: { $lt: 5 } }", "{ a: NumberDecimal('NaN') }", false)]
    [InlineData("{ a: { $gte: NumberDecimal('NaN') } }", "{ a: NumberDecimal('NaN') }", true)]
    [InlineData("{ a: { $gte: NumberDecimal('NaN') } }", "{ a: 1 }", false)]
    [InlineData("{ a: { $gt: ISODate('2024-01-01') } }", "{ a: ISODate('2024-01-02') }", true)]
    public void Ranges(string filter, string document, bool matches) => Check(filter, document, matches);

    [Theory]
    [InlineData("{ 'a.b': 1 }", "{ a: { b: 1 } }", true)]
    [InlineData("{ 'a.b': 1 }", "{ a: [{ b: 2 }, { b: 1 }] }", true)]
    [InlineData("{ 'a.b': 1 }", "{ a: [{ b: [2, 1] }] }", true)]
    [InlineData("{ 'a.b': 1 }", "{ a: [[{ b: 1 }]] }", false)] // nested arrays are not looked through
    [InlineData("{ 'a.0': 5 }", "{ a: [5, 6] }", true)]
    [InlineData("{ 'a.1.b': 1 }", "{ a: [{ b: 0 }, { b: 1 }] }", true)]
    [InlineData("{ 'a.0': 5 }", "{ a: { '0': 5 } }", true)]
    [InlineData("{ 'a.0': 5 }", "{ a: [{ '0': 5 }] }", true)]
    [InlineData("{ 'a.0': 1 }", "{ a: [[1, 2]] }", false)] // by position, the inner array is one value
    [InlineData("{ 'a.0.1': 2 }", "{ a: [[1, 2]] }", true)]
    [InlineData("{ 'a.00': 5 }", "{ a: [5] }", false)]
    public void Paths(string filter, string document, bool matches) => Check(filter, document, matches);

    [Theory]
    [InlineData("{ a: { $in: [1, 'x'] } }", "{ a: 'x' }", true)]
    [InlineData("{ a: { $in: [1, 2] } }", "{ a: [3, 2] }", true)]
    [InlineData("{ a: { $in: [[1, 2]] } }", "{ a: [1, 2] }", true)]
    [InlineData("{ a: { $in: [/^b/] } }", "{ a: 'bc' }", true)]
    [InlineData("{ a: { $in: [] } }", "{ a: 1 }", false)]
    [InlineData("{ a: { $nin: [1] } }", "{ a: [1, 2] }", false)]
    [InlineData("{ a: { $nin: [/^b/] } }", "{ a: 'abc' }", true)]
    [InlineData("{ a: { $nin: [] } }", "{ }", true)]
    public void Choices(string filter, string document, bool matches) => Check(filter, document, matches);

    [Theory]
    [InlineData("{ $or: [{ a: 1 }, { b: 1 }] }", "{ b: 1 }", true)]
    [InlineData("{ $nor: [{ a: 1 }, { b: 1 }] }", "{ b: 1 }", false)]
    [InlineData("{ $nor: [{ a: 1 }] }", "{ }", true)]
    [InlineData("{ $and: [{ a: 1 }, { a: 2 }] }", "{ a: [1, 2] }", true)]
    [InlineData("{ a: { $not: { $gt: 5 } } }", "{ }", true)]
    [InlineData("{ a: { $not: { $gt: 5 } } }", "{ a: 'x' }", true)]
    [InlineData("{ a: { $not: /^x/ } }", "{ a: 'xy' }", false)]
    [InlineData("{ a: { $not: { $gt: 1, $lt: 3 } } }", "{ a: 2 }", false)]
    [InlineData("{ a: { $elemMatch: { $not: { $gt: 3 } } } }", "{ a: [5, 1] }", true)]
    [InlineData("{ a: { $not: { $elemMatch: { $gt: 3 } } } }", "{ a: [5, 1] }", false)]
    [InlineData("{ a: 1, $comment: 'why' }", "{ a: 1 }", true)]
    public void Logic(string filter, string document, bool matches) => Check(filter, document, matches);

    [Theory]
    [InlineData("{ a: { $exists: true } }", "{ a: null }", true)]
    [InlineData("{ a: { $exists: false } }", "{ a: null }", false)]
    [InlineData("{ 'a.b': { $exists: false } }", "{ a: [{ b: 1 }, { }] }", false)]
    [InlineData("{ 'a.2': { $exists: true } }", "{ a: [1, 2] }", false)]
    [InlineData("{ a: { $type: 'number' } }", "{ a: NumberDecimal('1') }", true)]
    [InlineData("{ a: { $type: 'string' } }", "{ a: [1, 'x'] }", true)]
    [InlineData("{ a: { $type: 'array' } }", "{ a: [] }", true)]
    [InlineData("{ a: { $type: ['int', 'null'] } }", "{ a: null }", true)]
    [InlineData("{ a: { $type: 10 } }", "{ }", false)]
    [InlineData("{ a: { $type: -1 } }", "{ a: MinKey }", true)]
    public void Elements(string filter, string document, bool matches) => Check(filter, document, matches);

    [Theory]
    [InlineData("{ a: { $all: [1, 2] } }", "{ a: [2, 3, 1] }", true)]
    [InlineData("{ a: { $all: [1, 2] } }", "{ a: [1] }", false)]
    [InlineData("{ a: { $all: [1] } }", "{ a: 1 }", true)]
    [InlineData("{ a: { $all: [] } }", "{ a: [] }", false)]
    [InlineData("{ a: { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { b: 2 } }] } }", "{ a: [{ b: 2 }, { b: 1 }] }", true)]
    [InlineData("{ a: { $size: 2 } }", "{ a: [1, 2] }", true)]
    [InlineData("{ a: { $size: 0 } }", "{ }", false)]
    [InlineData("{ a: { $size: 2 } }", "{ a: [[1, 2]] }", false)]
    [InlineData("{ a: { $elemMatch: { b: 1, c: 2 } } }", "{ a: [{ b: 1 }, { c: 2 }] }", false)]
    [InlineData("{ a: { $elemMatch: { b: 1, c: 2 } } }", "{ a: [{ b: 1, c: 2 }] }", true)]
    [InlineData("{ a: { $elemMatch: { $in: [2] } } }", "{ a: 2 }", false)] // only arrays have elements
    [InlineData("{ a: { $elemMatch: { $or: [{ b: 1 }, { c: 1 }] } } }", "{ a: [{ c: 1 }] }", true)]
    [InlineData("{ a: { $elemMatch: { $elemMatch: { $gt: 2 } } } }", "{ a: [[1], [3]] }", true)]
    [InlineData("{ a: { $elemMatch: { '0': 1 } } }", "{ a: [[1, 2]] }", true)]
    [InlineData("{ 'a.b': { $elemMatch: { $gt: 2 } } }", "{ a: [{ b: [1] }, { b: [3] }] }", true)]
    public void Arrays(string filter, string document, bool matches) => Check(filter, document, matches);

    [Theory]
    [InlineData("{ a: /^ab/i }", "{ a: 'ABc' }", true)]
    [InlineData("{ a: /b$/m }", "{ a: 'b\\nc' }", true)]
    [InlineData("{ a: /a.c/s }", "{ a: 'a\\nc' }", true)]
    [InlineData("{ a: /x/ }", "{ a: ['y', 'x'] }", true)]
    [InlineData("{ a: /x/ }", "{ a: /x/ }", true)]
    [InlineData("{ a: /x/ }", "{ a: 5 }", false)]
    [InlineData("{ a: { $mod: [4, 1] } }", "{ a: 5 }", true)]
    [InlineData("{ a: { $mod: [4, 1] } }", "{ a: 5.9 }", true)] // the fraction is cut off
    [InlineData("{ a: { $mod: [4, -1] } }", "{ a: -5 }", true)]
    [InlineData("{ a: { $mod: [4, 1] } }", "{ a: 'x' }", false)]
    [InlineData("{ a: { $bitsAllSet: [0, 2] } }", "{ a: 5 }", true)]
    [InlineData("{ a: { $bitsAnyClear: 7 } }", "{ a: 5 }", true)]
    [InlineData("{ a: { $bitsAllClear: 2 } }", "{ a: -1 }", false)]
    [InlineData("{ $expr: { $gt: ['$a', '$b'] } }", "{ a: 2, b: 1 }", true)]
    [InlineData("{ $expr: { $eq: ['$a', null] } }", "{ }", false)] // an expression tells missing from null
    public void Evaluation(string filter, string document, bool matches) => Check(filter, document, matches);

    [Fact]
    public void A_regex_with_options_is_written_in_two_fields()
    {
        // The JSON reader of the tests would make one pattern of the two fields.
        var filter = new BsonDocument("a", new BsonDocument { { "$regex", "^AB" }, { "$options", "i" } });

        QueryFilter.Parse(filter).Matches(Json.Doc("{ a: 'abc' }")).Should().BeTrue();
    }

    private static void Check(string filter, string document, bool matches)
    {
        var query = QueryFilter.Parse(Json.Doc(filter));
        var given = Json.Doc(document);

        query.Matches(given).Should().Be(matches);
        query.Matches(given, out _).Should().Be(matches);

        // A store that decodes only the fields read must come to the same answer.
        if (query.Reads is { } reads)
        {
            query.Matches(new BsonDocument(given.Where(element => reads.Contains(element.Name)))).Should().Be(matches);
        }
    }
}
