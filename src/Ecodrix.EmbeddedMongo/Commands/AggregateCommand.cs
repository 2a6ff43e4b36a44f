using Ecodrix.EmbeddedMongo.Aggregation;
using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary><c>aggregate</c>.</summary>
internal static class AggregateCommand
{
    public static readonly HashSet<string> Fields = new(StringComparer.Ordinal)
    {
        "pipeline", "cursor", "explain", "allowDiskUse", "bypassDocumentValidation", "collation", "hint", "let", "batchSize",
    };

    private static readonly HashSet<string> CursorFields = new(StringComparer.Ordinal) { "batchSize" };

    public static async Task<BsonDocument?> AggregateAsync(CommandContext context, CancellationToken ct)
    {
        string collection = SourceOf(context);
        Arguments.RefuseCollation(context.Body);
        if (Arguments.Flag(context.Body, "explain"))
        {
            return await ExplainCommand.AnswerAsync(context, context.Body, ct).ConfigureAwait(false);
        }

        var cursor = Arguments.OptionalDocument(context.Body, "cursor")
            ?? throw Errors.FailedToParse("The 'cursor' option is required, except for aggregate with the explain argument");
        Arguments.CheckKnown(cursor, "aggregate.cursor", CursorFields, isCommand: false);
        var pipeline = Pipeline.Parse(Arguments.Array(context.Body, "pipeline"), context.Variables());

        var options = new BatchOptions(Arguments.Count(cursor, "batchSize"), false, false);
        var hint = Arguments.Hint(context.Body);
        var snapshot = await context.Store.ReadAsync(context.Database, ct).ConfigureAwait(false);
        var results = new SnapshotStream(snapshot, () =>
        {
            var source = new PipelineSource(snapshot, snapshot.Find(collection), pipeline.Split(), hint);
            return new DocumentStream(source.Run(ct), source);
        });
        Batches.WriteFirst(context, collection, results, options);
        return null;
    }

    private static string SourceOf(CommandContext context) => context.Body.GetElement(0).Value.IsString
        ? context.Collection
        : throw new MongoError(115, "CommandNotSupported", "aggregate over a whole database ({aggregate: 1}) is not supported");
}
