using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>A dotted path, taken apart once. A component of digits may also be a position in an array.</summary>
internal sealed class FieldPath : IEquatable<FieldPath>
{
    public static readonly FieldPath Empty = new("", []);

    private readonly int[] _positions;

    private FieldPath(string text, string[] components)
    {
        Text = text;
        Components = components;
        _positions = Array.ConvertAll(components, PositionOf);
    }

    public string Text { get; }

    public string[] Components { get; }

    public int Count => Components.Length;

    /// <summary>The first component: the top-level field that this path lives in.</summary>
    public string Head => Components[0];

    public static FieldPath Parse(string text) => new(text, text.Split('.'));

    /// <summary>The array position that a component names, or −1.</summary>
    public int PositionAt(int depth) => _positions[depth];

    /// <summary>
    /// The one value at this path, entering documents by name and arrays by position only: null if there is none. This is how
    /// updates read; queries and expressions look through arrays.
    /// </summary>
    public BsonValue? Find(BsonDocument document)
    {
        BsonValue? value = document;
        for (int depth = 0; depth < Components.Length && value is not null; depth++)
        {
            value = Step(value, depth);
        }

        return value;
    }

    public bool IsPrefixOf(FieldPath other) =>
        Components.Length <= other.Components.Length && Components.AsSpan().SequenceEqual(other.Components.AsSpan(0, Components.Length));

    public bool Equals(FieldPath? other) => other is not null && string.Equals(Text, other.Text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as FieldPath);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    private BsonValue? Step(BsonValue value, int depth)
    {
        if (value is BsonDocument document)
        {
            return document.TryGetValue(Components[depth], out var found) ? found : null;
        }

        return value is BsonArray array && _positions[depth] is >= 0 and var at && at < array.Count ? array[at] : null;
    }

    private static int PositionOf(string component)
    {
        bool canonical = component.Length is > 0 and < 10 && (component[0] != '0' || component.Length == 1);
        return canonical && component.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 ? int.Parse(component, null) : -1;
    }
}
