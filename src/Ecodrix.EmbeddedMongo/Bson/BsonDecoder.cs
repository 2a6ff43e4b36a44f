using System.Buffers.Binary;
using System.Text;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Bson;

/// <summary>Turns encoded documents into objects; the bytes have passed <see cref="RawValidation"/>.</summary>
internal static class BsonDecoder
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: false);

    /// <summary>The whole document.</summary>
    public static BsonDocument Document(ReadOnlySpan<byte> bytes) =>
        Container(bytes, new RawValue(BsonType.Document, 0, bytes.Length), null);

    /// <summary>The document with only those of its top-level fields that somebody reads; null means all.</summary>
    public static BsonDocument Document(ReadOnlySpan<byte> bytes, FieldNames? reads) =>
        Container(bytes, new RawValue(BsonType.Document, 0, bytes.Length), reads);

    /// <summary>Fills <paramref name="result"/> with those of a document's top-level fields that somebody reads, and with values already met.</summary>
    public static void Into(BsonDocument result, ReadOnlySpan<byte> bytes, FieldNames reads, ValueTable values)
    {
        result.Clear();
        var elements = RawDocument.Elements(bytes);
        for (int wanted = reads.Count; wanted > 0 && elements.Next();)
        {
            if (reads.TryGet(elements.Name, out string? name))
            {
                result.Add(new BsonElement(name, values.Get(bytes, elements.Value)));
                wanted--;
            }
        }
    }

    /// <summary>The document without some of its top-level fields.</summary>
    public static BsonDocument DocumentWithout(ReadOnlySpan<byte> bytes, FieldNames omitted)
    {
        var result = new BsonDocument(allowDuplicateNames: true);
        var elements = RawDocument.Elements(bytes);
        while (elements.Next())
        {
            if (!omitted.TryGet(elements.Name, out _))
            {
                result.Add(new BsonElement(NameTable.Get(elements.Name), Value(bytes, elements.Value)));
            }
        }

        return result;
    }

    /// <summary>One value inside of <paramref name="document"/>.</summary>
    public static BsonValue Value(ReadOnlySpan<byte> document, RawValue value)
    {
        var bytes = value.In(document);
        return value.Type switch
        {
            BsonType.Double => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            BsonType.String => new BsonString(Text(bytes)),
            BsonType.Document => Container(document, value, null),
            BsonType.Array => Array(document, value),
            BsonType.Binary => Binary(bytes),
            BsonType.Undefined => BsonUndefined.Value,
            BsonType.ObjectId => new BsonObjectId(new ObjectId(bytes.ToArray())),
            BsonType.Boolean => bytes[0] != 0 ? BsonBoolean.True : BsonBoolean.False,
            BsonType.DateTime => new BsonDateTime(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
            BsonType.Null => BsonNull.Value,
            BsonType.RegularExpression => Regex(bytes),
            BsonType.JavaScript => new BsonJavaScript(Text(bytes)),
            BsonType.Symbol => BsonSymbol.Create(Text(bytes)),
            BsonType.JavaScriptWithScope => ScopedCode(bytes),
            BsonType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BsonType.Timestamp => new BsonTimestamp(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
            BsonType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            BsonType.Decimal128 => new BsonDecimal128(DecimalOf(bytes)),
            BsonType.MinKey => BsonMinKey.Value,
            BsonType.MaxKey => BsonMaxKey.Value,
            _ => throw RawDocument.Invalid($"unrecognized BSON type {(int)value.Type}"),
        };
    }

    public static Decimal128 DecimalOf(ReadOnlySpan<byte> bytes) => Decimal128.FromIEEEBits(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes));

    private static BsonDocument Container(ReadOnlySpan<byte> document, RawValue container, FieldNames? reads)
    {
        // Duplicate names are let through while filling, because the check costs a look-up per element.
        var result = new BsonDocument(allowDuplicateNames: true);
        var elements = RawDocument.Elements(document, container);
        int wanted = reads?.Count ?? int.MaxValue;
        while (wanted > 0 && elements.Next())
        {
            if (reads is null)
            {
                result.Add(new BsonElement(NameTable.Get(elements.Name), Value(document, elements.Value)));
            }
            else if (reads.TryGet(elements.Name, out string? name))
            {
                result.Add(new BsonElement(name, Value(document, elements.Value)));
                wanted--;
            }
        }

        return result;
    }

    private static BsonArray Array(ReadOnlySpan<byte> document, RawValue container)
    {
        var result = new BsonArray();
        var elements = RawDocument.Elements(document, container);
        while (elements.Next())
        {
            result.Add(Value(document, elements.Value));
        }

        return result;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Strict.GetString(bytes[4..^1]);

    private static BsonBinaryData Binary(ReadOnlySpan<byte> bytes)
    {
        var subType = (BsonBinarySubType)bytes[4];
        // The old subtype repeats its length inside.
        return new BsonBinaryData(bytes[(bytes[4] == 2 ? 9 : 5)..].ToArray(), subType);
    }

    private static BsonRegularExpression Regex(ReadOnlySpan<byte> bytes)
    {
        int pattern = bytes.IndexOf((byte)0);
        return new BsonRegularExpression(Strict.GetString(bytes[..pattern]), Strict.GetString(bytes[(pattern + 1)..^1]));
    }

    private static BsonJavaScriptWithScope ScopedCode(ReadOnlySpan<byte> bytes)
    {
        int code = 4 + 4 + BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        return new BsonJavaScriptWithScope(Text(bytes[4..code]), Document(bytes[code..]));
    }
}
