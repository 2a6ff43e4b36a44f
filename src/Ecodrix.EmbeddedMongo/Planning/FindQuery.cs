using Ecodrix.EmbeddedMongo.Projection;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>What a read of one collection asks for.</summary>
internal sealed record FindQuery
{
    public required QueryFilter Filter { get; init; }

    public SortSpec Sort { get; init; } = SortSpec.None;

    public int Skip { get; init; }

    /// <summary>How many at most; 0 means all.</summary>
    public int Limit { get; init; }

    public ProjectionProgram? Projection { get; init; }

    /// <summary>Whether the projection asks which array element the query matched.</summary>
    public bool NeedsPositional { get; init; }

    public BsonValue? Hint { get; init; }

    /// <summary>Whether nobody can tell in which order the documents are read.</summary>
    public bool AnyOrder { get; init; }

    public AccessPath Plan(StoreView view, CollectionInfo? collection) => Planner.Plan(view, collection, this);
}
