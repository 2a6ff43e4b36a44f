using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Timeline;

/// <summary>Kinds of entries on a lead's timeline.</summary>
public enum ActivityType
{
    /// <summary>A phone call.</summary>
    Call,

    /// <summary>A meeting.</summary>
    Meeting,

    /// <summary>An e-mail.</summary>
    Email,

    /// <summary>A WhatsApp message.</summary>
    Whatsapp,

    /// <summary>A note was written.</summary>
    NoteAdded,

    /// <summary>The lead entered another stage.</summary>
    StageChanged,

    /// <summary>The lead was won, lost, reopened or archived.</summary>
    StatusChanged,

    /// <summary>A tag was added.</summary>
    TagAdded,

    /// <summary>A tag was removed.</summary>
    TagRemoved,

    /// <summary>The score changed.</summary>
    ScoreChanged,

    /// <summary>The lead was given to somebody.</summary>
    Assigned,

    /// <summary>The lead was made.</summary>
    LeadCreated,

    /// <summary>The lead came or changed by an import.</summary>
    Imported,

    /// <summary>An automation did something.</summary>
    Automation,

    /// <summary>Anything else.</summary>
    Custom,
}

/// <summary>One entry of a lead's timeline.</summary>
internal sealed class Activity
{
    public const string Collection = "activities";

    public ObjectId Id { get; set; }

    public ObjectId LeadId { get; set; }

    public ActivityType Type { get; set; }

    public required string Title { get; set; }

    public string? Body { get; set; }

    /// <summary>What else there is to know: from and to, minutes, outcome.</summary>
    public BsonDocument? Data { get; set; }

    /// <summary>Who did it, as people read it.</summary>
    public required string PerformedBy { get; set; }

    public ActorKind ActorKind { get; set; }

    /// <summary>The event whose automation did it.</summary>
    public ObjectId? EventLogId { get; set; }

    public DateTime At { get; set; }

    public static CollectionIndexes Indexes { get; } = new(
        Collection, IndexModel.On("leadId", "-at", "-_id"), IndexModel.On("leadId", "type", "-at"), IndexModel.On("at"));
}

internal static class TimelineCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Activity> Activities => db.Collection<Activity>(Activity.Collection);
    }
}
