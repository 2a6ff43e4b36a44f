using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Projection;

/// <summary>What a projection does with one field.</summary>
internal abstract class ProjectionNode;

/// <summary>The field is kept, or left out, as a whole.</summary>
internal sealed class FlagNode(bool include) : ProjectionNode
{
    public bool Include { get; } = include;
}

/// <summary>The field gets the value of an expression over the whole document.</summary>
internal sealed class ComputedNode(Expression expression) : ProjectionNode
{
    public Expression Expression { get; } = expression;
}

/// <summary>The field's own value is turned into another: <c>$slice</c>, <c>$elemMatch</c>, <c>.$</c>.</summary>
internal abstract class TransformNode : ProjectionNode
{
    /// <summary>The new value, or null to leave the field out.</summary>
    public abstract BsonValue? Transform(BsonValue value, int? positional);
}

/// <summary><c>$slice</c>: the first, last or some middle elements of an array; other values stay as they are.</summary>
internal sealed class SliceNode(int? skip, int count) : TransformNode
{
    public override BsonValue? Transform(BsonValue value, int? positional)
    {
        if (value is not BsonArray array)
        {
            return value;
        }

        int from = skip switch
        {
            null => count < 0 ? Math.Max(0, array.Count + count) : 0,
            < 0 => Math.Max(0, array.Count + skip.Value),
            _ => Math.Min(array.Count, skip.Value),
        };
        return new BsonArray(array.Skip(from).Take(count < 0 ? array.Count : count));
    }

    public static SliceNode Parse(BsonValue argument)
    {
        if (Numbers.IsNumber(argument))
        {
            return new SliceNode(null, Clamp(argument));
        }

        if (argument is not BsonArray { Count: 2 } pair || !Numbers.IsNumber(pair[0]) || !Numbers.IsNumber(pair[1]))
        {
            throw Errors.Location(28667, $"Invalid $slice syntax. The given syntax {{$slice: {argument}}} did not match the find() syntax");
        }

        int count = Clamp(pair[1]);
        return count > 0
            ? new SliceNode(Clamp(pair[0]), count)
            : throw Errors.Location(28724, "First argument to $slice must be an array, or: the limit must be positive");
    }

    private static int Clamp(BsonValue value) =>
        Numbers.TryWhole(Numbers.Truncate(value), out long whole) ? (int)Math.Clamp(whole, -int.MaxValue, int.MaxValue) : int.MaxValue;
}

/// <summary><c>$elemMatch</c>: the first element that matches, in an array of its own.</summary>
internal sealed class ElemMatchNode(QueryFilter filter) : TransformNode
{
    public override BsonValue? Transform(BsonValue value, int? positional)
    {
        // The condition was parsed as {"": {$elemMatch: …}}: it tells the position.
        return value is BsonArray array && filter.Matches(new BsonDocument("", array), out int? at) && at is { } found
            ? new BsonArray { array[found] }
            : null;
    }

    public static ElemMatchNode Parse(BsonValue argument, Variables? variables)
    {
        if (argument is not BsonDocument condition)
        {
            throw Errors.Location(31274, $"elemMatch: Invalid argument, object required, but got {Errors.TypeName(argument)}");
        }

        return new ElemMatchNode(QueryFilter.Parse(new BsonDocument("", new BsonDocument("$elemMatch", condition)), variables));
    }
}

/// <summary><c>.$</c>: the element that the query matched, in an array of its own.</summary>
internal sealed class PositionalNode : TransformNode
{
    public override BsonValue? Transform(BsonValue value, int? positional)
    {
        if (value is not BsonArray array)
        {
            return value;
        }

        return positional is { } at && at < array.Count
            ? new BsonArray { array[at] }
            : throw Errors.Location(51246, "positional operator '.$' couldn't find a matching element in the array");
    }
}

/// <summary>Fields by name, each with its own node.</summary>
internal sealed class FieldsNode : ProjectionNode
{
    private readonly Dictionary<string, ProjectionNode> _byName = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    public IEnumerable<(string Name, ProjectionNode Node)> Fields
    {
        get
        {
            foreach (string name in _order)
            {
                yield return (name, _byName[name]);
            }
        }
    }

    public int Count => _order.Count;

    /// <summary>Whether an expression is anywhere below; set by the parser.</summary>
    public bool HasComputed { get; set; }

    public ProjectionNode? Find(string name) => _byName.GetValueOrDefault(name);

    public void Add(string name, ProjectionNode node)
    {
        _byName.Add(name, node);
        _order.Add(name);
    }
}
