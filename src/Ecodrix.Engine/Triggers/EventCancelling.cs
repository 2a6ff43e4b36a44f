using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>What calling an event off came to.</summary>
/// <param name="EventLogId">The event.</param>
/// <param name="Cancelled">Actions (or the waiting event itself) that were called off.</param>
/// <param name="Status">Where the event stands now.</param>
public sealed record EventCancelled(string EventLogId, int Cancelled, EventStatus Status);

/// <summary>Calls off what is pending of one event. What has begun goes on, and what is done stays done.</summary>
public sealed class EventCancelling
{
    private readonly PendingWork _pending;

    internal EventCancelling(PendingWork pending) => _pending = pending;

    /// <summary>Calls off the event if it still waits for its time, and its actions that have not begun.</summary>
    /// <exception cref="RefusedException">INVALID_ID, EVENT_NOT_FOUND.</exception>
    public async Task<EventCancelled> CancelAsync(TenantScope scope, string eventId, CancellationToken ct)
    {
        var id = Ids.Parse(eventId, "logId");
        _ = await FindAsync(scope, id, eventId, ct);
        var own = Builders<Job>.Filter.Eq(j => j.EventLogId, id) & Builders<Job>.Filter.In(j => j.Kind, [EventProcessing.ActionKind, EventProcessing.FireKind]);
        var count = await _pending.CancelAsync(scope, own, $"Called off by {scope.Actor.Name}", ct);
        return new EventCancelled(eventId, count, (await FindAsync(scope, id, eventId, ct)).Status);
    }

    private static async Task<EventLog> FindAsync(TenantScope scope, MongoDB.Bson.ObjectId id, string eventId, CancellationToken ct)
    {
        var log = await scope.Db.Events.Find(e => e.Id == id).FirstOrDefaultAsync(ct);
        var seen = scope.Actor.OnlyAssignedTo is null || (log?.LeadId is { } leadId && await scope.SeesLeadAsync(leadId, ct));
        return log is not null && seen ? log : throw new RefusedException(RefusalKind.NotFound, "EVENT_NOT_FOUND", $"There is no event {eventId}.");
    }
}
