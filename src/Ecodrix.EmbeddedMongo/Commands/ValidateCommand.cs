using Ecodrix.EmbeddedMongo.Storage;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary><c>validate</c>: checks a collection against its indexes.</summary>
/// <remarks>https://www.mongodb.com/docs/manual/reference/command/validate/</remarks>
internal static class ValidateCommand
{
    public static readonly HashSet<string> Fields = new(StringComparer.Ordinal) { "full", "metadata", "checkBSONConformance" };

    public static async Task<BsonDocument?> ValidateAsync(CommandContext context, CancellationToken ct)
    {
        string name = context.Collection;
        using var snapshot = await context.Store.ReadAsync(context.Database, ct).ConfigureAwait(false);
        var collection = snapshot.Find(name) ?? throw new MongoError(
            26, "NamespaceNotFound", $"Collection '{context.Database}.{name}' does not exist to validate.");
        var report = Validation.Run(snapshot, collection);
        return new BsonDocument
        {
            { "ns", collection.Namespace },
            { "nInvalidDocuments", report.InvalidDocuments },
            { "nrecords", report.Documents },
            { "nIndexes", collection.Indexes.Length },
            { "keysPerIndex", new BsonDocument(report.Keys.Select(keys => new BsonElement(keys.Key, keys.Value))) },
            { "valid", report.Errors.Count == 0 },
            { "warnings", new BsonArray() },
            { "errors", new BsonArray(report.Errors) },
        };
    }
}
