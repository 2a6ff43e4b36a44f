using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Update;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>Applies an update to stored documents, and inserts what an upsert makes.</summary>
internal static class DocumentUpdate
{
    /// <summary>Updates one document and tells what it was and is.</summary>
    public static UpdateOutcome Apply(
        WriteSession session, CollectionInfo collection, Match match, ReadOnlySpan<byte> body, UpdateProgram update, out BsonDocument before)
    {
        before = BsonDecoder.Document(body);
        var outcome = update.Apply(before, match.Positional);
        if (outcome.Changed)
        {
            using var after = new ByteBuffer(body.Length + 64);
            Encode(outcome.Document, after);
            session.Documents.Update(collection, match.Record, body, after.Span);
        }

        return outcome;
    }

    /// <summary>Inserts the document that an upsert makes where nothing matched.</summary>
    public static BsonDocument Upsert(WriteSession session, string database, string name, FindQuery query, UpdateProgram update)
    {
        var document = update.ForUpsert(query.Filter);
        if (!document.Contains("_id"))
        {
            document = new BsonDocument("_id", ObjectId.GenerateNewId()).AddRange(document.Elements);
        }

        using var body = new ByteBuffer();
        using var rebuilt = new ByteBuffer(16);
        Encode(document, body);
        var collection = session.Schema.GetOrCreate(database, name);
        session.Documents.Insert(collection, IdentifiedDocument.Of(body.Span, rebuilt));
        return document;
    }

    private static void Encode(BsonDocument document, ByteBuffer output)
    {
        BsonEncoder.Document(output, document);
        // Updates can nest deeper than what came in over the wire.
        RawValidation.Check(output.Span);
    }
}
