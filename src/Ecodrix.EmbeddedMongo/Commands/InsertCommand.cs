using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Storage;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary><c>insert</c>.</summary>
internal static class InsertCommand
{
    /// <summary>MongoDB's limit on the writes of one command.</summary>
    public const int MaximumBatch = 100_000;

    public static readonly HashSet<string> Fields = new(StringComparer.Ordinal)
    {
        "documents", "ordered", "bypassDocumentValidation",
    };

    public static async Task<BsonDocument?> InsertAsync(CommandContext context, CancellationToken ct)
    {
        string database = context.Database, collection = context.Collection;
        bool ordered = Arguments.Flag(context.Body, "ordered", otherwise: true);
        var documents = context.Request.Sequence("documents");
        CheckBatch(documents.Count);

        return await context.Store.WriteAsync(session => Run(session, database, collection, documents, ordered), ct).ConfigureAwait(false);
    }

    /// <exception cref="MongoError">16.</exception>
    public static void CheckBatch(int count)
    {
        if (count is 0 or > MaximumBatch)
        {
            throw new MongoError(16, "InvalidLength",
                $"Write batch sizes must be between 1 and {MaximumBatch}. Got {count} operations.");
        }
    }

    private static BsonDocument Run(
        WriteSession session, string database, string name, List<ReadOnlyMemory<byte>> documents, bool ordered)
    {
        var collection = session.Schema.GetOrCreate(database, name);
        var errors = new WriteErrors(ordered);
        using var rebuilt = new ByteBuffer();
        int inserted = 0;
        for (int from = 0; from < documents.Count && !errors.StopsBatch; from += DocumentWrites.MostTogether)
        {
            int until = Math.Min(from + DocumentWrites.MostTogether, documents.Count);
            inserted += until - from > 1 && session.Documents.TryTogether(collection, () => InsertAll(from, until), insertsOnly: true)
                ? until - from
                : InsertEach(from, until);
        }

        return errors.AddTo(new BsonDocument("n", inserted));

        void InsertAll(int from, int until)
        {
            for (int i = from; i < until; i++)
            {
                session.Documents.Insert(collection, IdentifiedDocument.Of(documents[i].Span, rebuilt));
            }
        }

        int InsertEach(int from, int until)
        {
            int done = 0;
            for (int i = from; i < until && !errors.StopsBatch; i++)
            {
                try
                {
                    InsertAll(i, i + 1);
                    done++;
                }
                catch (MongoError error)
                {
                    errors.Add(i, error);
                }
            }

            return done;
        }
    }
}
