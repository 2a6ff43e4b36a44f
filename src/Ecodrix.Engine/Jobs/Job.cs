using Ecodrix.Engine.Kernel;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>Where a job stands.</summary>
public enum JobStatus
{
    /// <summary>Waits for its time, its predecessor or a free worker.</summary>
    Queued,

    /// <summary>A worker holds its lease.</summary>
    Processing,

    /// <summary>Done.</summary>
    Completed,

    /// <summary>Given up; the error says why.</summary>
    Failed,

    /// <summary>Called off before it ran.</summary>
    Cancelled,
}

/// <summary>Which jobs go first when many are due.</summary>
internal enum JobPriority
{
    /// <summary>Somebody waits for it: a chat message, a repair after a crash.</summary>
    High,

    /// <summary>Automations and callbacks.</summary>
    Normal,

    /// <summary>Bulk work: broadcasts, rescoring.</summary>
    Low,
}

/// <summary>A job as the control database keeps it.</summary>
internal sealed class Job
{
    public const string Collection = "jobs";

    public ObjectId Id { get; set; }

    /// <summary>The client code.</summary>
    public required string Tenant { get; set; }

    public required string Kind { get; set; }

    public required BsonDocument Payload { get; set; }

    public JobStatus Status { get; set; }

    public int Priority { get; set; }

    public DateTime RunAt { get; set; }

    /// <summary>The job that must end first; absent when nothing must.</summary>
    public ObjectId? After { get; set; }

    public int Attempts { get; set; }

    public int MaxAttempts { get; set; }

    public string? LeaseOwner { get; set; }

    /// <summary>Marks one claim, so that a worker whose lease was taken away cannot write the result of another's.</summary>
    public string? LeaseToken { get; set; }

    public DateTime? LeaseUntil { get; set; }

    /// <summary>The event log it belongs to.</summary>
    public ObjectId? EventLogId { get; set; }

    public string? CorrelationKey { get; set; }

    /// <summary>The W3C trace context it was enqueued under, so that one trace tells the whole way.</summary>
    public string? TraceParent { get; set; }

    public string? Error { get; set; }

    /// <summary>0 to 1, for work that reports it.</summary>
    public double? Progress { get; set; }

    /// <summary>What came of it, for work that counts something.</summary>
    public BsonDocument? Result { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime? StartedAt { get; set; }

    public DateTime? FinishedAt { get; set; }

    /// <summary>When it may be forgotten; set when it ends.</summary>
    public DateTime? ExpireAt { get; set; }

    /// <summary>The claim: what is queued, waits for nobody, by priority, oldest first.</summary>
    public static CreateIndexModel<BsonDocument> Due { get; } = IndexModel.On("after", "priority", "runAt").Where(new BsonDocument("status", "queued"));

    /// <summary>What could run now if a worker were free: what waits for another job is not late.</summary>
    public static FilterDefinition<Job> DueAt(DateTime now) => Builders<Job>.Filter.Eq(j => j.Status, JobStatus.Queued) & Builders<Job>.Filter.Eq(j => j.After, null)
        & Builders<Job>.Filter.Lte(j => j.RunAt, now);

    public static ControlIndexes Indexes { get; } = new(
        Collection,
        Due,
        IndexModel.On("leaseUntil").Where(new BsonDocument("status", "processing")),
        // Lists, dead letters, depth and the oldest that is due.
        IndexModel.On("tenant", "status", "-runAt", "-_id"),
        IndexModel.On("tenant", "-runAt", "-_id"),
        IndexModel.On("tenant", "correlationKey").Where(new BsonDocument("correlationKey", new BsonDocument("$exists", true))),
        IndexModel.On("eventLogId").Where(new BsonDocument("eventLogId", new BsonDocument("$exists", true))),
        IndexModel.On("expireAt").Expiring(TimeSpan.Zero))
    {
        Retired = [IndexModel.On("tenant", "status", "-_id")],
    };
}

/// <summary>A job to be enqueued. Its id is derived from what it does, so that enqueueing it twice is one job.</summary>
internal sealed record NewJob(ObjectId Id, string Kind, BsonDocument Payload)
{
    /// <summary>When it may run; at once when absent.</summary>
    public DateTime? RunAt { get; init; }

    public JobPriority Priority { get; init; } = JobPriority.Normal;

    public int MaxAttempts { get; init; } = 8;

    public ObjectId? After { get; init; }

    public ObjectId? EventLogId { get; init; }

    public string? CorrelationKey { get; init; }
}
