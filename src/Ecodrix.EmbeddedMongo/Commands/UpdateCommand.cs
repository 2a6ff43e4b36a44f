using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Update;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary><c>update</c>.</summary>
internal static class UpdateCommand
{
    public static readonly HashSet<string> Fields = new(StringComparer.Ordinal)
    {
        "updates", "ordered", "bypassDocumentValidation", "let",
    };

    private static readonly HashSet<string> StatementFields = new(StringComparer.Ordinal)
    {
        "q", "u", "c", "multi", "upsert", "collation", "arrayFilters", "hint", "sort", "comment",
    };

    public static async Task<BsonDocument?> UpdateAsync(CommandContext context, CancellationToken ct)
    {
        string database = context.Database, collection = context.Collection;
        bool ordered = Arguments.Flag(context.Body, "ordered", otherwise: true);
        var statements = context.Request.Sequence("updates").ConvertAll(raw => BsonDecoder.Document(raw.Span));
        InsertCommand.CheckBatch(statements.Count);
        var variables = context.Variables();
        return await context.Store.WriteAsync(session =>
            new Batch(session, database, collection, variables).Run(statements, ordered), ct).ConfigureAwait(false);
    }

    /// <summary>Which documents a statement is about.</summary>
    public static FindQuery QueryOf(BsonDocument statement, Variables variables)
    {
        Arguments.CheckKnown(statement, "update.updates", StatementFields, isCommand: false);
        Arguments.RefuseCollation(statement);
        bool multi = Arguments.Flag(statement, "multi");
        var (sort, natural) = FindCommands.Sorting(Arguments.OptionalDocument(statement, "sort"));
        if (multi && !sort.IsEmpty)
        {
            throw Errors.FailedToParse("Cannot specify sort with multi=true");
        }

        return new FindQuery
        {
            Filter = QueryFilter.Parse(Arguments.Document(statement, "q"), variables),
            Sort = sort,
            Hint = natural ?? Arguments.Hint(statement),
            Limit = multi ? 0 : 1,
        };
    }

    /// <summary>One command's statements as they are worked off.</summary>
    private sealed class Batch(WriteSession session, string database, string name, Variables variables)
    {
        private readonly BsonArray _upserted = [];
        private int _matched;
        private int _modified;

        public BsonDocument Run(List<BsonDocument> statements, bool ordered)
        {
            var errors = new WriteErrors(ordered);
            for (int from = 0; from < statements.Count && !errors.StopsBatch; from += DocumentWrites.MostTogether)
            {
                int until = Math.Min(from + DocumentWrites.MostTogether, statements.Count);
                if (!RunTogether(statements, from, until))
                {
                    RunEach(statements, from, until, errors);
                }
            }

            var reply = new BsonDocument { { "n", _matched + _upserted.Count }, { "nModified", _modified } };
            if (_upserted.Count > 0)
            {
                reply.Add("upserted", _upserted);
            }

            return errors.AddTo(reply);
        }

        private bool RunTogether(List<BsonDocument> statements, int from, int until)
        {
            // An upsert may have to make the collection, and a statement about many documents may be about all there are.
            if (until - from < 2 || session.View(database).Find(name) is not { } collection || statements.GetRange(from, until - from).Exists(s => s.GetValue("multi", false) != BsonBoolean.False))
            {
                return false;
            }

            var (matched, modified, upserted) = (_matched, _modified, _upserted.Count);
            bool kept = session.Documents.TryTogether(collection, () =>
            {
                for (int i = from; i < until; i++)
                {
                    RunStatement(statements[i], i);
                }
            });
            if (!kept)
            {
                (_matched, _modified) = (matched, modified);
                while (_upserted.Count > upserted)
                {
                    _upserted.RemoveAt(_upserted.Count - 1);
                }
            }

            return kept;
        }

        private void RunEach(List<BsonDocument> statements, int from, int until, WriteErrors errors)
        {
            for (int i = from; i < until && !errors.StopsBatch; i++)
            {
                try
                {
                    RunStatement(statements[i], i);
                }
                catch (MongoError error)
                {
                    errors.Add(i, error);
                }
            }
        }

        private void RunStatement(BsonDocument statement, int index)
        {
            var constants = StatementVariables(statement);
            var query = QueryOf(statement, constants);
            var update = UpdateProgram.Parse(
                statement.GetValue("u", null) ?? throw Arguments.Missing("update.updates.u"),
                Arguments.OptionalArray(statement, "arrayFilters"),
                constants);
            bool multi = Arguments.Flag(statement, "multi");
            if (multi && update.IsReplacement)
            {
                throw Errors.FailedToParse("multi update is not supported for replacement-style update");
            }

            int before = _matched;
            UpdateMatches(query, update, multi);
            if (_matched == before && Arguments.Flag(statement, "upsert"))
            {
                var inserted = DocumentUpdate.Upsert(session, database, name, query, update);
                _upserted.Add(new BsonDocument { { "index", index }, { "_id", inserted["_id"] } });
            }
        }

        private void UpdateMatches(FindQuery query, UpdateProgram update, bool multi)
        {
            var view = session.View(database);
            var collection = view.Find(name);
            using var body = new ByteBuffer();
            if (!multi)
            {
                if (Selection.First(view, collection, query, body) is { } match)
                {
                    UpdateOne(collection!, match, body, update);
                }

                return;
            }

            foreach (var match in Selection.All(view, collection, query))
            {
                Selection.Load(view, collection!, match.Record, body);
                UpdateOne(collection!, match, body, update);
            }
        }

        private void UpdateOne(CollectionInfo collection, Match match, ByteBuffer body, UpdateProgram update)
        {
            bool changed = DocumentUpdate.Apply(session, collection, match, body.Span, update, out _).Changed;
            _matched++;
            _modified += changed ? 1 : 0;
        }

        /// <summary>A pipeline update may bring constants of its own.</summary>
        private Variables StatementVariables(BsonDocument statement)
        {
            var own = Arguments.OptionalDocument(statement, "c");
            return own is null ? variables
                : new Variables(variables.Now.ToUniversalTime(), new BsonDocument(variables.Let).Merge(own, overwriteExistingElements: true));
        }
    }
}
