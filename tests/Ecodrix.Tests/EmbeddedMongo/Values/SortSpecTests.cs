using Ecodrix.EmbeddedMongo;
using Ecodrix.EmbeddedMongo.Values;

namespace Ecodrix.Tests.EmbeddedMongo.Values;

/// <summary>https://www.mongodb.com/docs/manual/reference/method/cursor.sort/</summary>
public sealed class SortSpecTests
{
    [Theory]
    [InlineData("{ a: 1 }", "{ a: 1 }", "{ a: 2 }", -1)]
    [InlineData("{ a: -1 }", "{ a: 1 }", "{ a: 2 }", 1)]
    [InlineData("{ a: 1, b: -1 }", "{ a: 1, b: 1 }", "{ a: 1, b: 2 }", 1)]
    [InlineData("{ a: 1 }", "{ }", "{ a: null }", 0)] // missing sorts as null
    [InlineData("{ a: 1 }", "{ a: [3, 1] }", "{ a: 2 }", -1)] // ascending: the least element
    [InlineData("{ a: -1 }", "{ a: [3, 1] }", "{ a: 2 }", -1)] // descending: the greatest
    [InlineData("{ a: 1 }", "{ a: [] }", "{ a: null }", -1)] // an empty array is below null
    [InlineData("{ 'a.b': 1 }", "{ a: [{ b: 5 }, { b: 0 }] }", "{ a: { b: 1 } }", -1)]
    [InlineData("{ 'a.1': 1 }", "{ a: [9, 1] }", "{ a: [0, 2] }", -1)]
    [InlineData("{ a: 1 }", "{ a: 'x' }", "{ a: 10 }", 1)]
    public void Documents_compare_by_their_keys(string sort, string x, string y, int expected)
    {
        var spec = SortSpec.Parse(Json.Doc(sort));

        Math.Sign(spec.Compare(Json.Doc(x), Json.Doc(y))).Should().Be(expected);
        Math.Sign(spec.CompareKeys(spec.KeysOf(Json.Doc(x)), spec.KeysOf(Json.Doc(y)))).Should().Be(expected);
    }

    [Theory]
    [InlineData("{ a: 2 }", 15975)]
    [InlineData("{ a: 'up' }", 15974)]
    [InlineData("{ a: { $meta: 'textScore' } }", 2)]
    [InlineData("{ 'a..b': 1 }", 15998)]
    [InlineData("{ $a: 1 }", 16410)]
    public void An_ill_formed_sort_is_refused(string sort, int code) =>
        FluentActions.Invoking(() => SortSpec.Parse(Json.Doc(sort))).Should().Throw<MongoError>().Which.Code.Should().Be(code);
}
