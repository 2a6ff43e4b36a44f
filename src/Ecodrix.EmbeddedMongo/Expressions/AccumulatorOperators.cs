using Ecodrix.EmbeddedMongo.Aggregation;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Accumulators over the values of one document: over the operands, or over the array that a single one gives.</summary>
internal static class AccumulatorOperators
{
    public static void Register(OperatorTable table)
    {
        Over("$sum", () => new SumAccumulator());
        Over("$avg", () => new AverageAccumulator());
        Over("$min", () => new ExtremeAccumulator(max: false));
        Over("$max", () => new ExtremeAccumulator(max: true));
        Over("$stdDevPop", () => new DeviationAccumulator(sample: false));
        Over("$stdDevSamp", () => new DeviationAccumulator(sample: true));
        table.Unary("$first", value => End("$first", value, 0));
        table.Unary("$last", value => End("$last", value, -1));
        table.Special("$median", ParsePercentile("$median"));
        table.Special("$percentile", ParsePercentile("$percentile"));
        foreach (string name in (string[])["$firstN", "$lastN", "$minN", "$maxN"])
        {
            table.Named(name, ["input", "n"], [], values => Several(name, values[0], values[1]));
        }

        void Over(string name, Func<Accumulator> create) => table.Variadic(name, values =>
        {
            var accumulator = create();
            var all = values is [BsonArray only] ? only : (IEnumerable<BsonValue?>)values;
            foreach (var value in all)
            {
                accumulator.Add(value);
            }

            return accumulator.Result();
        });
    }

    private static BsonValue? End(string name, BsonValue? value, int at) => value switch
    {
        null or BsonNull or BsonUndefined => BsonNull.Value,
        BsonArray { Count: 0 } => null,
        BsonArray array => array[at < 0 ? array.Count - 1 : at],
        _ => throw Errors.Location(28689, $"{name}'s argument must be an array, but is {Errors.TypeName(value)}"),
    };

    private static OperatorTable.OperatorParser ParsePercentile(string name) => (argument, scope) =>
    {
        var (single, shares) = AccumulatorTable.ParseShares(new BsonElement(name, argument), scope);
        return new UnaryExpression(ExpressionParser.Parse(argument["input"], scope), value =>
        {
            var accumulator = new PercentileAccumulator(shares, single);
            foreach (var item in value is BsonArray array ? array : (IEnumerable<BsonValue?>)[value])
            {
                accumulator.Add(item);
            }

            return accumulator.Result();
        });
    };

    private static BsonValue Several(string name, BsonValue? input, BsonValue? wanted)
    {
        if (!Numbers.TryInt(wanted, out int count) || count <= 0)
        {
            throw Errors.Location(5787908, $"'n' of {name} must be a positive integer, found {wanted}");
        }

        var array = input as BsonArray ?? throw Errors.Location(5788200, $"Input of {name} must be an array, found {Errors.TypeName(input)}");
        var accumulator = AccumulatorTable.CreateSeveral(name, count);
        foreach (var value in array)
        {
            accumulator.Add(value);
        }

        return accumulator.Result();
    }
}
