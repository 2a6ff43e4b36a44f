using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>A <c>$lookup</c> as a pipeline says it.</summary>
internal sealed class LookupSpec
{
    public required string From { get; init; }

    public required FieldPath As { get; init; }

    public FieldPath? Local { get; init; }

    public string? Foreign { get; init; }

    public IReadOnlyList<(string Name, int Slot, Expression Value)> Let { get; init; } = [];

    public Pipeline? Pipeline { get; init; }

    /// <summary>The first <c>$match</c> of the pipeline, if it begins with one.</summary>
    public BsonDocument? FirstMatch { get; init; }

    /// <summary>The variables that <see cref="FirstMatch"/> may read.</summary>
    public required ExpressionScope Scope { get; init; }

    public static LookupSpec Parse(BsonDocument specification, ExpressionScope scope)
    {
        foreach (var element in specification)
        {
            if (element.Name is not ("from" or "localField" or "foreignField" or "let" or "pipeline" or "as"))
            {
                throw Errors.FailedToParse($"unknown argument to $lookup: {element.Name}");
            }
        }

        string from = Text(specification, "from") ?? throw Errors.FailedToParse("must specify 'from' field for a $lookup");
        string target = Text(specification, "as") ?? throw Errors.FailedToParse("must specify 'as' field for a $lookup");
        string? local = Text(specification, "localField"), foreign = Text(specification, "foreignField");
        var stages = specification.GetValue("pipeline", null);
        if ((local is null) != (foreign is null))
        {
            throw Errors.FailedToParse("$lookup requires both or neither of 'localField' and 'foreignField' to be specified");
        }

        if (local is null && stages is null)
        {
            throw Errors.FailedToParse("$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified");
        }

        var inner = ParseLet(specification.GetValue("let", null), scope, out var let);
        var pipeline = stages switch
        {
            null => null,
            BsonArray array => Pipeline.Parse(array, inner),
            _ => throw Errors.TypeMismatch("'pipeline' option must be specified as an array"),
        };
        return new LookupSpec
        {
            From = from,
            As = ExpressionParser.ParsePath(target),
            Local = local is null ? null : ExpressionParser.ParsePath(local),
            Foreign = foreign is null ? null : ExpressionParser.ParsePath(foreign).Text,
            Let = let,
            Pipeline = pipeline,
            FirstMatch = pipeline?.Stages is [MatchStage match, ..] ? match.Specification : null,
            Scope = inner,
        };
    }

    private static string? Text(BsonDocument specification, string name) => specification.GetValue(name, null) switch
    {
        null => null,
        BsonString text => text.Value,
        var other => throw Errors.FailedToParse($"$lookup argument '{name}: {other}' must be a string, is type {Errors.TypeName(other)}"),
    };

    private static ExpressionScope ParseLet(BsonValue? argument, ExpressionScope scope, out List<(string, int, Expression)> let)
    {
        let = [];
        if (argument is not (null or BsonDocument))
        {
            throw Errors.FailedToParse($"$lookup argument 'let: {argument}' must be an object, is type {Errors.TypeName(argument)}");
        }

        var inner = scope;
        foreach (var element in argument as BsonDocument ?? [])
        {
            VariableNames.Check(element.Name);
            inner = inner.Declare(element.Name);

            // The values see the outer variables only, not one another.
            let.Add((element.Name, inner.Slot, ExpressionParser.Parse(element.Value, scope)));
        }

        return inner;
    }
}
