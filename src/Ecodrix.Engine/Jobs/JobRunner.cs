using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>How much is done at once (<c>Ecodrix</c>).</summary>
public sealed record WorkerOptions
{
    /// <summary>Concurrent jobs on this node. 0 runs none here: another node works, or a test steps the queue itself.</summary>
    [Range(0, 1024)]
    public int Workers { get; set; } = 16;
}

/// <summary>Runs jobs. The host keeps one loop going; a clock calls <see cref="SweepAsync"/> each second; tests step it.</summary>
public sealed class JobRunner
{
    /// <summary>How long an ended job can still be looked up.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private const int ClaimShare = 2;

    /// <summary>A job that calls out and takes longer than this waits for an answer.</summary>
    private static readonly TimeSpan Waits = TimeSpan.FromSeconds(1);

    /// <summary>How many times as many jobs as there are workers may wait for answers: each holds some memory and a connection.</summary>
    private const int MostWaiting = 8;

    /// <summary>How long a free worker waits for others to get free, while there is a backlog.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(30);

    private readonly ConcurrentDictionary<ObjectId, RunningJob> _running = new();
    private readonly IMongoCollection<Job> _jobs;
    private readonly JobEndings _endings;
    private readonly JobClaims _claims;
    private readonly JobSignal _signal;
    private readonly TenantDirectory _directory;
    private readonly Lazy<Dictionary<string, IJobHandler>> _handlers;
    private readonly ILiveBus _live;
    private readonly TimeProvider _clock;
    private readonly ILogger<JobRunner> _log;
    private readonly int _workers;

    // While there is a backlog, workers that get free are given new jobs a few at a time: a claim for each costs more than many jobs do.
    private volatile bool _backlog;
    private int _freed;

    internal JobRunner(
        JobQueue queue, JobClaims claims, JobSignal signal, TenantDirectory directory, Lazy<IEnumerable<IJobHandler>> handlers, ILiveBus live,
        IOptions<WorkerOptions> options, TimeProvider clock, ILogger<JobRunner> log)
    {
        _jobs = queue.Jobs;
        _endings = new JobEndings(queue.Jobs);
        _claims = claims;
        _signal = signal;
        _directory = directory;
        _handlers = new(() => handlers.Value.ToDictionary(h => h.Kind));
        _live = live;
        _clock = clock;
        _log = log;
        _workers = options.Value.Workers;
    }

    /// <summary>Runs jobs until told to stop; then lets those under way end for a while and gives back the rest.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        if (_workers == 0)
        {
            return;
        }

        using var abandon = new CancellationTokenSource();
        var renewing = RenewAsync(stop);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await _signal.WaitAsync(stop);
                await FillAsync(abandon.Token, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }

