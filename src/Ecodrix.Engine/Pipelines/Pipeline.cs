using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Pipelines;

/// <summary>A pipeline with its stages inside: they are read together, changed together and few.</summary>
internal sealed class Pipeline
{
    public const string Collection = "pipelines";

    public ObjectId Id { get; set; }

    public required string Name { get; set; }

    /// <summary>The name as it is compared: lower-case.</summary>
    public required string NameKey { get; set; }

    public string? Description { get; set; }

    public bool IsDefault { get; set; }

    public bool Archived { get; set; }

    public List<Stage> Stages { get; set; } = [];

    public int Version { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    public Stage? FirstOpenStage => Stages.OrderBy(s => s.Order).FirstOrDefault(s => !s.IsWon && !s.IsLost) ?? Stages.MinBy(s => s.Order);

    public static CollectionIndexes Indexes { get; } = new(
        Collection,
        IndexModel.On("nameKey").Unique().Where(new BsonDocument("archived", false)),
        IndexModel.On("isDefault").Unique().Where(new BsonDocument("isDefault", true)),
        IndexModel.On("archived", "name"),
        IndexModel.On("stages._id"));
}

/// <summary>A stage of a pipeline.</summary>
internal sealed class Stage
{
    public ObjectId Id { get; set; }

    public required string Name { get; set; }

    public required string Color { get; set; }

    /// <summary>How likely a lead here is won, in per cent.</summary>
    public int Probability { get; set; }

    public int Order { get; set; }

    public bool IsWon { get; set; }

    public bool IsLost { get; set; }
}

internal static class PipelineCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Pipeline> Pipelines => db.Collection<Pipeline>(Pipeline.Collection);
    }

    /// <summary>The pipeline that has a stage, archived or not; null when none has.</summary>
    public static async Task<Pipeline?> ByStageAsync(this IMongoCollection<Pipeline> pipelines, ObjectId stageId, CancellationToken ct) =>
        await pipelines.Find(Builders<Pipeline>.Filter.Eq("stages._id", stageId)).FirstOrDefaultAsync(ct);
}
