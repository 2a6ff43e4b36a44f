using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Notifications;

/// <summary>Something a member, or everybody, is told in the dashboard.</summary>
internal sealed class Notification
{
    public const string Collection = "notifications";

    /// <summary>The id of the action that tells it, so that a repeat tells nothing twice.</summary>
    public ObjectId Id { get; set; }

    /// <summary>The member's address; absent is everybody.</summary>
    public string? To { get; set; }

    /// <summary>Who works on the lead it is about: whoever sees only their own leads hears of those only.</summary>
    public string? Owner { get; set; }

    public required string Text { get; set; }

    public required string By { get; set; }

    public ObjectId? LeadId { get; set; }

    public ObjectId? EventLogId { get; set; }

    /// <summary>The accounts that have read it.</summary>
    public List<string> ReadBy { get; set; } = [];

    public DateTime At { get; set; }

    public DateTime ExpireAt { get; set; }

    public static CollectionIndexes Indexes { get; } = new(
        Collection,
        IndexModel.On("to", "-at"),
        // By these an erasure finds them.
        IndexModel.On("leadId"),
        IndexModel.On("eventLogId"),
        IndexModel.On("expireAt").Expiring(TimeSpan.Zero));
}

internal static class NotificationCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Notification> Notifications => db.Collection<Notification>(Notification.Collection);
    }
}
