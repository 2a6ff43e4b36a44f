using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>
/// <c>$lookup</c> by equality of fields, by a pipeline with variables, or both. The other collection is asked once per distinct
/// local value, so that an index of its can answer.
/// </summary>
internal sealed class LookupStage(LookupSpec spec) : Stage
{
    // Answers are remembered up to a bound, not for as many values as a collection may have.
    private const int MaxRemembered = 1024;

    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        var context = run.Evaluation();
        var remembered = new Dictionary<BsonValue, BsonArray>(BsonOrder.Instance);
        foreach (var document in source)
        {
            run.CheckCancelled();
            context.Root = document;
            var key = Bind(document, context);
            if (!remembered.TryGetValue(key, out var found))
            {
                found = Read(key, run, context);
                if (remembered.Count >= MaxRemembered)
                {
                    remembered.Clear();
                }

                remembered.Add(key, found);
            }

            var joined = (BsonDocument)document.Clone();
            SetPath(joined, spec.As, found);
            yield return joined;
        }
    }

    public override FieldDemand CollectReads(ISet<string> fields)
    {
        bool known = true;
        foreach (var (_, _, value) in spec.Let)
        {
            known &= value.CollectReads(fields);
        }

        if (spec.Local is not null)
        {
            fields.Add(spec.Local.Head);
        }

        fields.Add(spec.As.Head);
        return known ? FieldDemand.PassesOn : FieldDemand.Everything;
    }

    /// <summary>Sets the variables, and gives all that the answer depends on.</summary>
    private BsonArray Bind(BsonDocument document, EvaluationContext context)
    {
        var key = new BsonArray();
        if (spec.Local is not null)
        {
            key.Add(PathReader.Read(document, spec.Local) ?? BsonNull.Value);
        }

        // All values first: one of them may use the slot of another for a variable of its own.
        var values = spec.Let.Select(variable => variable.Value.Evaluate(context)).ToList();
        for (int i = 0; i < values.Count; i++)
        {
            context.Set(spec.Let[i].Slot, values[i]);

            // Missing and null are one to the order of values but not to expressions.
            key.Add(values[i] ?? BsonMinKey.Value);
        }

        return key;
    }

    private BsonArray Read(BsonArray key, PipelineRun run, EvaluationContext context)
    {
        var filter = new BsonDocument();
        if (spec.Foreign is not null)
        {
            filter.Add(spec.Foreign, Equality(key[0]));
        }

        var documents = run.Context.Collections.Read(spec.From, LookupFilter.Narrow(filter, spec, context));
        if (spec.Pipeline is not null)
        {
            documents = spec.Pipeline.Run(documents, run with { Slots = [.. context.Slots] });
        }

        var found = new BsonArray();
        long memory = 0;
        foreach (var document in documents)
        {
            memory += MemorySize.Of(document);
            run.CheckMemory(memory, "$lookup");
            found.Add(document);
        }

        return found;
    }

    private static BsonDocument Equality(BsonValue local) => local is BsonArray several && !several.Any(value => value is BsonRegularExpression)
        ? new BsonDocument("$in", several)
        : new BsonDocument("$eq", local);

    private static void SetPath(BsonDocument document, FieldPath path, BsonValue value)
    {
        for (int depth = 0; depth < path.Count - 1; depth++)
        {
            string name = path.Components[depth];
            var inner = document.TryGetValue(name, out var found) && found is BsonDocument present ? (BsonDocument)present.Clone() : [];
            document[name] = inner;
            document = inner;
        }

        document[path.Components[^1]] = value;
    }
}
