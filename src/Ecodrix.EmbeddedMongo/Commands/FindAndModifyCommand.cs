using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Projection;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Update;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary><c>findAndModify</c>: finds one document and changes it, with nobody in between.</summary>
internal static class FindAndModifyCommand
{
    public static readonly HashSet<string> Fields = new(StringComparer.Ordinal)
    {
        "query", "sort", "remove", "update", "new", "fields", "upsert", "bypassDocumentValidation", "collation", "arrayFilters",
        "hint", "let",
    };

    public static async Task<BsonDocument?> FindAndModifyAsync(CommandContext context, CancellationToken ct)
    {
        string database = context.Database, collection = context.Collection;
        var modification = Parse(context.Body, context.Variables());
        return await context.Store.WriteAsync(session => modification.Update is null
            ? Remove(session, database, collection, modification)
            : Update(session, database, collection, modification), ct).ConfigureAwait(false);
    }

    public static Modification Parse(BsonDocument body, Variables variables)
    {
        Arguments.RefuseCollation(body);
        bool remove = Arguments.Flag(body, "remove");
        bool upsert = Arguments.Flag(body, "upsert");
        bool returnsNew = Arguments.Flag(body, "new");
        bool hasUpdate = body.TryGetValue("update", out var update);
        if (remove == hasUpdate)
        {
            throw Errors.FailedToParse(remove ? "Cannot specify both an update and remove=true" : "Either an update or remove=true must be specified");
        }

        if (remove && (upsert || returnsNew))
        {
            throw Errors.FailedToParse(upsert
                ? "Cannot specify both upsert=true and remove=true "
                : "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document");
        }

        var fields = Arguments.OptionalDocument(body, "fields");
        var (sort, natural) = FindCommands.Sorting(Arguments.OptionalDocument(body, "sort"));
        var query = new FindQuery
        {
            Filter = QueryFilter.Parse(Arguments.OptionalDocument(body, "query") ?? [], variables),
            Sort = sort,
            Hint = natural ?? Arguments.Hint(body),
            Limit = 1,
            Projection = fields is { ElementCount: > 0 } ? ProjectionProgram.Parse(fields, variables) : null,
        };
        return new Modification(
            query,
            remove ? null : UpdateProgram.Parse(update, Arguments.OptionalArray(body, "arrayFilters"), variables),
            upsert,
            returnsNew);
    }

    private static BsonDocument Remove(WriteSession session, string database, string name, Modification modification)
    {
        var view = session.View(database);
        var collection = view.Find(name);
        using var body = new ByteBuffer();
        if (Selection.First(view, collection, modification.Query, body) is not { } match)
        {
            return Answer(new BsonDocument("n", 0), null, modification, null);
        }

        session.Documents.Delete(collection!, match.Record, body.Span);
        return Answer(new BsonDocument("n", 1), BsonDecoder.Document(body.Span), modification, match.Positional);
    }

    private static BsonDocument Update(WriteSession session, string database, string name, Modification modification)
    {
        var view = session.View(database);
        var collection = view.Find(name);
        using var body = new ByteBuffer();
        if (Selection.First(view, collection, modification.Query, body) is { } match)
        {
            var outcome = DocumentUpdate.Apply(session, collection!, match, body.Span, modification.Update!, out var before);
            return Answer(
                new BsonDocument { { "n", 1 }, { "updatedExisting", true } },
                modification.ReturnsNew ? outcome.Document : before, modification, match.Positional);
        }

        if (!modification.Upserts)
        {
            return Answer(new BsonDocument { { "n", 0 }, { "updatedExisting", false } }, null, modification, null);
        }

        var inserted = DocumentUpdate.Upsert(session, database, name, modification.Query, modification.Update!);
        return Answer(
            new BsonDocument { { "n", 1 }, { "updatedExisting", false }, { "upserted", inserted["_id"] } },
            modification.ReturnsNew ? inserted : null, modification, null);
    }

    private static BsonDocument Answer(BsonDocument lastError, BsonDocument? value, Modification modification, int? positional)
    {
        var shown = value is null || modification.Query.Projection is null ? value : modification.Query.Projection.Apply(value, positional);
        return new BsonDocument { { "lastErrorObject", lastError }, { "value", (BsonValue?)shown ?? BsonNull.Value } };
    }

    /// <summary>What to find and what to do with it; without an update it is removed.</summary>
    internal sealed record Modification(FindQuery Query, UpdateProgram? Update, bool Upserts, bool ReturnsNew);
}
