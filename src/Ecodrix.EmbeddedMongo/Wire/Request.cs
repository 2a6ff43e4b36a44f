using Ecodrix.EmbeddedMongo.Bson;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Wire;

/// <summary>A command as it came in. Its document sequences point into the connection's buffer until the answer is sent.</summary>
internal sealed class Request
{
    private static readonly FieldNames Documents = FieldNames.Of(["documents"])!;

    private readonly Dictionary<string, List<ReadOnlyMemory<byte>>>? _sequences;
    private readonly ReadOnlyMemory<byte> _rawBody;

    public Request(int id, bool isLegacy, bool expectsReply, ReadOnlyMemory<byte> body, Dictionary<string, List<ReadOnlyMemory<byte>>>? sequences)
    {
        Id = id;
        IsLegacy = isLegacy;
        ExpectsReply = expectsReply;
        _rawBody = body;
        _sequences = sequences;
        Body = BsonDecoder.DocumentWithout(body.Span, Documents);
        Name = Body.ElementCount > 0 ? Body.GetElement(0).Name : "";
    }

    public int Id { get; }

    /// <summary>Whether it came as OP_QUERY, as the first message of a connection may.</summary>
    public bool IsLegacy { get; }

    public bool ExpectsReply { get; }

    public string Name { get; }

    /// <summary>The command, without <c>documents</c>: those are read raw by <see cref="Sequence"/>.</summary>
    public BsonDocument Body { get; }

    /// <summary>Whether the client sent these documents beside the body or as an array in it.</summary>
    public bool Has(string field) =>
        _sequences?.ContainsKey(field) == true || Body.Contains(field) || RawDocument.TryFind(_rawBody.Span, Utf8(field), out _);

    /// <summary>The documents of a command, which clients send beside the body or as an array in it.</summary>
    /// <exception cref="MongoError">40414 if there are none; 14 if it is not an array of documents.</exception>
    public List<ReadOnlyMemory<byte>> Sequence(string field)
    {
        if (_sequences?.TryGetValue(field, out var beside) == true)
        {
            return beside;
        }

        if (!RawDocument.TryFind(_rawBody.Span, Utf8(field), out var array))
        {
            throw new MongoError(40414, "Location40414", $"BSON field '{Name}.{field}' is missing but a required field");
        }

        return array.Type == BsonType.Array ? Items(field, array) : throw WrongType(field, array.Type);
    }

    private List<ReadOnlyMemory<byte>> Items(string field, RawValue array)
    {
        var items = new List<ReadOnlyMemory<byte>>();
        var elements = RawDocument.Elements(_rawBody.Span, array);
        while (elements.Next())
        {
            items.Add(elements.Value.Type == BsonType.Document
                ? _rawBody.Slice(elements.Value.Start, elements.Value.Length)
                : throw WrongType($"{field}.{items.Count}", elements.Value.Type));
        }

        return items;
    }

    private MongoError WrongType(string field, BsonType type) => new(14, "TypeMismatch",
        $"BSON field '{Name}.{field}' is the wrong type '{Values.BsonTypes.NameOf(type)}', expected type 'array'");

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
