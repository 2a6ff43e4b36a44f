using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
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

    /// <summary>How long jobs that were told to end at once may take to do so.</summary>
    private static readonly TimeSpan Unwinding = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ObjectId, RunningJob> _running = new();
    private readonly JobClaims _claims;
    private readonly JobSignal _signal;
    private readonly JobAttempts _attempts;
    private readonly Lazy<Dictionary<string, IJobHandler>> _handlers;
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
        _claims = claims;
        _signal = signal;
        _handlers = new(() => handlers.Value.ToDictionary(h => h.Kind));
        _clock = clock;
        _log = log;
        _workers = options.Value.Workers;
        _attempts = new JobAttempts(queue.Jobs, signal, directory, _handlers, live, clock, log);
    }

    /// <summary>Runs jobs until told to stop; then lets those under way end for a while and gives back the rest.</summary>
    /// <param name="grace">How long they may take to end: a mail or a call that is cut off is sent again.</param>
    /// <param name="stop">Tells to stop.</param>
    public async Task RunAsync(TimeSpan grace, CancellationToken stop)
    {
        if (_workers == 0)
        {
            return;
        }

        using var abandon = new CancellationTokenSource();
        using var ended = new CancellationTokenSource();
        var renewing = RenewAsync(ended.Token);
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

        await EndedAsync(grace);
        RunningJob[] left = [.. _running.Values];
        await abandon.CancelAsync();
        // Not before they have let go: whoever takes them next must not do so beside them.
        await EndedAsync(Unwinding);
        await _claims.GiveBackAsync([.. left.Select(r => r.Job.Id)], CancellationToken.None);
        await ended.CancelAsync();
        await renewing;
    }

    /// <summary>Waits until nothing runs any more, but no longer than that.</summary>
    private async Task EndedAsync(TimeSpan atMost)
    {
        try
        {
            await Task.WhenAll(_running.Values.Select(r => r.Ended.Task)).WaitAsync(atMost, _clock);
        }
        catch (TimeoutException)
        {
            // Some take longer.
        }
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

            await Task.WhenAll(claimed.Select(job => _attempts.RunAsync(job, ct)));
            ran += claimed.Count;
        }
    }

    /// <summary>2, 4, 8 … seconds, at most half an hour, ±20 % so that what failed together does not come back together.</summary>
    internal static TimeSpan BackOff(int attempt)
    {
        var seconds = Math.Min(Math.Pow(2, attempt), LongestBackOff.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (0.8 + (Random.Shared.NextDouble() * 0.4)));
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
                var running = new RunningJob(job, _clock.GetTimestamp());
                _running[job.Id] = running;
                _ = RunAndReleaseAsync(running, abandon);
            }
        }
    }

    /// <summary>Workers with nothing to do. One whose job waits for an answer is lent to others, so that upstreams that are mute hold up nobody's work.</summary>
    private int Free()
    {
        var waiting = _running.Values.Count(r => _handlers.Value.TryGetValue(r.Job.Kind, out var handler) && handler.CallsOut && _clock.GetElapsedTime(r.Began) >= Waits);
        return Math.Max(0, _workers - _running.Count + Math.Min(waiting, MostWaiting * _workers));
    }

    private async Task RunAndReleaseAsync(RunningJob running, CancellationToken ct)
    {
        var job = running.Job;
        // Leave the dispatcher's thread at once: a handler may do much before it first awaits.
        await Task.Yield();
        try
        {
            await _attempts.RunAsync(job, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The node stops, and gives it back.
        }
        catch (Exception e)
        {
            // The lease runs out and the job comes back.
            _log.LogError(e, "The end of job {Job} ({Kind}) could not be recorded", job.Id, job.Kind);
        }
        finally
        {
            _running.TryRemove(job.Id, out _);
            running.Ended.SetResult();
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

    private async Task RenewAsync(CancellationToken ended)
    {
        using var timer = new PeriodicTimer(JobClaims.Lease / 3, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                try
                {
                    if (!_running.IsEmpty)
                    {
                        await _claims.RenewAsync([.. _running.Keys], ended);
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
            // Nothing runs any more.
        }
    }

    private sealed record RunningJob(Job Job, long Began)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
