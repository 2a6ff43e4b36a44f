using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Query;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Indexes;

/// <summary>What an index was asked to be. Immutable; read from the specification that <c>createIndexes</c> got and <c>listIndexes</c> shows.</summary>
internal sealed class IndexDefinition
{
    /// <summary>The name of the index that each collection has.</summary>
    public const string IdName = "_id_";

    private IndexDefinition(BsonDocument specification, IndexField[] fields)
    {
        Specification = specification;
        Fields = fields;
        Name = specification["name"].AsString;
        Key = specification["key"].AsBsonDocument;
        Unique = IsId || specification.GetValue("unique", false).ToBoolean();
        Sparse = specification.GetValue("sparse", false).ToBoolean();
        ExpireAfterSeconds = specification.TryGetValue("expireAfterSeconds", out var after) ? after.ToInt64() : null;
        if (specification.TryGetValue("partialFilterExpression", out var filter))
        {
            PartialFilter = QueryFilter.Parse(filter.AsBsonDocument);
            PartialReads = FieldNames.Of(PartialFilter.Reads);
        }
    }

    public static BsonDocument IdSpecification { get; } = new() { { "v", 2 }, { "key", new BsonDocument("_id", 1) }, { "name", IdName } };

    public BsonDocument Specification { get; }

    public IndexField[] Fields { get; }

    public string Name { get; }

    public BsonDocument Key { get; }

    public bool Unique { get; }

    public bool Sparse { get; }

    public long? ExpireAfterSeconds { get; }

    /// <summary>Which documents are indexed; null means all.</summary>
    public QueryFilter? PartialFilter { get; }

    public FieldNames? PartialReads { get; }

    public bool IsId => Fields is [{ Path: "_id" }];

    /// <summary>Reads a specification that has been checked and stored.</summary>
    public static IndexDefinition Of(BsonDocument specification) => new(
        specification,
        [.. specification["key"].AsBsonDocument.Select(element => new IndexField(element.Name, element.Value.ToDouble() < 0))]);

    /// <summary>Whether this index holds an entry for a document.</summary>
    public bool Covers(ReadOnlySpan<byte> document) =>
        PartialFilter is null || PartialFilter.Matches(BsonDecoder.Document(document, PartialReads));
}
