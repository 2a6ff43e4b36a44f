using Ecodrix.EmbeddedMongo;
using Ecodrix.EmbeddedMongo.Projection;
using Ecodrix.Tests.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.Tests.EmbeddedMongo.Projection;

/// <summary>https://www.mongodb.com/docs/manual/reference/operator/projection/ and .../reference/method/db.collection.find/#projection</summary>
public sealed class ProjectionTests
{
    [Theory]
    [InlineData("{ }", "{ _id: 1, a: 1 }", "{ _id: 1, a: 1 }")]
    [InlineData("{ b: 1, a: 1 }", "{ _id: 1, a: 1, b: 2, c: 3 }", "{ _id: 1, a: 1, b: 2 }")] // in the document's order
    [InlineData("{ a: true, _id: 0 }", "{ _id: 1, a: 1, b: 2 }", "{ a: 1 }")]
    [InlineData("{ _id: 1 }", "{ _id: 1, a: 1 }", "{ _id: 1 }")]
    [InlineData("{ 'a.b': 1 }", "{ _id: 1, a: { b: 1, c: 2 }, d: 1 }", "{ _id: 1, a: { b: 1 } }")]
    [InlineData("{ a: { b: 1 } }", "{ a: { b: 1, c: 2 } }", "{ a: { b: 1 } }")]
    [InlineData("{ 'a.b': 1 }", "{ a: [{ b: 1, c: 2 }, 5, { c: 1 }, [{ b: 2 }]] }", "{ a: [{ b: 1 }, { }, [{ b: 2 }]] }")]
    [InlineData("{ 'a.b': 1 }", "{ a: 5 }", "{ }")]
    [InlineData("{ a: 1 }", "{ _id: 1 }", "{ _id: 1 }")]
    public void Inclusion(string projection, string document, string expected) => Check(projection, document, expected);

    [Theory]
    [InlineData("{ a: 0 }", "{ _id: 1, a: 1, b: 2 }", "{ _id: 1, b: 2 }")]
    [InlineData("{ _id: 0 }", "{ _id: 1, a: 1 }", "{ a: 1 }")]
    [InlineData("{ 'a.b': 0 }", "{ a: [{ b: 1, c: 2 }, 5] }", "{ a: [{ c: 2 }, 5] }")]
    [InlineData("{ 'a.b': false, c: 0 }", "{ a: { b: 1, d: 1 }, c: 1 }", "{ a: { d: 1 } }")]
    public void Exclusion(string projection, string document, string expected) => Check(projection, document, expected);

    [Theory]
    [InlineData("{ a: { $slice: 2 } }", "{ _id: 1, a: [1, 2, 3], b: 1 }", "{ _id: 1, a: [1, 2], b: 1 }")]
    [InlineData("{ a: { $slice: -2 } }", "{ a: [1, 2, 3] }", "{ a: [2, 3] }")]
    [InlineData("{ a: { $slice: [1, 1] } }", "{ a: [1, 2, 3] }", "{ a: [2] }")]
    [InlineData("{ a: { $slice: [-2, 1] } }", "{ a: [1, 2, 3] }", "{ a: [2] }")]
    [InlineData("{ a: { $slice: 1 }, b: 1 }", "{ _id: 1, a: [1, 2], b: 1, c: 1 }", "{ _id: 1, a: [1], b: 1 }")]
    [InlineData("{ a: { $slice: 1 } }", "{ a: 5 }", "{ a: 5 }")]
    [InlineData("{ a: { $elemMatch: { b: 2 } } }", "{ _id: 1, a: [{ b: 1 }, { b: 2, c: 1 }, { b: 2 }], d: 1 }", "{ _id: 1, a: [{ b: 2, c: 1 }] }")]
    [InlineData("{ a: { $elemMatch: { $gt: 1 } } }", "{ a: [1, 2, 3] }", "{ a: [2] }")]
    [InlineData("{ a: { $elemMatch: { b: 9 } } }", "{ _id: 1, a: [{ b: 1 }] }", "{ _id: 1 }")]
    [InlineData("{ 'a.$': 1 }", "{ _id: 1, a: [5, 6], b: 1 }", "{ _id: 1, a: [6] }")]
    public void Parts_of_arrays(string projection, string document, string expected) => Check(projection, document, expected);

