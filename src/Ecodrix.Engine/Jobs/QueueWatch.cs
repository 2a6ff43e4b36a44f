using Ecodrix.Engine.Kernel;
using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>Looks now and then at how full the queue is, so that a reader of the meters never waits for the database.</summary>
public sealed class QueueWatch
{
    private static readonly FilterDefinitionBuilder<Job> Filter = Builders<Job>.Filter;

    private readonly JobQueue _queue;
    private readonly TimeProvider _clock;
    private QueueDepth _depth = QueueDepth.Empty;

    internal QueueWatch(JobQueue queue, TimeProvider clock)
    {
        _queue = queue;
        _clock = clock;
        Telemetry.ObserveQueue(() => Volatile.Read(ref _depth));
    }

    /// <summary>Looks once.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        // The index of all tenants' has the priority in between.
        var due = Job.DueAt(now) & Filter.In(j => j.Priority, Enum.GetValues<JobPriority>().Select(p => (int)p));
        var count = await _queue.Jobs.CountDocumentsAsync(due, null, ct);
        var oldest = count == 0 ? now : await _queue.Jobs.Find(due).SortBy(j => j.RunAt).Project(j => j.RunAt).FirstOrDefaultAsync(ct);
        var running = await _queue.Jobs.CountDocumentsAsync(Filter.Eq(j => j.Status, JobStatus.Processing) & Filter.Gt(j => j.LeaseUntil, DateTime.UnixEpoch), null, ct);
        Volatile.Write(ref _depth, new QueueDepth(count, running, oldest == default ? TimeSpan.Zero : now - oldest));
    }
}
