using System.Linq.Expressions;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Kernel;

/// <summary>Reads a list that is newest first on from one of its documents, whatever has arrived since.</summary>
internal static class Keyset
{
    /// <summary>What comes after a document.</summary>
    /// <param name="time">The time the list is ordered by; among equal times the greater id comes first.</param>
    /// <param name="at">The document's time.</param>
    /// <param name="id">The document's id.</param>
    public static FilterDefinition<TDocument> After<TDocument>(Expression<Func<TDocument, DateTime>> time, DateTime at, ObjectId id)
    {
        var where = Builders<TDocument>.Filter;
        // The plain bound on the time is what an index works with; the second part settles ties.
        return where.Lte(time, at) & (where.Lt(time, at) | where.Lt("_id", id));
    }
}
