using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>How a pipeline reads collections other than its source.</summary>
internal interface IPipelineCollections
{
    /// <summary>The documents of a collection that match; none if it does not exist. An index may serve the filter.</summary>
    IEnumerable<BsonDocument> Read(string collection, BsonDocument filter);
}

/// <summary>What one run of a pipeline may use.</summary>
/// <param name="Collections">The collections beside the source.</param>
/// <param name="Cancellation">Ends the run between two documents.</param>
internal sealed record PipelineContext(IPipelineCollections Collections, CancellationToken Cancellation = default)
{
    /// <summary>For pipelines that read nothing but their source.</summary>
    public static PipelineContext Detached { get; } = new(new NoCollections());

    /// <summary>How much a stage may hold before it is refused.</summary>
    public long MemoryLimit { get; init; } = 100L * 1024 * 1024;

    private sealed class NoCollections : IPipelineCollections
    {
        public IEnumerable<BsonDocument> Read(string collection, BsonDocument filter) => [];
    }
}
