using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>Chooses how to answer a query: by the index that bounds it best, or by looking at everything.</summary>
internal static class Planner
{
    /// <param name="collection">The collection, or null if there is none.</param>
    /// <param name="filter">What must match.</param>
    /// <param name="sort">The order asked for.</param>
    /// <param name="hasLimit">Whether only the first few are wanted.</param>
    /// <param name="hint">An index by name or key pattern, or null. <c>{$natural: ±1}</c> asks for a collection scan.</param>
    /// <exception cref="MongoError">2: the hint names no index.</exception>
    public static AccessPath Plan(CollectionInfo? collection, QueryFilter filter, SortSpec sort, bool hasLimit, BsonValue? hint)
    {
        if (collection is null)
        {
            return new NoScan();
        }

        if (NaturalDirection(hint) is { } direction)
        {
            return new CollectionScan(direction < 0, !filter.IsEmpty, sort.IsEmpty);
        }

        var shape = new QueryShape(filter, sort, hasLimit);
        return hint is null or BsonNull ? Best(collection, shape) : Candidate.Weigh(Hinted(collection, hint), shape).ToScan();
    }

    private static AccessPath Best(CollectionInfo collection, QueryShape shape)
    {
        Candidate? best = null;
        if (shape.Conditions.Count > 0 || !shape.Sort.IsEmpty)
        {
            foreach (var index in collection.Indexes)
            {
                if (!Eligibility.IsComplete(index.Definition, shape))
                {
                    continue;
                }

                var candidate = Candidate.Weigh(index, shape);
                bool better = candidate.Score > (best?.Score ?? 0)
                    || (candidate.Score == best?.Score && index.Definition.Fields.Length < best.Index.Definition.Fields.Length);
                best = better ? candidate : best;
            }
        }

        return best?.ToScan() ?? (AccessPath)new CollectionScan(false, !shape.Filter.IsEmpty, shape.Sort.IsEmpty);
    }

    private static IndexInfo Hinted(CollectionInfo collection, BsonValue hint)
    {
        foreach (var index in collection.Indexes)
        {
            if (hint is BsonString name ? index.Name == name.Value : IsSameKey(index.Definition.Key, hint.AsBsonDocument))
            {
                return index;
            }
        }

        throw new MongoError(2, "BadValue",
            $"error processing query: ns={collection.Namespace}: hint provided does not correspond to an existing index");
    }

    private static bool IsSameKey(BsonDocument key, BsonDocument hint) => BsonOrder.Instance.Equals(key, hint);

    private static double? NaturalDirection(BsonValue? hint) =>
        hint is BsonDocument { ElementCount: 1 } document && document.TryGetValue("$natural", out var direction) && direction.IsNumeric
            ? direction.ToDouble()
            : null;
}
