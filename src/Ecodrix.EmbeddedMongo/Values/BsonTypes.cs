using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>The names and numbers by which queries and messages call BSON types.</summary>
internal static class BsonTypes
{
    private static readonly Dictionary<string, BsonType> ByName = new(StringComparer.Ordinal)
    {
        ["double"] = BsonType.Double,
        ["string"] = BsonType.String,
        ["object"] = BsonType.Document,
        ["array"] = BsonType.Array,
        ["binData"] = BsonType.Binary,
        ["undefined"] = BsonType.Undefined,
        ["objectId"] = BsonType.ObjectId,
        ["bool"] = BsonType.Boolean,
        ["date"] = BsonType.DateTime,
        ["null"] = BsonType.Null,
        ["regex"] = BsonType.RegularExpression,
        ["javascript"] = BsonType.JavaScript,
        ["symbol"] = BsonType.Symbol,
        ["javascriptWithScope"] = BsonType.JavaScriptWithScope,
        ["int"] = BsonType.Int32,
        ["timestamp"] = BsonType.Timestamp,
        ["long"] = BsonType.Int64,
        ["decimal"] = BsonType.Decimal128,
        ["minKey"] = BsonType.MinKey,
        ["maxKey"] = BsonType.MaxKey,
    };

    private static readonly Dictionary<BsonType, string> Names = ByName.ToDictionary(entry => entry.Value, entry => entry.Key);

    public static string NameOf(BsonType type) => Names.GetValueOrDefault(type, "missing");

    public static bool TryParse(string name, out BsonType type) => ByName.TryGetValue(name, out type);

    /// <summary>The type with this number; MinKey is −1 and MaxKey 127, as in the manual.</summary>
    public static bool TryParse(int number, out BsonType type)
    {
        type = number == -1 ? BsonType.MinKey : (BsonType)number;
        return (number is -1 or (> 0 and < 256)) && Names.ContainsKey(type);
    }
}
