using System.Buffers.Binary;
using System.Globalization;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Bson;

/// <summary>Appends BSON to a buffer.</summary>
internal static class BsonEncoder
{
    /// <summary>Appends a whole document.</summary>
    public static void Document(ByteBuffer buffer, BsonDocument document)
    {
        int start = Open(buffer);
        for (int i = 0; i < document.ElementCount; i++)
        {
            var element = document.GetElement(i);
            Element(buffer, element.Name, element.Value);
        }

        Close(buffer, start);
    }

    public static byte[] ToBytes(BsonDocument document)
    {
        using var buffer = new ByteBuffer();
        Document(buffer, document);
        return buffer.Span.ToArray();
    }

    /// <summary>Starts a document whose elements follow; <see cref="Close"/> takes what this returns.</summary>
    public static int Open(ByteBuffer buffer)
    {
        int start = buffer.Length;
        buffer.WriteInt32(0);
        return start;
    }

    public static void Close(ByteBuffer buffer, int start)
    {
        buffer.WriteByte(0);
        buffer.PatchInt32(start, buffer.Length - start);
    }

    /// <summary>Writes the type and name that precede a value.</summary>
    public static void Name(ByteBuffer buffer, BsonType type, string name)
    {
        if (name.Contains('\0'))
        {
            throw RawDocument.Invalid("a field name contains a zero byte");
        }

        buffer.WriteByte((byte)type);
        Utf8(buffer, name);
        buffer.WriteByte(0);
    }

    /// <summary>Writes the type and number that precede an item of an array.</summary>
    public static void Index(ByteBuffer buffer, BsonType type, int index)
    {
        buffer.WriteByte((byte)type);
        Span<byte> digits = stackalloc byte[11];
        index.TryFormat(digits, out int length, provider: CultureInfo.InvariantCulture);
        buffer.Write(digits[..length]);
        buffer.WriteByte(0);
    }

    public static void Element(ByteBuffer buffer, string name, BsonValue value)
    {
        Name(buffer, value.BsonType, name);
        Value(buffer, value);
    }

    /// <summary>Appends a value without its type and name.</summary>
    public static void Value(ByteBuffer buffer, BsonValue value)
    {
        switch (value)
        {
            case BsonDouble number:
                buffer.WriteDouble(number.Value);
                break;
            case BsonString text:
                Text(buffer, text.Value);
                break;
            case BsonDocument document:
                Document(buffer, document);
                break;
            case BsonArray array:
                Array(buffer, array);
                break;
            case BsonBinaryData binary:
                Binary(buffer, binary);
                break;
            case BsonObjectId id:
                id.Value.ToByteArray().CopyTo(buffer.Append(12));
                break;
            case BsonBoolean flag:
                buffer.WriteByte(flag.Value ? (byte)1 : (byte)0);
                break;
            case BsonDateTime date:
                buffer.WriteInt64(date.MillisecondsSinceEpoch);
                break;
            case BsonInt32 number:
                buffer.WriteInt32(number.Value);
                break;
            case BsonInt64 number:
                buffer.WriteInt64(number.Value);
                break;
            case BsonTimestamp timestamp:
                buffer.WriteInt64(timestamp.Value);
                break;
            default:
                RareValue(buffer, value);
                break;
        }
    }

    private static void RareValue(ByteBuffer buffer, BsonValue value)
    {
        switch (value)
        {
            case BsonDecimal128 number:
                BinaryPrimitives.WriteUInt64LittleEndian(buffer.Append(8), number.Value.GetIEEELowBits());
                BinaryPrimitives.WriteUInt64LittleEndian(buffer.Append(8), number.Value.GetIEEEHighBits());
                break;
            case BsonRegularExpression regex:
                CString(buffer, regex.Pattern);
                CString(buffer, regex.Options);
                break;
            case BsonJavaScriptWithScope code:
                int start = buffer.Length;
                buffer.WriteInt32(0);
                Text(buffer, code.Code);
                Document(buffer, code.Scope);
                buffer.PatchInt32(start, buffer.Length - start);
                break;
            case BsonJavaScript code:
                Text(buffer, code.Code);
                break;
            case BsonSymbol symbol:
                Text(buffer, symbol.Name);
                break;
            case BsonNull or BsonUndefined or BsonMinKey or BsonMaxKey:
                break;
            default:
                throw RawDocument.Invalid($"cannot encode {value.BsonType}");
        }
    }

    private static void Array(ByteBuffer buffer, BsonArray array)
    {
        int start = Open(buffer);
        for (int i = 0; i < array.Count; i++)
        {
            Index(buffer, array[i].BsonType, i);
            Value(buffer, array[i]);
        }

        Close(buffer, start);
    }

    private static void Binary(ByteBuffer buffer, BsonBinaryData binary)
    {
        bool old = (byte)binary.SubType == 2;
        buffer.WriteInt32(binary.Bytes.Length + (old ? 4 : 0));
        buffer.WriteByte((byte)binary.SubType);
        if (old)
        {
            buffer.WriteInt32(binary.Bytes.Length);
        }

        buffer.Write(binary.Bytes);
    }

    private static void Text(ByteBuffer buffer, string text)
    {
        int start = buffer.Length;
        buffer.WriteInt32(0);
        Utf8(buffer, text);
        buffer.WriteByte(0);
        buffer.PatchInt32(start, buffer.Length - start - 4);
    }

    private static void CString(ByteBuffer buffer, string text)
    {
        Utf8(buffer, text);
        buffer.WriteByte(0);
    }

    private static void Utf8(ByteBuffer buffer, string text)
    {
        int start = buffer.Length;
        // Three bytes per UTF-16 unit is the most there can be; what was not needed is given back.
        var room = buffer.Append(text.Length * 3);
        System.Text.Unicode.Utf8.FromUtf16(text, room, out _, out int written, replaceInvalidSequences: true);
        buffer.Truncate(start + written);
    }
}
