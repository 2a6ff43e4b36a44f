using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
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

    /// <summary>The event it belongs to.</summary>
    public string? EventLogId { get; init; }

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
        EventLogId = job.EventLogId?.ToString(),
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

/// <summary>What a list of jobs is narrowed by.</summary>
public sealed record JobFilter
{
    /// <summary>One status; <c>failed</c> are the dead letters.</summary>
    public string? Status { get; init; }

    /// <summary>One kind, for example <c>automation.action</c>.</summary>
    public string? Kind { get; init; }
}

/// <summary>How a tenant's queue stands.</summary>
/// <param name="Waiting">Jobs that wait for their time, their predecessor or a worker.</param>
/// <param name="Running">Jobs a worker is at.</param>
/// <param name="Due">Of those that wait, how many are due.</param>
/// <param name="OldestDueSeconds">How long the oldest of them has been due; null when none is.</param>
/// <param name="DeadLetters">Jobs given up in the last week.</param>
public sealed record QueueView(long Waiting, long Running, long Due, double? OldestDueSeconds, long DeadLetters);

/// <summary>Looks at a tenant's jobs.</summary>
public sealed class JobMonitoring
{
    private static readonly FilterDefinitionBuilder<Job> Filter = Builders<Job>.Filter;

    private readonly JobQueue _queue;
    private readonly TimeProvider _clock;

    internal JobMonitoring(JobQueue queue, TimeProvider clock)
    {
        _queue = queue;
        _clock = clock;
    }

    /// <summary>One job of this tenant.</summary>
    /// <exception cref="RefusedException">INVALID_ID, JOB_NOT_FOUND.</exception>
    public async Task<JobView> GetAsync(TenantScope scope, string jobId, CancellationToken ct) => JobView.Of(await RequireAsync(_queue, scope, jobId, ct));

    /// <summary>Jobs by the time they run or ran, latest first.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, NOT_PERMITTED.</exception>
    public async Task<Page<JobView>> ListAsync(TenantScope scope, JobFilter filter, Paging paging, CancellationToken ct)
    {
        scope.RequireSeesAll("The list of jobs");
        var matching = Filter.Eq(j => j.Tenant, scope.Code);
        matching = EnumWords.Parse<JobStatus>(filter.Status, "status") is { } status ? matching & Filter.Eq(j => j.Status, status) : matching;
        matching = filter.Kind is { Length: > 0 } kind ? matching & Filter.Eq(j => j.Kind, kind) : matching;
        var total = await _queue.Jobs.CountDocumentsAsync(matching, null, ct);
        var rows = await _queue.Jobs.Find(matching).SortByDescending(j => j.RunAt).ThenByDescending(j => j.Id).Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        return new Page<JobView>([.. rows.Select(JobView.Of)], total, paging);
    }

    /// <summary>How the tenant's queue stands.</summary>
    public async Task<QueueView> QueueAsync(TenantScope scope, CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        var due = Filter.Eq(j => j.Tenant, scope.Code) & Job.DueAt(now);
        var oldest = await _queue.Jobs.Find(due).SortBy(j => j.RunAt).ThenBy(j => j.Id).Project(j => j.RunAt).Limit(1).ToListAsync(ct);
        return new QueueView(
            await CountAsync(With(scope, JobStatus.Queued), ct),
            await CountAsync(With(scope, JobStatus.Processing), ct),
            await CountAsync(due, ct),
            oldest.Count == 0 ? null : Math.Round((now - oldest[0]).TotalSeconds, 1),
            await CountAsync(With(scope, JobStatus.Failed), ct));
    }

    /// <summary>A job of this tenant that the actor may see.</summary>
    internal static async Task<Job> RequireAsync(JobQueue queue, TenantScope scope, string jobId, CancellationToken ct)
    {
        var id = Ids.Parse(jobId, "jobId");
        // Jobs of all tenants share a collection: this filter is what keeps them apart.
        var job = await queue.Jobs.Find(j => j.Id == id && j.Tenant == scope.Code).FirstOrDefaultAsync(ct) ?? throw JobRefusals.NotFound(jobId);
        // Whoever sees only their own leads sees the jobs of those leads' events and the work they asked for themselves, and no others.
        return scope.Actor.OnlyAssignedTo is null || IsOf(job, scope.Actor) || (job.EventLogId is { } of && await Triggers.EventVisibility.SeesEventAsync(scope, of, ct)) ? job : throw JobRefusals.NotFound(jobId);
    }

    private static bool IsOf(Job job, Actor actor) =>
        actor.Id is { } id && job.Payload.TryGetValue("actor", out var by) && by is BsonDocument asked && asked.GetValue("id", "") == id;

    private static FilterDefinition<Job> With(TenantScope scope, JobStatus status) => Filter.Eq(j => j.Tenant, scope.Code) & Filter.Eq(j => j.Status, status);

    private Task<long> CountAsync(FilterDefinition<Job> which, CancellationToken ct) => _queue.Jobs.CountDocumentsAsync(which, null, ct);
}
