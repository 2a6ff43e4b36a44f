using Ecodrix.EmbeddedMongo.Bson;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>Sees to it that a document to be stored begins with its <c>_id</c>.</summary>
internal static class IdentifiedDocument
{
    /// <summary>The document itself, or one made in <paramref name="room"/>: with its <c>_id</c> first, given one if it has none.</summary>
    /// <exception cref="MongoError">53: the <c>_id</c> is of a type that cannot identify.</exception>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> document, ByteBuffer room)
    {
        var elements = RawDocument.Elements(document);
        if (elements.Next() && elements.Name.SequenceEqual("_id"u8))
        {
            CheckType(elements.Value.Type);
            return document;
        }

        room.Clear();
        int start = BsonEncoder.Open(room);
        if (RawDocument.TryFind(document, "_id"u8, out var id))
        {
            CheckType(id.Type);
            BsonEncoder.Name(room, id.Type, "_id");
            room.Write(id.In(document));
        }
        else
        {
            BsonEncoder.Element(room, "_id", ObjectId.GenerateNewId());
        }

        elements = RawDocument.Elements(document);
        while (elements.Next())
        {
            if (!elements.Name.SequenceEqual("_id"u8))
            {
                int end = elements.Value.Start + elements.Value.Length;
                room.Write(document[elements.ElementStart..end]);
            }
        }

        BsonEncoder.Close(room, start);
        return room.Span;
    }

    private static void CheckType(BsonType type)
    {
        if (type is BsonType.Array or BsonType.RegularExpression or BsonType.Undefined)
        {
            throw new MongoError(53, "InvalidIdField",
                $"The '_id' value cannot be of type {Values.BsonTypes.NameOf(type)}");
        }
    }
}
