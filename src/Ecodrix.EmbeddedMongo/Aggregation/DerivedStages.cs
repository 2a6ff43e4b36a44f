using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>Stages that are short for others.</summary>
internal static class DerivedStages
{
    public static IReadOnlyList<Stage> Count(BsonValue argument, ExpressionScope scope)
    {
        if (argument is not BsonString { Value.Length: > 0 } name)
        {
            throw Errors.Location(40156, "the count field must be a non-empty string");
        }

        if (name.Value.StartsWith('$') || name.Value.Contains('.', StringComparison.Ordinal) || name.Value.Contains('\0', StringComparison.Ordinal))
        {
            throw Errors.Location(name.Value[0] == '$' ? 40158 : 40160, "the count field cannot be a $-prefixed path or contain '.'");
        }

        return Expand(scope, new BsonDocument("$group", new BsonDocument { { "_id", BsonNull.Value }, { name.Value, new BsonDocument("$sum", 1) } }),
            new BsonDocument("$project", new BsonDocument("_id", 0)));
    }

    public static IReadOnlyList<Stage> SortByCount(BsonValue argument, ExpressionScope scope)
    {
        bool isExpression = argument is BsonString { Value: ['$', ..] }
            || (argument is BsonDocument { ElementCount: > 0 } document && document.GetElement(0).Name.StartsWith('$'));
        if (!isExpression)
        {
            throw Errors.Location(40148, "the sortByCount field must be specified as a $-prefixed path or an expression object");
        }

        return Expand(scope, new BsonDocument("$group", new BsonDocument { { "_id", argument }, { "count", new BsonDocument("$sum", 1) } }),
            new BsonDocument("$sort", new BsonDocument("count", -1)));
    }

    public static IReadOnlyList<Stage> Bucket(BsonDocument specification, ExpressionScope scope)
    {
        foreach (string name in specification.Names)
        {
            if (name is not ("groupBy" or "boundaries" or "default" or "output"))
            {
                throw Errors.Location(40197, $"Unrecognized option to $bucket: {name}.");
            }
        }

        if (!specification.TryGetValue("groupBy", out var groupBy) || !specification.Contains("boundaries"))
        {
            throw Errors.Location(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
        }

        var boundaries = ParseBoundaries(specification["boundaries"]);
        var fallback = specification.TryGetValue("default", out var given) ? given : null;
        if (fallback is not null && BsonOrder.RankOf(fallback) == BsonOrder.RankOf(boundaries[0])
            && BsonOrder.Instance.Compare(fallback, boundaries[0]) >= 0 && BsonOrder.Instance.Compare(fallback, boundaries[^1]) < 0)
        {
            throw Errors.Location(40199, "The $bucket 'default' field must be less than the lowest boundary or greater than or equal to the highest boundary.");
        }

        var key = new BucketExpression(ExpressionParser.Parse(groupBy, scope), boundaries, fallback);
        return [new GroupStage(key, ParseOutput(specification, scope)), new SortStage(SortSpec.Parse(new BsonDocument("_id", 1)), 0, null)];
    }

    public static IReadOnlyList<AccumulatorSpec> ParseOutput(BsonDocument specification, ExpressionScope scope)
    {
        var output = specification.GetValue("output", new BsonDocument("count", new BsonDocument("$sum", 1))) as BsonDocument
            ?? throw Errors.Location(40196, "The 'output' field must be an object.");
        return [.. output.Elements.Select(element => GroupParser.ParseField(element, scope))];
    }

    private static BsonArray ParseBoundaries(BsonValue argument)
    {
        if (argument is not BsonArray { Count: >= 2 } boundaries)
        {
            throw Errors.Location(40192, "The $bucket 'boundaries' field must be an array with at least 2 values.");
        }

        for (int i = 1; i < boundaries.Count; i++)
        {
            if (BsonOrder.RankOf(boundaries[i - 1]) != BsonOrder.RankOf(boundaries[i]))
            {
                throw Errors.Location(40193, "All values in the 'boundaries' option to $bucket must have the same type.");
            }

            if (BsonOrder.Instance.Compare(boundaries[i - 1], boundaries[i]) >= 0)
            {
                throw Errors.Location(40194, "The 'boundaries' option to $bucket must be sorted in ascending order.");
            }
        }

        return boundaries;
    }

    private static List<Stage> Expand(ExpressionScope scope, params ReadOnlySpan<BsonDocument> stages)
    {
        var expanded = new List<Stage>();
        foreach (var stage in stages)
        {
            expanded.AddRange(StageTable.Parse(stage, scope));
        }

        return expanded;
    }
}

/// <summary>The lower bound of the bucket that a value falls into.</summary>
internal sealed class BucketExpression(Expression value, BsonArray boundaries, BsonValue? fallback) : Expression
{
    public override BsonValue? Evaluate(EvaluationContext context)
    {
        var found = value.Evaluate(context) ?? BsonNull.Value;
        for (int i = boundaries.Count - 1; i >= 0; i--)
        {
            if (BsonOrder.Instance.Compare(found, boundaries[i]) >= 0)
            {
                if (i < boundaries.Count - 1)
                {
                    return boundaries[i];
                }

                break;
            }
        }

        return fallback ?? throw Errors.Location(
            40066, "$switch could not find a matching branch for an input, and no default was specified.");
    }

    public override bool CollectReads(ISet<string> fields) => value.CollectReads(fields);
}
