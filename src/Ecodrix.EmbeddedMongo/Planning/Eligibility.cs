using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Query;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>Whether an index that leaves documents out holds every one that a query could match.</summary>
internal static class Eligibility
{
    public static bool IsComplete(IndexDefinition index, QueryShape shape) =>
        (!index.Sparse || index.Fields.Any(field => shape.ConditionsOn(field.Path).Any(RequiresPresence)))
        && (index.PartialFilter is null || Implies(shape, index.PartialFilter.Root));

    /// <summary>Whether a document without the field can never meet the condition.</summary>
    private static bool RequiresPresence(FilterNode condition) => condition switch
    {
        ComparisonNode comparison => !comparison.Value.IsBsonNull && comparison.Value.BsonType is not (BsonType.MinKey or BsonType.MaxKey),
        InNode choice => !choice.Values.Any(value => value.IsBsonNull),
        RegexNode or ExistsNode or SizeNode or TypeNode or ElemMatchValueNode or ElemMatchObjectNode or ModNode => true,
        _ => false,
    };

    /// <summary>Whether every document that meets the query also meets the index's filter.</summary>
    private static bool Implies(QueryShape shape, FilterNode wanted) => wanted switch
    {
        AndNode and => and.Children.All(child => Implies(shape, child)),
        OrNode or => or.Children.Any(child => Implies(shape, child)),
        PathNode path => shape.ConditionsOn(path.Path.Text).Any(given => Implies(given, path)),
        _ => false,
    };

    private static bool Implies(FilterNode given, PathNode wanted) => wanted switch
    {
        ExistsNode => RequiresPresence(given),
        // MongoDB does not conclude from a value to its type: what it would read whole must not seem to be served here.
        TypeNode other => given is TypeNode type && type.Types.SetEquals(other.Types),
        _ => given switch
        {
            // What is known to be one of some values meets the filter if all of them do.
            ComparisonNode { Operator: ComparisonOperator.Eq } equality => wanted.MatchesValue(equality.Value, new MatchState()),
            InNode { Patterns.Count: 0 } choice => choice.Values.All(value => wanted.MatchesValue(value, new MatchState())),
            ComparisonNode range when wanted is ComparisonNode limit => IsNarrower(range, limit),
            _ => false,
        },
    };

    private static bool IsNarrower(ComparisonNode given, ComparisonNode wanted)
    {
        bool sameDirection = (given.Operator, wanted.Operator) switch
        {
            (ComparisonOperator.Gt or ComparisonOperator.Gte, ComparisonOperator.Gt or ComparisonOperator.Gte) => true,
            (ComparisonOperator.Lt or ComparisonOperator.Lte, ComparisonOperator.Lt or ComparisonOperator.Lte) => true,
            _ => false,
        };
        return sameDirection
            && (wanted.MatchesValue(given.Value, new MatchState()) || IsSameOpenEnd(given, wanted));
    }

    /// <summary>Both leave out the same end value.</summary>
    private static bool IsSameOpenEnd(ComparisonNode given, ComparisonNode wanted) =>
        given.Operator == wanted.Operator && given.Value.Equals(wanted.Value);
}
