using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Scoring;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Where a lead stands.</summary>
public enum LeadStatus
{
    /// <summary>Being worked on.</summary>
    Open,

    /// <summary>The deal was made.</summary>
    Won,

    /// <summary>The deal was not made.</summary>
    Lost,

    /// <summary>Put away; out of all lists unless asked for.</summary>
    Archived,
}

/// <summary>A lead: one person a tenant does business with.</summary>
internal sealed class Lead
{
    public const string Collection = "leads";

    public ObjectId Id { get; set; }

    public required string FirstName { get; set; }

    public string? LastName { get; set; }

    /// <summary>E.164; absent only for a lead that a trigger found by e-mail alone.</summary>
    public string? Phone { get; set; }

    public string? Email { get; set; }

    public string? Source { get; set; }

    public LeadStatus Status { get; set; }

    public ObjectId PipelineId { get; set; }

    public ObjectId StageId { get; set; }

    public decimal DealValue { get; set; }

    public string? DealTitle { get; set; }

    /// <summary>0–100.</summary>
    public int Score { get; set; }

    public List<ScorePart> ScoreBreakdown { get; set; } = [];

    /// <summary>The latest changes of the score, oldest first.</summary>
    public List<ScoreChange> ScoreHistory { get; set; } = [];

    public List<string> Tags { get; set; } = [];

    public string? AssignedTo { get; set; }

    public LeadMetadata Metadata { get; set; } = new();

    public DateTime? LastContactedAt { get; set; }

    /// <summary>
    /// Since when nobody has been in touch: the last contact, or when the lead was made or opened again. What the scan for silence goes by, which
    /// passes over leads that are not open.
    /// </summary>
    public DateTime SilentSince { get; set; }

    public DateTime StageEnteredAt { get; set; }

    public DateTime? ClosedAt { get; set; }

    public string? CloseReason { get; set; }

    /// <summary>What an archived lead was before.</summary>
    public LeadStatus? ArchivedFrom { get; set; }

    /// <summary>Numbers of leads that were merged into this one: they find it too.</summary>
    public List<string> OtherPhones { get; set; } = [];

    /// <summary>The import that last made or changed it.</summary>
    public ObjectId? ImportId { get; set; }

    public bool OptedOut { get; set; }

    /// <summary>Goes up with every change, for optimistic concurrency.</summary>
    public int Version { get; set; }

    /// <summary>How many of the changes its version counts were of its score alone, by the platform.</summary>
    public int Rescored { get; set; }

    /// <summary>How often it was changed otherwise.</summary>
    public int Edits => Version - Rescored;

    public DateTime CreatedAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    /// <summary>Words and phone digits by whose beginnings the lead is found.</summary>
    public List<string> SearchTerms { get; set; } = [];

    /// <summary>The references as <c>field=value</c>, so that one index serves any field.</summary>
    public List<string> RefKeys { get; set; } = [];

    /// <summary>The place in its column; smaller stands higher.</summary>
    public required string Rank { get; set; }

    public List<StageVisit> StageHistory { get; set; } = [];

    /// <summary>What this lead's changes must still cause (see <see cref="Outbox"/>).</summary>
    public List<PendingChange> Pending { get; set; } = [];

    public string FullName => string.IsNullOrEmpty(LastName) ? FirstName : $"{FirstName} {LastName}";

    public static CollectionIndexes Indexes { get; } = new(
        Collection,
        IndexModel.OnText("phone").Unique(),
        IndexModel.OnText("otherPhones"),
        IndexModel.OnText("email"),
        IndexModel.On("status", "-createdAt", "-_id"),
        IndexModel.On("-createdAt", "-_id"),
        IndexModel.On("-updatedAt", "-_id"),
        IndexModel.On("-score", "-_id"),
        IndexModel.On("-dealValue", "-_id"),
        IndexModel.On("-lastContactedAt", "-_id"),
        IndexModel.On("stageId", "rank", "_id"),
        IndexModel.On("stageId", "status", "rank", "_id"),
        IndexModel.On("status", "silentSince"),
        IndexModel.On("pipelineId", "status", "-createdAt", "-_id"),
        IndexModel.On("pipelineId", "status", "stageEnteredAt"),
        // Lists leave archived leads out: with the status before the sort, totals are counted from keys alone.
        IndexModel.On("source", "status", "-createdAt", "-_id"),
        IndexModel.On("assignedTo", "status", "-createdAt", "-_id"),
        IndexModel.On("tags", "status", "-createdAt", "-_id"),
        IndexModel.On("searchTerms"),
        IndexModel.OnText("refKeys"),
        // Nearly always nearly empty: only while changes wait to be carried out.
        IndexModel.On("pending._id").Where(new BsonDocument("pending._id", new BsonDocument("$gt", ObjectId.Empty))).Named("pending"))
    {
        Retired =
        [
            IndexModel.On("phone"), IndexModel.On("otherPhones"), IndexModel.On("email"), IndexModel.On("refKeys"), IndexModel.On("pending._id"),
            IndexModel.On("source", "-createdAt", "-_id"), IndexModel.On("assignedTo", "-createdAt", "-_id"), IndexModel.On("tags", "-createdAt", "-_id"),
        ],
    };
}

/// <summary>What a tenant's own systems know a lead by, and whatever else they want kept.</summary>
internal sealed class LeadMetadata
{
    /// <summary>References by which the lead can be found.</summary>
    public BsonDocument Refs { get; set; } = [];

    /// <summary>Anything else.</summary>
    public BsonDocument Extra { get; set; } = [];
}

/// <summary>One stay in a stage.</summary>
internal sealed class StageVisit
{
    public ObjectId StageId { get; set; }

    public ObjectId PipelineId { get; set; }

    public DateTime EnteredAt { get; set; }

    public DateTime? LeftAt { get; set; }
}

internal static class LeadCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Lead> Leads => db.Collection<Lead>(Lead.Collection);
    }
}
