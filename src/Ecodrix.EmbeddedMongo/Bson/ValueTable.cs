using System.Buffers.Binary;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Bson;

/// <summary>
/// The values that one scan has met, found by their bytes: statuses, stages and amounts repeat over the documents of a collection, and an
/// object for each occurrence would be most of what a report allocates. First come, first kept.
/// </summary>
internal sealed class ValueTable
{
    private const int Size = 1024;
    private const int LongestKept = 48;

    private readonly Entry?[] _entries = new Entry?[Size];

    /// <summary>The value inside of <paramref name="document"/>; the same object for the same bytes, as far as there is room.</summary>
    public BsonValue Get(ReadOnlySpan<byte> document, RawValue value)
    {
        if (value.Length > LongestKept || value.Type is not (BsonType.String or BsonType.ObjectId or BsonType.Decimal128))
        {
            return BsonDecoder.Value(document, value);
        }

        var bytes = value.In(document);
        ref var slot = ref _entries[Hash(bytes) % Size];
        if (slot is null)
        {
            slot = new Entry(value.Type, bytes.ToArray(), BsonDecoder.Value(document, value));
            return slot.Value;
        }

        return slot.Type == value.Type && bytes.SequenceEqual(slot.Bytes) ? slot.Value : BsonDecoder.Value(document, value);
    }

    // Kept values are at least five bytes long: a text's length and its closing zero.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        ulong mixed = bytes.Length < 8
            ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) << 32)
            : BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ ulong.RotateLeft(BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]), 23);
        return (uint)((mixed * 0x9E37_79B9_7F4A_7C15) >> 40);
    }

    private sealed record Entry(BsonType Type, byte[] Bytes, BsonValue Value);
}
