using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>What a stage tells about the fields that a pipeline needs of its source.</summary>
internal enum FieldDemand
{
    /// <summary>It passes documents on; later stages have their say.</summary>
    PassesOn,

    /// <summary>Its result is made of the fields named so far only.</summary>
    Complete,

    /// <summary>It may need any field.</summary>
    Everything,
}

/// <summary>A stage of a pipeline, compiled once. Documents that come in are left as they are.</summary>
internal abstract class Stage
{
    /// <summary>The stage as it was written, for <c>explain</c>; null for all but the first of those that stand for one written stage.</summary>
    public BsonDocument? Written { get; set; }

    public abstract IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run);

    /// <summary>Adds the top-level fields that the stage reads of its input.</summary>
    public abstract FieldDemand CollectReads(ISet<string> fields);
}
