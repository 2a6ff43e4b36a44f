using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Kernel;

/// <summary>The commonest query, without translating an expression for it each time.</summary>
internal static class ById
{
    extension<TDocument>(IMongoCollection<TDocument> collection)
        where TDocument : class
    {
        /// <summary>The document of an id; null when there is none.</summary>
        public async Task<TDocument?> FindByIdAsync(BsonValue id, CancellationToken ct) =>
            await collection.Find(new BsonDocument("_id", id)).FirstOrDefaultAsync(ct);
    }
}
