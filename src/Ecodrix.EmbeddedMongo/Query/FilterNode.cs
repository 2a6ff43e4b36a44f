using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

/// <summary>A condition of a filter. Immutable; the planner reads the tree, a match runs it.</summary>
internal abstract class FilterNode
{
    /// <summary>Whether a document meets the condition.</summary>
    public abstract bool Matches(BsonDocument document, MatchState state);

    /// <summary>
    /// Whether one value by itself meets the condition, a CLR null being a missing field: what a path's condition asks of each
    /// value at its path, and <c>$elemMatch</c> of each element.
    /// </summary>
    public abstract bool MatchesValue(BsonValue? value, MatchState state);

    /// <summary>Adds the top-level fields that the condition reads; false if it may read any.</summary>
    public abstract bool CollectReads(ISet<string> fields);
}

/// <summary>What a match carries along: what it found out, and the variables that <c>$expr</c> may read.</summary>
internal sealed class MatchState
{
    /// <summary>The position of the array element that matched, which <c>$</c> stands for in updates and projections.</summary>
    public int? Positional { get; set; }

    /// <summary>Values of the variables of an enclosing pipeline, by slot.</summary>
    public BsonValue?[] Slots { get; init; } = [];
}
