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

/// <summary>
/// One entry of a lead's timeline. A note is an entry too, with <see cref="Note"/> set: so the timeline is one range of one index,
/// on any MongoDB and on the embedded store, however many activities and notes there are; and a note is on it exactly once.
/// </summary>
internal sealed class Activity
{
    public const string Collection = "activities";

    public ObjectId Id { get; set; }

    public ObjectId LeadId { get; set; }

    /// <summary>The lead's pipeline when it happened, for analytics.</summary>
    public ObjectId? PipelineId { get; set; }

    public ActivityType Type { get; set; }

    public required string Title { get; set; }

    public string? Body { get; set; }

    /// <summary>What else there is to know: from and to, minutes, outcome.</summary>
    public BsonDocument? Data { get; set; }

    /// <summary>For a call: how long it took.</summary>
    public decimal? DurationMinutes { get; set; }

    /// <summary>For a call: what came of it.</summary>
    public string? Outcome { get; set; }

    /// <summary>Set where the entry is a note; its text is <see cref="Body"/>.</summary>
    public NoteMark? Note { get; set; }

    /// <summary>Who did it, as people read it.</summary>
    public required string PerformedBy { get; set; }

    public ActorKind ActorKind { get; set; }

    /// <summary>Whether the platform noted it of a change by itself, as opposed to what somebody logged.</summary>
    public bool Noted { get; set; }

    /// <summary>The event whose automation did it.</summary>
    public ObjectId? EventLogId { get; set; }

    public DateTime At { get; set; }

    public static CollectionIndexes Indexes { get; } = new(
        Collection,
        IndexModel.On("leadId", "-at", "-_id"),
        IndexModel.On("leadId", "type", "-at", "-_id"),
        IndexModel.On("leadId", "type", "-note.pinned", "-at", "-_id"),
        IndexModel.On("-at", "-_id"),
        IndexModel.On("performedBy", "-at", "-_id"),
        IndexModel.On("pipelineId", "-at", "-_id"))
    {
        Retired = [IndexModel.On("at"), IndexModel.On("pipelineId", "at"), IndexModel.On("leadId", "type", "-at")],
    };
}

/// <summary>What a note has beyond other entries.</summary>
internal sealed class NoteMark
{
    public bool Pinned { get; set; }

    public DateTime? EditedAt { get; set; }
}

internal static class TimelineCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Activity> Activities => db.Collection<Activity>(Activity.Collection);
    }
}
