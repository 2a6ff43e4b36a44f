using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Arrays as sets: order and repetition do not count. Results come in comparison order.</summary>
internal static class SetOperators
{
    public static void Register(OperatorTable table)
    {
        table.Variadic("$setUnion", values => Combine("$setUnion", 17043, values, (set, other) => set.UnionWith(other)));
        table.Variadic("$setIntersection", values => Combine("$setIntersection", 17047, values, (set, other) => set.IntersectWith(other)));
        table.Binary("$setDifference", Difference);
        table.Positional("$setEquals", 2, int.MaxValue, AreEqual);
        table.Binary("$setIsSubset", (x, y) => BsonBoolean.Create(
            Set("$setIsSubset", x, 17046).IsSubsetOf(Set("$setIsSubset", y, 17042))));
        table.Unary("$anyElementTrue", value => BsonBoolean.Create(Elements("$anyElementTrue", value, 17041).Any(Truth.Of)));
        table.Unary("$allElementsTrue", value => BsonBoolean.Create(Elements("$allElementsTrue", value, 17040).All(Truth.Of)));
    }

    private static BsonValue Combine(string name, int code, BsonValue?[] values, Action<SortedSet<BsonValue>, SortedSet<BsonValue>> combine)
    {
        SortedSet<BsonValue>? result = null;
        foreach (var value in values)
        {
            if (Nullish.Is(value))
            {
                return BsonNull.Value;
            }

            var set = Set(name, value, code);
            if (result is null)
            {
                result = set;
            }
            else
            {
                combine(result, set);
            }
        }

        return new BsonArray(result ?? []);
    }

    private static BsonValue Difference(BsonValue? left, BsonValue? right)
    {
        if (Nullish.Is(left) || Nullish.Is(right))
        {
            return BsonNull.Value;
        }

        var without = Set("$setDifference", right, 17049);
        var seen = new HashSet<BsonValue>(BsonOrder.Instance);
        return new BsonArray(Elements("$setDifference", left, 17048).Where(value => !without.Contains(value) && seen.Add(value)));
    }

    private static BsonBoolean AreEqual(BsonValue?[] values)
    {
        var first = Set("$setEquals", values[0], 17044);
        bool equal = true;
        foreach (var other in values.Skip(1))
        {
            equal &= first.SetEquals(Set("$setEquals", other, 17044));
        }

        return BsonBoolean.Create(equal);
    }

    private static SortedSet<BsonValue> Set(string name, BsonValue? value, int code) => new(Elements(name, value, code), BsonOrder.Instance);

    private static BsonArray Elements(string name, BsonValue? value, int code) => value as BsonArray
        ?? throw Errors.Location(code, $"All operands of {name} must be arrays. One argument is of type: {Errors.TypeName(value)}");
}
