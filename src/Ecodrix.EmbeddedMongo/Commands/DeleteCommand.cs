using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary><c>delete</c>.</summary>
internal static class DeleteCommand
{
    public static readonly HashSet<string> Fields = new(StringComparer.Ordinal) { "deletes", "ordered", "let" };

    private static readonly HashSet<string> StatementFields = new(StringComparer.Ordinal) { "q", "limit", "collation", "hint", "comment" };

    public static async Task<BsonDocument?> DeleteAsync(CommandContext context, CancellationToken ct)
    {
        string database = context.Database, collection = context.Collection;
        bool ordered = Arguments.Flag(context.Body, "ordered", otherwise: true);
        var statements = context.Request.Sequence("deletes").ConvertAll(raw => BsonDecoder.Document(raw.Span));
        InsertCommand.CheckBatch(statements.Count);
        var variables = context.Variables();
        return await context.Store.WriteAsync(session => Run(session, database, collection, statements, ordered, variables), ct)
            .ConfigureAwait(false);
    }

    private static BsonDocument Run(
        WriteSession session, string database, string name, List<BsonDocument> statements, bool ordered, Variables variables)
    {
        var errors = new WriteErrors(ordered);
        int deleted = 0;
        for (int i = 0; i < statements.Count && !errors.StopsBatch; i++)
        {
            try
            {
                deleted += RunStatement(session, database, name, statements[i], variables);
            }
            catch (MongoError error)
            {
                errors.Add(i, error);
            }
        }

        return errors.AddTo(new BsonDocument("n", deleted));
    }

    /// <summary>Which documents a statement is about.</summary>
    public static FindQuery QueryOf(BsonDocument statement, Variables variables)
    {
        Arguments.CheckKnown(statement, "delete.deletes", StatementFields, isCommand: false);
        Arguments.RefuseCollation(statement);
        long limit = Arguments.Count(statement, "limit") ?? throw Arguments.Missing("delete.deletes.limit");
        if (limit > 1)
        {
            throw Errors.FailedToParse($"The limit field in delete objects must be 0 or 1. Got {limit}");
        }

        return new FindQuery
        {
            Filter = QueryFilter.Parse(Arguments.Document(statement, "q"), variables),
            Hint = Arguments.Hint(statement),
            Limit = (int)limit,
        };
    }

    private static int RunStatement(WriteSession session, string database, string name, BsonDocument statement, Variables variables)
    {
        var query = QueryOf(statement, variables);
        var view = session.View(database);
        var collection = view.Find(name);
        using var body = new ByteBuffer();
        if (query.Limit == 1)
        {
            if (Selection.First(view, collection, query, body) is not { } match)
            {
                return 0;
            }

            session.Documents.Delete(collection!, match.Record, body.Span);
            return 1;
        }

        var matches = Selection.All(view, collection, query);
        foreach (var match in matches)
        {
            Selection.Load(view, collection!, match.Record, body);
            session.Documents.Delete(collection!, match.Record, body.Span);
        }

        return matches.Count;
    }
}
