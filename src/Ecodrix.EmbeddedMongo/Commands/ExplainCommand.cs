using System.Diagnostics;
using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>
/// <c>explain</c>: how a command would get at its documents and, unless only the plan is asked for, what running it shows. Writes
/// are not carried out: only what they would change is found.
/// </summary>
/// <remarks>https://www.mongodb.com/docs/manual/reference/command/explain/</remarks>
internal static class ExplainCommand
{
    public static readonly HashSet<string> Fields = new(StringComparer.Ordinal) { "verbosity" };

    private const string PlanOnly = "queryPlanner";

    public static async Task<BsonDocument?> ExplainAsync(CommandContext context, CancellationToken ct)
    {
        var command = context.Body.GetElement(0).Value is BsonDocument { ElementCount: > 0 } inner
            ? inner
            : throw Errors.FailedToParse("explain command requires a nested object");
        string verbosity = context.Body.Contains("verbosity") ? Arguments.Text(context.Body, "verbosity") : "allPlansExecution";
        if (verbosity is not (PlanOnly or "executionStats" or "allPlansExecution"))
        {
            throw Errors.BadValue($"Enumeration value '{verbosity}' for field 'explain.verbosity' is not a valid value.");
        }

        return await AnswerAsync(context, command, verbosity, ct).ConfigureAwait(false);
    }

    /// <summary>Explains a command; <c>aggregate</c> with its own <c>explain</c> option comes this way too.</summary>
    public static async Task<BsonDocument> AnswerAsync(CommandContext context, BsonDocument command, CancellationToken ct) =>
        await AnswerAsync(context, command, PlanOnly, ct).ConfigureAwait(false);

    private static async Task<BsonDocument> AnswerAsync(CommandContext context, BsonDocument command, string verbosity, CancellationToken ct)
    {
        var target = ExplainTarget.Of(context, command);
        using var snapshot = await context.Store.ReadAsync(context.Database, ct).ConfigureAwait(false);
        var collection = snapshot.Find(target.Collection);
        var path = target.Query.Plan(snapshot, collection);
        var distinct = target.DistinctKey is { } key ? DistinctScan.Choose(collection, key, target.Query) : null;
        var plan = new BsonDocument("queryPlanner", new BsonDocument
        {
            { "namespace", $"{context.Database}.{target.Collection}" },
            { "indexFilterSet", false },
            { "parsedQuery", target.Filter },
            { "winningPlan", distinct is null ? Draw(target, path, null) : PlanTree.DrawDistinct(distinct, null) },
            { "rejectedPlans", new BsonArray() },
        });
        if (verbosity != PlanOnly)
        {
            plan.Add("executionStats", distinct is null ? Run(target, snapshot, collection, path, ct) : RunDistinct(target, snapshot, collection!, distinct));
        }

        var answer = new BsonDocument("explainVersion", "1");
        if (target.Stages.Count > 0)
        {
            answer.Add("stages", new BsonArray { new BsonDocument("$cursor", plan) }.AddRange(target.Stages));
        }
        else
        {
            answer.AddRange(plan);
        }

        return answer.Add("command", command).Add("serverInfo", new BsonDocument { { "host", "127.0.0.1" }, { "version", "7.0.0" } });
    }

    private static BsonDocument Run(
        ExplainTarget target, StoreView view, CollectionInfo? collection, AccessPath path, CancellationToken ct)
    {
        long start = Stopwatch.GetTimestamp();
        var figures = target.Kind == ExplainKind.Count ? Count(target, view, collection, path) : Read(target, view, collection, ct);
        return Stats(start, figures, target.Kind == ExplainKind.Read ? figures.Returned : 0, Draw(target, path, figures));
    }

    private static BsonDocument RunDistinct(ExplainTarget target, StoreView view, CollectionInfo collection, IndexInfo index)
    {
        long start = Stopwatch.GetTimestamp();
        var figures = DistinctScan.Collect(view, collection, index, target.DistinctKey!, new HashSet<BsonValue>(BsonOrder.Instance));
        return Stats(start, figures, figures.Matches, PlanTree.DrawDistinct(index, figures));
    }

    private static BsonDocument Stats(long start, PlanFigures figures, long returned, BsonDocument stages) => new()
    {
        { "executionSuccess", true },
        { "nReturned", returned },
        { "executionTimeMillis", (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds },
        { "totalKeysExamined", figures.Keys },
        { "totalDocsExamined", figures.Documents },
        { "executionStages", stages },
    };

    private static PlanFigures Read(ExplainTarget target, StoreView view, CollectionInfo? collection, CancellationToken ct)
    {
        using var results = new FindStream(view, collection, target.Query);
        using var document = new ByteBuffer();
        long returned = 0;
        while (results.Next(document))
        {
            ct.ThrowIfCancellationRequested();
            document.Clear();
            returned++;
        }

        return results.Figures with { Returned = returned };
    }

    private static PlanFigures Count(ExplainTarget target, StoreView view, CollectionInfo? collection, AccessPath path)
    {
        using var scan = new RecordScan(view, collection, path, target.Query.Filter);
        long atMost = target.Query.Limit == 0 ? long.MaxValue : (long)target.Query.Limit + target.Query.Skip;
        long count = 0;
        while (count < atMost && scan.NextRecord())
        {
            count++;
        }

        return scan.Figures with { Returned = count };
    }

    private static BsonDocument Draw(ExplainTarget target, AccessPath path, PlanFigures? figures)
    {
        if (target.Kind == ExplainKind.Count)
        {
            return target.Query.Filter.IsEmpty && target.Query.Hint is null && path is CollectionScan
                ? new BsonDocument("stage", "RECORD_STORE_FAST_COUNT")
                : PlanTree.DrawCount(path, target.Filter, figures).Add("nCounted", figures?.Returned ?? 0);
        }

        var tree = PlanTree.Draw(path, target.Query, target.Filter, figures);
        return target.Kind switch
        {
            ExplainKind.Update => PlanTree.Over("UPDATE", tree, figures is null ? null : 0).Add("nMatched", figures?.Returned ?? 0),
            ExplainKind.Delete => PlanTree.Over("DELETE", tree, figures is null ? null : 0).Add("nWouldDelete", figures?.Returned ?? 0),
            _ => tree,
        };
    }
}
