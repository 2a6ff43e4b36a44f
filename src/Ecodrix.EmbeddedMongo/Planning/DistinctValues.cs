using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>The values at a path as <c>distinct</c> sees them: arrays are looked through, at the end of the path once.</summary>
internal static class DistinctValues
{
    public static void Collect(BsonDocument document, FieldPath path, ISet<BsonValue> values) => Step(document, path, 0, values);

    private static void Step(BsonValue value, FieldPath path, int depth, ISet<BsonValue> values)
    {
        if (depth == path.Count)
        {
            AddLeaf(value, values);
        }
        else if (value is BsonDocument document)
        {
            if (document.TryGetValue(path.Components[depth], out var inner))
            {
                Step(inner, path, depth + 1, values);
            }
        }
        else if (value is BsonArray array)
        {
            if (path.PositionAt(depth) is >= 0 and var at && at < array.Count)
            {
                Step(array[at], path, depth + 1, values);
            }

            foreach (var element in array.OfType<BsonDocument>())
            {
                Step(element, path, depth, values);
            }
        }
    }

    private static void AddLeaf(BsonValue value, ISet<BsonValue> values)
    {
        if (value is BsonArray array)
        {
            values.UnionWith(array);
        }
        else
        {
            values.Add(value);
        }
    }
}
