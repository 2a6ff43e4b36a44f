using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Sums, products and powers. See https://www.mongodb.com/docs/manual/reference/operator/aggregation/#arithmetic-expression-operators.</summary>
internal static class ArithmeticOperators
{
    public static void Register(OperatorTable table)
    {
        table.Variadic("$add", Add);
        table.Binary("$subtract", Subtract);
        table.Variadic("$multiply", Multiply);
        table.Binary("$divide", Divide);
        table.Binary("$mod", Mod);
        table.Unary("$abs", Abs);
        table.Unary("$sqrt", value => Real("$sqrt", value, number => number >= 0 || double.IsNaN(number), 28714, Math.Sqrt, DecimalFunctions.Sqrt));
        table.Unary("$exp", value => Real("$exp", value, _ => true, 0, Math.Exp, DecimalFunctions.Exp));
        table.Unary("$ln", value => Real("$ln", value, number => number > 0 || double.IsNaN(number), 28766, Math.Log, DecimalFunctions.Ln));
        table.Unary("$log10", value => Real("$log10", value, number => number > 0 || double.IsNaN(number), 28761, Math.Log10, DecimalFunctions.Log10));
        table.Binary("$log", Log);
        table.Binary("$pow", Pow);
    }

    private static BsonValue Add(BsonValue?[] values)
    {
        BsonValue total = new BsonInt32(0);
        BsonDateTime? date = null;
        foreach (var value in values)
        {
            switch (value)
            {
                case null or BsonNull or BsonUndefined:
                    return BsonNull.Value;
                case BsonDateTime moment:
                    date = date is null ? moment : throw Errors.Location(16612, "only one date allowed in an $add expression");
                    break;
                default:
                    total = Arithmetic.Add(total, Number("$add", value, 16554, " or date"));
                    break;
            }
        }

        return date is null ? total : Shift(date, total);
    }

    private static BsonValue Subtract(BsonValue? left, BsonValue? right)
    {
        if (Nullish.Is(left) || Nullish.Is(right))
        {
            return BsonNull.Value;
        }

        if (left is BsonDateTime date)
        {
            return right is BsonDateTime other
                ? new BsonInt64(date.MillisecondsSinceEpoch - other.MillisecondsSinceEpoch)
                : Shift(date, Arithmetic.Multiply(Number("$subtract", right!, 16556, " or date"), new BsonInt32(-1)));
        }

        return Numbers.IsNumber(left) && Numbers.IsNumber(right)
            ? Arithmetic.Subtract(left!, right!)
            : throw Errors.Location(16556, $"can't $subtract {Errors.TypeName(right)} from {Errors.TypeName(left)}");
    }

    private static BsonValue Multiply(BsonValue?[] values)
    {
        BsonValue product = new BsonInt32(1);
        foreach (var value in values)
        {
            if (Nullish.Is(value))
            {
                return BsonNull.Value;
            }

            product = Arithmetic.Multiply(product, Number("$multiply", value!, 16555));
        }

        return product;
    }

    private static BsonValue Divide(BsonValue? left, BsonValue? right)
    {
        if (Nullish.Is(left) || Nullish.Is(right))
        {
            return BsonNull.Value;
        }

        if (!Numbers.IsNumber(left) || !Numbers.IsNumber(right))
        {
            throw Errors.Location(16609, $"$divide only supports numeric types, not {Errors.TypeName(left)} and {Errors.TypeName(right)}");
        }

        if (Numbers.Compare(right!, new BsonInt32(0)) == 0)
        {
            throw Errors.Location(16608, "can't $divide by zero");
        }

        return left is BsonDecimal128 || right is BsonDecimal128
            ? Arithmetic.Decimal(DecimalMath.Divide(DecimalMath.Of(left!), DecimalMath.Of(right!)))
            : new BsonDouble(Numbers.ToDouble(left!) / Numbers.ToDouble(right!));
    }

    private static BsonValue Mod(BsonValue? left, BsonValue? right)
    {
        if (Nullish.Is(left) || Nullish.Is(right))
        {
            return BsonNull.Value;
        }

        if (!Numbers.IsNumber(left) || !Numbers.IsNumber(right))
        {
            throw Errors.Location(16611, $"$mod only supports numeric types, not {Errors.TypeName(left)} and {Errors.TypeName(right)}");
        }

        if (Numbers.Compare(right!, new BsonInt32(0)) == 0)
        {
            throw Errors.Location(16610, "can't $mod by zero");
        }

        if (left is BsonDecimal128 || right is BsonDecimal128)
        {
            return Arithmetic.Decimal(DecimalMath.Remainder(DecimalMath.Of(left!), DecimalMath.Of(right!)));
        }

        if (left is BsonDouble || right is BsonDouble)
        {
            return new BsonDouble(Numbers.ToDouble(left!) % Numbers.ToDouble(right!));
        }

        long divisor = right!.ToInt64();
        long rest = divisor == -1 ? 0 : left!.ToInt64() % divisor;
        return left is BsonInt32 && right is BsonInt32 ? new BsonInt32((int)rest) : new BsonInt64(rest);
    }

