using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Pipelines;

namespace Ecodrix.Engine.Leads;

/// <summary>A lead to be made.</summary>
public sealed record NewLead
{
    /// <summary>First name, 1–100 characters.</summary>
    public string? FirstName { get; init; }

    /// <summary>Last name, at most 100 characters.</summary>
    public string? LastName { get; init; }

    /// <summary>Phone number in any common writing; one lead has it.</summary>
    public string? Phone { get; init; }

    /// <summary>E-mail address.</summary>
    public string? Email { get; init; }

    /// <summary>Where the lead comes from, for example <c>website</c>.</summary>
    public string? Source { get; init; }

    /// <summary>Value of the deal in the tenant's currency, from 0.</summary>
    public decimal? DealValue { get; init; }

    /// <summary>What the deal is about.</summary>
    public string? DealTitle { get; init; }

    /// <summary>The pipeline; the default one when absent.</summary>
    public string? PipelineId { get; init; }

    /// <summary>The stage; the pipeline's first when absent.</summary>
    public string? StageId { get; init; }

    /// <summary>Who works on it.</summary>
    public string? AssignedTo { get; init; }

    /// <summary>At most 50 tags of at most 50 characters.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>References and anything else the tenant's systems want kept.</summary>
    public NewLeadMetadata? Metadata { get; init; }
}

/// <summary>References and free data of a lead.</summary>
public sealed record NewLeadMetadata
{
    /// <summary>Ids in the tenant's systems, by name; a lead can be found by each.</summary>
    public JsonElement? Refs { get; init; }

    /// <summary>Anything else.</summary>
    public JsonElement? Extra { get; init; }
}

/// <summary>Tags to add and remove.</summary>
/// <param name="Add">Added unless there.</param>
/// <param name="Remove">Removed if there.</param>
public sealed record TagChanges(IReadOnlyList<string>? Add = null, IReadOnlyList<string>? Remove = null);

/// <summary>Where to move a lead.</summary>
/// <param name="StageId">The stage to enter.</param>
public sealed record MoveLead(string? StageId = null);

/// <summary>References and free data of a lead, as they are.</summary>
/// <param name="Refs">Ids in the tenant's systems.</param>
/// <param name="Extra">Anything else.</param>
public sealed record LeadMetadataView(JsonObject Refs, JsonObject Extra);

/// <summary>A lead.</summary>
public sealed record LeadView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>First name.</summary>
    public required string FirstName { get; init; }

    /// <summary>Last name.</summary>
    public string? LastName { get; init; }

    /// <summary>Phone number as E.164.</summary>
    public string? Phone { get; init; }

    /// <summary>E-mail address.</summary>
    public string? Email { get; init; }

    /// <summary>Where it comes from.</summary>
    public string? Source { get; init; }

    /// <summary>Where it stands.</summary>
    public required LeadStatus Status { get; init; }

    /// <summary>Its pipeline.</summary>
    public required string PipelineId { get; init; }

    /// <summary>Its stage.</summary>
    public required string StageId { get; init; }

    /// <summary>Value of the deal in the tenant's currency.</summary>
    public required decimal DealValue { get; init; }

    /// <summary>What the deal is about.</summary>
    public string? DealTitle { get; init; }

    /// <summary>0–100.</summary>
    public required int Score { get; init; }

    /// <summary>Its tags.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Who works on it.</summary>
    public string? AssignedTo { get; init; }

    /// <summary>References and free data.</summary>
    public required LeadMetadataView Metadata { get; init; }

    /// <summary>When somebody last spoke or wrote to it.</summary>
    public DateTime? LastContactedAt { get; init; }

    /// <summary>Since when it is in its stage.</summary>
    public required DateTime StageEnteredAt { get; init; }

    /// <summary>When it was won or lost.</summary>
    public DateTime? ClosedAt { get; init; }

    /// <summary>Why.</summary>
    public string? CloseReason { get; init; }

    /// <summary>Whether it wants no messages.</summary>
    public required bool OptedOut { get; init; }

    /// <summary>Goes up with every change.</summary>
    public required int Version { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTime UpdatedAt { get; init; }

    /// <summary>The pipeline, where a single lead is asked for.</summary>
    public PipelineView? Pipeline { get; init; }

    /// <summary>The stage, where a single lead is asked for.</summary>
    public StageView? Stage { get; init; }

    internal static LeadView Of(Lead lead) => new()
    {
        Id = lead.Id.ToString(),
        FirstName = lead.FirstName,
        LastName = lead.LastName,
        Phone = lead.Phone,
        Email = lead.Email,
        Source = lead.Source,
        Status = lead.Status,
        PipelineId = lead.PipelineId.ToString(),
        StageId = lead.StageId.ToString(),
        DealValue = lead.DealValue,
        DealTitle = lead.DealTitle,
        Score = lead.Score,
        Tags = lead.Tags,
        AssignedTo = lead.AssignedTo,
        Metadata = new LeadMetadataView(BsonJson.ToObject(lead.Metadata.Refs), BsonJson.ToObject(lead.Metadata.Extra)),
        LastContactedAt = lead.LastContactedAt,
        StageEnteredAt = lead.StageEnteredAt,
        ClosedAt = lead.ClosedAt,
        CloseReason = lead.CloseReason,
        OptedOut = lead.OptedOut,
        Version = lead.Version,
        CreatedAt = lead.CreatedAt,
        UpdatedAt = lead.UpdatedAt,
    };
}
