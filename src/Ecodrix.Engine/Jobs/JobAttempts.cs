using System.Diagnostics;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Logging;
using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>Makes single attempts at jobs that a node holds: opens the tenant, has the job's handler do the work, and records what came of it.</summary>
internal sealed class JobAttempts(
    IMongoCollection<Job> jobs, JobSignal signal, TenantDirectory directory, Lazy<Dictionary<string, IJobHandler>> handlers, ILiveBus live, TimeProvider clock, ILogger log)
{
    /// <summary>How long a job rests whose tenant cannot be opened or whose database does not answer.</summary>
    private static readonly TimeSpan AwayRest = TimeSpan.FromSeconds(30);

    private readonly JobEndings _endings = new(jobs);

    /// <summary>Makes one attempt at a job that was claimed, and records how it ended.</summary>
    public async Task RunAsync(Job job, CancellationToken ct)
    {
        TenantScope? scope;
        try
        {
            scope = await directory.OpenForSystemAsync(job.Tenant, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // A database that is away, a secret of it that cannot be read: the work itself has not failed.
            await PostponeAsync(job, Away(e), ct);
            return;
        }

        if (scope is null || !handlers.Value.TryGetValue(job.Kind, out var handler))
        {
            await EndAsync(job, JobStatus.Failed, scope is null ? "The client is gone." : $"Nobody does jobs of the kind {job.Kind}.");
            return;
        }

        using var activity = Telemetry.Activities.StartActivity($"job {job.Kind}", ActivityKind.Consumer, job.TraceParent);
        activity?.SetTag("ecodrix.tenant", job.Tenant).SetTag("ecodrix.job", job.Id.ToString()).SetTag("ecodrix.event", job.EventLogId?.ToString());
        var began = clock.GetTimestamp();
        Telemetry.JobLateness.Record(Math.Max(0, (clock.GetUtcNow().UtcDateTime - job.RunAt).TotalSeconds), Telemetry.Kind(job.Kind));
        var run = new JobRun(scope, job.Id, job.Payload, job.Attempts, job.MaxAttempts);
        using var logging = log.BeginScope("Job {Job} {Kind} of {Tenant}", job.Id, job.Kind, job.Tenant);
        var result = await AttemptAsync(handler, run, ct);
        Telemetry.JobDuration.Record(clock.GetElapsedTime(began).TotalSeconds, Telemetry.Kind(job.Kind), Telemetry.Outcome(result.Outcome));
        activity?.SetStatus(result is JobResult.Abandoned ? ActivityStatusCode.Error : ActivityStatusCode.Unset).SetTag("ecodrix.outcome", result.Outcome);
        switch (result)
        {
            case JobResult.Completed { Forget: true }:
                await ForgetAsync(job, ct);
                break;
            case JobResult.Completed:
                await EndAsync(job, JobStatus.Completed, null);
                break;
            case JobResult.Postponed later:
                await PostponeAsync(job, later, ct);
                break;
            case JobResult.Gated gated:
                await jobs.UpdateOneAsync(JobUpdates.Held(job), JobUpdates.Gate(gated.Gate, gated.Why), null, ct);
                break;
            case JobResult.Abandoned given:
                await GiveUpAsync(job, handler, run, given, ct);
                break;
        }
    }

    private async Task GiveUpAsync(Job job, IJobHandler handler, JobRun run, JobResult.Abandoned given, CancellationToken ct)
    {
        try
        {
            await handler.GaveUpAsync(run, given.Error, ct);
        }
        catch (Exception e) when (e.IsDatabaseAway())
        {
            // It cannot be written down where the work is shown: the last attempt is made once more.
            await PostponeAsync(job, Away(e), ct);
            return;
        }

        await EndAsync(job, JobStatus.Failed, given.Error);
    }

    private JobResult.Postponed Away(Exception e)
    {
        log.LogWarning(e, "A job waits for its client's database");
        var rest = AwayRest * (0.8 + (Random.Shared.NextDouble() * 0.4));
        return new JobResult.Postponed(clock.GetUtcNow().UtcDateTime + rest, DatabaseFaults.AwayWords, CountsAsAttempt: false);
    }

    private async Task<JobResult> AttemptAsync(IJobHandler handler, JobRun run, CancellationToken ct)
    {
        if (run.Attempt > run.MaxAttempts)
        {
            return JobResult.GivenUp("The node running it went silent too often.");
        }

        try
        {
            return await handler.RunAsync(run, ct);
        }
        catch (RefusedException refused)
        {
            return JobResult.GivenUp($"{refused.Code}: {refused.Message}");
        }
        catch (Exception e) when (e.IsDatabaseAway() && !ct.IsCancellationRequested)
        {
            return Away(e);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log.LogWarning(e, "Attempt {Attempt} of {Max} failed", run.Attempt, run.MaxAttempts);
            return run.IsLastAttempt
                ? JobResult.GivenUp(e.WordsForTenant())
                : JobResult.Later(clock.GetUtcNow().UtcDateTime + JobRunner.BackOff(run.Attempt), e.WordsForTenant());
        }
    }

    private async Task EndAsync(Job job, JobStatus status, string? error)
    {
        await _endings.RecordAsync(JobUpdates.Held(job), JobUpdates.End(status, error, clock.GetUtcNow().UtcDateTime));
        live.Publish(job.Tenant, "job.updated", new { id = job.Id.ToString(), kind = job.Kind, status });
    }

    private async Task PostponeAsync(Job job, JobResult.Postponed later, CancellationToken ct)
    {
        var put = await jobs.UpdateOneAsync(
            JobUpdates.HeldAndNotAskedAgain(job), JobUpdates.Postpone(later.At, later.Why, later.CountsAsAttempt), null, ct);
        if (put.MatchedCount == 0)
        {
            // It was asked for again while it ran: that time counts.
            await jobs.UpdateOneAsync(JobUpdates.Held(job), JobUpdates.Postpone(at: null, later.Why, later.CountsAsAttempt), null, ct);
            signal.Wake();
        }

        signal.WakeAt(later.At);
    }

    private async Task ForgetAsync(Job job, CancellationToken ct)
    {
        // A job that was asked for again while it ran stays and runs again.
        var gone = await jobs.DeleteOneAsync(JobUpdates.HeldAndNotAskedAgain(job), ct);
        if (gone.DeletedCount == 0)
        {
            await jobs.UpdateOneAsync(JobUpdates.Held(job), JobUpdates.RunAgain(), null, ct);
        }
    }
}
