using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>What counts as true: everything but false, zero, null, undefined and missing.</summary>
internal static class Truth
{
    private static readonly BsonInt32 Zero = new(0);

    public static bool Of(BsonValue? value) => value?.BsonType switch
    {
        null or BsonType.Null or BsonType.Undefined => false,
        BsonType.Boolean => value.AsBoolean,
        BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128 => Numbers.Compare(value, Zero) != 0,
        _ => true,
    };
}
