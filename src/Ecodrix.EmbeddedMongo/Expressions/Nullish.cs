using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Null, undefined and missing, which most operators treat as one.</summary>
internal static class Nullish
{
    public static bool Is(BsonValue? value) => value is null or BsonNull or BsonUndefined;

    public static bool Any(BsonValue?[] values)
    {
        foreach (var value in values)
        {
            if (Is(value))
            {
                return true;
            }
        }

        return false;
    }
}
