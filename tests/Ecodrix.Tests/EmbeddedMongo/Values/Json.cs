using MongoDB.Bson;
using MongoDB.Bson.IO;

namespace Ecodrix.Tests.EmbeddedMongo.Values;

/// <summary>BSON as tests write it: mongosh's notation, which tells an int from a double and a decimal.</summary>
internal static class Json
{
    private static readonly JsonWriterSettings Shell = new() { OutputMode = JsonOutputMode.Shell };

    public static BsonDocument Doc(string text) => BsonDocument.Parse(text);

    public static BsonValue Value(string text) => BsonDocument.Parse($"{{ v: {text} }}")["v"];

    public static BsonArray Array(string text) => Value(text).AsBsonArray;

    /// <summary>The text of a value, types and order of fields included; <c>missing</c> for none.</summary>
    public static string Show(BsonValue? value) => value is null ? "missing" : new BsonDocument("v", value).ToJson(Shell)[8..^2];

    /// <summary>The same text for a value written in another way.</summary>
    public static string Normal(string text) => text == "missing" ? text : Show(Value(text));
}
