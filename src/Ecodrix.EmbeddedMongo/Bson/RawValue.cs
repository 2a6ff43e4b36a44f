using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Bson;

/// <summary>A value inside of an encoded document: its type and where its bytes are, counted from the start of the outermost document.</summary>
internal readonly record struct RawValue(BsonType Type, int Start, int Length)
{
    /// <summary>What a field that is not there counts as: indexes and sorts cannot tell it from null.</summary>
    public static readonly RawValue Missing = new(BsonType.Null, 0, 0);

    /// <summary>What an empty array leaves in an index in place of its elements. No value has this type.</summary>
    public static readonly RawValue EmptyArray = new(BsonType.EndOfDocument, 0, 0);

    public bool IsContainer => Type is BsonType.Document or BsonType.Array;

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> document) => document.Slice(Start, Length);
}
