using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>Comparison and conversion of BSON numbers by exact value, whatever their types.</summary>
internal static class Numbers
{
    private const double TwoTo63 = 9223372036854775808.0;

    public static bool IsNumber(BsonValue? value) =>
        value is not null && value.BsonType is BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128;

    public static bool IsNaN(BsonValue? value) => value switch
    {
        BsonDouble number => double.IsNaN(number.Value),
        BsonDecimal128 number => Decimal128.IsNaN(number.Value),
        _ => false,
    };

    /// <summary>Orders by value; NaN is below every other number and equal to itself.</summary>
    public static int Compare(BsonValue x, BsonValue y)
    {
        if (x is BsonDecimal128 || y is BsonDecimal128)
        {
            return (x, y) switch
            {
                (BsonDouble a, _) => -DecimalMath.CompareToDouble(DecimalMath.Of(y), a.Value),
                (_, BsonDouble b) => DecimalMath.CompareToDouble(DecimalMath.Of(x), b.Value),
                _ => DecimalMath.Compare(DecimalMath.Of(x), DecimalMath.Of(y)),
            };
        }

        return (x, y) switch
        {
            (BsonDouble a, BsonDouble b) => a.Value.CompareTo(b.Value),
            (BsonDouble a, _) => -CompareToDouble(WholeOf(y), a.Value),
            (_, BsonDouble b) => CompareToDouble(WholeOf(x), b.Value),
            _ => WholeOf(x).CompareTo(WholeOf(y)),
        };
    }

    /// <summary>The same for numbers of the same value, whatever their types: the hash of the nearest double.</summary>
    public static int Hash(BsonValue value)
    {
        double number = ToDouble(value);
        return number == 0 ? 0 : number.GetHashCode();
    }

    public static double ToDouble(BsonValue value) => value switch
    {
        BsonInt32 number => number.Value,
        BsonInt64 number => number.Value,
        BsonDouble number => number.Value,
        BsonDecimal128 number => DecimalMath.ToDouble(number.Value),
        _ => throw Errors.TypeMismatch($"expected a number, found {Errors.TypeName(value)}"),
    };

    /// <summary>The number as a long if it is whole and fits, whatever its type.</summary>
    public static bool TryWhole(BsonValue? value, out long whole)
    {
        switch (value)
        {
            case BsonInt32 number:
                whole = number.Value;
                return true;
            case BsonInt64 number:
                whole = number.Value;
                return true;
            case BsonDouble { Value: var number } when number >= -TwoTo63 && number < TwoTo63 && Math.Truncate(number) == number:
                whole = (long)number;
                return true;
            case BsonDecimal128 number:
                return DecimalMath.TryWhole(number.Value, out whole);
            default:
                whole = 0;
                return false;
        }
    }

    /// <summary>The number as an int if it is whole and fits, whatever its type.</summary>
    public static bool TryInt(BsonValue? value, out int number)
    {
        bool fits = TryWhole(value, out long whole) && whole is >= int.MinValue and <= int.MaxValue;
        number = fits ? (int)whole : 0;
        return fits;
    }

    /// <summary>The number without its fraction, of the same type.</summary>
    public static BsonValue Truncate(BsonValue value) => value switch
    {
        BsonDouble number => new BsonDouble(Math.Truncate(number.Value)),
        BsonDecimal128 number => new BsonDecimal128(
            DecimalMath.Join(DecimalMath.RoundTo(DecimalMath.Split(number.Value), 0, MidpointRounding.ToZero))),
        _ => value,
    };

    private static long WholeOf(BsonValue value) => value is BsonInt32 number ? number.Value : value.AsInt64;

    private static int CompareToDouble(long whole, double number)
    {
        if (double.IsNaN(number) || number < -TwoTo63)
        {
            return 1;
        }

        if (number >= TwoTo63)
        {
            return -1;
        }

        // Converting the long could round it onto the double: the double's whole part always fits a long exactly.
        double truncated = Math.Truncate(number);
        int order = whole.CompareTo((long)truncated);
        return order != 0 ? order : truncated.CompareTo(number);
    }
}
