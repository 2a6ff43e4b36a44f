using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Projection;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary><c>$match</c>.</summary>
internal sealed class MatchStage(BsonDocument specification, QueryFilter filter) : Stage
{
    public BsonDocument Specification { get; } = specification;

    public QueryFilter Filter { get; } = filter;

    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        var state = new MatchState { Slots = run.Slots };
        foreach (var document in source)
        {
            run.CheckCancelled();
            if (Filter.Matches(document, state))
            {
                yield return document;
            }
        }
    }

    public override FieldDemand CollectReads(ISet<string> fields)
    {
        if (Filter.Reads is null)
        {
            return FieldDemand.Everything;
        }

        fields.UnionWith(Filter.Reads);
        return FieldDemand.PassesOn;
    }

    public static MatchStage Parse(BsonValue argument, ExpressionScope scope) => argument is BsonDocument filter
        ? new MatchStage(filter, QueryFilter.Parse(filter, scope))
        : throw Errors.Location(15959, "the match filter must be an expression in an object");
}

/// <summary><c>$project</c>, <c>$addFields</c>, <c>$set</c> and <c>$unset</c>.</summary>
internal sealed class ProjectStage(ProjectionProgram projection) : Stage
{
    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        var context = run.Evaluation();
        foreach (var document in source)
        {
            run.CheckCancelled();
            context.Root = document;
            yield return projection.Apply(document, context);
        }
    }

    public override FieldDemand CollectReads(ISet<string> fields)
    {
        bool known = projection.CollectReads(fields);
        return !known ? FieldDemand.Everything : projection.IsComplete ? FieldDemand.Complete : FieldDemand.PassesOn;
    }

    public static ProjectStage ParseUnset(BsonValue argument, ExpressionScope scope)
    {
        var names = argument switch
        {
            BsonString name => [name],
            BsonArray { Count: > 0 } several => several,
            _ => throw Errors.Location(31002, "$unset specification must be a string or an array of strings with at least one field"),
        };
        var exclusion = new BsonDocument();
        foreach (var name in names)
        {
            string path = name is BsonString text
                ? text.Value
                : throw Errors.Location(31120, "$unset specification must be a string or an array containing only string values");
            if (path.Length == 0 || exclusion.Contains(path))
            {
                throw path.Length == 0
                    ? Errors.Location(40352, "FieldPath cannot be constructed with empty string")
                    : Errors.Location(31250, $"Path collision at {path}");
            }

            exclusion.Add(path, 0);
        }

        return new ProjectStage(ProjectionProgram.ParseStage(exclusion, scope));
    }
}

/// <summary><c>$skip</c>.</summary>
internal sealed class SkipStage(long count) : Stage
{
    public long Count { get; } = count;

    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        long left = Count;
        foreach (var document in source)
        {
            if (left-- <= 0)
            {
                yield return document;
            }
        }
    }

    public override FieldDemand CollectReads(ISet<string> fields) => FieldDemand.PassesOn;

    public static SkipStage Parse(BsonValue argument) => Numbers.TryWhole(argument, out long count) && count >= 0
        ? new SkipStage(count)
        : throw Errors.Location(5107200, $"invalid argument to $skip stage: Expected a non-negative number in: $skip: {argument}");
}

/// <summary><c>$limit</c>.</summary>
internal sealed class LimitStage(long count) : Stage
{
    public long Count { get; } = count;

    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        long left = Count;
        foreach (var document in source)
        {
            yield return document;
            if (--left == 0)
            {
                yield break;
            }
        }
    }

    public override FieldDemand CollectReads(ISet<string> fields) => FieldDemand.PassesOn;

    public static LimitStage Parse(BsonValue argument)
    {
        if (!Numbers.TryWhole(argument, out long count) || count < 0)
        {
            throw Errors.Location(5107201, $"invalid argument to $limit stage: Expected a non-negative number in: $limit: {argument}");
        }

        return count > 0 ? new LimitStage(count) : throw Errors.Location(15958, "the limit must be positive");
    }
}

/// <summary><c>$replaceRoot</c> and <c>$replaceWith</c>.</summary>
internal sealed class ReplaceRootStage(Expression root) : Stage
{
    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        var context = run.Evaluation();
        foreach (var document in source)
        {
            run.CheckCancelled();
            context.Root = document;
            var value = root.Evaluate(context);
            yield return value as BsonDocument ?? throw Errors.Location(
                40228, $"'newRoot' expression must evaluate to an object, but resulting value was: {value?.ToString() ?? "MISSING"}. Type of resulting value: '{Errors.TypeName(value)}'.");
        }
    }

    public override FieldDemand CollectReads(ISet<string> fields) =>
        root.CollectReads(fields) ? FieldDemand.Complete : FieldDemand.Everything;

    public static ReplaceRootStage Parse(BsonValue argument, ExpressionScope scope)
    {
        if (argument is not BsonDocument specification)
        {
            throw Errors.Location(40229, $"expected an object as specification for $replaceRoot stage, got type {Errors.TypeName(argument)}");
        }

        foreach (string name in specification.Names)
        {
            if (name != "newRoot")
            {
                throw Errors.Location(40230, $"unrecognized option to $replaceRoot stage: {name}, only valid option is 'newRoot'.");
            }
        }

        return specification.TryGetValue("newRoot", out var root)
            ? new ReplaceRootStage(ExpressionParser.Parse(root, scope))
            : throw Errors.Location(40231, "no newRoot specified for the $replaceRoot stage");
    }
}

/// <summary><c>$sample</c>: documents picked at random, each at most once.</summary>
internal sealed class SampleStage(int size) : Stage
{
    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        // Reservoir sampling: one pass, and no more held than wanted.
        var picked = new List<BsonDocument>();
        long seen = 0;
        foreach (var document in source)
        {
            run.CheckCancelled();
            long at = Random.Shared.NextInt64(++seen);
            if (picked.Count < size)
            {
                picked.Add(document);
            }
            else if (at < size)
            {
                picked[(int)at] = document;
            }
        }

        Random.Shared.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(picked));
        return picked;
    }

    public override FieldDemand CollectReads(ISet<string> fields) => FieldDemand.PassesOn;

    public static SampleStage Parse(BsonValue argument)
    {
        if (argument is not BsonDocument specification)
        {
            throw Errors.Location(28745, "the $sample stage specification must be an object");
        }

        foreach (string name in specification.Names)
        {
            if (name != "size")
            {
                throw Errors.Location(28748, $"unrecognized option to $sample: {name}");
            }
        }

        return Numbers.TryInt(specification.GetValue("size", BsonNull.Value), out int size) && size > 0
            ? new SampleStage(size)
            : throw Errors.Location(28747, "size argument to $sample must be a positive integer");
    }
}
