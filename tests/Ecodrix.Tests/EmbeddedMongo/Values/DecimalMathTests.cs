using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.Tests.EmbeddedMongo.Values;

/// <summary>IEEE 754-2008 decimal128, as https://www.mongodb.com/docs/manual/reference/bson-types/#decimal128 refers to it.</summary>
public sealed class DecimalMathTests
{
    [Theory]
    [InlineData("0.1", "0.2", "0.3")]
    [InlineData("1.10", "2.20", "3.30")]
    [InlineData("9999999999999999999999999999999999", "1", "1.000000000000000000000000000000000E+34")]
    [InlineData("1E+6000", "1", "1.000000000000000000000000000000000E+6000")]
    [InlineData("1E+30", "1E-30", "1.000000000000000000000000000000000E+30")]
    [InlineData("-5", "5", "0")]
    [InlineData("Infinity", "-Infinity", "NaN")]
    [InlineData("Infinity", "1", "Infinity")]
    public void Sums_are_exact_to_34_digits(string x, string y, string sum) =>
        Text(DecimalMath.Add(Parts(x), Parts(y))).Should().Be(Text(Parts(sum)));

    [Theory]
    [InlineData("1.05", "1.05", "1.1025")]
    [InlineData("9999999999999999999999999999999999", "9999999999999999999999999999999999", "9.999999999999999999999999999999998E+67")]
    [InlineData("1E+6111", "10", "1.0E+6112")]
    [InlineData("1E+6111", "1E+6111", "Infinity")]
    [InlineData("-2", "0.5", "-1.0")]
    public void Products_are_rounded_to_34_digits(string x, string y, string product) =>
        Text(DecimalMath.Multiply(Parts(x), Parts(y))).Should().Be(Text(Parts(product)));

    [Theory]
    [InlineData("1", "3", "0.3333333333333333333333333333333333")]
    [InlineData("2", "3", "0.6666666666666666666666666666666667")]
    [InlineData("10", "4", "2.5")]
    [InlineData("6.00", "2", "3.00")]
    [InlineData("1", "0", "Infinity")]
    [InlineData("0", "0", "NaN")]
    public void Quotients_are_rounded_half_to_even(string x, string y, string quotient) =>
        Text(DecimalMath.Divide(Parts(x), Parts(y))).Should().Be(Text(Parts(quotient)));

    [Theory]
    [InlineData("2.5", 0, "2")]
    [InlineData("3.5", 0, "4")]
    [InlineData("1.2345", 2, "1.23")]
    [InlineData("-1.5", 0, "-2")]
    [InlineData("1250", -2, "1.2E+3")]
    public void Rounding_goes_half_to_even(string x, int places, string expected) =>
        Text(DecimalMath.RoundTo(Parts(x), places, MidpointRounding.ToEven)).Should().Be(Text(Parts(expected)));

    [Theory]
    [InlineData(0.1, "0.100000000000000")]
    [InlineData(5.5, "5.50000000000000")]
    [InlineData(1e20, "100000000000000E+6")]
    public void A_double_becomes_a_decimal_of_15_digits(double number, string expected) =>
        Text(DecimalMath.Of(number)).Should().Be(Text(Parts(expected)));

    [Fact]
    public void Sums_of_amounts_equal_those_of_system_decimal()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        var total = DecimalMath.Of(0L);
        decimal expected = 0;
        for (int i = 0; i < 5000; i++)
        {
            decimal amount = new(random.Next(), random.Next(100), 0, random.Next(2) == 0, (byte)random.Next(5));
            total = DecimalMath.Add(total, DecimalMath.Split(new Decimal128(amount)));
            expected += amount;
        }

        DecimalMath.Join(total).ToString().Should().Be(new Decimal128(expected).ToString(), $"seed {Seed}");
    }

    [Fact]
    public void Parts_and_value_are_the_same_thing()
    {
        string[] values = ["0", "-0", "1", "-1.50", "1E-6176", "9.999999999999999999999999999999999E+6144", "NaN", "Infinity", "-Infinity"];
        foreach (string value in values)
        {
            Text(Parts(value)).Should().Be(Decimal128.Parse(value).ToString());
        }
    }

    private static DecimalMath.Parts Parts(string text) => DecimalMath.Split(Decimal128.Parse(text));

    private static string Text(DecimalMath.Parts parts) => DecimalMath.Join(parts).ToString();
}
