using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;

namespace Ecodrix.Engine.Triggers;

/// <summary>Which events someone may see: those of the leads they may see. The one place that decides it.</summary>
internal static class EventVisibility
{
    extension(TenantScope scope)
    {
        /// <summary>The event with an id, if its lead may be seen.</summary>
        /// <exception cref="RefusedException">INVALID_ID, EVENT_NOT_FOUND.</exception>
        public async Task<EventLog> RequireEventAsync(string eventId, CancellationToken ct)
        {
            var id = Ids.Parse(eventId, "logId");
            var log = await scope.Db.Events.FindByIdAsync(id, ct) ?? throw EventRefusals.NotFound(eventId);
            return await scope.SeesEventAsync(log, ct) ? log : throw EventRefusals.NotFound(eventId);
        }

        /// <summary>Whether an event may be seen.</summary>
        public async Task<bool> SeesEventAsync(EventLog log, CancellationToken ct) =>
            scope.Actor.OnlyAssignedTo is null || (log.LeadId is { } lead && await scope.SeesLeadAsync(lead, ct));

        /// <summary>Whether the event with an id is there and may be seen.</summary>
        public async Task<bool> SeesEventAsync(ObjectId id, CancellationToken ct) =>
            await scope.Db.Events.FindByIdAsync(id, ct) is { } log && await scope.SeesEventAsync(log, ct);
    }
}