    [Theory]
    [InlineData("{ n: { $add: ['$a', 1] } }", "{ _id: 1, a: 1 }", "{ _id: 1, n: 2 }")]
    [InlineData("{ a: 1, b: '$a' }", "{ a: 1 }", "{ a: 1, b: 1 }")]
    [InlineData("{ a: 1, b: 'text' }", "{ a: 1 }", "{ a: 1, b: 'text' }")]
    [InlineData("{ 'x.y': '$a', _id: 0 }", "{ _id: 1, a: 1, x: { z: 1 } }", "{ x: { y: 1 } }")]
    [InlineData("{ x: { y: '$a', z: 1 } }", "{ a: 1, x: { z: 1, w: 1 } }", "{ x: { z: 1, y: 1 } }")]
    [InlineData("{ b: '$missing' }", "{ _id: 1 }", "{ _id: 1 }")]
    [InlineData("{ b: ['$a', 2] }", "{ a: 1 }", "{ b: [1, 2] }")]
    public void Expressions(string projection, string document, string expected) => Check(projection, document, expected);

    [Theory]
    [InlineData("{ a: 1, b: 0 }", 31254)]
    [InlineData("{ a: 0, b: 1 }", 31253)]
    [InlineData("{ a: 1, 'a.b': 1 }", 31249)]
    [InlineData("{ 'a.b': 1, a: 1 }", 31250)]
    [InlineData("{ a: 0, b: { $add: [1, 1] } }", 31252)]
    [InlineData("{ a: { } }", 51270)]
    [InlineData("{ 'a.$': 1, 'b.$': 1 }", 31276)]
    [InlineData("{ 'a.$': 0 }", 31395)]
    [InlineData("{ a: { $elemMatch: 5 } }", 31274)]
    [InlineData("{ a: { $slice: [1, 0] } }", 28724)]
    [InlineData("{ a: { $slice: 'x' } }", 28667)]
    [InlineData("{ a: { $meta: 'textScore' } }", 2)]
    [InlineData("{ a: { $foo: 1 } }", 168)]
    [InlineData("{ 'a..b': 1 }", 15998)]
    public void An_ill_formed_projection_is_refused(string projection, int code) =>
        FluentActions.Invoking(() => ProjectionProgram.Parse(Json.Doc(projection))).Should().Throw<MongoError>().Which.Code.Should().Be(code);

    [Theory]
    [InlineData("{ a: 1, b: '$c.d' }", "_id,a,c")]
    [InlineData("{ 'a.b': 1, _id: 0 }", "a")]
    [InlineData("{ a: 0 }", null)]
    [InlineData("{ a: '$$ROOT' }", null)]
    public void The_fields_that_are_read_are_known(string projection, string? fields)
    {
        var reads = ProjectionProgram.Parse(Json.Doc(projection)).Reads;

        (reads is null ? null : string.Join(',', reads.Order())).Should().Be(fields);
    }

    private static void Check(string projection, string document, string expected)
    {
        var given = Json.Doc(document);
        var program = ProjectionProgram.Parse(Json.Doc(projection));

        Json.Show(program.Apply(given, positional: 1)).Should().Be(Json.Normal(expected));
        Json.Show(given).Should().Be(Json.Normal(document), "the document itself stays as it was");
        if (program.Reads is { } reads)
        {
            var decoded = new BsonDocument(given.Where(element => reads.Contains(element.Name)));
            Json.Show(program.Apply(decoded, positional: 1)).Should().Be(Json.Normal(expected));
        }
    }
}
