using System.Buffers.Binary;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Bson;

/// <summary>Checks bytes from outside once, so that whatever reads them later may trust their lengths.</summary>
internal static class RawValidation
{
    /// <summary>How deep documents and arrays may nest.</summary>
    public const int MaximumDepth = 100;

    /// <summary>Checks that all of <paramref name="document"/> is one well-formed document.</summary>
    /// <exception cref="MongoError">22 for malformed bytes, 15 for nesting deeper than <see cref="MaximumDepth"/>.</exception>
    public static void Check(ReadOnlySpan<byte> document) => CheckContainer(document, 1);

    private static void CheckContainer(ReadOnlySpan<byte> bytes, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new MongoError(15, "Overflow", $"Document exceeds the maximum nested depth of {MaximumDepth}");
        }

        if (bytes.Length < RawDocument.MinimumLength
            || BinaryPrimitives.ReadInt32LittleEndian(bytes) != bytes.Length
            || bytes[^1] != 0)
        {
            throw RawDocument.Invalid("a document does not end where its length says");
        }

        var elements = RawDocument.Elements(bytes);
        int end = 4;
        while (elements.Next())
        {
            CheckValue(elements.Value.Type, elements.Value.In(bytes), depth);
            end = elements.Value.Start + elements.Value.Length;
        }

        if (end != bytes.Length - 1)
        {
            throw RawDocument.Invalid("a document ends before its length says");
        }
    }

    private static void CheckValue(BsonType type, ReadOnlySpan<byte> value, int depth)
    {
        switch (type)
        {
            case BsonType.Document or BsonType.Array:
                CheckContainer(value, depth + 1);
                break;
            case BsonType.String or BsonType.JavaScript or BsonType.Symbol when value[^1] != 0:
                throw RawDocument.Invalid("a string is not terminated");
            case BsonType.Boolean when value[0] > 1:
                throw RawDocument.Invalid("a boolean is neither 0 nor 1");
            case BsonType.Binary when value[4] == 2:
                if (value.Length < 9 || BinaryPrimitives.ReadInt32LittleEndian(value[5..]) != value.Length - 9)
                {
                    throw RawDocument.Invalid("the inner length of an old binary value is wrong");
                }

                break;
            case BsonType.JavaScriptWithScope:
                int code = 4 + RawDocument.LengthOf(BsonType.String, value[4..]);
                if (value[code - 1] != 0)
                {
                    throw RawDocument.Invalid("a string is not terminated");
                }

                CheckContainer(value[code..], depth + 1);
                break;
        }
    }
}
