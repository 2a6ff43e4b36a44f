using System.Buffers.Binary;
using Ecodrix.EmbeddedMongo.Bson;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Indexes;

/// <summary>
/// Encodes values so that comparing the bytes compares the values in MongoDB's order: across types, with numbers by value
/// whatever their type. No encoding is a prefix of another one, so that the keys of a compound index are a plain
/// concatenation, and inverting the bits gives descending order.
/// </summary>
/// <remarks>https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/</remarks>
internal static class KeyEncoder
{
    /// <summary>Appends the key of a value inside of <paramref name="document"/>.</summary>
    public static void Write(ByteBuffer key, ReadOnlySpan<byte> document, RawValue value)
    {
        var bytes = value.In(document);
        key.WriteByte(KeyTag.Of(value.Type));
        switch (value.Type)
        {
            case BsonType.Int32:
                NumberKey.Write(key, BinaryPrimitives.ReadInt32LittleEndian(bytes));
                break;
            case BsonType.Int64:
                NumberKey.Write(key, BinaryPrimitives.ReadInt64LittleEndian(bytes));
                break;
            case BsonType.Double:
                NumberKey.Write(key, BinaryPrimitives.ReadDoubleLittleEndian(bytes));
                break;
            case BsonType.Decimal128:
                NumberKey.Write(key, BsonDecoder.DecimalOf(bytes));
                break;
            case BsonType.String or BsonType.Symbol or BsonType.JavaScript:
                WriteText(key, bytes[4..^1]);
                break;
            case BsonType.ObjectId:
                key.Write(bytes);
                break;
            case BsonType.Boolean:
                key.WriteByte(bytes[0]);
                break;
            case BsonType.DateTime:
                BinaryPrimitives.WriteInt64BigEndian(key.Append(8), BinaryPrimitives.ReadInt64LittleEndian(bytes) ^ long.MinValue);
                break;
            case BsonType.Timestamp:
                BinaryPrimitives.WriteInt64BigEndian(key.Append(8), BinaryPrimitives.ReadInt64LittleEndian(bytes));
                break;
            default:
                WriteRare(key, document, value);
                break;
        }
    }

    /// <summary>Appends the key of a decoded value, for the bounds of a query.</summary>
    public static void Write(ByteBuffer key, BsonValue value)
    {
        using var encoded = new ByteBuffer(64);
        BsonEncoder.Value(encoded, value);
        Write(key, encoded.Span, new RawValue(value.BsonType, 0, encoded.Length));
    }

    public static byte[] Of(BsonValue value)
    {
        using var key = new ByteBuffer(64);
        Write(key, value);
        return key.Span.ToArray();
    }

    /// <summary>Inverts what was appended since <paramref name="start"/>, which makes its order descending.</summary>
    public static void Invert(ByteBuffer key, int start) => Invert(key.Mutable[start..]);

    public static void Invert(Span<byte> bytes)
    {
        foreach (ref byte b in bytes)
        {
            b = (byte)~b;
        }
    }

    private static void WriteRare(ByteBuffer key, ReadOnlySpan<byte> document, RawValue value)
    {
        var bytes = value.In(document);
        switch (value.Type)
        {
            case BsonType.Document:
                WriteFields(key, document, value);
                break;
            case BsonType.Array:
                WriteItems(key, document, value);
                break;
            case BsonType.Binary:
                // Shorter before longer, then by subtype, then by content.
                BinaryPrimitives.WriteInt32BigEndian(key.Append(4), BinaryPrimitives.ReadInt32LittleEndian(bytes));
                key.Write(bytes[4..]);
                break;
            case BsonType.RegularExpression:
                int pattern = bytes.IndexOf((byte)0);
                WriteText(key, bytes[..pattern]);
                WriteText(key, bytes[(pattern + 1)..^1]);
                break;
            case BsonType.JavaScriptWithScope:
                int code = 8 + BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
                WriteText(key, bytes[8..(code - 1)]);
                WriteFields(key, document, new RawValue(BsonType.Document, value.Start + code, value.Length - code));
                break;
        }
    }

    /// <summary>Fields compare by type, then name, then value; a document that ends first is less.</summary>
    private static void WriteFields(ByteBuffer key, ReadOnlySpan<byte> document, RawValue container)
    {
        var fields = RawDocument.Elements(document, container);
        while (fields.Next())
        {
            key.WriteByte(KeyTag.Of(fields.Value.Type));
            WriteText(key, fields.Name);
            Write(key, document, fields.Value);
        }

        key.WriteByte(KeyTag.End);
    }

    private static void WriteItems(ByteBuffer key, ReadOnlySpan<byte> document, RawValue container)
    {
        var items = RawDocument.Elements(document, container);
        while (items.Next())
        {
            Write(key, document, items.Value);
        }

        key.WriteByte(KeyTag.End);
    }

    /// <summary>Ends a text with two zeros and marks each zero inside of it, so that the end sorts below any continuation.</summary>
    private static void WriteText(ByteBuffer key, ReadOnlySpan<byte> text)
    {
        while (text.IndexOf((byte)0) is >= 0 and var zero)
        {
            key.Write(text[..(zero + 1)]);
            key.WriteByte(0xFF);
            text = text[(zero + 1)..];
        }

        key.Write(text);
        key.Append(2).Clear();
    }
}
