using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

/// <summary>A condition made of others.</summary>
internal abstract class LogicalNode(IReadOnlyList<FilterNode> children) : FilterNode
{
    public IReadOnlyList<FilterNode> Children => Nodes;

    protected FilterNode[] Nodes { get; } = [.. children];

    public sealed override bool CollectReads(ISet<string> fields)
    {
        bool known = true;
        foreach (var child in Nodes)
        {
            known &= child.CollectReads(fields);
        }

        return known;
    }
}

/// <summary>All of its conditions hold; an empty one always does.</summary>
internal sealed class AndNode(IReadOnlyList<FilterNode> children) : LogicalNode(children)
{
    public override bool Matches(BsonDocument document, MatchState state)
    {
        foreach (var child in Nodes)
        {
            if (!child.Matches(document, state))
            {
                return false;
            }
        }

        return true;
    }

    public override bool MatchesValue(BsonValue? value, MatchState state)
    {
        foreach (var child in Nodes)
        {
            if (!child.MatchesValue(value, state))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>One of its conditions holds.</summary>
internal sealed class OrNode(IReadOnlyList<FilterNode> children) : LogicalNode(children)
{
    public override bool Matches(BsonDocument document, MatchState state)
    {
        foreach (var child in Nodes)
        {
            if (child.Matches(document, state))
            {
                return true;
            }
        }

        return false;
    }

    public override bool MatchesValue(BsonValue? value, MatchState state)
    {
        foreach (var child in Nodes)
        {
            if (child.MatchesValue(value, state))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>None of its conditions holds: <c>$nor</c>, and with one condition <c>$not</c>, <c>$ne</c> and <c>$nin</c>.</summary>
internal sealed class NorNode(IReadOnlyList<FilterNode> children) : LogicalNode(children)
{
    public override bool Matches(BsonDocument document, MatchState state)
    {
        // What fails to match must not say which element matched.
        var positional = state.Positional;
        bool none = true;
        foreach (var child in Nodes)
        {
            none &= !child.Matches(document, state);
        }

        state.Positional = positional;
        return none;
    }

    public override bool MatchesValue(BsonValue? value, MatchState state)
    {
        var positional = state.Positional;
        bool none = true;
        foreach (var child in Nodes)
        {
            none &= !child.MatchesValue(value, state);
        }

        state.Positional = positional;
        return none;
    }
}

/// <summary>A condition that never holds or always does, such as <c>$in: []</c>.</summary>
internal sealed class ConstantNode(bool holds) : FilterNode
{
    public bool Holds { get; } = holds;

    public override bool Matches(BsonDocument document, MatchState state) => Holds;

    public override bool MatchesValue(BsonValue? value, MatchState state) => Holds;

    public override bool CollectReads(ISet<string> fields) => true;
}
