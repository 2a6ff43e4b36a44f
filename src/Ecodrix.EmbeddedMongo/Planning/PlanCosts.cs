using Ecodrix.EmbeddedMongo.Storage;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>
/// Chooses between several paths by how many documents each would have to look at. Entries are counted up to a cap, which takes a
/// fraction of a millisecond; beyond it a run is taken for unselective.
/// </summary>
internal sealed class PlanCosts
{
    private const int PageCap = 5_000;
    private const int WholeCap = 50_000;

    /// <summary>Of how many runs together a count is kept: the name of more would be too long.</summary>
    private const int MostNamed = 32;

    /// <summary>What part of a collection a run beyond the cap is taken for.</summary>
    private const double Unselective = 0.3;

    /// <summary>Looking at a document and putting it into order, as against looking at it alone.</summary>
    private const double Sorting = 1.3;

    private readonly QueryShape _shape;
    private readonly int _cap;
    private readonly double _size;
    private readonly List<(AccessPath Path, double Keys)> _paths = [];
    private readonly double _matches;

    public PlanCosts(StoreView view, CollectionInfo collection, QueryShape shape, IReadOnlyList<EntryPath> paths)
    {
        _shape = shape;
        // What reads all of its matches anyway is worth a closer look beforehand.
        _cap = shape.Wanted > 0 ? PageCap : WholeCap;
        _size = Math.Max(1, KeyCounts.SizeOf(view.Session, collection));
        foreach (var path in paths)
        {
            _paths.Add((path, Keys(view.Session, collection.State, path)));
        }

        _matches = _size * Selectivity();
    }

    /// <summary>The path that is likely to look at the fewest documents; of equals the first.</summary>
    public AccessPath Cheapest() => _paths.MinBy(path => CostOf(path.Path, path.Keys)).Path;

    private double Keys(SqliteSession session, CollectionState state, EntryPath path)
    {
        if (path is IndexScan { Bounds: [] })
        {
            return _size;
        }

        long keys = Sample(session, state, path);
        return keys < _cap ? keys : Math.Max(_cap, _size * Unselective);
    }

    private long Sample(SqliteSession session, CollectionState state, EntryPath path)
    {
        if (path.Ranges.Skip(MostNamed).Any())
        {
            return KeyCounts.UpTo(session, path.Ranges, _cap);
        }

        string runs = KeyCounts.NameOf(path.Ranges);
        if (state.Counts.TryGet(runs, out long kept))
        {
            return Math.Min(kept, _cap);
        }

        string sample = $"{_cap}:{runs}";
        if (state.Samples.TryGet(sample, (long)_size, out long known))
        {
            return known;
        }

        long keys = KeyCounts.UpTo(session, path.Ranges, _cap);
        state.Samples.Remember(sample, (long)_size, keys);
        return keys;
    }

    private double CostOf(AccessPath path, double keys)
    {
        if (!path.ProvidesSort)
        {
            return keys * Sorting;
        }

        if (_shape.Wanted == 0 || keys == 0)
        {
            return keys;
        }

        // The rarer the matches are among the candidates, the longer the way to the last one that is wanted.
        return Math.Min(keys, _shape.Wanted * Math.Max(1, keys / Math.Max(_matches, 0.5)));
    }

    /// <summary>The part of the collection that matches, taking conditions on different fields for independent.</summary>
    private double Selectivity()
    {
        double selectivity = 1;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, keys) in _paths.OrderBy(path => path.Keys))
        {
            var fields = path is IndexScan scan ? Bounded(scan) : ["$or"];
            if (fields.Length > 0 && !fields.Any(seen.Contains))
            {
                seen.UnionWith(fields);
                selectivity *= Math.Min(1, keys / _size);
            }
        }

        return selectivity;
    }

    private static string[] Bounded(IndexScan scan) => [.. scan.Index.Definition.Fields.Take(scan.Bounds.Length).Select(field => field.Path)];
}
