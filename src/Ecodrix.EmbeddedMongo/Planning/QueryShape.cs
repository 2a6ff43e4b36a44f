using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>A query as the planner looks at it: the conditions that must all hold, by path, and the order asked for.</summary>
internal sealed class QueryShape
{
    private readonly List<FilterNode> _conditions = [];
    private readonly Dictionary<string, List<FilterNode>> _byPath = new(StringComparer.Ordinal);

    /// <param name="conditions">What must all hold.</param>
    /// <param name="sort">The order asked for.</param>
    /// <param name="wanted">How many of the first are wanted; 0 means all.</param>
    public QueryShape(IEnumerable<FilterNode> conditions, SortSpec sort, long wanted)
    {
        Sort = sort;
        Wanted = wanted;
        foreach (var condition in conditions)
        {
            Flatten(condition);
        }
    }

    public SortSpec Sort { get; }

    public long Wanted { get; }

    public IReadOnlyList<FilterNode> Conditions => _conditions;

    public IReadOnlyList<FilterNode> ConditionsOn(string path) => _byPath.TryGetValue(path, out var conditions) ? conditions : [];

    /// <summary>Whether these conditions are all that the query asks.</summary>
    public bool IsCoveredBy(IReadOnlySet<FilterNode> conditions) => _conditions.TrueForAll(conditions.Contains);

    private void Flatten(FilterNode node)
    {
        if (node is AndNode and)
        {
            foreach (var child in and.Children)
            {
                Flatten(child);
            }

            return;
        }

        _conditions.Add(node);
        var path = node is NorNode { Children: [PathNode inner] } ? inner.Path : (node as PathNode)?.Path;
        if (path is { Count: > 0 })
        {
            if (!_byPath.TryGetValue(path.Text, out var conditions))
            {
                _byPath.Add(path.Text, conditions = []);
            }

            conditions.Add(node);
        }
    }
}
