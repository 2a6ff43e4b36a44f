using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>A job as its tenant sees it.</summary>
public sealed record JobView
{
    /// <summary>Its id.</summary>
    public required string JobId { get; init; }

    /// <summary>What kind of work it is.</summary>
    public required string Kind { get; init; }

    /// <summary>Where it stands.</summary>
    public required JobStatus Status { get; init; }

    /// <summary>Attempts begun.</summary>
    public required int Attempts { get; init; }

    /// <summary>Attempts it may have.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>When it runs next, or ran.</summary>
    public required DateTime RunAt { get; init; }

    /// <summary>When the last attempt began.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTime? FinishedAt { get; init; }

    /// <summary>What went wrong last.</summary>
    public string? Error { get; init; }

    /// <summary>0 to 1, for work that reports it.</summary>
    public double? Progress { get; init; }

    /// <summary>What came of it, for work that counts something.</summary>
    public System.Text.Json.Nodes.JsonObject? Result { get; init; }

    internal static JobView Of(Job job) => new()
    {
        JobId = job.Id.ToString(),
        Kind = job.Kind,
        Status = job.Status,
        Attempts = job.Attempts,
        MaxAttempts = job.MaxAttempts,
        RunAt = job.RunAt,
        StartedAt = job.StartedAt,
        FinishedAt = job.FinishedAt,
        Error = job.Error,
        Progress = job.Progress,
        Result = job.Result is null ? null : BsonJson.ToObject(job.Result),
    };
}

/// <summary>Looks at a tenant's jobs.</summary>
public sealed class JobMonitoring
{
    private readonly JobQueue _queue;

    internal JobMonitoring(JobQueue queue) => _queue = queue;

    /// <summary>One job of this tenant.</summary>
    /// <exception cref="RefusedException">INVALID_ID, JOB_NOT_FOUND.</exception>
    public async Task<JobView> GetAsync(TenantScope scope, string jobId, CancellationToken ct)
    {
        var id = Ids.Parse(jobId, "jobId");
        // Jobs of all tenants share a collection: this filter is what keeps them apart.
        var job = await _queue.Jobs.Find(j => j.Id == id && j.Tenant == scope.Code).FirstOrDefaultAsync(ct)
            ?? throw new RefusedException(RefusalKind.NotFound, "JOB_NOT_FOUND", $"There is no job {jobId}, or it ended more than a week ago.");
        return JobView.Of(job);
    }

    /// <summary>How many jobs of this tenant wait or run.</summary>
    public Task<long> DepthAsync(TenantScope scope, CancellationToken ct) => _queue.Jobs.CountDocumentsAsync(
        Builders<Job>.Filter.Eq(j => j.Tenant, scope.Code) & Builders<Job>.Filter.In(j => j.Status, [JobStatus.Queued, JobStatus.Processing]), null, ct);
}
