using Ecodrix.Engine.Kernel;
using MongoDB.Bson;
using MongoDB.Bson.IO;

namespace Ecodrix.Engine.People;

/// <summary>What differs between two states of a document, as the audit log tells it. Not for documents that hold secrets.</summary>
internal static class AuditDifferences
{
    private const int Longest = 500;

    private static readonly HashSet<string> Bookkeeping = new(StringComparer.Ordinal) { "_id", "version", "createdAt", "updatedAt", "nameKey" };

    private static readonly JsonWriterSettings Json = new() { OutputMode = JsonOutputMode.RelaxedExtendedJson };

    /// <summary>The differences; of a document that was made or deleted all it has.</summary>
    public static List<AuditChange> Between(BsonDocument? before, BsonDocument? after)
    {
        var names = (before ?? []).Names.Union((after ?? []).Names).Where(name => !Bookkeeping.Contains(name));
        return [.. names
            .Select(name => new AuditChange(name, Text(before, name), Text(after, name)))
            .Where(change => change.Old != change.New)];
    }

    private static string? Text(BsonDocument? document, string name)
    {
        var text = document?.GetValue(name, BsonNull.Value) switch
        {
            null or BsonNull or BsonString { Value: "" } or BsonArray { Count: 0 } or BsonDocument { ElementCount: 0 } => null,
            BsonString value => value.Value,
            BsonBoolean value => value.Value ? "yes" : "no",
            var value => value.ToJson(Json),
        };
        return text?.Length > Longest ? Texts.Cut(text, Longest) + "…" : text;
    }
}
