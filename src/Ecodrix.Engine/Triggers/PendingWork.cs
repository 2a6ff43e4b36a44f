using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>Calls off what has not happened yet: a cancelled appointment sends no reminder.</summary>
internal sealed class PendingWork(JobQueue queue, Lazy<EventProgress> progress, MeetingCancelling meetings, ILiveBus live, TimeProvider clock)
{
    /// <summary>Calls off everything pending under an event's correlation key, but for its own.</summary>
    public async Task CancelByCorrelationAsync(TenantScope scope, string key, EventLog by, CancellationToken ct)
    {
        var why = $"Called off by {by.Trigger}";
        await CancelAsync(scope, Builders<Job>.Filter.Eq(j => j.CorrelationKey, key) & Builders<Job>.Filter.Ne(j => j.EventLogId, by.Id), why, ct);
        // The meeting itself only where the appointment is cancelled or made anew: a payment may call off its reminders without ending what was paid for.
        if (by.Trigger == Trigger.AppointmentCancelled || by.Meet?.Link is not null)
        {
            await meetings.OfCorrelationAsync(scope, key, by.Id, why, ct);
        }
    }

    /// <summary>Calls off jobs that have not begun, and writes it into their events.</summary>
    public async Task<int> CancelAsync(TenantScope scope, FilterDefinition<Job> which, string why, CancellationToken ct)
    {
        var cancelled = await queue.CancelAsync(scope, which, ct);
        foreach (var job in cancelled)
        {
            await CalledOffAsync(scope, job.Kind, job.EventLogId!.Value, job.Id, why, ct);
        }

        return cancelled.Count;
    }

    /// <summary>Writes into its event that a job was called off.</summary>
    public async Task CalledOffAsync(TenantScope scope, string kind, ObjectId eventId, ObjectId jobId, string why, CancellationToken ct)
    {
        if (kind == EventProcessing.ActionKind)
        {
            await progress.Value.EndActionAsync(scope, eventId, jobId, new ActionEnd(ActionStatus.Cancelled) { Error = why }, ct);
        }
        else if (kind == EventProcessing.FireKind)
        {
            var log = await scope.Db.Events.FindOneAndUpdateAsync<EventLog>(
                e => e.Id == eventId && (e.Status == EventStatus.Scheduled || e.Status == EventStatus.Received),
                Builders<EventLog>.Update.Set(e => e.Status, EventStatus.Cancelled).Set(e => e.Note, why).Set(e => e.FinishedAt, clock.GetUtcNow().UtcDateTime),
                null,
                ct);
            if (log is not null)
            {
                live.EventUpdated(scope, log.Id, log.LeadId);
            }
        }
    }
}