        await abandon.CancelAsync();
        await _claims.GiveBackAsync([.. _running.Keys], CancellationToken.None);
        await renewing;
    }

    /// <summary>Gives back the jobs of dead nodes and wakes this node's workers for what has come due.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        var reclaimed = await _claims.ReclaimAsync(ct);
        if (reclaimed > 0)
        {
            _log.LogWarning("{Count} jobs came back from nodes that went silent", reclaimed);
        }

        _signal.Wake();
    }

    /// <summary>Gives back all running jobs at the start of a node that is certainly the only one.</summary>
    public Task ReclaimAllAsync(CancellationToken ct) => _claims.ReclaimAllAsync(ct);

    /// <summary>Runs everything that is due now, and what that makes due, until nothing is. For stepping the queue without workers.</summary>
    /// <returns>How many attempts ran.</returns>
    public async Task<int> RunDueAsync(CancellationToken ct)
    {
        await _claims.ReclaimAsync(ct);
        for (var ran = 0; ;)
        {
            var claimed = (await _claims.ClaimAsync(16, 16, new Dictionary<string, int>(), ct)).Jobs;
            if (claimed.Count == 0)
            {
                return ran;
            }

            await Task.WhenAll(claimed.Select(job => RunOneAsync(job, ct)));
            ran += claimed.Count;
        }
    }

    private async Task FillAsync(CancellationToken abandon, CancellationToken stop)
    {
        // Somebody asks while all are busy: the first to get free looks.
        _backlog = false;
        // Counted once a round: while jobs end a second count may differ, and to claim none would be to read all.
        for (var (more, free) = (true, Free()); more && free > 0; free = Free())
        {
            IReadOnlyList<Job> claimed;
            try
            {
                var byTenant = _running.Values.GroupBy(r => r.Job.Tenant).ToDictionary(g => g.Key, g => g.Count());
                (claimed, more) = await _claims.ClaimAsync(free, _workers, byTenant, stop);
            }
            catch (Exception e) when (e is MongoException or TimeoutException)
            {
                // The next sweep tries again.
                _log.LogWarning(e, "No jobs could be claimed");
                return;
            }

            if (claimed.Count == 0)
            {
                return;
            }

            Volatile.Write(ref _freed, 0);
            _backlog = true;
            foreach (var job in claimed)
            {
                _running[job.Id] = new RunningJob(job, _clock.GetTimestamp());
                _ = RunAndReleaseAsync(job, abandon);
            }
        }
    }

    /// <summary>Workers with nothing to do. One whose job waits for an answer is lent to others, so that upstreams that are mute hold up nobody's work.</summary>
    private int Free()
    {
        var waiting = _running.Values.Count(r => _handlers.Value.TryGetValue(r.Job.Kind, out var handler) && handler.CallsOut && _clock.GetElapsedTime(r.Began) >= Waits);
        return Math.Max(0, _workers - _running.Count + Math.Min(waiting, MostWaiting * _workers));
    }

    private async Task RunAndReleaseAsync(Job job, CancellationToken ct)
    {
        // Leave the dispatcher's thread at once: a handler may do much before it first awaits.
        await Task.Yield();
        try
        {
            await RunOneAsync(job, ct);
        }
        catch (Exception e)
        {
            // The lease runs out and the job comes back.
            _log.LogError(e, "The end of job {Job} ({Kind}) could not be recorded", job.Id, job.Kind);
        }
        finally
        {
            _running.TryRemove(job.Id, out _);
            var freed = Interlocked.Increment(ref _freed);
            if (freed >= Math.Max(1, _workers / ClaimShare) || !_backlog || _running.IsEmpty)
            {
                _signal.Wake();
            }
            else if (freed == 1)
            {
                _signal.WakeAt(_clock.GetUtcNow().UtcDateTime + Gathering);
            }
        }
    }

    private async Task RunOneAsync(Job job, CancellationToken ct)
    {
        var scope = await _directory.OpenForSystemAsync(job.Tenant, ct);
        if (scope is null || !_handlers.Value.TryGetValue(job.Kind, out var handler))
        {
            await EndAsync(job, JobStatus.Failed, scope is null ? "The client is gone." : $"Nobody does jobs of the kind {job.Kind}.");
            return;
        }

        using var activity = Telemetry.Activities.StartActivity($"job {job.Kind}", ActivityKind.Consumer, job.TraceParent);
        activity?.SetTag("ecodrix.tenant", job.Tenant).SetTag("ecodrix.job", job.Id.ToString()).SetTag("ecodrix.event", job.EventLogId?.ToString());
        var began = _clock.GetTimestamp();
        Telemetry.JobLateness.Record(Math.Max(0, (_clock.GetUtcNow().UtcDateTime - job.RunAt).TotalSeconds), Telemetry.Kind(job.Kind));
        var run = new JobRun(scope, job.Id, job.Payload, job.Attempts, job.MaxAttempts);
        using var logging = _log.BeginScope("Job {Job} {Kind} of {Tenant}", job.Id, job.Kind, job.Tenant);
        var result = await AttemptAsync(handler, run, ct);
        Telemetry.JobDuration.Record(_clock.GetElapsedTime(began).TotalSeconds, Telemetry.Kind(job.Kind), Telemetry.Outcome(result.Outcome));
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
                await _jobs.UpdateOneAsync(JobUpdates.Held(job), JobUpdates.Gate(gated.Gate, gated.Why), null, ct);
                break;
            case JobResult.Abandoned given:
                await handler.GaveUpAsync(run, given.Error, ct);
                await EndAsync(job, JobStatus.Failed, given.Error);
                break;
        }
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
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            _log.LogWarning(e, "Attempt {Attempt} of {Max} failed", run.Attempt, run.MaxAttempts);
            return run.IsLastAttempt
                ? JobResult.GivenUp(e.Message)
                : JobResult.Later(_clock.GetUtcNow().UtcDateTime + BackOff(run.Attempt), e.Message);
        }
    }

    /// <summary>2, 4, 8 … seconds, at most half an hour, ±20 % so that what failed together does not come back together.</summary>
    internal static TimeSpan BackOff(int attempt)
    {
        var seconds = Math.Min(Math.Pow(2, attempt), LongestBackOff.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (0.8 + (Random.Shared.NextDouble() * 0.4)));
    }

    private async Task EndAsync(Job job, JobStatus status, string? error)
    {
        await _endings.RecordAsync(JobUpdates.Held(job), JobUpdates.End(status, error, _clock.GetUtcNow().UtcDateTime));
        _live.Publish(job.Tenant, "job.updated", new { id = job.Id.ToString(), kind = job.Kind, status });
    }

    private async Task PostponeAsync(Job job, JobResult.Postponed later, CancellationToken ct)
    {
        var put = await _jobs.UpdateOneAsync(
            JobUpdates.HeldAndNotAskedAgain(job), JobUpdates.Postpone(later.At, later.Why, later.CountsAsAttempt), null, ct);
        if (put.MatchedCount == 0)
        {
            // It was asked for again while it ran: that time counts.
            await _jobs.UpdateOneAsync(JobUpdates.Held(job), JobUpdates.Postpone(at: null, later.Why, later.CountsAsAttempt), null, ct);
            _signal.Wake();
        }

        _signal.WakeAt(later.At);
    }

    private async Task ForgetAsync(Job job, CancellationToken ct)
    {
        // A job that was asked for again while it ran stays and runs again.
        var gone = await _jobs.DeleteOneAsync(JobUpdates.HeldAndNotAskedAgain(job), ct);
        if (gone.DeletedCount == 0)
        {
            await _jobs.UpdateOneAsync(JobUpdates.Held(job), JobUpdates.RunAgain(), null, ct);
        }
    }

    private async Task RenewAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(JobClaims.Lease / 3, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                try
                {
                    if (!_running.IsEmpty)
                    {
                        await _claims.RenewAsync([.. _running.Keys], stop);
                    }
                }
                catch (Exception e) when (e is MongoException or TimeoutException)
                {
                    _log.LogWarning(e, "Leases could not be renewed");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    private sealed record RunningJob(Job Job, long Began);
}
