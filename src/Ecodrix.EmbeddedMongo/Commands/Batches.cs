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
    /// Answers with the first results. If there may be more, a cursor takes the results over; else they are disposed of.
    /// </summary>
    public static void WriteFirst(CommandContext context, string collection, ResultStream results, BatchOptions options)
    {
        Cursor? rest = null;
        try
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

            // A full batch may have been the last one. An empty one was asked for to have nothing run yet.
            more &= !options.IsSingle && (held.Length > 0 || options.Size == 0 || results.Next(held));
            rest = more ? context.Host.Cursors.Open(context.Database, collection, results, held.Span, options.NeverExpires) : null;
            Close(output, answer, cursor, rest?.Id ?? 0, $"{context.Database}.{collection}");
        }
        finally
        {
            if (rest is null)
            {
                results.Dispose();
            }
        }
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
