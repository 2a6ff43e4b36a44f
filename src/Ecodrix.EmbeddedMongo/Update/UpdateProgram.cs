using Ecodrix.EmbeddedMongo.Aggregation;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Update;

/// <summary>What became of a document.</summary>
/// <param name="Document">The document as it is now; the original itself if nothing changed.</param>
/// <param name="Changed">Whether anything did.</param>
internal readonly record struct UpdateOutcome(BsonDocument Document, bool Changed);

/// <summary>An update, parsed once: operators, a whole replacement, or a pipeline. Threads may share it.</summary>
internal abstract class UpdateProgram
{
    public virtual bool IsReplacement => false;

    /// <exception cref="MongoError">The update is ill-formed, contradicts itself or uses what is unknown or not supported.</exception>
    public static UpdateProgram Parse(BsonValue update, BsonArray? arrayFilters = null, Variables? variables = null)
    {
        if (update is BsonArray stages)
        {
            return arrayFilters is null
                ? new PipelineProgram(Pipeline.ParseUpdate(stages, variables))
                : throw Errors.FailedToParse("Cannot specify arrayFilters and a pipeline update");
        }

        if (update is not BsonDocument document)
        {
            throw Errors.FailedToParse("Update argument must be either an object or an array");
        }

        if (document.ElementCount > 0 && document.GetElement(0).Name.StartsWith('$'))
        {
            var updates = UpdateParser.Parse(document);
            return new OperatorProgram(updates, UpdateParser.ParseArrayFilters(arrayFilters, updates, variables), variables);
        }

        return arrayFilters is null
            ? new ReplacementProgram(document)
            : throw Errors.FailedToParse("arrayFilters may not be specified for non-modifier (replacement) updates");
    }

    /// <summary>
    /// Updates a document, which itself is left as it is; the result may share parts with it and with the update.
    /// </summary>
    /// <param name="document">The document.</param>
    /// <param name="positional">The array element that the query matched, for <c>$</c>.</param>
    /// <exception cref="MongoError">66 if the <c>_id</c> would change; 2, 14, 28, 40 where an operator does not fit the document.</exception>
    public UpdateOutcome Apply(BsonDocument document, int? positional)
    {
        var next = Run(document, positional, isInsert: false);
        if (ReferenceEquals(next, document))
        {
            return new UpdateOutcome(document, false);
        }

        CheckId(document, next);
        return new UpdateOutcome(next, true);
    }

    /// <summary>
    /// The document that an upsert inserts where the filter found none: the filter's equality fields, then the update. It has
    /// an <c>_id</c> only if one of the two gives it.
    /// </summary>
    public BsonDocument ForUpsert(QueryFilter filter)
    {
        var seed = new BsonDocument();
        foreach (var (path, value) in filter.EqualityFields())
        {
            if (!IsReplacement || path.Text == "_id")
            {
                seed = SetField(seed, path, value);
            }
        }

        var document = Run(seed, positional: null, isInsert: true);
        CheckId(seed, document);
        return IdFirst(document);
    }

    protected abstract BsonDocument Run(BsonDocument document, int? positional, bool isInsert);

    private static BsonDocument SetField(BsonDocument document, FieldPath path, BsonValue value)
    {
        var run = new UpdateRun(document, OperatorProgram.NoSettings) { Positional = null, IsInsert = true };
        run.Edit(new SetUpdate(UpdatePath.Parse(path.Text), value));
        return run.Document;
    }

    private static void CheckId(BsonDocument before, BsonDocument after)
    {
        if (before.TryGetValue("_id", out var id) && (!after.TryGetValue("_id", out var now) || !BsonOrder.Instance.Equals(id, now)))
        {
            throw Errors.ImmutableField(
                $"Performing an update on the path '_id' would modify the immutable field '_id' of {{_id: {id}}}");
        }
    }

    private static BsonDocument IdFirst(BsonDocument document)
    {
        if (!document.TryGetElement("_id", out var id) || document.GetElement(0).Name == "_id")
        {
            return document;
        }

        var ordered = new BsonDocument(id.Name, id.Value);
        ordered.AddRange(document.Elements.Where(element => element.Name != "_id"));
        return ordered;
    }
}

/// <summary>Operators such as <c>$set</c>.</summary>
internal sealed class OperatorProgram(List<FieldUpdate> updates, Dictionary<string, QueryFilter> arrayFilters, Variables? variables) : UpdateProgram
{
    internal static readonly UpdateSettings NoSettings =
        new(new BsonDateTime(0), new Dictionary<string, QueryFilter>(), DetectsOverlaps: false);

    private readonly FieldUpdate[] _updates = [.. updates];

    private readonly UpdateSettings _settings = new(
        variables?.Now ?? NoSettings.Now, arrayFilters, updates.Count > 1 && updates.Any(update => update.Path.IsDynamic));

    protected override BsonDocument Run(BsonDocument document, int? positional, bool isInsert)
    {
        var run = new UpdateRun(document, _settings) { Positional = positional, IsInsert = isInsert };
        foreach (var update in _updates)
        {
            update.Run(run);
        }

        return run.Document;
    }
}

/// <summary>A document to be there instead; it keeps the <c>_id</c>.</summary>
internal sealed class ReplacementProgram : UpdateProgram
{
    private readonly BsonDocument _replacement;

    public ReplacementProgram(BsonDocument replacement)
    {
        _replacement = replacement;
        foreach (string name in replacement.Names)
        {
            if (name.StartsWith('$'))
            {
                throw Errors.DollarPrefixedFieldName($"The dollar ($) prefixed field '{name}' in '{name}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.");
            }
        }
    }

    public override bool IsReplacement => true;

    /// <summary>The replacement under the <c>_id</c> of the document, which comes first.</summary>
    public static BsonDocument Replace(BsonDocument document, BsonDocument replacement)
    {
        var next = new BsonDocument();
        if (replacement.TryGetValue("_id", out var given) | document.TryGetValue("_id", out var id))
        {
            // An _id that differs stays in sight, to be refused.
            next.Add("_id", given is null || (id is not null && BsonOrder.Instance.Equals(id, given)) ? id : given);
        }

        foreach (var element in replacement)
        {
            if (element.Name != "_id")
            {
                next.Add(element);
            }
        }

        return ExactEquality.Same(document, next) ? document : next;
    }

    protected override BsonDocument Run(BsonDocument document, int? positional, bool isInsert) => Replace(document, _replacement);
}

/// <summary>A pipeline over the one document.</summary>
internal sealed class PipelineProgram(Pipeline pipeline) : UpdateProgram
{
    protected override BsonDocument Run(BsonDocument document, int? positional, bool isInsert) =>
        ReplacementProgram.Replace(document, pipeline.Run([document], PipelineContext.Detached).Single());
}