    private static BsonValue Abs(BsonValue? value) => value switch
    {
        null or BsonNull or BsonUndefined => BsonNull.Value,
        BsonInt32 { Value: int.MinValue } => new BsonInt64(-(long)int.MinValue),
        BsonInt32 number => new BsonInt32(Math.Abs(number.Value)),
        BsonInt64 { Value: long.MinValue } => throw Errors.Location(28680, "can't take $abs of long long min"),
        BsonInt64 number => new BsonInt64(Math.Abs(number.Value)),
        BsonDouble number => new BsonDouble(Math.Abs(number.Value)),
        BsonDecimal128 number => Arithmetic.Decimal(DecimalMath.Split(number.Value) with { Negative = false }),
        _ => throw NotNumeric("$abs", value),
    };

    private static BsonValue Real(
        string name, BsonValue? value, Predicate<double> defined, int code, Func<double, double> function,
        Func<DecimalMath.Parts, DecimalMath.Parts> exact)
    {
        if (Nullish.Is(value))
        {
            return BsonNull.Value;
        }

        if (!Numbers.IsNumber(value))
        {
            throw NotNumeric(name, value);
        }

        double number = Numbers.ToDouble(value!);
        if (!defined(number))
        {
            throw Errors.Location(code, $"{name}'s argument must be a {(name == "$sqrt" ? "non-negative" : "positive")} number, but is {value}");
        }

        return value is BsonDecimal128 precise
            ? Arithmetic.Decimal(exact(DecimalMath.Split(precise.Value)))
            : new BsonDouble(function(number));
    }

    private static BsonValue Log(BsonValue? value, BsonValue? radix)
    {
        if (Nullish.Is(value) || Nullish.Is(radix))
        {
            return BsonNull.Value;
        }

        double number = Numbers.ToDouble(Number("$log", value!, 28756)), by = Numbers.ToDouble(Number("$log", radix!, 28757));
        if (number <= 0)
        {
            throw Errors.Location(28758, $"$log's argument must be a positive number, but is {value}");
        }

        if (by is <= 0 or 1)
        {
            throw Errors.Location(28759, $"$log's base must be a positive number not equal to 1, but is {radix}");
        }

        return value is BsonDecimal128 || radix is BsonDecimal128
            ? Arithmetic.Decimal(DecimalMath.Divide(DecimalFunctions.Ln(DecimalMath.Of(value!)), DecimalFunctions.Ln(DecimalMath.Of(radix!))))
            : new BsonDouble(Math.Log(number) / Math.Log(by));
    }

    private static BsonValue Pow(BsonValue? left, BsonValue? right)
    {
        if (Nullish.Is(left) || Nullish.Is(right))
        {
            return BsonNull.Value;
        }

        var (x, y) = (Number("$pow", left!, 28762), Number("$pow", right!, 28763));
        double number = Numbers.ToDouble(x), exponent = Numbers.ToDouble(y);
        if (number == 0 && exponent < 0)
        {
            throw Errors.Location(28764, "$pow cannot take a base of 0 and a negative exponent");
        }

        if (x is BsonDecimal128 || y is BsonDecimal128)
        {
            return Arithmetic.Decimal(DecimalFunctions.Pow(DecimalMath.Of(x), DecimalMath.Of(y)));
        }

        if (x is BsonDouble || y is BsonDouble || exponent < 0)
        {
            return new BsonDouble(Math.Pow(number, exponent));
        }

        return WholePow(x, y.ToInt64()) ?? new BsonDouble(Math.Pow(number, exponent));
    }

    /// <summary>The exact power, or null if it does not fit a long.</summary>
    private static BsonValue? WholePow(BsonValue x, long exponent)
    {
        long radix = x.ToInt64();
        if (radix is 0 or 1 or -1)
        {
            long unit = exponent == 0 || radix == 1 ? 1 : radix == 0 ? 0 : exponent % 2 == 0 ? 1 : -1;
            return x is BsonInt32 ? new BsonInt32((int)unit) : new BsonInt64(unit);
        }

        long result = 1;
        for (long i = 0; i < exponent; i++)
        {
            long high = Math.BigMul(result, radix, out long low);
            if (high != low >> 63)
            {
                return null;
            }

            result = low;
        }

        return x is BsonInt32 && result is >= int.MinValue and <= int.MaxValue ? new BsonInt32((int)result) : new BsonInt64(result);
    }

    private static BsonDateTime Shift(BsonDateTime date, BsonValue milliseconds)
    {
        double by = Math.Round(Numbers.ToDouble(milliseconds), MidpointRounding.AwayFromZero);
        return Numbers.TryWhole(milliseconds, out long whole) || Numbers.TryWhole(new BsonDouble(by), out whole)
            ? new BsonDateTime(checked(date.MillisecondsSinceEpoch + whole))
            : throw Errors.Location(7415101, "date overflow");
    }

    private static BsonValue Number(string name, BsonValue value, int code, string more = "") => Numbers.IsNumber(value)
        ? value
        : throw Errors.Location(code, $"{name} only supports numeric{more} types, not {Errors.TypeName(value)}");

    private static MongoError NotNumeric(string name, BsonValue? value) =>
        Errors.Location(28765, $"{name} only supports numeric types, not {Errors.TypeName(value)}");
}
