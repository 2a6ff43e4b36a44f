using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>What calling an event off came to.</summary>
/// <param name="EventLogId">The event.</param>
/// <param name="Cancelled">Actions (or the waiting event itself) that were called off, and the meeting it made.</param>
/// <param name="Status">Where the event stands now.</param>
public sealed record EventCancelled(string EventLogId, int Cancelled, EventStatus Status);

/// <summary>Calls off what is pending of one event. What has begun goes on, and what is done stays done.</summary>
public sealed class EventCancelling
{
    private readonly PendingWork _pending;
    private readonly MeetingCancelling _meetings;

    internal EventCancelling(PendingWork pending, MeetingCancelling meetings)
    {
        _pending = pending;
        _meetings = meetings;
    }

    /// <summary>Calls off the event if it still waits for its time or to be worked on, its actions that have not begun, and the meeting it made if that has not begun.</summary>
    /// <exception cref="RefusedException">INVALID_ID, EVENT_NOT_FOUND.</exception>
    public async Task<EventCancelled> CancelAsync(TenantScope scope, string eventId, CancellationToken ct)
    {
        var log = await scope.RequireEventAsync(eventId, ct);
        var id = log.Id;
        var own = Builders<Job>.Filter.Eq(j => j.EventLogId, id) & Builders<Job>.Filter.In(j => j.Kind, [EventProcessing.ActionKind, EventProcessing.FireKind]);
        var why = $"Called off by {scope.Actor.Name}";
        var count = await _pending.CancelUndispatchedAsync(scope, Builders<EventLog>.Filter.Eq(e => e.Id, id), why, ct);
        count += await _pending.CancelAsync(scope, own, why, ct);
        count += await _meetings.OfEventAsync(scope, log, why, ct) ? 1 : 0;
        return new EventCancelled(eventId, count, (await scope.RequireEventAsync(eventId, ct)).Status);
    }
}
