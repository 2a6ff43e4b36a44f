using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Questions about arrays. See https://www.mongodb.com/docs/manual/reference/operator/aggregation/#array-expression-operators.</summary>
internal static class ArrayOperators
{
    public static void Register(OperatorTable table)
    {
        table.Binary("$arrayElemAt", ElementAt);
        table.Unary("$isArray", value => BsonBoolean.Create(value is BsonArray));
        table.Unary("$size", value => new BsonInt32((value as BsonArray
            ?? throw Errors.Location(17124, $"The argument to $size must be an array, but was of type: {Errors.TypeName(value)}")).Count));
        table.Binary("$in", In);
        table.Positional("$indexOfArray", 2, 4, IndexOf);
        table.Positional("$slice", 2, 3, Slice);
        table.Unary("$reverseArray", Reverse);
        table.Named("$sortArray", ["input", "sortBy"], [], Sort);
    }

    private static BsonValue? ElementAt(BsonValue? source, BsonValue? index)
    {
        if (Nullish.Is(source) || Nullish.Is(index))
        {
            return BsonNull.Value;
        }

        var array = source as BsonArray
            ?? throw Errors.Location(28689, $"$arrayElemAt's first argument must be an array, but is {Errors.TypeName(source)}");
        if (!Numbers.IsNumber(index))
        {
            throw Errors.Location(28690, $"$arrayElemAt's second argument must be a numeric value, but is {Errors.TypeName(index)}");
        }

        if (!Numbers.TryInt(index, out int at))
        {
            throw Errors.Location(28691, $"$arrayElemAt's second argument must be representable as a 32-bit integer: {index}");
        }

        at = at < 0 ? array.Count + at : at;
        return at >= 0 && at < array.Count ? array[at] : null;
    }

    private static BsonBoolean In(BsonValue? value, BsonValue? source)
    {
        var array = source as BsonArray
            ?? throw Errors.Location(40081, $"$in requires an array as a second argument, found: {Errors.TypeName(source)}");
        foreach (var element in array)
        {
            if (ComparisonOperators.Compare(element, value) == 0)
            {
                return BsonBoolean.True;
            }
        }

        return BsonBoolean.False;
    }

    private static BsonValue IndexOf(BsonValue?[] values)
    {
        if (Nullish.Is(values[0]))
        {
            return BsonNull.Value;
        }

        var array = values[0] as BsonArray
            ?? throw Errors.Location(40090, $"$indexOfArray requires an array as a first argument, found: {Errors.TypeName(values[0])}");
        int end = Math.Min(array.Count, Bound(values[3], array.Count));
        for (int i = Bound(values[2], 0); i < end; i++)
        {
            if (ComparisonOperators.Compare(array[i], values[1]) == 0)
            {
                return new BsonInt32(i);
            }
        }

        return new BsonInt32(-1);
    }

    private static int Bound(BsonValue? value, int otherwise)
    {
        if (value is null)
        {
            return otherwise;
        }

        if (!Numbers.TryInt(value, out int bound))
        {
            throw Errors.Location(40096, $"$indexOfArray requires an integral starting and ending index, found a value of type: {Errors.TypeName(value)}");
        }

        return bound >= 0 ? bound : throw Errors.Location(40097, $"$indexOfArray requires a nonnegative index, found: {bound}");
    }

    private static BsonValue Slice(BsonValue?[] values)
    {
        // A third operand that was given but is missing cannot be told from one left out: both give the two-operand form.
        if (Nullish.Is(values[0]) || Nullish.Is(values[1]) || values[2] is BsonNull or BsonUndefined)
        {
            return BsonNull.Value;
        }

        var array = values[0] as BsonArray
            ?? throw Errors.Location(28724, $"First argument to $slice must be an array, but is of type: {Errors.TypeName(values[0])}");
        int second = Whole(values[1]!, 28725, "Second");
        int from, count;
        if (values[2] is null)
        {
            from = second < 0 ? Math.Max(0, array.Count + second) : 0;
            count = second < 0 ? array.Count : second;
        }
        else
        {
            from = second < 0 ? Math.Max(0, array.Count + second) : Math.Min(second, array.Count);
            count = Whole(values[2]!, 28727, "Third");
            if (count <= 0)
            {
                throw Errors.Location(28729, $"Third argument to $slice must be positive: {count}");
            }
        }

        return new BsonArray(array.Skip(from).Take(count));
    }

    private static int Whole(BsonValue value, int code, string which)
    {
        if (!Numbers.IsNumber(value))
        {
            throw Errors.Location(code, $"{which} argument to $slice must be numeric, but is of type: {Errors.TypeName(value)}");
        }

        return Numbers.TryInt(value, out int number)
            ? number
            : throw Errors.Location(code + 1, $"{which} argument to $slice can't be represented as a 32-bit integer: {value}");
    }

    private static BsonValue Reverse(BsonValue? value) => value switch
    {
        null or BsonNull or BsonUndefined => BsonNull.Value,
        BsonArray array => new BsonArray(array.Reverse()),
        _ => throw Errors.Location(34435, $"The argument to $reverseArray must be an array, but was of type: {Errors.TypeName(value)}"),
    };

    private static BsonValue Sort(BsonValue?[] values)
    {
        if (Nullish.Is(values[0]))
        {
            return BsonNull.Value;
        }

        var array = values[0] as BsonArray
            ?? throw Errors.Location(2942504, $"The input argument to $sortArray must be an array, but was of type: {Errors.TypeName(values[0])}");
        return new BsonArray(array.Order(ElementOrder.Parse(values[1]!, "$sortArray")));
    }
}
