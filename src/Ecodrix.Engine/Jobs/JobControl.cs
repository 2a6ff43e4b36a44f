using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Jobs;

/// <summary>Tries a tenant's failed jobs again and calls off those that have not begun.</summary>
public sealed class JobControl
{
    private readonly JobQueue _queue;
    private readonly Lazy<Dictionary<string, IJobHandler>> _handlers;
    private readonly ILiveBus _live;

    internal JobControl(JobQueue queue, Lazy<IEnumerable<IJobHandler>> handlers, ILiveBus live)
    {
        _queue = queue;
        _handlers = new(() => handlers.Value.ToDictionary(h => h.Kind));
        _live = live;
    }

    /// <summary>Runs a failed job again with all its attempts. For the action of an event, the event is taken up again too.</summary>
    /// <exception cref="RefusedException">INVALID_ID, JOB_NOT_FOUND, JOB_NOT_FAILED, ALREADY_DONE (by a replay of its event).</exception>
    public async Task<JobView> RetryAsync(TenantScope scope, string jobId, CancellationToken ct)
    {
        var (job, handler) = await FindAsync(scope, jobId, ct);
        if (job.Status != JobStatus.Failed)
        {
            throw JobRefusals.NotFailed(jobId, job.Status.Word());
        }

        // First what it stands for, then the job: after a crash in between the job is still there to be tried again.
        await handler.ReopenAsync(Run(scope, job), ct);
        await _queue.PutBackAsync(job.Id, null, ct);
        return await EndAsync(scope, job, ct);
    }

    /// <summary>Whether a job can be called off now: it has not begun, and it is the tenant's and not work the platform needs.</summary>
    public bool MayCallOff(TenantScope scope, JobView job)
    {
        _ = scope;
        return job.Status == JobStatus.Queued && _handlers.Value.GetValueOrDefault(job.Kind)?.MayBeCalledOff == true;
    }

    /// <summary>Calls off a job that has not begun.</summary>
    /// <exception cref="RefusedException">INVALID_ID, JOB_NOT_FOUND, JOB_NOT_QUEUED, JOB_NOT_YOURS.</exception>
    public async Task<JobView> CancelAsync(TenantScope scope, string jobId, CancellationToken ct)
    {
        var (job, handler) = await FindAsync(scope, jobId, ct);
        if (!handler.MayBeCalledOff)
        {
            throw JobRefusals.NotTenants(job.Kind);
        }

        if (job.Status != JobStatus.Queued || !await handler.CallOffAsync(_queue, Run(scope, job), $"Called off by {scope.Actor.Name}", ct))
        {
            throw JobRefusals.NotQueued(jobId, (await FindAsync(scope, jobId, ct)).Job.Status.Word());
        }

        return await EndAsync(scope, job, ct);
    }

    private static JobRun Run(TenantScope scope, Job job) => new(scope, job.Id, job.Payload, job.Attempts, job.MaxAttempts);

    private async Task<(Job Job, IJobHandler Handler)> FindAsync(TenantScope scope, string jobId, CancellationToken ct)
    {
        var job = await JobMonitoring.RequireAsync(_queue, scope, jobId, ct);
        return _handlers.Value.TryGetValue(job.Kind, out var handler) ? (job, handler) : throw JobRefusals.NotTenants(job.Kind);
    }

    private async Task<JobView> EndAsync(TenantScope scope, Job job, CancellationToken ct)
    {
        var after = await JobMonitoring.RequireAsync(_queue, scope, job.Id.ToString(), ct);
        _live.Publish(scope.Code, "job.updated", new { id = job.Id.ToString(), kind = job.Kind, status = after.Status });
        return JobView.Of(after);
    }
}
