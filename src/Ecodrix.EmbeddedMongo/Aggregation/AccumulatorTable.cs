using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>All accumulators by name.</summary>
internal static class AccumulatorTable
{
    /// <exception cref="MongoError">15952 for an unknown accumulator, and whatever is ill-formed.</exception>
    public static AccumulatorSpec Parse(string field, BsonElement element, ExpressionScope scope)
    {
        if (element.Value is BsonArray && element.Name is not ("$push" or "$addToSet"))
        {
            throw Errors.Location(40237, $"The {element.Name} accumulator is a unary operator");
        }

        return element.Name switch
        {
            "$sum" => Plain(() => new SumAccumulator()),
            "$avg" => Plain(() => new AverageAccumulator()),
            "$min" => Plain(() => new ExtremeAccumulator(max: false)),
            "$max" => Plain(() => new ExtremeAccumulator(max: true)),
            "$first" => Plain(() => new EndAccumulator(last: false)),
            "$last" => Plain(() => new EndAccumulator(last: true)),
            "$push" => Plain(() => new PushAccumulator()),
            "$addToSet" => Plain(() => new SetAccumulator()),
            "$mergeObjects" => Plain(() => new MergeAccumulator()),
            "$stdDevPop" => Plain(() => new DeviationAccumulator(sample: false)),
            "$stdDevSamp" => Plain(() => new DeviationAccumulator(sample: true)),
            "$count" => Count(field, element.Value),
            "$median" or "$percentile" => Percentile(field, element, scope),
            "$firstN" or "$lastN" or "$minN" or "$maxN" => Several(field, element, scope),
            "$top" or "$bottom" or "$topN" or "$bottomN" => Ranked(field, element, scope),
            _ => throw Errors.Location(15952, $"unknown group operator '{element.Name}'"),
        };

        AccumulatorSpec Plain(Func<Accumulator> create) => new(field, ExpressionParser.Parse(element.Value, scope), create);
    }

    private static AccumulatorSpec Count(string field, BsonValue argument) => argument is BsonDocument { ElementCount: 0 }
        ? new AccumulatorSpec(field, new LiteralExpression(new BsonInt32(1)), () => new SumAccumulator())
        : throw Errors.TypeMismatch("$count takes no arguments, i.e. $count:{}");

    private static AccumulatorSpec Percentile(string field, BsonElement element, ExpressionScope scope)
    {
        var (single, shares) = ParseShares(element, scope);
        return new AccumulatorSpec(
            field, ExpressionParser.Parse(element.Value["input"], scope), () => new PercentileAccumulator(shares, single));
    }

    /// <summary>Reads <c>p</c> and <c>method</c> of <c>$percentile</c>, or what stands for them in <c>$median</c>.</summary>
    public static (bool Single, double[] Shares) ParseShares(BsonElement element, ExpressionScope scope)
    {
        bool single = element.Name == "$median";
        var specification = Arguments(element, single ? ["input", "method"] : ["input", "method", "p"]);
        if (specification["method"] is not BsonString { Value: "approximate" })
        {
            throw Errors.BadValue("Currently only 'approximate' can be used as percentile 'method'.");
        }

        if (single)
        {
            return (true, [0.5]);
        }

        var shares = Constant(specification["p"], scope) as BsonArray;
        if (shares is not { Count: > 0 } || !shares.All(share => Numbers.IsNumber(share) && Numbers.ToDouble(share) is >= 0 and <= 1))
        {
            throw Errors.Location(7750301, "The $percentile 'p' field must be an array of numbers from [0.0, 1.0]");
        }

        return (false, [.. shares.Select(Numbers.ToDouble)]);
    }

    private static AccumulatorSpec Several(string field, BsonElement element, ExpressionScope scope)
    {
        var specification = Arguments(element, ["input", "n"]);
        int count = ParseCount(element.Name, specification["n"], scope);
        var input = ExpressionParser.Parse(specification["input"], scope);
        return new AccumulatorSpec(field, input, () => CreateSeveral(element.Name, count));
    }

    public static Accumulator CreateSeveral(string name, int count)
    {
        if (name is "$firstN" or "$lastN")
        {
            return new EndsAccumulator(count, last: name == "$lastN");
        }

        var order = name == "$minN" ? (IComparer<BsonValue>)BsonOrder.Instance : new Reversed();
        return new RankedAccumulator(count, order, last: false, value => value is BsonNull or BsonUndefined ? null : value, single: false);
    }

    private static AccumulatorSpec Ranked(string field, BsonElement element, ExpressionScope scope)
    {
        bool single = element.Name is "$top" or "$bottom";
        var specification = Arguments(element, single ? ["output", "sortBy"] : ["n", "output", "sortBy"]);
        int count = single ? 1 : ParseCount(element.Name, specification["n"], scope);
        var sort = specification["sortBy"] is BsonDocument { ElementCount: > 0 } by
            ? SortSpec.Parse(by)
            : throw Errors.Location(5788005, $"{element.Name} expects 'sortBy' to be a non-empty object");

        // The document travels with its output, so that the order can read what it sorts by.
        var output = ExpressionParser.Parse(specification["output"], scope);
        var pair = new ArrayExpression([new RootExpression(FieldPath.Empty), output]);
        return new AccumulatorSpec(
            field,
            pair,
            () => new RankedAccumulator(count, new ByFirst(sort), last: element.Name.StartsWith("$b", StringComparison.Ordinal), value => value![1], single));
    }

    public static int ParseCount(string name, BsonValue argument, ExpressionScope scope) =>
        Numbers.TryInt(Constant(argument, scope), out int count) && count > 0
            ? count
            : throw Errors.Location(5787908, $"'n' of {name} must be a positive constant integer, found {argument}");

    public static BsonDocument Arguments(BsonElement element, IReadOnlyList<string> names)
    {
        if (element.Value is not BsonDocument specification)
        {
            throw Errors.Location(5787900, $"specification must be an object; found {element.Name}: {element.Value}");
        }

        foreach (string name in specification.Names)
        {
            if (!names.Contains(name))
            {
                throw Errors.Location(5787901, $"Unknown argument for '{element.Name}' operator: {name}");
            }
        }

        foreach (string name in names)
        {
            if (!specification.Contains(name))
            {
                throw Errors.Location(5787907, $"Missing value for '{name}' of {element.Name}");
            }
        }

        return specification;
    }

    private static BsonValue? Constant(BsonValue value, ExpressionScope scope) =>
        ExpressionParser.Parse(value, scope).Evaluate(new EvaluationContext([]) { Root = new BsonDocument() });

    private sealed class Reversed : IComparer<BsonValue>
    {
        public int Compare(BsonValue? x, BsonValue? y) => BsonOrder.Instance.Compare(y, x);
    }

    private sealed class ByFirst(SortSpec sort) : IComparer<BsonValue>
    {
        public int Compare(BsonValue? x, BsonValue? y) => sort.Compare(x![0].AsBsonDocument, y![0].AsBsonDocument);
    }
}
