using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

/// <summary>A condition on an array as a whole.</summary>
internal abstract class ArrayNode(FieldPath path) : PathNode(path)
{
    protected sealed override bool TraversesLeafArrays => false;

    public sealed override bool MatchesValue(BsonValue? value, MatchState state) => value is BsonArray array && MatchesArray(array, state);

    protected abstract bool MatchesArray(BsonArray array, MatchState state);
}

/// <summary>The array has this many elements.</summary>
internal sealed class SizeNode(FieldPath path, int size) : ArrayNode(path)
{
    public int Size { get; } = size;

    protected override bool MatchesArray(BsonArray array, MatchState state) => array.Count == Size;
}

/// <summary>One element, by itself, meets all conditions on a value.</summary>
internal sealed class ElemMatchValueNode(FieldPath path, FilterNode condition) : ArrayNode(path)
{
    public FilterNode Condition { get; } = condition;

    protected override bool MatchesArray(BsonArray array, MatchState state)
    {
        for (int i = 0; i < array.Count; i++)
        {
            if (Condition.MatchesValue(array[i], state))
            {
                state.Positional = i;
                return true;
            }
        }

        return false;
    }
}

/// <summary>One element, a document, meets a whole filter.</summary>
internal sealed class ElemMatchObjectNode(FieldPath path, FilterNode filter) : ArrayNode(path)
{
    public FilterNode Filter { get; } = filter;

    protected override bool MatchesArray(BsonArray array, MatchState state)
    {
        for (int i = 0; i < array.Count; i++)
        {
            var element = array[i] switch
            {
                BsonDocument document => document,
                BsonArray nested => ByPosition(nested),
                _ => null,
            };
            if (element is not null && Filter.Matches(element, state))
            {
                state.Positional = i;
                return true;
            }
        }

        return false;
    }

    /// <summary>A nested array is matched as a document whose fields are its positions.</summary>
    private static BsonDocument ByPosition(BsonArray array)
    {
        var document = new BsonDocument();
        for (int i = 0; i < array.Count; i++)
        {
            document.Add(i.ToString(System.Globalization.CultureInfo.InvariantCulture), array[i]);
        }

        return document;
    }
}
