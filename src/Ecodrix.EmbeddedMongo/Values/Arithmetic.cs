using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>
/// Arithmetic over mixed BSON numbers. The result has the widest of the operands' types, int32 grows to int64 where it must, and
/// a long that overflows becomes a double.
/// </summary>
internal static class Arithmetic
{
    public static BsonValue Add(BsonValue x, BsonValue y)
    {
        switch (x, y)
        {
            case (BsonDecimal128, _) or (_, BsonDecimal128):
                return Decimal(DecimalMath.Add(DecimalMath.Of(x), DecimalMath.Of(y)));
            case (BsonDouble, _) or (_, BsonDouble):
                return new BsonDouble(Numbers.ToDouble(x) + Numbers.ToDouble(y));
            default:
                long left = x.ToInt64(), right = y.ToInt64(), sum = unchecked(left + right);
                bool overflows = ((left ^ sum) & (right ^ sum)) < 0;
                return overflows ? new BsonDouble((double)left + right) : Whole(sum, x, y);
        }
    }

    public static BsonValue Subtract(BsonValue x, BsonValue y)
    {
        switch (x, y)
        {
            case (BsonDecimal128, _) or (_, BsonDecimal128):
                return Decimal(DecimalMath.Subtract(DecimalMath.Of(x), DecimalMath.Of(y)));
            case (BsonDouble, _) or (_, BsonDouble):
                return new BsonDouble(Numbers.ToDouble(x) - Numbers.ToDouble(y));
            default:
                long left = x.ToInt64(), right = y.ToInt64(), difference = unchecked(left - right);
                bool overflows = ((left ^ right) & (left ^ difference)) < 0;
                return overflows ? new BsonDouble((double)left - right) : Whole(difference, x, y);
        }
    }

    public static BsonValue Multiply(BsonValue x, BsonValue y)
    {
        switch (x, y)
        {
            case (BsonDecimal128, _) or (_, BsonDecimal128):
                return Decimal(DecimalMath.Multiply(DecimalMath.Of(x), DecimalMath.Of(y)));
            case (BsonDouble, _) or (_, BsonDouble):
                return new BsonDouble(Numbers.ToDouble(x) * Numbers.ToDouble(y));
            default:
                long left = x.ToInt64(), right = y.ToInt64();
                long high = Math.BigMul(left, right, out long low);
                bool overflows = high != low >> 63;
                return overflows ? new BsonDouble((double)left * right) : Whole(low, x, y);
        }
    }

    public static BsonDecimal128 Decimal(DecimalMath.Parts parts) => new(DecimalMath.Join(parts));

    /// <summary>A whole result: int32 only if both operands are and it fits.</summary>
    private static BsonValue Whole(long result, BsonValue x, BsonValue y) =>
        x is BsonInt32 && y is BsonInt32 && result is >= int.MinValue and <= int.MaxValue ? new BsonInt32((int)result) : new BsonInt64(result);
}
