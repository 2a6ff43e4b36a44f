using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;

namespace Ecodrix.Engine.Triggers;

/// <summary>Tells whoever looks that an event has changed.</summary>
internal static class EventNews
{
    extension(ILiveBus live)
    {
        /// <summary>Tells of an event, and of its lead where who tells knows it: what waits for a lead is read anew only for its own.</summary>
        public void EventUpdated(TenantScope scope, ObjectId eventId, ObjectId? leadId = null) =>
            live.Publish(scope.Code, "event.updated", new { id = eventId.ToString(), leadId = leadId?.ToString() });
    }
}
