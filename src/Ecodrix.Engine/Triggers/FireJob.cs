using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>Lets an event go whose time has come.</summary>
internal sealed class FireJob(EventProcessing processing, PendingWork pending, JobQueue queue, EventFeed feed) : IJobHandler
{
    public string Kind => EventProcessing.FireKind;

    public bool CallsOut => true;

    public Task<bool> CallOffAsync(JobQueue queue, JobRun run, string why, CancellationToken ct) => pending.CancelAsync(run, why, ct);

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        if (AutomationGate.Hold(run.Scope) is { } held)
        {
            return held;
        }

        var log = await run.Scope.Db.Events.Find(e => e.Id == run.Ref("event")).FirstOrDefaultAsync(ct);
        if (log is null || log.Status is not (EventStatus.Scheduled or EventStatus.Received))
        {
            return JobResult.Done;
        }

        await processing.FireAsync(run.Scope, log, ct);
        await feed.UpdatedAsync(run.Scope, log, ct);
        return JobResult.Done;
    }

    public async Task GaveUpAsync(JobRun run, string error, CancellationToken ct)
    {
        if (await run.Scope.Db.Events.FindByIdAsync(run.Ref("event"), ct) is { Status: EventStatus.Scheduled or EventStatus.Received } log)
        {
            await processing.GiveUpAsync(run.Scope, log, $"It could not be worked on when its time had come ({error}). Try its job again, or replay it, when the cause is gone.", ct);
            await feed.UpdatedAsync(run.Scope, log, ct);
        }
    }

    public async Task ReopenAsync(JobRun run, CancellationToken ct)
    {
        // What has started was given up by nobody here: its actions have jobs of their own.
        if (await run.Scope.Db.Events.FindByIdAsync(run.Ref("event"), ct) is not { Status: EventStatus.Failed, StartedAt: null } log)
        {
            return;
        }

        // A replay leaves out what was done before it; the event itself does not ask, and would do everything once more.
        if (log.ReplayOf is null && await ActionFamily.ReplaysAsync(run.Scope, log.Id, ct) is [var replay, ..])
        {
            throw EventRefusals.Replayed(replay.Id.ToString());
        }

        // Its actions' jobs, let go by an attempt that was cut off, have found no event to act for and ended: as they are they would be met as done.
        await queue.Jobs.DeleteManyAsync(j => j.EventLogId == log.Id && j.Kind == EventProcessing.ActionKind, ct);
        await run.Scope.Db.Events.UpdateOneAsync(
            e => e.Id == log.Id && e.Status == EventStatus.Failed && e.StartedAt == null,
            Builders<EventLog>.Update.Set(e => e.Status, EventStatus.Scheduled).Unset(e => e.Note).Unset(e => e.FinishedAt).Inc(e => e.Reopened, 1),
            null,
            ct);
        await feed.UpdatedAsync(run.Scope, log, ct);
    }
}
