using System.Globalization;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Values as text.</summary>
internal static class Text
{
    /// <summary>The text of a string or symbol; null for anything else.</summary>
    public static string? Of(BsonValue? value) => value switch
    {
        BsonString text => text.Value,
        BsonSymbol symbol => symbol.Name,
        _ => null,
    };

    /// <summary>What the older text operators make of any value: nothing is the empty text.</summary>
    public static string Coerce(string name, BsonValue? value) => value switch
    {
        null or BsonNull or BsonUndefined => "",
        BsonTimestamp stamp => $"{DateText.Iso(new BsonDateTime(1000L * stamp.Timestamp))}:{stamp.Increment}",
        BsonJavaScript code => code.Code,
        BsonArray or BsonDocument or BsonBoolean or BsonObjectId or BsonBinaryData or BsonRegularExpression or BsonMinKey or BsonMaxKey =>
            throw Errors.Location(16007, $"can't convert from BSON type {Errors.TypeName(value)} to String (in {name})"),
        _ => Format(value),
    };

    /// <summary>The text of a scalar, as <c>$toString</c> gives it.</summary>
    public static string Format(BsonValue value) => value switch
    {
        BsonString text => text.Value,
        BsonSymbol symbol => symbol.Name,
        BsonBoolean flag => flag.Value ? "true" : "false",
        BsonInt32 number => number.Value.ToString(CultureInfo.InvariantCulture),
        BsonInt64 number => number.Value.ToString(CultureInfo.InvariantCulture),
        BsonDouble number => FormatDouble(number.Value),
        BsonDecimal128 number => number.Value.ToString(),
        BsonObjectId id => id.Value.ToString(),
        BsonDateTime date => DateText.Iso(date),
        _ => throw Errors.ConversionFailure($"Unsupported conversion from {Errors.TypeName(value)} to string in $convert with no onError value"),
    };

    private static string FormatDouble(double number) => number switch
    {
        double.NaN => "NaN",
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        _ => number.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e'),
    };
}
