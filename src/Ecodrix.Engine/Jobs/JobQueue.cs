using System.Diagnostics;
using System.Threading.Channels;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>Puts jobs into the queue, calls them off and lets the next of a row go. What is in here survives anything.</summary>
internal sealed class JobQueue(ControlDb control, JobSignal signal, TimeProvider clock)
{
    private static readonly InsertManyOptions Unordered = new() { IsOrdered = false };
    private static readonly FilterDefinitionBuilder<Job> Filter = Builders<Job>.Filter;

    public IMongoCollection<Job> Jobs { get; } = control.Collection<Job>(Job.Collection);

    /// <summary>Enqueues jobs; one that is already there stays as it is. Workers of this node are told when <paramref name="wake"/>.</summary>
    public async Task EnqueueAsync(TenantScope scope, IReadOnlyList<NewJob> jobs, CancellationToken ct, bool wake = true)
    {
        if (jobs.Count == 0)
        {
            return;
        }

        var now = clock.GetUtcNow().UtcDateTime;
        try
        {
            if (jobs.Count == 1)
            {
                await Jobs.InsertOneAsync(Make(scope, jobs[0], now), null, ct);
            }
            else
            {
                await Jobs.InsertManyAsync(jobs.Select(j => Make(scope, j, now)), Unordered, ct);
            }
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            // Enqueued before: that is what the deterministic id is for.
        }
        catch (MongoBulkWriteException<Job> e) when (e.WriteConcernError is null && e.WriteErrors.All(w => w.Category == ServerErrorCategory.DuplicateKey))
        {
            // Some or all were.
        }

        if (wake)
        {
            signal.Wake();
        }
    }

    /// <summary>Says how far a running job is, 0 to 1, and what came of it so far.</summary>
    public Task ReportAsync(ObjectId jobId, double progress, BsonDocument? result, CancellationToken ct)
    {
        var update = Builders<Job>.Update.Set(j => j.Progress, Math.Clamp(progress, 0, 1));
        return Jobs.UpdateOneAsync(j => j.Id == jobId, result is null ? update : update.Set(j => j.Result, result), null, ct);
    }

    /// <summary>What a job last said came of it so far; null where it has said nothing.</summary>
    public async Task<BsonDocument?> ResultAsync(ObjectId jobId, CancellationToken ct) =>
        await Jobs.Find(j => j.Id == jobId).Project(j => j.Result).FirstOrDefaultAsync(ct);

    /// <summary>
    /// Enqueues a job that there is once, or has it run anew: at once if it waits, after this run if it is running (a handler that ends
    /// with <see cref="JobResult.DoneAndForgotten"/> is run again).
    /// </summary>
    public async Task AskAgainAsync(TenantScope scope, NewJob job, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        await Jobs.UpdateOneAsync(
            Filter.Eq(j => j.Id, job.Id),
            Builders<Job>.Update.Set(j => j.RunAt, now)
                .SetOnInsert(j => j.Tenant, scope.Code).SetOnInsert(j => j.Kind, job.Kind).SetOnInsert(j => j.Payload, job.Payload)
                .SetOnInsert(j => j.Status, JobStatus.Queued).SetOnInsert(j => j.Priority, (int)job.Priority)
                .SetOnInsert(j => j.MaxAttempts, job.MaxAttempts).SetOnInsert(j => j.CreatedAt, now),
            new UpdateOptions { IsUpsert = true },
            ct);
        signal.Wake();
    }

    /// <summary>
    /// Lets a job that has ended run again with all its attempts, one that waits run now, and makes one that is gone. One that is
    /// running is left to it.
    /// </summary>
    public async Task RestartAsync(TenantScope scope, NewJob job, CancellationToken ct)
    {
        var restarted = await Jobs.UpdateOneAsync(
            Filter.Eq(j => j.Id, job.Id) & Filter.Ne(j => j.Status, JobStatus.Processing), Anew(after: null), null, ct);
        if (restarted.MatchedCount == 0)
        {
            await EnqueueAsync(scope, [job], ct);
        }

        signal.Wake();
    }

    /// <summary>Tells this node's workers that something may be due.</summary>
    public void Wake() => signal.Wake();

    /// <summary>Lets the job that waits for this one run.</summary>
    public async Task ReleaseAfterAsync(ObjectId jobId, CancellationToken ct)
    {
        var released = await Jobs.UpdateManyAsync(
            Filter.Eq(j => j.Status, JobStatus.Queued) & Filter.Eq(j => j.After, jobId), Builders<Job>.Update.Unset(j => j.After), null, ct);
        if (released.ModifiedCount > 0)
        {
            signal.Wake();
        }
    }

