using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>
/// Calls off what has not happened yet: a cancelled appointment sends no reminder. What is being called off is marked as such until it is
/// written everywhere, so that the drain can finish it after a crash.
/// </summary>
internal sealed class PendingWork(
    JobQueue queue, Lazy<EventProgress> progress, MeetingCancelling meetings, MessageSending messages, CallbackOutbox callbacks, Outbox outbox, EventFeed feed, TimeProvider clock,
    ILogger<PendingWork> logs)
{
    /// <summary>A mark younger than this may belong to somebody who is still at it.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    private static readonly FindOneAndUpdateOptions<EventLog> After = new() { ReturnDocument = ReturnDocument.After };
    private static readonly FilterDefinitionBuilder<EventLog> Events = Builders<EventLog>.Filter;

    /// <summary>Calls off everything pending under an event's correlation key, but for its own.</summary>
    public async Task CancelByCorrelationAsync(TenantScope scope, string key, EventLog by, CancellationToken ct)
    {
        if (await scope.Db.Events.FindByIdAsync(by.Id, ct) is { Status: EventStatus.Cancelled })
        {
            return;
        }

        var why = $"Called off by {by.Trigger}";
        // What came later is not meant; and of two that come at once and mean each other, one must stay.
        var before = Events.Eq(e => e.CorrelationKey, key)
            & (Events.Lt(e => e.ReceivedAt, by.ReceivedAt) | (Events.Eq(e => e.ReceivedAt, by.ReceivedAt) & Events.Lt(e => e.Id, by.Id)));
        await CancelUndispatchedAsync(scope, before, why, ct);
        var earlier = await scope.Db.Events.Find(before).Project(e => (ObjectId?)e.Id).ToListAsync(ct);
        await CancelAsync(scope, Builders<Job>.Filter.Eq(j => j.CorrelationKey, key) & Builders<Job>.Filter.In(j => j.EventLogId, earlier), why, ct);
        // The meeting itself only where the appointment is cancelled or made anew: a payment may call off its reminders without ending what was paid for.
        if (by.Trigger == Trigger.AppointmentCancelled || by.Meet?.Link is not null)
        {
            // A forced replay is about the meeting of the event it repeats, which came before it.
            await meetings.OfEventsAsync(scope, before & Events.Ne(e => e.Id, by.Root), why, ct);
        }
    }

    /// <summary>Calls off events whose actions have not been let go yet; whoever is about to let them go finds that out when writing it down.</summary>
    /// <returns>How many.</returns>
    public async Task<int> CancelUndispatchedAsync(TenantScope scope, FilterDefinition<EventLog> which, string why, CancellationToken ct)
    {
        var ids = await scope.Db.Events.Find(which & Events.In(e => e.Status, [EventStatus.Received, EventStatus.Scheduled])).Project(e => e.Id).ToListAsync(ct);
        var cancelled = new List<ObjectId>(ids.Count);
        foreach (var id in ids)
        {
            if (await CallOffEventAsync(scope, id, why, ct))
            {
                cancelled.Add(id);
            }
        }

        await CancelJobsAsync(scope, cancelled, ct);
        return cancelled.Count;
    }

    /// <summary>Calls off jobs that have not begun, and writes it into their events.</summary>
    public async Task<int> CancelAsync(TenantScope scope, FilterDefinition<Job> which, string why, CancellationToken ct)
    {
        var events = await queue.EventsOfQueuedAsync(scope, which, ct);
        if (events.Count == 0)
        {
            return 0;
        }

        await outbox.ArmAsync(scope, ct);
        var marked = Events.In(e => e.Id, events);
        await scope.Db.Events.UpdateManyAsync(marked, Builders<EventLog>.Update.Set(e => e.Cancelling, Mark(why)), null, ct);
        var cancelled = await queue.CancelAsync(scope, which, ct);
        foreach (var job in cancelled)
        {
            await CalledOffAsync(scope, job.Kind, job.EventLogId!.Value, job.Id, why, ct);
        }

        await scope.Db.Events.UpdateManyAsync(marked, Builders<EventLog>.Update.Unset(e => e.Cancelling), null, ct);
        return cancelled.Count;
    }

    /// <summary>Calls off one job, if it has not begun.</summary>
    /// <returns>Whether it did.</returns>
    public async Task<bool> CancelAsync(JobRun run, string why, CancellationToken ct) => await CancelAsync(run.Scope, Builders<Job>.Filter.Eq(j => j.Id, run.Id), why, ct) > 0;

    /// <summary>Writes into its event that a job was called off. Safe to repeat.</summary>
    private async Task CalledOffAsync(TenantScope scope, string kind, ObjectId eventId, ObjectId jobId, string why, CancellationToken ct)
    {
        if (kind == EventProcessing.ActionKind)
        {
            await messages.GiveUpAsync(scope, jobId, why, ct);
            if (await scope.Db.Events.Find(e => e.Id == eventId && e.Status == EventStatus.Received).AnyAsync(ct) && await CallOffEventAsync(scope, eventId, why, ct))
            {
                // Its actions are being let go just now and are not written down yet: without the event they would be, and wait for ever.
                return;
            }

            await progress.Value.EndActionAsync(scope, eventId, jobId, new ActionEnd(ActionStatus.Cancelled) { Error = why }, ct);
        }
        else if (kind == EventProcessing.FireKind)
        {
            await CallOffEventAsync(scope, eventId, why, ct);
        }
    }

    /// <summary>
    /// For whoever has let the actions of an event go and could not write it down: if that is because it was called off meanwhile, so are
    /// its jobs and the meeting it made.
    /// </summary>
    /// <returns>The event as it is; null when it was not called off.</returns>
    public async Task<EventLog?> CalledOffMeanwhileAsync(TenantScope scope, EventLog log, CancellationToken ct)
    {
        if (await scope.Db.Events.FindByIdAsync(log.Id, ct) is not { Status: EventStatus.Cancelled } stored)
        {
            return null;
        }

        await CancelJobsAsync(scope, [log.Id], ct);
        if (stored.Meet is null && log.Meet?.Link is not null)
        {
            await scope.Db.Events.UpdateOneAsync(e => e.Id == log.Id, Builders<EventLog>.Update.Set(e => e.Meet, log.Meet), null, ct);
            stored.Meet = log.Meet;
            await meetings.OfEventAsync(scope, stored, stored.Note ?? "Called off", ct);
        }

        return stored;
    }

    /// <summary>Finishes what a crash left half called off.</summary>
    /// <returns>How many events it finished. What one of them fails with keeps no other waiting.</returns>
    public async Task<int> RepairAsync(TenantScope scope, int limit, CancellationToken ct)
    {
        var settled = clock.GetUtcNow().UtcDateTime - Settled;
        var left = await scope.Db.Events.Find(Events.Exists(e => e.Cancelling!.At) & Events.Lt(e => e.Cancelling!.At, settled)).SortBy(e => e.Cancelling!.At).Limit(limit).ToListAsync(ct);
        // A full page of what fails has more behind it: it is at the end of the queue by then.
        var repaired = left.Count == limit ? 1 : 0;
        foreach (var log in left)
        {
            try
            {
                await RepairAsync(scope, log, ct);
                repaired++;
            }
            catch (Exception e) when (e is not (MongoConnectionException or TimeoutException) && !ct.IsCancellationRequested)
            {
                logs.LogWarning(e, "Event {Event} of {Tenant} stays half called off for now", log.Id, scope.Code);
                // To the end of the queue: however many fail, they keep no others waiting.
                await scope.Db.Events.UpdateOneAsync(l => l.Id == log.Id && l.Cancelling != null, Builders<EventLog>.Update.Set(l => l.Cancelling!.At, clock.GetUtcNow().UtcDateTime), null, ct);
            }
        }

        return repaired;
    }

    private async Task RepairAsync(TenantScope scope, EventLog log, CancellationToken ct)
    {
        if (log.Status == EventStatus.Cancelled)
        {
            await FinishCancelledAsync(scope, log, ct);
            return;
        }

        var why = log.Cancelling!.Why;
        if (log.Status is EventStatus.Scheduled or EventStatus.Received && await queue.IsCalledOffAsync(log.Id, EventProcessing.FireKind, ct))
        {
            await CalledOffAsync(scope, EventProcessing.FireKind, log.Id, log.Id, why, ct);
        }

        if (log.Status == EventStatus.Received && await queue.IsCalledOffAsync(log.Id, EventProcessing.ActionKind, ct))
        {
            // Cut off amid its dispatch, whose actions were called off before they were written down.
            await CallOffEventAsync(scope, log.Id, why, ct);
            return;
        }

        var open = log.Actions.Where(a => !a.HasEnded).Select(a => a.Id).ToList();
        var live = await queue.LiveAsync(open, ct);
        foreach (var action in open.Except(live))
        {
            await CalledOffAsync(scope, EventProcessing.ActionKind, log.Id, action, why, ct);
        }

        await scope.Db.Events.UpdateOneAsync(e => e.Id == log.Id, Builders<EventLog>.Update.Unset(e => e.Cancelling), null, ct);
    }

    private async Task<bool> CallOffEventAsync(TenantScope scope, ObjectId eventId, string why, CancellationToken ct)
    {
        await outbox.ArmAsync(scope, ct);
        var log = await scope.Db.Events.FindOneAndUpdateAsync(
            e => e.Id == eventId && (e.Status == EventStatus.Scheduled || e.Status == EventStatus.Received),
            Builders<EventLog>.Update.Set(e => e.Status, EventStatus.Cancelled).Set(e => e.Note, why).Set(e => e.FinishedAt, clock.GetUtcNow().UtcDateTime)
                .Set(e => e.Cancelling, Mark(why)),
            After,
            ct);
        if (log is null)
        {
            return false;
        }

        await FinishCancelledAsync(scope, log, ct);
        return true;
    }

    /// <summary>Tells the client and who watches.</summary>
    private async Task FinishCancelledAsync(TenantScope scope, EventLog log, CancellationToken ct)
    {
        await callbacks.EnqueueFinishedAsync(scope, log, ct);
        var update = Builders<EventLog>.Update.Unset(e => e.Cancelling);
        await scope.Db.Events.UpdateOneAsync(e => e.Id == log.Id, log.Callback is null ? update : update.Set(e => e.Callback, log.Callback), null, ct);
        await feed.UpdatedAsync(scope, log, ct);
    }

    private async Task CancelJobsAsync(TenantScope scope, List<ObjectId> events, CancellationToken ct)
    {
        if (events.Count > 0)
        {
            await queue.CancelAsync(
                scope, Builders<Job>.Filter.In(j => j.EventLogId, events.Select(e => (ObjectId?)e)) & Builders<Job>.Filter.In(j => j.Kind, [EventProcessing.ActionKind, EventProcessing.FireKind]), ct);
        }
    }

    private CancelMark Mark(string why) => new() { Why = why, At = clock.GetUtcNow().UtcDateTime };
}
