using System.Globalization;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Values as other types, with error 241 where the manual allows no conversion or the value does not fit.</summary>
internal static class Conversion
{

    public static BsonValue To(BsonType type, BsonValue value) => type switch
    {
        _ when value.BsonType == type => value,
        BsonType.String => new BsonString(Text.Format(value)),
        BsonType.Int32 => new BsonInt32(Whole(value, "int") is >= int.MinValue and <= int.MaxValue and var number
            ? (int)number
            : throw Errors.ConversionFailure($"Conversion would overflow target type in $convert with no onError value: {value}")),
        BsonType.Int64 => new BsonInt64(value is BsonDateTime date ? date.MillisecondsSinceEpoch : Whole(value, "long")),
        BsonType.Double => ToDouble(value),
        BsonType.Decimal128 => ToDecimal(value),
        BsonType.Boolean => ToBoolean(value),
        BsonType.DateTime => ToDate(value),
        BsonType.ObjectId => ToObjectId(value),
        _ => throw Unsupported(value, BsonTypes.NameOf(type)),
    };

    private static long Whole(BsonValue value, string target)
    {
        switch (value)
        {
            case BsonBoolean flag:
                return flag.Value ? 1 : 0;
            case BsonInt32 or BsonInt64:
                return value.ToInt64();
            case BsonString text:
                return long.TryParse(text.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long parsed)
                    ? parsed
                    : throw BadNumber(text.Value);
            case BsonDouble or BsonDecimal128:
                double size = Numbers.ToDouble(value);
                if (!double.IsFinite(size))
                {
                    throw Errors.ConversionFailure(
                        $"Attempt to convert {(double.IsNaN(size) ? "NaN" : "infinity")} value to integer type in $convert with no onError value");
                }

                return Numbers.TryWhole(Numbers.Truncate(value), out long whole)
                    ? whole
                    : throw Errors.ConversionFailure($"Conversion would overflow target type in $convert with no onError value: {value}");
            default:
                throw Unsupported(value, target);
        }
    }

    private static BsonDouble ToDouble(BsonValue value) => value switch
    {
        BsonBoolean flag => new BsonDouble(flag.Value ? 1 : 0),
        BsonDateTime date => new BsonDouble(date.MillisecondsSinceEpoch),
        BsonString text => new BsonDouble(ParseDouble(text.Value)),
        BsonInt32 or BsonInt64 => new BsonDouble(value.ToInt64()),
        BsonDecimal128 => Numbers.ToDouble(value) is var number && (double.IsFinite(number) || !DecimalMath.Split(value.AsDecimal128).IsFinite)
            ? new BsonDouble(number)
            : throw Errors.ConversionFailure($"Conversion would overflow target type in $convert with no onError value: {value}"),
        _ => throw Unsupported(value, "double"),
    };

    private static double ParseDouble(string text)
    {
        switch (text.ToLowerInvariant())
        {
            case "nan":
                return double.NaN;
            case "inf" or "infinity" or "+inf" or "+infinity":
                return double.PositiveInfinity;
            case "-inf" or "-infinity":
                return double.NegativeInfinity;
        }

        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Style, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw BadNumber(text);
    }

    private static BsonDecimal128 ToDecimal(BsonValue value) => value switch
    {
        BsonBoolean flag => new BsonDecimal128(flag.Value ? 1 : 0),
        BsonDateTime date => new BsonDecimal128(date.MillisecondsSinceEpoch),
        BsonString text => Decimal128.TryParse(text.Value, out var parsed) && text.Value.AsSpan().IndexOfAny(" \t\n") < 0
            ? new BsonDecimal128(parsed)
            : throw BadNumber(text.Value),
        BsonInt32 or BsonInt64 or BsonDouble => Arithmetic.Decimal(DecimalMath.Of(value)),
        _ => throw Unsupported(value, "decimal"),
    };

    private static BsonBoolean ToBoolean(BsonValue value) => value switch
    {
        BsonInt32 or BsonInt64 or BsonDouble or BsonDecimal128 => BsonBoolean.Create(Truth.Of(value)),
        BsonString or BsonObjectId or BsonDateTime or BsonTimestamp or BsonBinaryData or BsonArray or BsonDocument
            or BsonRegularExpression or BsonSymbol or BsonJavaScript or BsonMinKey or BsonMaxKey => BsonBoolean.True,
        _ => throw Unsupported(value, "bool"),
    };

    private static BsonDateTime ToDate(BsonValue value) => value switch
    {
        // An int is refused by MongoDB: 32 bits of milliseconds are most likely seconds.
        BsonInt64 number => new BsonDateTime(number.Value),
        BsonDouble or BsonDecimal128 => new BsonDateTime(Whole(value, "date")),
        BsonString text => Moment.ToBson(DateParser.Parse(text.Value, null, null)),
        BsonObjectId or BsonTimestamp => Moment.ToBson(Moment.Of(value)),
        _ => throw Unsupported(value, "date"),
    };

    private static BsonObjectId ToObjectId(BsonValue value) => value is BsonString text
        ? ObjectId.TryParse(text.Value, out var id)
            ? new BsonObjectId(id)
            : throw Errors.ConversionFailure(
                $"Failed to parse objectId '{text.Value}' in $convert with no onError value: Invalid string length or character for parsing to OID, expected 24 hex digits")
        : throw Unsupported(value, "objectId");

    private static MongoError BadNumber(string text) =>
        Errors.ConversionFailure($"Failed to parse number '{text}' in $convert with no onError value");

    private static MongoError Unsupported(BsonValue value, string target) =>
        Errors.ConversionFailure($"Unsupported conversion from {Errors.TypeName(value)} to {target} in $convert with no onError value");
}