    /// <summary>Puts an ended job back, with all its attempts; nothing when it has not ended that way.</summary>
    /// <param name="id">The job.</param>
    /// <param name="after">The job that must end first; null when none must.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> PutBackAsync(ObjectId id, ObjectId? after, CancellationToken ct)
    {
        var put = await Jobs.UpdateOneAsync(
            Filter.Eq(j => j.Id, id) & Filter.In(j => j.Status, [JobStatus.Failed, JobStatus.Cancelled]), Anew(after), null, ct);
        signal.Wake();
        return put.ModifiedCount == 1;
    }

    /// <summary>The events of those of these jobs that have not begun.</summary>
    public async Task<IReadOnlyList<ObjectId>> EventsOfQueuedAsync(TenantScope scope, FilterDefinition<Job> which, CancellationToken ct)
    {
        var events = await Jobs.Find(Filter.Eq(j => j.Tenant, scope.Code) & Filter.Eq(j => j.Status, JobStatus.Queued) & which).Project(j => j.EventLogId).ToListAsync(ct);
        return [.. events.OfType<ObjectId>().Distinct()];
    }

    /// <summary>Which of these jobs have not ended.</summary>
    public async Task<IReadOnlyList<ObjectId>> LiveAsync(IReadOnlyList<ObjectId> ids, CancellationToken ct) => ids.Count == 0
        ? []
        : await Jobs.Find(Filter.In(j => j.Id, ids) & Filter.In(j => j.Status, [JobStatus.Queued, JobStatus.Processing])).Project(j => j.Id).ToListAsync(ct);

    /// <summary>Whether a job of an event was called off.</summary>
    public Task<bool> IsCalledOffAsync(ObjectId eventId, string kind, CancellationToken ct) =>
        Jobs.Find(j => j.EventLogId == eventId && j.Kind == kind && j.Status == JobStatus.Cancelled).AnyAsync(ct);

    /// <summary>Calls off jobs that have not begun; answers which it caught.</summary>
    public async Task<IReadOnlyList<Job>> CancelAsync(TenantScope scope, FilterDefinition<Job> which, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var candidates = await Jobs.Find(Filter.Eq(j => j.Tenant, scope.Code) & Filter.Eq(j => j.Status, JobStatus.Queued) & which).ToListAsync(ct);
        var cancelled = new List<Job>(candidates.Count);
        foreach (var job in candidates)
        {
            var result = await Jobs.UpdateOneAsync(
                j => j.Id == job.Id && j.Status == JobStatus.Queued,
                Builders<Job>.Update.Set(j => j.Status, JobStatus.Cancelled).Set(j => j.FinishedAt, now).Set(j => j.ExpireAt, now + JobRunner.Kept),
                null,
                ct);
            if (result.ModifiedCount == 1)
            {
                cancelled.Add(job);
            }
        }

        return cancelled;
    }

    /// <summary>As if it had just been enqueued, due now.</summary>
    private UpdateDefinition<Job> Anew(ObjectId? after)
    {
        var update = Builders<Job>.Update.Set(j => j.Status, JobStatus.Queued).Set(j => j.Attempts, 0).Set(j => j.RunAt, clock.GetUtcNow().UtcDateTime)
            .Unset(j => j.FinishedAt).Unset(j => j.ExpireAt).Unset(j => j.Error);
        return after is null ? update.Unset(j => j.After) : update.Set(j => j.After, after);
    }

    private static Job Make(TenantScope scope, NewJob job, DateTime now) => new()
    {
        Id = job.Id,
        Tenant = scope.Code,
        Kind = job.Kind,
        Payload = job.Payload,
        Status = JobStatus.Queued,
        Priority = (int)job.Priority,
        RunAt = job.RunAt ?? now,
        After = job.After,
        MaxAttempts = job.MaxAttempts,
        EventLogId = job.EventLogId,
        CorrelationKey = job.CorrelationKey,
        TraceParent = Activity.Current?.Id,
        CreatedAt = now,
    };
}

/// <summary>Tells this node's workers that something may be due, so that nothing waits for a tick.</summary>
internal sealed class JobSignal(TimeProvider clock)
{
    /// <summary>What is due later than this is found by the sweep.</summary>
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    // One note is enough, however many leave it: whoever reads it looks at everything.
    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Wake() => _due.Writer.TryWrite(true);

    /// <summary>Tells the workers at a time that comes before the next sweep, for work that is paced in fractions of a second.</summary>
    public void WakeAt(DateTime at)
    {
        var wait = at - clock.GetUtcNow().UtcDateTime;
        if (wait < Sweep)
        {
            ITimer? timer = null;
            timer = clock.CreateTimer(
                _ =>
                {
                    Wake();
                    timer?.Dispose();
                },
                null,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
            timer.Change(wait < Shortest ? Shortest : wait, Timeout.InfiniteTimeSpan);
        }
    }

    public async Task WaitAsync(CancellationToken ct) => await _due.Reader.ReadAsync(ct);
}
