using System.Globalization;
using System.Numerics;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Rounding: <c>$round</c> goes half to even, to a number of decimals or of zeros.</summary>
internal static class RoundingOperators
{
    public static void Register(OperatorTable table)
    {
        table.Unary("$ceil", value => Round("$ceil", value, 0, MidpointRounding.ToPositiveInfinity));
        table.Unary("$floor", value => Round("$floor", value, 0, MidpointRounding.ToNegativeInfinity));
        table.Positional("$round", 1, 2, values => RoundAt("$round", values, MidpointRounding.ToEven));
        table.Positional("$trunc", 1, 2, values => RoundAt("$trunc", values, MidpointRounding.ToZero));
    }

    private static BsonValue RoundAt(string name, BsonValue?[] values, MidpointRounding mode)
    {
        if (values[1] is BsonNull or BsonUndefined)
        {
            return BsonNull.Value;
        }

        int places = 0;
        if (values[1] is { } given && !Numbers.TryInt(given, out places))
        {
            throw Errors.Location(51082, $"precision argument to {name} must be a integral value");
        }

        return places is >= -20 and <= 100
            ? Round(name, values[0], places, mode)
            : throw Errors.Location(51083, $"cannot apply {name} with precision value {places} value must be in [-20, 100]");
    }

    private static BsonValue Round(string name, BsonValue? value, int places, MidpointRounding mode)
    {
        switch (value)
        {
            case null or BsonNull or BsonUndefined:
                return BsonNull.Value;
            case BsonInt32 or BsonInt64 when places >= 0:
                return value;
            case BsonInt32 or BsonInt64:
                return RoundWhole(name, value, places, mode);
            case BsonDouble number when places == 0:
                return new BsonDouble(Math.Round(number.Value, mode));
            case BsonDouble number:
                return new BsonDouble(RoundDouble(number.Value, places, mode));
            case BsonDecimal128 number:
                return Arithmetic.Decimal(DecimalMath.RoundTo(DecimalMath.Split(number.Value), places, mode));
            default:
                throw Errors.Location(places == 0 && name is "$ceil" or "$floor" ? 28765 : 51081, $"{name} only supports numeric types, not {Errors.TypeName(value)}");
        }
    }

    private static BsonValue RoundWhole(string name, BsonValue value, int places, MidpointRounding mode)
    {
        var rounded = DecimalMath.RoundTo(DecimalMath.Of(value.ToInt64()), places, mode);
        var magnitude = (BigInteger)rounded.Coefficient * BigInteger.Pow(10, rounded.Exponent);
        var signed = rounded.Negative ? -magnitude : magnitude;
        if (signed < long.MinValue || signed > long.MaxValue)
        {
            throw Errors.Location(51080, $"invalid conversion from Decimal128 result in {name} resulting from arguments: [{value}, {places}]");
        }

        return value is BsonInt32 && signed >= int.MinValue && signed <= int.MaxValue ? new BsonInt32((int)signed) : new BsonInt64((long)signed);
    }

    /// <summary>Rounds what the double really is: 2.675 is a little less and goes down.</summary>
    private static double RoundDouble(double number, int places, MidpointRounding mode)
    {
        if (!double.IsFinite(number) || number == 0)
        {
            return number;
        }

        string digits = Math.Abs(number).ToString("E33", CultureInfo.InvariantCulture);
        int mark = digits.IndexOf('E', StringComparison.Ordinal);
        var coefficient = UInt128.Parse(string.Concat(digits.AsSpan(0, 1), digits.AsSpan(2, mark - 2)), CultureInfo.InvariantCulture);
        int exponent = int.Parse(digits.AsSpan(mark + 1), CultureInfo.InvariantCulture) - 33;
        var rounded = DecimalMath.RoundTo(new DecimalMath.Parts(number < 0, coefficient, exponent), places, mode);
        return DecimalMath.ToDouble(DecimalMath.Join(rounded));
    }
}
