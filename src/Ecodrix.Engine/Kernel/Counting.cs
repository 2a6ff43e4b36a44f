using MongoDB.Driver;

namespace Ecodrix.Engine.Kernel;

/// <summary>Counts documents.</summary>
internal static class Counting
{
    /// <summary>How many match. Of everything a collection keeps count itself; to count it by a query would be to look at each document.</summary>
    public static Task<long> CountAsync<TDocument>(this IMongoCollection<TDocument> collection, FilterDefinition<TDocument> matching, CancellationToken ct) =>
        matching.Render(new RenderArgs<TDocument>(collection.DocumentSerializer, collection.Settings.SerializerRegistry)).ElementCount == 0
            ? collection.EstimatedDocumentCountAsync(null, ct)
            : collection.CountDocumentsAsync(matching, null, ct);
}
