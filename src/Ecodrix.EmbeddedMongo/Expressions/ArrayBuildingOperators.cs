using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Operators that make arrays: <c>$concatArrays</c>, <c>$range</c>, <c>$zip</c>.</summary>
internal static class ArrayBuildingOperators
{
    // A range is held in memory whole.
    private const long MaxRange = 10_000_000;

    public static void Register(OperatorTable table)
    {
        table.Variadic("$concatArrays", Concat);
        table.Positional("$range", 2, 3, Range);
        table.Special("$zip", ParseZip);
    }

    private static BsonValue Concat(BsonValue?[] values)
    {
        var joined = new BsonArray();
        foreach (var value in values)
        {
            if (Nullish.Is(value))
            {
                return BsonNull.Value;
            }

            joined.AddRange(value as BsonArray
                ?? throw Errors.Location(28664, $"$concatArrays only supports arrays, not {Errors.TypeName(value)}"));
        }

        return joined;
    }

    private static BsonArray Range(BsonValue?[] values)
    {
        int start = Whole(values[0], "starting value", 34443), end = Whole(values[1], "ending value", 34445);
        int step = values[2] is null ? 1 : Whole(values[2], "step value", 34447);
        if (step == 0)
        {
            throw Errors.Location(34449, "$range requires a non-zero step value");
        }

        if (((long)end - start) / step > MaxRange)
        {
            throw new MongoError(146, "ExceededMemoryLimit", "$range would use too much memory");
        }

        var range = new BsonArray();
        for (long number = start; step > 0 ? number < end : number > end; number += step)
        {
            range.Add((int)number);
        }

        return range;
    }

    private static int Whole(BsonValue? value, string role, int code)
    {
        if (!Numbers.IsNumber(value))
        {
            throw Errors.Location(code, $"$range requires a numeric {role}, found value of type: {Errors.TypeName(value)}");
        }

        return Numbers.TryInt(value, out int number)
            ? number
            : throw Errors.Location(code + 1, $"$range requires a {role} that can be represented as a 32-bit integer, found value: {value}");
    }

    private static FunctionExpression ParseZip(BsonValue argument, ExpressionScope scope)
    {
        var arguments = OperatorTable.Arguments("$zip", argument, scope, ["inputs"], ["useLongestLength", "defaults"]);
        bool longest = argument.AsBsonDocument.GetValue("useLongestLength", false) is var flag && flag.IsBoolean
            ? flag.AsBoolean
            : throw Errors.Location(34463, "useLongestLength must be a bool");
        return !longest && argument.AsBsonDocument.Contains("defaults")
            ? throw Errors.Location(34467, "cannot specify defaults unless useLongestLength is true")
            : new FunctionExpression(arguments, values => Zip(values[0], longest, values[2]));
    }

    private static BsonValue Zip(BsonValue? inputs, bool longest, BsonValue? defaults)
    {
        if (inputs is not BsonArray { Count: > 0 } several)
        {
            throw Errors.Location(34461, "inputs must be an array of at least one expression");
        }

        if (!Nullish.Is(defaults) && (defaults as BsonArray)?.Count != several.Count)
        {
            throw Errors.Location(34467, "defaults and inputs must have the same length");
        }

        var arrays = new List<BsonArray>(several.Count);
        foreach (var input in several)
        {
            if (Nullish.Is(input))
            {
                return BsonNull.Value;
            }

            arrays.Add(input as BsonArray ?? throw Errors.Location(34468, $"$zip found a non-array expression in input: {input}"));
        }

        int length = longest ? arrays.Max(array => array.Count) : arrays.Min(array => array.Count);
        var zipped = new BsonArray(length);
        for (int i = 0; i < length; i++)
        {
            var row = new BsonArray(arrays.Count);
            for (int j = 0; j < arrays.Count; j++)
            {
                row.Add(i < arrays[j].Count ? arrays[j][i] : (defaults as BsonArray)?[j] ?? BsonNull.Value);
            }

            zipped.Add(row);
        }

        return zipped;
    }
}
