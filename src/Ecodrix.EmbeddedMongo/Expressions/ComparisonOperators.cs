using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Comparisons across all types, without the type brackets of queries; missing is below null.</summary>
internal static class ComparisonOperators
{
    public static void Register(OperatorTable table)
    {
        table.Binary("$cmp", (x, y) => new BsonInt32(Math.Sign(Compare(x, y))));
        table.Binary("$eq", (x, y) => BsonBoolean.Create(Compare(x, y) == 0));
        table.Binary("$ne", (x, y) => BsonBoolean.Create(Compare(x, y) != 0));
        table.Binary("$gt", (x, y) => BsonBoolean.Create(Compare(x, y) > 0));
        table.Binary("$gte", (x, y) => BsonBoolean.Create(Compare(x, y) >= 0));
        table.Binary("$lt", (x, y) => BsonBoolean.Create(Compare(x, y) < 0));
        table.Binary("$lte", (x, y) => BsonBoolean.Create(Compare(x, y) <= 0));
    }

    public static int Compare(BsonValue? x, BsonValue? y)
    {
        if (x is not null && y is not null)
        {
            return BsonOrder.Instance.Compare(x, y);
        }

        return x is null && y is null ? 0 : x is null ? (y is BsonMinKey ? 1 : -1) : x is BsonMinKey ? -1 : 1;
    }
}
