using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Templates;

/// <summary>What happens to a message one of whose variables comes out empty.</summary>
public enum EmptyVariable
{
    /// <summary>Nothing is sent, and the trace says so.</summary>
    Skip,

    /// <summary>The entry's fallback stands in; without one nothing is sent.</summary>
    Fallback,

    /// <summary>The action fails.</summary>
    Fail,
}

/// <summary>Where a variable's value comes from.</summary>
public enum VariableSource
{
    /// <summary>A field of the lead.</summary>
    Lead,

    /// <summary>A variable or datum of the event.</summary>
    Event,

    /// <summary>Always the same text.</summary>
    Static,

    /// <summary>A document of one of the tenant's own collections.</summary>
    Collection,

    /// <summary>The tenant's name or code.</summary>
    Tenant,
}

/// <summary>How far a template's variables are mapped.</summary>
public enum MappingStatus
{
    /// <summary>None is, and there are some.</summary>
    Unmapped,

    /// <summary>Some are.</summary>
    Partial,

    /// <summary>All are, or there are none.</summary>
    Mapped,
}

/// <summary>A template of Meta's as last synced, with the tenant's mapping. Name and language together are its key.</summary>
internal sealed class Template
{
    public const string Collection = "templates";
    public const string Approved = "approved";

    public ObjectId Id { get; set; }

    public required string Name { get; set; }

    public required string Language { get; set; }

    public string? MetaId { get; set; }

    /// <summary>Meta's status in lower case: approved, pending, rejected, paused, disabled …</summary>
    public required string Status { get; set; }

    public string Category { get; set; } = "utility";

    /// <summary>green, yellow, red or unknown.</summary>
    public string? Quality { get; set; }

    public string? RejectedReason { get; set; }

    /// <summary>Whether variables go by name rather than by number.</summary>
    public bool Named { get; set; }

    /// <summary>Meta's components as they are listed.</summary>
    public BsonArray Components { get; set; } = [];

    public List<VariableMapping> Mappings { get; set; } = [];

    public EmptyVariable OnEmptyVariable { get; set; }

    public MappingStatus MappingStatus { get; set; }

    public DateTime SyncedAt { get; set; }

    /// <summary>When it was no longer in Meta's list.</summary>
    public DateTime? RemovedAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    public static CollectionIndexes Indexes { get; } = new(
        Collection, IndexModel.On("name", "language").Unique(), IndexModel.On("status", "name"), IndexModel.On("mappingStatus", "name"), IndexModel.On("removedAt"));
}

/// <summary>Where one variable gets its value.</summary>
internal sealed class VariableMapping
{
    public required SlotKey Slot { get; set; }

    public VariableSource Source { get; set; }

    public string? Field { get; set; }

    public string? Value { get; set; }

    public string? Fallback { get; set; }

    /// <summary>For <see cref="VariableSource.Collection"/>: which collection.</summary>
    public string? Collection { get; set; }

    /// <summary>The field of its documents that is compared.</summary>
    public string? MatchField { get; set; }

    /// <summary>What it is compared with: a path such as <c>lead.phone</c> or <c>event.appointmentId</c>.</summary>
    public string? MatchWith { get; set; }
}

internal static class TemplateCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Template> Templates => db.Collection<Template>(Template.Collection);
    }
}
