using Ecodrix.EmbeddedMongo.Aggregation;
using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>What a command does with the documents it finds.</summary>
internal enum ExplainKind
{
    Read,
    Count,
    Update,
    Delete,
}

/// <summary>A command to be explained: which documents of which collection it looks for, and what it is going to do with them.</summary>
/// <param name="Kind">What it does with them.</param>
/// <param name="Collection">The collection.</param>
/// <param name="Query">Which documents.</param>
/// <param name="Filter">The query's filter as it was written.</param>
/// <param name="Stages">The stages of a pipeline that run over what was found.</param>
internal sealed record ExplainTarget(
    ExplainKind Kind, string Collection, FindQuery Query, BsonDocument Filter, IReadOnlyList<BsonValue> Stages)
{
    /// <summary>The field whose values are asked for, by <c>distinct</c>.</summary>
    public FieldPath? DistinctKey { get; init; }

    /// <exception cref="MongoError">59 if the command is not one of those that can be explained; whatever is wrong with it.</exception>
    public static ExplainTarget Of(CommandContext context, BsonDocument command)
    {
        string name = command.GetElement(0).Name;
        string collection = command.GetElement(0).Value is BsonString { Value.Length: > 0 } text
            ? Names.CheckCollection(context.Database, text.Value)
            : throw new MongoError(73, "InvalidNamespace", $"collection name has invalid type or is empty for {name}");
        var variables = new Variables(context.Host.Clock.GetUtcNow().UtcDateTime, Arguments.OptionalDocument(command, "let"));
        switch (name)
        {
            case "find":
                Arguments.CheckKnown(command, name, FindCommands.FindFields, isCommand: true);
                return Simple(ExplainKind.Read, collection, FindCommands.Parse(command, variables), command, "filter");
            case "count":
                Arguments.CheckKnown(command, name, CountCommands.CountFields, isCommand: true);
                return Simple(ExplainKind.Count, collection, CountCommands.ParseCount(command, variables), command, "query");
            case "distinct":
                Arguments.CheckKnown(command, name, CountCommands.DistinctFields, isCommand: true);
                return Simple(ExplainKind.Read, collection, CountCommands.ParseDistinct(command, variables), command, "query") with { DistinctKey = CountCommands.DistinctKey(command) };
            case "findAndModify" or "findandmodify":
                Arguments.CheckKnown(command, name, FindAndModifyCommand.Fields, isCommand: true);
                var modification = FindAndModifyCommand.Parse(command, variables);
                var kind = modification.Update is null ? ExplainKind.Delete : ExplainKind.Update;
                return Simple(kind, collection, modification.Query, command, "query");
            case "update":
                Arguments.CheckKnown(command, name, [.. UpdateCommand.Fields, "updates"], isCommand: true);
                var update = Single(command, "updates");
                return Simple(ExplainKind.Update, collection, UpdateCommand.QueryOf(update, variables), update, "q");
            case "delete":
                Arguments.CheckKnown(command, name, [.. DeleteCommand.Fields, "deletes"], isCommand: true);
                var delete = Single(command, "deletes");
                return Simple(ExplainKind.Delete, collection, DeleteCommand.QueryOf(delete, variables), delete, "q");
            case "aggregate":
                Arguments.CheckKnown(command, name, AggregateCommand.Fields, isCommand: true);
                return OfPipeline(collection, command, variables);
            default:
                throw new MongoError(59, "CommandNotFound", $"Explain failed due to unknown command: {name}");
        }
    }

    private static ExplainTarget OfPipeline(string collection, BsonDocument command, Variables variables)
    {
        Arguments.RefuseCollation(command);
        var split = Pipeline.Parse(Arguments.Array(command, "pipeline"), variables).Split();
        return new ExplainTarget(
            ExplainKind.Read, collection, PipelineSource.QueryOf(split, Arguments.Hint(command)), split.Filter,
            [.. split.Rest.Stages.Where(stage => stage.Written is not null).Select(stage => stage.Written!)]);
    }

    private static ExplainTarget Simple(ExplainKind kind, string collection, FindQuery query, BsonDocument body, string filter) =>
        new(kind, collection, query, Arguments.OptionalDocument(body, filter) ?? [], []);

    private static BsonDocument Single(BsonDocument command, string field) =>
        Arguments.Array(command, field) is [BsonDocument only]
            ? only
            : throw new MongoError(16, "InvalidLength", "explained write batches must be of size 1");
}
