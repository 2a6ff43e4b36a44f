using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Reads paths as expressions do: by name only, and mapped over arrays.</summary>
internal static class PathReader
{
    public static BsonValue? Read(BsonValue? value, FieldPath path) => Read(value, path.Components, 0);

    private static BsonValue? Read(BsonValue? value, string[] components, int depth)
    {
        for (; depth < components.Length; depth++)
        {
            switch (value)
            {
                case BsonDocument document:
                    value = document.TryGetValue(components[depth], out var found) ? found : null;
                    break;
                case BsonArray array:
                    return Map(array, components, depth);
                default:
                    return null;
            }
        }

        return value;
    }

    private static BsonArray Map(BsonArray array, string[] components, int depth)
    {
        var mapped = new BsonArray();
        for (int i = 0; i < array.Count; i++)
        {
            // Elements that have nothing there leave no gap.
            if (Read(array[i], components, depth) is { } found)
            {
                mapped.Add(found);
            }
        }

        return mapped;
    }
}
