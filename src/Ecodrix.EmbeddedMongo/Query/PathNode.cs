using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

/// <summary>
/// A condition on the values at a path. Arrays on the way are looked through: it is met if any of the values there meets it.
/// With an empty path it is a condition on a bare value, as inside of <c>$elemMatch</c>.
/// </summary>
internal abstract class PathNode(FieldPath path) : FilterNode
{
    public FieldPath Path { get; } = path;

    /// <summary>Whether an array at the end of the path offers its elements beside itself.</summary>
    protected virtual bool TraversesLeafArrays => true;

    public sealed override bool Matches(BsonDocument document, MatchState state) =>
        Path.Count == 0 ? MatchesValue(document, state) : Walk(document, 0, state);

    public sealed override bool CollectReads(ISet<string> fields)
    {
        if (Path.Count > 0)
        {
            fields.Add(Path.Head);
        }

        return Path.Count > 0;
    }

    private bool Walk(BsonDocument document, int depth, MatchState state)
    {
        while (document.TryGetValue(Path.Components[depth], out var value))
        {
            depth++;
            if (depth == Path.Count)
            {
                return MatchesLeaf(value, state);
            }

            if (value is BsonArray array)
            {
                return WalkArray(array, depth, state);
            }

            if (value is not BsonDocument inner)
            {
                break;
            }

            document = inner;
        }

        return MatchesValue(null, state);
    }

    private bool WalkArray(BsonArray array, int depth, MatchState state)
    {
        int position = Path.PositionAt(depth);
        for (int i = 0; i < array.Count; i++)
        {
            if (array[i] is BsonDocument element && Walk(element, depth, state))
            {
                state.Positional = i;
                return true;
            }

            if (i == position && MatchesPosition(array[i], depth + 1, state))
            {
                return true;
            }
        }

        return false;
    }

    private bool MatchesPosition(BsonValue element, int depth, MatchState state)
    {
        if (depth == Path.Count)
        {
            // An element asked for by its position is one value, even if it is an array.
            return MatchesValue(element, state);
        }

        return element switch
        {
            BsonDocument document => Walk(document, depth, state),
            BsonArray array => WalkArray(array, depth, state),
            _ => false,
        };
    }

    private bool MatchesLeaf(BsonValue value, MatchState state)
    {
        if (TraversesLeafArrays && value is BsonArray array)
        {
            for (int i = 0; i < array.Count; i++)
            {
                if (MatchesValue(array[i], state))
                {
                    state.Positional = i;
                    return true;
                }
            }
        }

        return MatchesValue(value, state);
    }
}
