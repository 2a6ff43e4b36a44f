using Ecodrix.EmbeddedMongo;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using Ecodrix.Tests.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.Tests.EmbeddedMongo.Query;

/// <summary>What a query may not say, and that whatever is unknown is named.</summary>
public sealed class QueryErrorTests
{
    [Theory]
    [InlineData("{ a: { $foo: 1 } }", 2, "unknown operator: $foo")]
    [InlineData("{ $foo: 1 }", 2, "unknown top level operator: $foo")]
    [InlineData("{ a: { $gt: 1, b: 2 } }", 2, "unknown operator: b")]
    [InlineData("{ $where: 'true' }", 2, "$where")]
    [InlineData("{ $text: { $search: 'x' } }", 2, "$text")]
    [InlineData("{ $jsonSchema: { } }", 2, "$jsonSchema")]
    [InlineData("{ a: { $near: [1, 2] } }", 2, "$near")]
    [InlineData("{ $or: [] }", 2, "nonempty")]
    [InlineData("{ $or: [1] }", 2, "full objects")]
    [InlineData("{ a: { $in: 1 } }", 2, "$in needs an array")]
    [InlineData("{ a: { $in: [{ $gt: 1 }] } }", 2, "cannot nest $")]
    [InlineData("{ a: { $ne: /x/ } }", 2, "regex")]
    [InlineData("{ a: { $gt: /x/ } }", 2, "RegEx")]
    [InlineData("{ a: { $size: -1 } }", 2, "$size")]
    [InlineData("{ a: { $size: 1.5 } }", 2, "$size")]
    [InlineData("{ a: { $mod: [0, 1] } }", 2, "divisor")]
    [InlineData("{ a: { $mod: [2] } }", 2, "not enough elements")]
    [InlineData("{ a: { $type: 'text' } }", 2, "text")]
    [InlineData("{ a: { $type: 99 } }", 2, "99")]
    [InlineData("{ a: { $not: 5 } }", 2, "$not")]
    [InlineData("{ a: { $not: { } } }", 2, "$not")]
    [InlineData("{ a: { $elemMatch: 5 } }", 2, "$elemMatch")]
    [InlineData("{ a: { $all: 5 } }", 2, "$all")]
    [InlineData("{ a: { $options: 'i' } }", 2, "$options")]
    [InlineData("{ a: /(/ }", 51091, "invalid")]
    [InlineData("{ $expr: { $foo: 1 } }", 168, "$foo")]
    [InlineData("{ $expr: '$$x' }", 17276, "undefined variable: x")]
    public void An_ill_formed_query_is_refused(string filter, int code, string says)
    {
        var refusal = FluentActions.Invoking(() => QueryFilter.Parse(Json.Doc(filter))).Should().Throw<MongoError>().Which;

        refusal.Code.Should().Be(code);
        refusal.Message.Should().Contain(says);
    }

    [Fact]
    public void A_pattern_that_explodes_is_given_up()
    {
        var query = QueryFilter.Parse(Json.Doc("{ a: /^(a+)+$/ }"));
        var document = new BsonDocument("a", new string('a', 40) + "!");

        FluentActions.Invoking(() => query.Matches(document)).Should().Throw<MongoError>().Which.Code.Should().Be(51156);
    }

    [Fact]
    public void Variables_of_the_command_are_constants_of_its_expressions()
    {
        var variables = new Variables(DateTime.UnixEpoch, Json.Doc("{ least: { $add: [1, 2] } }"));
        var query = QueryFilter.Parse(Json.Doc("{ $expr: { $gte: ['$a', '$$least'] } }"), variables);

        query.Matches(Json.Doc("{ a: 3 }")).Should().BeTrue();
        query.Matches(Json.Doc("{ a: 2 }")).Should().BeFalse();
    }

    [Theory]
    [InlineData("{ 'a.b': 2 }", "{ a: [{ b: 1 }, { b: 2 }] }", 1)]
    [InlineData("{ a: { $gt: 4 } }", "{ a: [1, 5, 6] }", 1)]
    [InlineData("{ a: { $elemMatch: { b: 2 } } }", "{ a: [{ b: 1 }, { b: 2 }] }", 1)]
    [InlineData("{ a: [1, 5] }", "{ a: [1, 5] }", null)]
    [InlineData("{ a: 5, b: { $ne: 1 } }", "{ a: [1, 5], b: [2] }", 1)] // what must not match tells no position
    public void A_match_tells_which_element_it_found(string filter, string document, int? position)
    {
        QueryFilter.Parse(Json.Doc(filter)).Matches(Json.Doc(document), out int? found).Should().BeTrue();

        found.Should().Be(position);
    }

    [Theory]
    [InlineData("{ a: 1, b: { $gt: 2 } }", "a=1")]
    [InlineData("{ $and: [{ a: 1 }, { 'b.c': { $eq: 'x' } }] }", "a=1,b.c=x")]
    [InlineData("{ a: { $in: [1] }, b: { $in: [1, 2] } }", "a=1")]
    [InlineData("{ $or: [{ a: 1 }] }", "a=1")]
    [InlineData("{ $or: [{ a: 1 }, { b: 1 }] }", "")]
    [InlineData("{ a: { $all: [1] } }", "a=1")]
    [InlineData("{ a: /x/ }", "")]
    public void Fields_fixed_to_one_value_are_known(string filter, string expected) =>
        string.Join(',', QueryFilter.Parse(Json.Doc(filter)).EqualityFields().Select(field => $"{field.Path}={field.Value}"))
            .Should().Be(expected);

    [Theory]
    [InlineData("{ a: 1, $and: [{ a: 2 }] }")]
    [InlineData("{ a: { b: 1 }, 'a.b': 1 }")]
    public void A_field_fixed_twice_cannot_be_inferred(string filter) =>
        FluentActions.Invoking(() => QueryFilter.Parse(Json.Doc(filter)).EqualityFields())
            .Should().Throw<MongoError>().Which.Code.Should().Be(54);
}
