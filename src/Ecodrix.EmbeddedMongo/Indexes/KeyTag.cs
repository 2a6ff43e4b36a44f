using Ecodrix.EmbeddedMongo.Bson;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Indexes;

/// <summary>The first byte of an encoded key: the type's place in MongoDB's comparison order. These are part of the file format.</summary>
internal static class KeyTag
{
    /// <summary>Closes a document or an array; below every tag, so that the shorter one is less.</summary>
    public const byte End = 1;

    public const byte MinKey = 10;

    /// <summary>Where an empty array is found in a multikey index: below null, and equal to nothing else.</summary>
    public const byte EmptyArray = 15;

    public const byte Null = 20;
    public const byte Number = 30;
    public const byte Text = 60;
    public const byte Document = 70;
    public const byte Array = 80;
    public const byte Binary = 90;
    public const byte ObjectId = 100;
    public const byte Boolean = 110;
    public const byte Date = 120;
    public const byte Timestamp = 130;
    public const byte Regex = 140;
    public const byte Code = 150;
    public const byte ScopedCode = 160;
    public const byte MaxKey = 240;

    public static byte Of(BsonType type) => type switch
    {
        BsonType.MinKey => MinKey,
        BsonType.EndOfDocument => EmptyArray,
        BsonType.Null or BsonType.Undefined => Null,
        BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128 => Number,
        BsonType.String or BsonType.Symbol => Text,
        BsonType.Document => Document,
        BsonType.Array => Array,
        BsonType.Binary => Binary,
        BsonType.ObjectId => ObjectId,
        BsonType.Boolean => Boolean,
        BsonType.DateTime => Date,
        BsonType.Timestamp => Timestamp,
        BsonType.RegularExpression => Regex,
        BsonType.JavaScript => Code,
        BsonType.JavaScriptWithScope => ScopedCode,
        BsonType.MaxKey => MaxKey,
        _ => throw RawDocument.Invalid($"unrecognized BSON type {(int)type}"),
    };
}
