using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.Tests.EmbeddedMongo.Values;

/// <summary>https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/</summary>
public sealed class BsonOrderTests
{
    [Fact]
    public void Types_are_ordered_as_the_manual_lists_them()
    {
        BsonValue[] ladder =
        [
            BsonMinKey.Value, BsonUndefined.Value, BsonNull.Value, new BsonDouble(double.NaN), new BsonInt32(-1), new BsonInt64(5),
            new BsonString(""), new BsonString("z"), new BsonDocument(), new BsonDocument("a", 1), new BsonArray(), new BsonArray { 1 },
            new BsonBinaryData([1]), new BsonObjectId(ObjectId.Empty), BsonBoolean.False, BsonBoolean.True,
            new BsonDateTime(-1), new BsonDateTime(1), new BsonTimestamp(1), new BsonRegularExpression("a"), BsonMaxKey.Value,
        ];

        for (int i = 0; i < ladder.Length; i++)
        {
            for (int j = 0; j < ladder.Length; j++)
            {
                Math.Sign(BsonOrder.Instance.Compare(ladder[i], ladder[j])).Should().Be(i.CompareTo(j), $"{ladder[i]} against {ladder[j]}");
            }
        }
    }

    [Theory]
    [InlineData("1", "1.0", 0)]
    [InlineData("1", "NumberLong(1)", 0)]
    [InlineData("1", "NumberDecimal('1.00')", 0)]
    [InlineData("0.0", "-0.0", 0)]
    [InlineData("NumberDecimal('0.1')", "0.1", -1)] // the double is a little more than a tenth
    [InlineData("NumberDecimal('0.5')", "0.5", 0)]
    [InlineData("NumberLong('9007199254740993')", "9007199254740992.0", 1)]
    [InlineData("NumberLong('9223372036854775807')", "9223372036854775808.0", -1)]
    [InlineData("NumberDecimal('1E+6111')", "1e308", 1)]
    [InlineData("NumberDecimal('-Infinity')", "-1e308", -1)]
    [InlineData("NumberDecimal('NaN')", "NaN", 0)]
    [InlineData("NumberDecimal('1E-6176')", "0", 1)]
    public void Numbers_compare_by_exact_value_across_types(string x, string y, int expected)
    {
        var (left, right) = (Json.Value(x), y == "NaN" ? new BsonDouble(double.NaN) : Json.Value(y));

        Math.Sign(BsonOrder.Instance.Compare(left, right)).Should().Be(expected);
        Math.Sign(BsonOrder.Instance.Compare(right, left)).Should().Be(-expected);
        if (expected == 0)
        {
            BsonOrder.Instance.GetHashCode(left).Should().Be(BsonOrder.Instance.GetHashCode(right));
        }
    }

    [Theory]
    [InlineData("'a'", "'b'", -1)]
    [InlineData("'a'", "'ab'", -1)]
    [InlineData("'B'", "'a'", -1)]
    [InlineData("'\uFFFD'", "'😀'", -1)] // UTF-16 units would say the opposite
    [InlineData("{ a: 1, b: 2 }", "{ b: 2, a: 1 }", -1)]
    [InlineData("{ a: 1 }", "{ a: 1, b: 1 }", -1)]
    [InlineData("{ a: 'x' }", "{ b: 1 }", 1)] // the field's type comes before its name
    [InlineData("[1, 2]", "[1, 3]", -1)]
    [InlineData("[1]", "[1, 0]", -1)]
    public void Text_documents_and_arrays_compare_part_by_part(string x, string y, int expected) =>
        Math.Sign(BsonOrder.Instance.Compare(Json.Value(x), Json.Value(y))).Should().Be(expected);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_order_is_total_and_equal_values_have_equal_hashes(int seed)
    {
        var random = new RandomBson(seed);
        var values = Enumerable.Range(0, 120).Select(_ => random.Value()).ToArray();

        var order = BsonOrder.Instance;
        foreach (var x in values)
        {
            foreach (var y in values)
            {
                int xy = order.Compare(x, y);
                xy.Should().Be(-order.Compare(y, x), $"seed {seed}: {x} against {y}");
                if (xy == 0)
                {
                    order.GetHashCode(x).Should().Be(order.GetHashCode(y), $"seed {seed}: {x} equals {y}");
                }

                foreach (var z in values.AsSpan(0, 30))
                {
                    if (xy <= 0 && order.Compare(y, z) <= 0)
                    {
                        (order.Compare(x, z) <= 0).Should().BeTrue($"seed {seed}: {x}, {y}, {z}");
                    }
                }
            }
        }
    }
}
