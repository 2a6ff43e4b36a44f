using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>
/// Whether two values are stored alike: same types, same digits, same order of fields. Stricter than <see cref="BsonOrder"/>:
/// replacing <c>1</c> by <c>1.0</c> is a change.
/// </summary>
internal static class ExactEquality
{
    public static bool Same(BsonValue? x, BsonValue? y)
    {
        if (ReferenceEquals(x, y))
        {
            return true;
        }

        if (x is null || y is null || x.BsonType != y.BsonType)
        {
            return false;
        }

        return (x, y) switch
        {
            (BsonDocument a, BsonDocument b) => SameFields(a, b),
            (BsonArray a, BsonArray b) => SameElements(a, b),
            (BsonDouble a, BsonDouble b) => BitConverter.DoubleToInt64Bits(a.Value) == BitConverter.DoubleToInt64Bits(b.Value),
            (BsonDecimal128 a, BsonDecimal128 b) => a.Value.GetIEEEHighBits() == b.Value.GetIEEEHighBits()
                && a.Value.GetIEEELowBits() == b.Value.GetIEEELowBits(),
            (BsonJavaScriptWithScope a, BsonJavaScriptWithScope b) => a.Code == b.Code && SameFields(a.Scope, b.Scope),
            _ => x.Equals(y),
        };
    }

    private static bool SameFields(BsonDocument x, BsonDocument y)
    {
        if (x.ElementCount != y.ElementCount)
        {
            return false;
        }

        for (int i = 0; i < x.ElementCount; i++)
        {
            var (left, right) = (x.GetElement(i), y.GetElement(i));
            if (left.Name != right.Name || !Same(left.Value, right.Value))
            {
                return false;
            }
        }

        return true;
    }

    private static bool SameElements(BsonArray x, BsonArray y)
    {
        if (x.Count != y.Count)
        {
            return false;
        }

        for (int i = 0; i < x.Count; i++)
        {
            if (!Same(x[i], y[i]))
            {
                return false;
            }
        }

        return true;
    }
}
