using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary><c>$group</c>: one document per distinct key, in the order of the keys' first appearance.</summary>
internal sealed class GroupStage(Expression key, IReadOnlyList<AccumulatorSpec> accumulators) : Stage
{
    private const int MostMet = 1024;

    private readonly AccumulatorSpec[] _accumulators = [.. accumulators];

    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        foreach (var (id, states) in Gather(source, run))
        {
            var result = new BsonDocument("_id", id);
            for (int i = 0; i < states.Length; i++)
            {
                result.Add(_accumulators[i].Field, states[i].Result());
            }

            yield return result;
        }
    }

    /// <summary>Whether what it gathers is the same in whichever order the documents come. The order of its results is not.</summary>
    public bool IgnoresOrder { get; } = !accumulators.Any(accumulator => accumulator.Create().KnowsOrder);

    /// <summary>Whether it only counts: neither its key nor what it accumulates depends on a document.</summary>
    public bool IsConstant { get; } = key is LiteralExpression && accumulators.All(accumulator => accumulator.Argument is LiteralExpression);

    /// <summary>The result over so many documents, where it does not depend on them.</summary>
    public IEnumerable<BsonDocument> RunOver(long count, PipelineRun run)
    {
        if (count == 0)
        {
            yield break;
        }

        var context = run.Evaluation();
        var result = new BsonDocument("_id", key.Evaluate(context) ?? BsonNull.Value);
        foreach (var accumulator in _accumulators)
        {
            var state = accumulator.Create();
            state.AddRepeated(accumulator.Argument.Evaluate(context), count);
            run.CheckMemory(state.Memory, "$group");
            result.Add(accumulator.Field, state.Result());
        }

        yield return result;
    }

    public override FieldDemand CollectReads(ISet<string> fields)
    {
        bool known = key.CollectReads(fields);
        foreach (var accumulator in _accumulators)
        {
            known &= accumulator.Argument.CollectReads(fields);
        }

        return known ? FieldDemand.Complete : FieldDemand.Everything;
    }

    private Dictionary<BsonValue, Accumulator[]> Gather(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        var groups = new Dictionary<BsonValue, Accumulator[]>(BsonOrder.Instance);
        // Scans answer the same object for the same value, which is found without comparing values.
        var met = new Dictionary<BsonValue, Accumulator[]>(ReferenceEqualityComparer.Instance);
        var context = run.Evaluation();
        long memory = 0;
        foreach (var document in source)
        {
            run.CheckCancelled();
            context.Root = document;
            var id = key.Evaluate(context) ?? BsonNull.Value;
            if (!met.TryGetValue(id, out var states))
            {
                if (!groups.TryGetValue(id, out states))
                {
                    states = Array.ConvertAll(_accumulators, spec => spec.Create());
                    groups.Add(id, states);
                    memory += 64 + MemorySize.Of(id) + (64L * states.Length);
                }

                if (met.Count < MostMet)
                {
                    met.Add(id, states);
                }
            }

            for (int i = 0; i < states.Length; i++)
            {
                var state = states[i];
                long before = state.Memory;
                state.Add(_accumulators[i].Argument.Evaluate(context));
                memory += state.Memory - before;
            }

            run.CheckMemory(memory, "$group");
        }

        return groups;
    }
}

/// <summary>Makes a <c>$group</c> of what a pipeline says.</summary>
internal static class GroupParser
{
    public static GroupStage Parse(BsonDocument specification, ExpressionScope scope)
    {
        Expression? key = null;
        var accumulators = new List<AccumulatorSpec>();
        foreach (var element in specification)
        {
            if (element.Name == "_id")
            {
                key = ExpressionParser.Parse(element.Value, scope);
            }
            else
            {
                accumulators.Add(ParseField(element, scope));
            }
        }

        return new GroupStage(key ?? throw Errors.Location(15955, "a group specification must include an _id"), accumulators);
    }

    public static AccumulatorSpec ParseField(BsonElement element, ExpressionScope scope)
    {
        if (element.Name.Contains('.', StringComparison.Ordinal))
        {
            throw Errors.Location(40235, $"The field name '{element.Name}' cannot contain '.'");
        }

        if (element.Name.StartsWith('$'))
        {
            throw Errors.Location(40236, $"The field name '{element.Name}' cannot be an operator name");
        }

        if (element.Value is not BsonDocument accumulator || (accumulator.ElementCount > 0 && !accumulator.GetElement(0).Name.StartsWith('$')))
        {
            throw Errors.Location(40234, $"The field '{element.Name}' must be an accumulator object");
        }

        return accumulator.ElementCount == 1
            ? AccumulatorTable.Parse(element.Name, accumulator.GetElement(0), scope)
            : throw Errors.Location(40238, $"The field '{element.Name}' must specify one accumulator");
    }
}
