using Ecodrix.EmbeddedMongo.Indexes;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>What a query did: how many keys and documents it looked at and how many results it had.</summary>
internal readonly record struct PlanFigures(long Keys, long Documents, long Matches, long Returned);

/// <summary>Draws an access path as the tree of stages that MongoDB's <c>explain</c> shows.</summary>
/// <remarks>https://www.mongodb.com/docs/manual/reference/explain-results/</remarks>
internal static class PlanTree
{
    /// <param name="path">How the query gets at its candidates.</param>
    /// <param name="query">The query.</param>
    /// <param name="filter">Its filter as it was written.</param>
    /// <param name="figures">What running it has shown; null where it was only planned.</param>
    public static BsonDocument Draw(AccessPath path, FindQuery query, BsonDocument filter, PlanFigures? figures)
    {
        var tree = Source(path, filter, figures);
        if (path is NoScan)
        {
            return tree;
        }

        if (!path.ProvidesSort)
        {
            tree = Over("SORT", tree, figures?.Matches).Add("sortPattern", Pattern(query)).Add("memLimit", RecordSorter.MemoryLimit);
            if (query.Limit > 0)
            {
                tree.Add("limitAmount", (long)query.Limit + query.Skip);
            }
        }

        tree = query.Skip > 0 ? Over("SKIP", tree, figures?.Returned).Add("skipAmount", query.Skip) : tree;
        tree = query.Limit > 0 ? Over("LIMIT", tree, figures?.Returned).Add("limitAmount", query.Limit) : tree;
        return query.Projection is null ? tree : Over("PROJECTION_DEFAULT", tree, figures?.Returned);
    }

    /// <summary>The tree of a count: the index's keys alone where they decide.</summary>
    public static BsonDocument DrawCount(AccessPath path, BsonDocument filter, PlanFigures? figures)
    {
        if (path is IndexScan { NeedsFilter: false } scan)
        {
            var counted = IndexNode("COUNT_SCAN", scan, figures);
            return Over("COUNT", counted, figures is null ? null : 0);
        }

        return Over("COUNT", Source(path, filter, figures), figures is null ? null : 0);
    }

    /// <summary>The tree of <c>distinct</c> where an index is skipped through from value to value.</summary>
    public static BsonDocument DrawDistinct(IndexInfo index, PlanFigures? figures)
    {
        var node = Node("DISTINCT_SCAN", figures?.Documents);
        AddIndex(node, index);
        node.Add("direction", "forward");
        return figures is { } seen ? node.Add("keysExamined", seen.Keys) : node;
    }

    /// <summary>A stage on top of another.</summary>
    public static BsonDocument Over(string stage, BsonDocument input, long? returned)
    {
        var node = Node(stage, returned);
        // MongoDB prints the input last; elements added later come behind it, which readers by name do not mind.
        node.Add("inputStage", input);
        return node;
    }

    private static BsonDocument Source(AccessPath path, BsonDocument filter, PlanFigures? figures)
    {
        switch (path)
        {
            case CollectionScan scan:
                var all = Node("COLLSCAN", figures?.Matches);
                AddFilter(all, scan, filter);
                all.Add("direction", Direction(scan));
                return figures is { } seen ? all.Add("docsExamined", seen.Documents) : all;
            case EntryPath scan:
                var fetch = Node("FETCH", figures?.Matches);
                AddFilter(fetch, scan, filter);
                if (figures is { } fetched)
                {
                    fetch.Add("docsExamined", fetched.Documents);
                }

                return fetch.Add("inputStage", Entries(scan, figures));
            default:
                return Node("EOF", figures?.Matches);
        }
    }

    private static BsonDocument Entries(EntryPath path, PlanFigures? figures) => path switch
    {
        UnionScan union => Node("OR", figures?.Documents)
            .Add("inputStages", new BsonArray(union.Branches.Select(branch => IndexNode("IXSCAN", branch, null)))),
        IndexScan { Merges: true } scan => Node("SORT_MERGE", figures?.Documents)
            .Add("inputStage", IndexNode("IXSCAN", scan, figures)),
        _ => IndexNode("IXSCAN", (IndexScan)path, figures),
    };

    private static BsonDocument IndexNode(string stage, IndexScan scan, PlanFigures? figures)
    {
        var node = Node(stage, figures?.Documents);
        AddIndex(node, scan.Index);
        node.Add("direction", Direction(scan));
        // How many of the index's leading fields the query bounds, and by how many runs of keys.
        node.Add("boundedFields", scan.Bounds.Length);
        node.Add("ranges", scan.Ranges.Length);
        return figures is { } seen ? node.Add("keysExamined", seen.Keys) : node;
    }

    private static void AddIndex(BsonDocument node, IndexInfo index)
    {
        var definition = index.Definition;
        node.Add("keyPattern", definition.Key);
        node.Add("indexName", definition.Name);
        node.Add("isMultiKey", index.Multikey != 0);
        node.Add("isUnique", definition.Unique);
        node.Add("isSparse", definition.Sparse);
        node.Add("isPartial", definition.PartialFilter is not null);
        node.Add("indexVersion", 2);
    }

    private static BsonDocument Node(string stage, long? returned)
    {
        var node = new BsonDocument("stage", stage);
        return returned is { } count ? node.Add("nReturned", count) : node;
    }

    private static void AddFilter(BsonDocument node, AccessPath path, BsonDocument filter)
    {
        if (path.NeedsFilter && filter.ElementCount > 0)
        {
            node.Add("filter", filter);
        }
    }

    private static string Direction(AccessPath path) => path.Backward ? "backward" : "forward";

    private static BsonDocument Pattern(FindQuery query) =>
        new(query.Sort.Fields.Select(field => new BsonElement(field.Path.Text, field.Descending ? -1 : 1)));
}
