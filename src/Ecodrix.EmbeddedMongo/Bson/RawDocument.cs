using System.Buffers.Binary;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Bson;

/// <summary>Reads encoded documents in place, without making objects of what nobody asks for.</summary>
internal static class RawDocument
{
    /// <summary>The length of an empty document: its length field and the closing zero.</summary>
    public const int MinimumLength = 5;

    /// <summary>The elements of the whole document <paramref name="document"/>.</summary>
    public static RawElements Elements(ReadOnlySpan<byte> document) => new(document, 0, document.Length);

    /// <summary>The elements of a document or array inside of <paramref name="document"/>.</summary>
    public static RawElements Elements(ReadOnlySpan<byte> document, RawValue container) =>
        new(document, container.Start, container.Length);

    /// <summary>Finds a top-level field.</summary>
    public static bool TryFind(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name, out RawValue value) =>
        TryFind(document, new RawValue(BsonType.Document, 0, document.Length), name, out value);

    /// <summary>Finds a field of a document, or an item of an array by its number, inside of <paramref name="document"/>.</summary>
    public static bool TryFind(ReadOnlySpan<byte> document, RawValue container, ReadOnlySpan<byte> name, out RawValue value)
    {
        var elements = Elements(document, container);
        while (elements.Next())
        {
            if (elements.Name.SequenceEqual(name))
            {
                value = elements.Value;
                return true;
            }
        }

        value = RawValue.Missing;
        return false;
    }

    /// <summary>How many bytes a value of this type takes at the start of <paramref name="bytes"/>.</summary>
    /// <exception cref="MongoError">22: the bytes are not a value of this type.</exception>
    public static int LengthOf(BsonType type, ReadOnlySpan<byte> bytes)
    {
        int length = type switch
        {
            BsonType.Double or BsonType.DateTime or BsonType.Int64 or BsonType.Timestamp => 8,
            BsonType.Int32 => 4,
            BsonType.Boolean => 1,
            BsonType.ObjectId => 12,
            BsonType.Decimal128 => 16,
            BsonType.Null or BsonType.Undefined or BsonType.MinKey or BsonType.MaxKey => 0,
            BsonType.String or BsonType.JavaScript or BsonType.Symbol => 4 + Prefix(bytes, 1),
            BsonType.Document or BsonType.Array => Prefix(bytes, MinimumLength),
            BsonType.JavaScriptWithScope => Prefix(bytes, 14),
            BsonType.Binary => 5 + Prefix(bytes, 0),
            BsonType.RegularExpression => RegexLength(bytes),
            _ => throw Invalid($"unrecognized BSON type {(int)type}"),
        };

        return length <= bytes.Length ? length : throw Invalid("a value reaches beyond its document");
    }

    public static MongoError Invalid(string why) => new(22, "InvalidBSON", $"Invalid BSON: {why}");

    private static int Prefix(ReadOnlySpan<byte> bytes, int least)
    {
        if (bytes.Length < 4)
        {
            throw Invalid("a length reaches beyond its document");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        // The comparison also keeps the sums of the callers from overflowing.
        return length >= least && length <= bytes.Length ? length : throw Invalid("a length does not fit its document");
    }

    private static int RegexLength(ReadOnlySpan<byte> bytes)
    {
        int pattern = bytes.IndexOf((byte)0);
        int options = pattern < 0 ? -1 : bytes[(pattern + 1)..].IndexOf((byte)0);
        return options < 0 ? throw Invalid("a regular expression is not terminated") : pattern + options + 2;
    }
}

/// <summary>Walks over the elements of one encoded document or array.</summary>
internal ref struct RawElements
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _end;
    private int _at;
    private int _nameStart;
    private int _nameLength;

    public RawElements(ReadOnlySpan<byte> bytes, int start, int length)
    {
        _bytes = bytes;
        _at = start + 4;
        _end = start + length - 1;
    }

    public RawValue Value { get; private set; }

    public readonly ReadOnlySpan<byte> Name => _bytes.Slice(_nameStart, _nameLength);

    /// <summary>Where the element starts, with its type byte; it ends where its value does.</summary>
    public readonly int ElementStart => _nameStart - 1;

    /// <exception cref="MongoError">22: the bytes are not BSON.</exception>
    public bool Next()
    {
        if (_at >= _end)
        {
            return false;
        }

        var type = (BsonType)_bytes[_at++];
        _nameStart = _at;
        _nameLength = _bytes[_at.._end].IndexOf((byte)0);
        if (_nameLength < 0)
        {
            throw RawDocument.Invalid("a field name is not terminated");
        }

        int start = _at + _nameLength + 1;
        int length = RawDocument.LengthOf(type, _bytes[start.._end]);
        Value = new RawValue(type, start, length);
        _at = start + length;
        return true;
    }
}
