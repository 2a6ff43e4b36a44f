using Ecodrix.EmbeddedMongo;
using Ecodrix.EmbeddedMongo.Aggregation;
using Ecodrix.Tests.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.Tests.EmbeddedMongo.Aggregation;

/// <summary>
/// Rules of the expressions, each from the page of its operator below
/// https://www.mongodb.com/docs/manual/reference/operator/aggregation/.
/// </summary>
public sealed class ExpressionTests
{
    private const string Document =
        "{a: 5, b: 2, f: 2.5, s: 'Hello', nil: null, list: [3, 1, 2], docs: [{k: 1}, {k: 2}], at: ISODate('2024-02-29T23:30:15.123Z'), o: {x: 1}}";

    [Theory]
    [InlineData("{$add: ['$a', '$b', 1]}", "8")]
    [InlineData("{$add: ['$a', '$nil']}", "null")]
    [InlineData("{$add: ['$at', 1000]}", "ISODate('2024-02-29T23:30:16.123Z')")]
    [InlineData("{$subtract: ['$at', {$dateFromString: {dateString: '2024-02-29T23:30:15Z'}}]}", "NumberLong(123)")]
    [InlineData("{$multiply: ['$f', 2]}", "5.0")]
    [InlineData("{$divide: ['$a', '$b']}", "2.5")]
    [InlineData("{$mod: [-5, 3]}", "-2")]
    [InlineData("{$round: [2.5]}", "2.0")]
    [InlineData("{$round: [1234.5678, 2]}", "1234.57")]
    [InlineData("{$trunc: [-2.7]}", "-2.0")]
    [InlineData("{$ceil: 2.1}", "3.0")]
    [InlineData("{$abs: -3}", "3")]
    [InlineData("{$pow: [2, 10]}", "1024")]
    [InlineData("{$cmp: ['$a', '$b']}", "1")]
    [InlineData("{$gt: ['abc', 5]}", "true")]
    [InlineData("{$eq: ['$missing', null]}", "false")]
    [InlineData("{$and: [1, '$s', 0]}", "false")]
    [InlineData("{$and: []}", "true")]
    [InlineData("{$or: [null, 0, '']}", "true")]
    [InlineData("{$not: ['$missing']}", "true")]
    [InlineData("{$cond: {if: {$gt: ['$a', 3]}, then: 'big', else: 'small'}}", "'big'")]
    [InlineData("{$ifNull: ['$missing', '$nil', 'x']}", "'x'")]
    [InlineData("{$switch: {branches: [{case: {$eq: ['$a', 1]}, then: 'one'}, {case: {$eq: ['$a', 5]}, then: 'five'}], default: '?'}}", "'five'")]
    [InlineData("{$concat: ['$s', ' ', 'World']}", "'Hello World'")]
    [InlineData("{$concat: ['$s', '$nil']}", "null")]
    [InlineData("{$toUpper: '$s'}", "'HELLO'")]
    [InlineData("{$substrCP: ['$s', 1, 3]}", "'ell'")]
    [InlineData("{$strLenCP: 'é€'}", "2")]
    [InlineData("{$strLenBytes: 'é€'}", "5")]
    [InlineData("{$split: ['a-b-c', '-']}", "['a', 'b', 'c']")]
    [InlineData("{$trim: {input: '  x '}}", "'x'")]
    [InlineData("{$indexOfCP: ['$s', 'l']}", "2")]
    [InlineData("{$regexMatch: {input: '$s', regex: /^h/i}}", "true")]
    [InlineData("{$replaceAll: {input: 'a.b.c', find: '.', replacement: '-'}}", "'a-b-c'")]
    [InlineData("{$size: '$list'}", "3")]
    [InlineData("{$arrayElemAt: ['$list', -1]}", "2")]
    [InlineData("{$arrayElemAt: ['$list', 9]}", "missing")]
    [InlineData("{$slice: ['$list', 1, 1]}", "[1]")]
    [InlineData("{$in: [2, '$list']}", "true")]
    [InlineData("{$filter: {input: '$list', as: 'n', cond: {$gt: ['$$n', 1]}}}", "[3, 2]")]
    [InlineData("{$map: {input: '$docs', in: '$$this.k'}}", "[1, 2]")]
    [InlineData("'$docs.k'", "[1, 2]")]
    [InlineData("{$reduce: {input: '$list', initialValue: 0, in: {$add: ['$$value', '$$this']}}}", "6")]
    [InlineData("{$concatArrays: ['$list', [9]]}", "[3, 1, 2, 9]")]
    [InlineData("{$reverseArray: '$list'}", "[2, 1, 3]")]
    [InlineData("{$sortArray: {input: '$list', sortBy: 1}}", "[1, 2, 3]")]
    [InlineData("{$range: [0, 6, 2]}", "[0, 2, 4]")]
    [InlineData("{$zip: {inputs: [[1, 2], ['a']]}}", "[[1, 'a']]")]
    [InlineData("{$setIsSubset: [[1, 2], '$list']}", "true")]
    [InlineData("{$objectToArray: '$o'}", "[{k: 'x', v: 1}]")]
    [InlineData("{$arrayToObject: [[['a', 1], ['b', 2]]]}", "{a: 1, b: 2}")]
    [InlineData("{$mergeObjects: ['$o', {y: 2}]}", "{x: 1, y: 2}")]
    [InlineData("{$year: '$at'}", "2024")]
    [InlineData("{$dayOfWeek: '$at'}", "5")]
    [InlineData("{$dayOfMonth: {date: '$at', timezone: 'Asia/Kolkata'}}", "1")]
    [InlineData("{$hour: {date: '$at', timezone: '-05:30'}}", "18")]
    [InlineData("{$dateToString: {date: '$at', format: '%Y-%m-%d %H:%M', timezone: 'Asia/Kolkata'}}", "'2024-03-01 05:00'")]
    [InlineData("{$dateTrunc: {date: '$at', unit: 'month'}}", "ISODate('2024-02-01T00:00:00Z')")]
    [InlineData("{$dateAdd: {startDate: '$at', unit: 'year', amount: 1}}", "ISODate('2025-02-28T23:30:15.123Z')")]
    [InlineData("{$dateDiff: {startDate: {$toDate: '2024-01-31'}, endDate: '$at', unit: 'month'}}", "NumberLong(1)")]
    [InlineData("{$toInt: '12'}", "12")]
    [InlineData("{$toString: '$f'}", "'2.5'")]
    [InlineData("{$toDecimal: '1.10'}", "NumberDecimal('1.10')")]
    [InlineData("{$convert: {input: 'x', to: 'int', onError: -1}}", "-1")]
    [InlineData("{$type: '$missing'}", "'missing'")]
    [InlineData("{$let: {vars: {t: {$add: ['$a', 1]}}, in: {$multiply: ['$$t', 2]}}}", "12")]
    [InlineData("{$literal: '$a'}", "'$a'")]
    [InlineData("{$max: '$list'}", "3")]
    [InlineData("{$avg: ['$a', '$b']}", "3.5")]
    [InlineData("{$first: '$list'}", "3")]
    [InlineData("{$getField: {field: 'x', input: '$o'}}", "1")]
    public void An_expression_gives_what_its_page_says(string expression, string expected) =>
        Json.Show(Evaluate(expression)).Should().Be(Json.Normal(expected));

    [Theory]
    [InlineData("{$nothing: 1}", 168)]
    [InlineData("{$divide: [1, 0]}", 16608)]
    [InlineData("{$add: ['$s', 1]}", 16554)]
    [InlineData("{$size: '$a'}", 17124)]
    [InlineData("{$arrayElemAt: ['$a', 0]}", 28689)]
    [InlineData("{$toInt: 'x'}", 241)]
    [InlineData("{$switch: {branches: [{case: false, then: 1}]}}", 40066)]
    [InlineData("'$$unknown'", 17276)]
    [InlineData("{$subtract: [1]}", 16020)]
    public void An_expression_that_cannot_be_is_refused_with_its_code(string expression, int code)
    {
        var evaluate = () => Evaluate(expression);

        evaluate.Should().Throw<MongoError>().Which.Code.Should().Be(code);
    }

    private static BsonValue? Evaluate(string expression)
    {
        var pipeline = Pipeline.Parse(Json.Array($"[{{$project: {{_id: 0, v: {expression}}}}}]"));
        var result = pipeline.Run([Json.Doc(Document)], PipelineContext.Detached).Single();
        return result.GetValue("v", null);
    }
}
