using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>An aggregation pipeline, compiled once.</summary>
internal sealed class Pipeline
{
    private readonly Stage[] _stages;
    private readonly ExpressionScope _scope;

    private Pipeline(IEnumerable<Stage> stages, ExpressionScope scope)
    {
        _stages = [.. stages];
        _scope = scope;
        Reads = CollectReads();
    }

    public IReadOnlyList<Stage> Stages => _stages;

    /// <summary>The top-level fields that the pipeline needs of its source, or null if it may need any.</summary>
    public IReadOnlySet<string>? Reads { get; }

    /// <exception cref="MongoError">40324 for an unknown stage, and whatever a stage finds ill-formed.</exception>
    public static Pipeline Parse(BsonArray stages, Variables? variables = null) => Parse(stages, new ExpressionScope(variables));

    /// <summary>Parses a pipeline within another, whose variables it may use.</summary>
    public static Pipeline Parse(BsonArray stages, ExpressionScope scope)
    {
        var parsed = new List<Stage>();
        foreach (var stage in stages)
        {
            var expanded = StageTable.Parse(stage, scope);
            expanded[0].Written = stage.AsBsonDocument;
            parsed.AddRange(expanded);
        }

        return new Pipeline(Fuse(parsed), scope);
    }

    /// <summary>Parses a pipeline that updates a document: only stages that make one document of one.</summary>
    public static Pipeline ParseUpdate(BsonArray stages, Variables? variables)
    {
        foreach (var stage in stages)
        {
            if (stage is BsonDocument { ElementCount: 1 } specification
                && specification.GetElement(0).Name is not ("$set" or "$addFields" or "$unset" or "$project" or "$replaceRoot" or "$replaceWith"))
            {
                throw new MongoError(
                    72, "InvalidOptions", $"{specification.GetElement(0).Name} is not allowed to be used within an update");
            }
        }

        return Parse(stages, variables);
    }

    /// <summary>Runs lazily: stages that need not see everything first pass documents on one by one.</summary>
    public IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineContext context) =>
        Run(source, new PipelineRun(context, []));

    /// <summary>
    /// Runs a pipeline that begins by counting, as drivers ask for a count, over a number of documents instead of the documents.
    /// </summary>
    public IEnumerable<BsonDocument> RunOver(Func<long> count, PipelineContext context)
    {
        var run = new PipelineRun(context, []);
        var source = ((GroupStage)_stages[0]).RunOver(count(), run);
        foreach (var stage in _stages.Skip(1))
        {
            source = stage.Run(source, run);
        }

        return source;
    }

    /// <summary>Whether <see cref="RunOver"/> will do.</summary>
    public bool BeginsByCounting => _stages is [GroupStage { IsConstant: true }, ..];

    /// <summary>Whether its first stage groups, and so lets go of each document at once.</summary>
    public bool BeginsByGrouping => _stages is [GroupStage, ..];

    /// <summary>Whether its source may come in any order.</summary>
    public bool IgnoresOrder => _stages is [GroupStage { IgnoresOrder: true }, ..];

    public IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        foreach (var stage in _stages)
        {
            source = stage.Run(source, run);
        }

        return source;
    }

    /// <summary>
    /// Parts the pipeline: what it begins with and a store may answer by an index, in the order filter, sort, skip, limit, and
    /// the rest.
    /// </summary>
    public PipelineSplit Split()
    {
        int at = 0;
        var filters = new List<BsonDocument>();
        for (; at < _stages.Length && _stages[at] is MatchStage match; at++)
        {
            filters.Add(match.Specification);
        }

        var filter = filters switch { [] => [], [var only] => only, _ => new BsonDocument("$and", new BsonArray(filters)) };
        var query = filters is [_] ? ((MatchStage)_stages[0]).Filter : QueryFilter.Parse(filter, _scope);
        var sort = SortSpec.None;
        long? limit = null;
        long skip = 0;
        if (at < _stages.Length && _stages[at] is SortStage sorting)
        {
            (sort, skip, limit) = (sorting.Order, sorting.Skip, sorting.Limit);
            at++;
        }
        else
        {
            if (at < _stages.Length && _stages[at] is SkipStage skipping)
            {
                skip = skipping.Count;
                at++;
            }

            if (at < _stages.Length && _stages[at] is LimitStage limiting)
            {
                limit = limiting.Count;
                at++;
            }
        }

        return new PipelineSplit(filter, query, sort, skip, limit, new Pipeline(_stages.Skip(at), _scope));
    }

    /// <summary>Lets a sort know how many documents are wanted of it, so that it need not hold them all.</summary>
    private static List<Stage> Fuse(List<Stage> stages)
    {
        var fused = new List<Stage>(stages.Count);
        foreach (var stage in stages)
        {
            var before = fused.Count > 0 ? fused[^1] as SortStage : null;
            switch (stage)
            {
                case SkipStage skip when before is { Limit: null }:
                    fused[^1] = new SortStage(before.Order, before.Skip + skip.Count, null) { Written = before.Written };
                    break;
                case LimitStage limit when before is not null:
                    fused[^1] = new SortStage(before.Order, before.Skip, Math.Min(limit.Count, before.Limit ?? long.MaxValue))
                    {
                        Written = before.Written,
                    };
                    break;
                default:
                    fused.Add(stage);
                    break;
            }
        }

        return fused;
    }

    private HashSet<string>? CollectReads()
    {
        var fields = new HashSet<string>(StringComparer.Ordinal);
        foreach (var stage in _stages)
        {
            var demand = stage.CollectReads(fields);
            if (demand != FieldDemand.PassesOn)
            {
                return demand == FieldDemand.Complete ? fields : null;
            }
        }

        return null;
    }
}

/// <summary>A pipeline in two parts.</summary>
/// <param name="Filter">What the first part matches, as written.</param>
/// <param name="Query">The same, parsed.</param>
/// <param name="Sort">How the matches are sorted; may be empty.</param>
/// <param name="Skip">How many of the sorted matches are passed over.</param>
/// <param name="Limit">How many are wanted after those; null for all.</param>
/// <param name="Rest">What is to be run over these.</param>
internal sealed record PipelineSplit(BsonDocument Filter, QueryFilter Query, SortSpec Sort, long Skip, long? Limit, Pipeline Rest);
