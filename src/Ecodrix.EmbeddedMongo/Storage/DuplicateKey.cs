using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>Error 11000, worded as applications look for it.</summary>
internal static class DuplicateKey
{
    public static MongoError Of(CollectionInfo collection, IndexDefinition index, ReadOnlySpan<byte> body)
    {
        var document = BsonDecoder.Document(body);
        var value = new BsonDocument();
        foreach (var field in index.Fields)
        {
            value.Add(field.Path, FieldPath.Parse(field.Path).Find(document) ?? BsonNull.Value);
        }

        string message = $"E11000 duplicate key error collection: {collection.Namespace} index: {index.Name} dup key: {value.ToJson()}";
        return new MongoError(11000, "DuplicateKey", message)
        {
            Details = new BsonDocument { { "keyPattern", index.Key }, { "keyValue", value } },
        };
    }
}
