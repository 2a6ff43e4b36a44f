using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Planning;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>Writes the answers that carry a batch of results.</summary>
internal static class Batches
{
    /// <summary>MongoDB's number of results in a first batch whose size nobody gave.</summary>
    public const int DefaultFirst = 101;

    /// <summary>
    /// Answers with the first results. If there are more, they are put aside under a cursor, so that later writes do not
    /// disturb it and it does not hold up the writer.
    /// </summary>
    public static void WriteFirst(CommandContext context, string collection, ResultStream results, BatchOptions options)
    {
        var output = context.Reply;
        using var held = new ByteBuffer(16);
        int answer = BsonEncoder.Open(output);
        BsonEncoder.Name(output, BsonType.Document, "cursor");
        int cursor = BsonEncoder.Open(output);
        BsonEncoder.Name(output, BsonType.Array, "firstBatch");
        int batch = BsonEncoder.Open(output);
        bool more = Cursor.WriteBatch(results, output, options.Size ?? DefaultFirst, held);
        BsonEncoder.Close(output, batch);

        long id = more && !options.IsSingle ? PutAside(context, collection, results, held.Span, options) : 0;
        Close(output, answer, cursor, id, $"{context.Database}.{collection}");
    }

    public static void WriteNext(CommandContext context, Cursor cursor, long? size, out bool more)
    {
        var output = context.Reply;
        int answer = BsonEncoder.Open(output);
        BsonEncoder.Name(output, BsonType.Document, "cursor");
        int start = BsonEncoder.Open(output);
        BsonEncoder.Name(output, BsonType.Array, "nextBatch");
        int batch = BsonEncoder.Open(output);
        more = cursor.WriteBatch(output, size is null or 0 ? long.MaxValue : size.Value);
        BsonEncoder.Close(output, batch);
        Close(output, answer, start, more ? cursor.Id : 0, cursor.Namespace);
    }

    private static long PutAside(
        CommandContext context, string collection, ResultStream results, ReadOnlySpan<byte> held, BatchOptions options)
    {
        var spool = Spool.Of(results, held, context.Host.Cursors.SpoolDirectory);
        if (spool.IsEmpty)
        {
            spool.Dispose();
            return 0;
        }

        return context.Host.Cursors.Open(context.Database, collection, spool, options.NeverExpires).Id;
    }

    private static void Close(ByteBuffer output, int answer, int cursor, long id, string ns)
    {
        BsonEncoder.Element(output, "id", id);
        BsonEncoder.Element(output, "ns", ns);
        BsonEncoder.Close(output, cursor);
        BsonEncoder.Element(output, "ok", 1.0);
        BsonEncoder.Close(output, answer);
    }
}

/// <summary>What a client asks of the first batch: how many results, whether only that one, whether its cursor may be idle for ever.</summary>
internal readonly record struct BatchOptions(long? Size, bool IsSingle, bool NeverExpires);
