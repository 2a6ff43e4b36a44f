using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

/// <summary>A query, parsed once and matched against many documents. Immutable and free of state, so that threads may share it.</summary>
internal sealed class QueryFilter
{
    private QueryFilter(FilterNode root, BsonDocument source)
    {
        Root = root;
        _source = source;
        var reads = new HashSet<string>(StringComparer.Ordinal);
        Reads = root.CollectReads(reads) ? reads : null;
    }

    /// <summary>Matches every document.</summary>
    public static QueryFilter All { get; } = new(new AndNode([]), []);

    private readonly BsonDocument _source;

    /// <summary>The conditions as a tree; its top is an <see cref="AndNode"/> unless the query is a single condition.</summary>
    public FilterNode Root { get; }

    /// <summary>Whether every document matches.</summary>
    public bool IsEmpty => Root is AndNode { Children.Count: 0 };

    /// <summary>The top-level fields that a match reads, or null if it may read any.</summary>
    public IReadOnlySet<string>? Reads { get; }

    /// <exception cref="MongoError">The query is ill-formed or uses an operator that is unknown or not supported.</exception>
    public static QueryFilter Parse(BsonDocument filter, Variables? variables = null) =>
        Parse(filter, new ExpressionScope(variables));

    /// <summary>Parses within a pipeline, whose variables <c>$expr</c> may use.</summary>
    public static QueryFilter Parse(BsonDocument filter, ExpressionScope scope) =>
        filter.ElementCount == 0 ? All : new QueryFilter(new FilterParser(scope).Parse(filter), filter);

    /// <summary>
    /// The query as text, by which its number of matches can be remembered; null where that depends on more than the documents, as
    /// <c>$expr</c> may on the time and on variables.
    /// </summary>
    public string? Text()
    {
        string text = _source.ToJson();
        return text.Contains("$expr", StringComparison.Ordinal) ? null : text;
    }

    public bool Matches(BsonDocument document) => Root.Matches(document, new MatchState());

    /// <param name="document">The document.</param>
    /// <param name="positional">Where an array was looked through: the position of the element that matched.</param>
    public bool Matches(BsonDocument document, out int? positional)
    {
        var state = new MatchState();
        bool matches = Root.Matches(document, state);
        positional = matches ? state.Positional : null;
        return matches;
    }

    /// <summary>Matches with the variables of an enclosing pipeline.</summary>
    public bool Matches(BsonDocument document, MatchState state) => Root.Matches(document, state);

    /// <summary>The fields that a match fixes to one value: what an upsert's new document begins with.</summary>
    /// <exception cref="MongoError">54 if two conditions fix the same field, or one a part of the other.</exception>
    public IReadOnlyList<(FieldPath Path, BsonValue Value)> EqualityFields()
    {
        var fields = new List<(FieldPath Path, BsonValue Value)>();
        Collect(Root, fields);
        return fields;
    }

    private static void Collect(FilterNode node, List<(FieldPath Path, BsonValue Value)> fields)
    {
        switch (node)
        {
            case AndNode and:
                foreach (var child in and.Children)
                {
                    Collect(child, fields);
                }

                break;
            case OrNode { Children: [var only] }:
                Collect(only, fields);
                break;
            case ComparisonNode { Operator: ComparisonOperator.Eq } equality:
                Add(equality.Path, equality.Value, fields);
                break;
            case InNode { Values: [var value], Patterns.Count: 0 } choice:
                Add(choice.Path, value, fields);
                break;
        }
    }

    private static void Add(FieldPath path, BsonValue value, List<(FieldPath Path, BsonValue Value)> fields)
    {
        foreach (var (other, _) in fields)
        {
            if (other.Equals(path))
            {
                throw Errors.NotSingleValueField($"cannot infer query fields to set, path '{path}' is matched twice");
            }

            if (other.IsPrefixOf(path) || path.IsPrefixOf(other))
            {
                var (outer, inner) = other.IsPrefixOf(path) ? (other, path) : (path, other);
                throw Errors.NotSingleValueField($"cannot infer query fields to set, both paths '{inner}' and '{outer}' are matched");
            }
        }

        fields.Add((path, value));
    }
}
