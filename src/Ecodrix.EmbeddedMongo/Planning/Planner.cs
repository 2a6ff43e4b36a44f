using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>Chooses how to answer a query: by the index that bounds it best, by several, or by looking at everything.</summary>
internal static class Planner
{
    /// <param name="view">What the query is going to read.</param>
    /// <param name="collection">The collection, or null if there is none.</param>
    /// <param name="query">What must match, in which order, and how many of it.</param>
    /// <exception cref="MongoError">2: the hint names no index.</exception>
    public static AccessPath Plan(StoreView view, CollectionInfo? collection, FindQuery query)
    {
        if (collection is null)
        {
            return new NoScan();
        }

        if (NaturalDirection(query.Hint) is { } direction)
        {
            return new CollectionScan(direction < 0, !query.Filter.IsEmpty, query.Sort.IsEmpty);
        }

        var shape = new QueryShape([query.Filter.Root], query.Sort, query.Limit == 0 ? 0 : (long)query.Limit + query.Skip);
        return query.Hint is null or BsonNull
            ? Best(view, collection, shape) ?? new CollectionScan(false, !query.Filter.IsEmpty, query.Sort.IsEmpty)
            : Candidate.Weigh(Hinted(collection, query.Hint), shape).ToScan();
    }

    private static AccessPath? Best(StoreView view, CollectionInfo collection, QueryShape shape)
    {
        if (shape.Conditions.Count == 0 && shape.Sort.IsEmpty)
        {
            return null;
        }

        // The commonest query of all: no other index need be weighed.
        if (shape.ConditionsOn("_id").Count > 0 && Candidate.Weigh(collection.IdIndex, shape) is { IsUniquePoint: true } id)
        {
            return id.ToScan();
        }

        var candidates = Useful(collection, shape);
        if (candidates is [{ IsUniquePoint: true } point, ..])
        {
            return point.ToScan();
        }

        var paths = candidates.ConvertAll<EntryPath>(candidate => candidate.ToScan());
        if (Union(collection, shape) is { } union)
        {
            paths.Add(union);
        }

        return paths switch
        {
            [] => null,
            [var only] => only,
            _ => new PlanCosts(view, collection, shape, paths).Cheapest(),
        };
    }

    /// <summary>The indexes that are any help, the best first.</summary>
    public static List<Candidate> Useful(CollectionInfo collection, QueryShape shape)
    {
        var candidates = new List<Candidate>();
        foreach (var index in collection.Indexes)
        {
            if (Eligibility.IsComplete(index.Definition, shape) && Candidate.Weigh(index, shape) is { Score: > 0 } candidate)
            {
                candidates.Add(candidate);
            }
        }

        candidates.Sort((x, y) => x.Score != y.Score
            ? y.Score.CompareTo(x.Score)
            : x.Index.Definition.Fields.Length.CompareTo(y.Index.Definition.Fields.Length));
        return candidates;
    }

    /// <summary>An index scan for each branch of an <c>$or</c>, together with the conditions beside it; null unless each has one.</summary>
    private static UnionScan? Union(CollectionInfo collection, QueryShape shape)
    {
        if (shape.Conditions.OfType<OrNode>().FirstOrDefault() is not { } choice)
        {
            return null;
        }

        var rest = shape.Conditions.Where(condition => condition != choice).ToList();
        var branches = new List<IndexScan>();
        foreach (var branch in choice.Children)
        {
            var candidates = Useful(collection, new QueryShape([branch, .. rest], SortSpec.None, 0));
            if (candidates.Count == 0)
            {
                return null;
            }

            branches.Add(candidates[0].ToScan());
        }

        return new UnionScan([.. branches], branches.Exists(branch => branch.NeedsFilter), shape.Sort.IsEmpty);
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
