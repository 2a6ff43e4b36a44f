using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary><c>$bucketAuto</c>: buckets of about the same size; equal values share one.</summary>
internal sealed class BucketAutoStage(Expression key, int buckets, IReadOnlyList<AccumulatorSpec> output) : Stage
{
    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        var rows = Sort(source, run);
        var context = run.Evaluation();
        int size = Math.Max(1, (int)Math.Round((double)rows.Count / buckets, MidpointRounding.AwayFromZero));
        int made = 0;
        for (int from = 0; from < rows.Count; made++)
        {
            int to = made == buckets - 1 ? rows.Count : Math.Min(rows.Count, from + size);
            while (to < rows.Count && BsonOrder.Instance.Equals(rows[to - 1].Key, rows[to].Key))
            {
                to++;
            }

            var max = to < rows.Count ? rows[to].Key : rows[to - 1].Key;
            var result = new BsonDocument("_id", new BsonDocument { { "min", rows[from].Key }, { "max", max } });
            foreach (var spec in output)
            {
                var state = spec.Create();
                for (int i = from; i < to; i++)
                {
                    context.Root = rows[i].Document;
                    state.Add(spec.Argument.Evaluate(context));
                }

                result.Add(spec.Field, state.Result());
            }

            yield return result;
            from = to;
        }
    }

    public override FieldDemand CollectReads(ISet<string> fields)
    {
        bool known = key.CollectReads(fields);
        foreach (var spec in output)
        {
            known &= spec.Argument.CollectReads(fields);
        }

        return known ? FieldDemand.Complete : FieldDemand.Everything;
    }

    public static BucketAutoStage Parse(BsonDocument specification, ExpressionScope scope)
    {
        foreach (string name in specification.Names)
        {
            if (name is not ("groupBy" or "buckets" or "output"))
            {
                throw Errors.Location(40245, $"Unrecognized or unsupported option to $bucketAuto: {name}.");
            }
        }

        if (!specification.TryGetValue("groupBy", out var groupBy) || !specification.TryGetValue("buckets", out var count))
        {
            throw Errors.Location(40246, "$bucketAuto requires 'groupBy' and 'buckets' to be specified.");
        }

        return Numbers.TryInt(count, out int buckets) && buckets > 0
            ? new BucketAutoStage(ExpressionParser.Parse(groupBy, scope), buckets, DerivedStages.ParseOutput(specification, scope))
            : throw Errors.Location(40243, $"The $bucketAuto 'buckets' field must be greater than 0, but found: {count}.");
    }

    private List<(BsonValue Key, BsonDocument Document)> Sort(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        var context = run.Evaluation();
        var rows = new List<(BsonValue Key, BsonDocument Document)>();
        long memory = 0;
        foreach (var document in source)
        {
            run.CheckCancelled();
            memory += MemorySize.Of(document);
            run.CheckMemory(memory, "$bucketAuto");
            context.Root = document;
            rows.Add((key.Evaluate(context) ?? BsonNull.Value, document));
        }

        return [.. rows.OrderBy(row => row.Key, BsonOrder.Instance)];
    }
}
