using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MongoDB.Bson;

namespace Ecodrix.Engine.Kernel;

/// <summary>
/// Carries what tenants send as free JSON (variables, data, metadata) into BSON and back without changing it: numbers stay
/// numbers, text that looks like a date stays text.
/// </summary>
public static class BsonJson
{
    /// <summary>JSON as BSON. Whole numbers become int32 or int64, others Decimal128 where exact, else double.</summary>
    public static BsonValue ToBson(JsonElement element) => ToBson(element, lenient: false);

    /// <summary>The same for what cannot be refused, such as a webhook: a name that BSON cannot hold loses what is wrong with it.</summary>
    public static BsonValue ToBsonAsItCame(JsonElement element) => ToBson(element, lenient: true);

    private static BsonValue ToBson(JsonElement element, bool lenient) => element.ValueKind switch
    {
        JsonValueKind.Object => ToDocument(element, lenient),
        JsonValueKind.Array => new BsonArray(element.EnumerateArray().Select(e => ToBson(e, lenient))),
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Number => ToNumber(element),
        JsonValueKind.True => BsonBoolean.True,
        JsonValueKind.False => BsonBoolean.False,
        _ => BsonNull.Value,
    };

    /// <summary>A JSON object as a document; anything else is an empty one. A repeated name keeps its last value, as in JSON.parse.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, for a name that BSON cannot hold.</exception>
    public static BsonDocument ToDocument(JsonElement? element) => ToDocument(element, lenient: false);

    /// <summary>The same for what cannot be refused.</summary>
    public static BsonDocument ToDocumentAsItCame(JsonElement? element) => ToDocument(element, lenient: true);

    private static BsonDocument ToDocument(JsonElement? element, bool lenient)
    {
        var document = new BsonDocument();
        if (element is { ValueKind: JsonValueKind.Object } present)
        {
            foreach (var property in present.EnumerateObject())
            {
                // BSON ends a name at its first NUL, so it takes none with one.
                if (!lenient && property.Name.Contains('\0', StringComparison.Ordinal))
                {
                    throw new RefusedException(RefusalKind.Invalid, "VALIDATION_ERROR", "The name of a property may not hold a NUL character.");
                }

                document[property.Name.Replace("\0", "", StringComparison.Ordinal)] = ToBson(property.Value, lenient);
            }
        }

        return document;
    }

    /// <summary>BSON as JSON: ids and dates as the API writes them.</summary>
    public static JsonNode? ToJson(BsonValue value) => value.BsonType switch
    {
        BsonType.Document => new JsonObject(value.AsBsonDocument.Select(e => KeyValuePair.Create(e.Name, ToJson(e.Value)))),
        BsonType.Array => new JsonArray([.. value.AsBsonArray.Select(ToJson)]),
        BsonType.String => JsonValue.Create(value.AsString),
        BsonType.Int32 => JsonValue.Create(value.AsInt32),
        BsonType.Int64 => JsonValue.Create(value.AsInt64),
        BsonType.Double => ToJson(value.AsDouble),
        BsonType.Decimal128 => JsonValue.Create(Decimal128.ToDecimal(value.AsDecimal128)),
        BsonType.Boolean => JsonValue.Create(value.AsBoolean),
        BsonType.DateTime => JsonValue.Create(value.ToUniversalTime()),
        BsonType.ObjectId => JsonValue.Create(value.AsObjectId.ToString()),
        BsonType.Null or BsonType.Undefined => null,
        _ => JsonValue.Create(value.ToString()),
    };

    /// <summary>A document as a JSON object.</summary>
    public static JsonObject ToObject(BsonDocument? document) => document is null ? [] : (JsonObject)ToJson(document)!;

    private static BsonValue ToNumber(JsonElement element)
    {
        if (element.TryGetInt32(out var small))
        {
            return small;
        }

        if (element.TryGetInt64(out var large))
        {
            return large;
        }

        return element.TryGetDecimal(out var exact) ? new BsonDecimal128(exact) : element.GetDouble();
    }

    private static JsonValue ToJson(double number) =>
        double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(number.ToString(CultureInfo.InvariantCulture));
}
