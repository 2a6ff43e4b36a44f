using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>Calls off what has not happened yet: a cancelled appointment sends no reminder.</summary>
internal sealed class PendingWork(JobQueue queue, Lazy<EventProgress> progress, TimeProvider clock)
{
    /// <summary>Calls off everything pending under a correlation key, but for one event's own.</summary>
    public Task<int> CancelByCorrelationAsync(TenantScope scope, string key, ObjectId except, string why, CancellationToken ct) =>
        CancelAsync(scope, Builders<Job>.Filter.Eq(j => j.CorrelationKey, key) & Builders<Job>.Filter.Ne(j => j.EventLogId, except), why, ct);

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
            await scope.Db.Events.UpdateOneAsync(
                e => e.Id == eventId && (e.Status == EventStatus.Scheduled || e.Status == EventStatus.Received),
                Builders<EventLog>.Update.Set(e => e.Status, EventStatus.Cancelled).Set(e => e.Note, why).Set(e => e.FinishedAt, clock.GetUtcNow().UtcDateTime),
                null,
                ct);
        }
    }
}
