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
/// <param name="StageId">The stage to enter; the one it is in, to change only its place.</param>
/// <param name="BeforeLeadId">The lead of that stage right above which it goes.</param>
/// <param name="AfterLeadId">The lead of that stage right below which it goes; without either it goes on top.</param>
/// <param name="Reason">Why the deal was won or lost, at most 500 characters; only where the stage ends it.</param>
public sealed record MoveLead(string? StageId = null, string? BeforeLeadId = null, string? AfterLeadId = null, string? Reason = null);

/// <summary>How a deal ended.</summary>
/// <param name="Status"><c>won</c>, <c>lost</c>, or <c>open</c> to take it up again.</param>
/// <param name="Reason">Why, at most 500 characters.</param>
public sealed record ConvertLead(string? Status = null, string? Reason = null);

/// <summary>Changes to a lead; absent fields stay, null clears one that may be empty.</summary>
public sealed record LeadChanges
{
    /// <summary>First name, 1–100 characters.</summary>
    public Optional<string?> FirstName { get; init; }

    /// <summary>Last name, at most 100 characters.</summary>
    public Optional<string?> LastName { get; init; }

    /// <summary>Phone number; no other lead may have it.</summary>
    public Optional<string?> Phone { get; init; }

    /// <summary>E-mail address.</summary>
    public Optional<string?> Email { get; init; }

    /// <summary>Where the lead comes from.</summary>
    public Optional<string?> Source { get; init; }

    /// <summary>Value of the deal, from 0; null is 0.</summary>
    public Optional<decimal?> DealValue { get; init; }

    /// <summary>What the deal is about.</summary>
    public Optional<string?> DealTitle { get; init; }

    /// <summary>All tags it has from now on.</summary>
    public Optional<IReadOnlyList<string>?> Tags { get; init; }

    /// <summary>Who works on it.</summary>
    public Optional<string?> AssignedTo { get; init; }

    /// <summary>Whether it wants no messages.</summary>
    public Optional<bool?> OptedOut { get; init; }

    /// <summary>References and free data to merge in.</summary>
    public Optional<NewLeadMetadata?> Metadata { get; init; }

    /// <summary>The version the change was decided by; refused when the lead has another.</summary>
    public int? Version { get; init; }

    /// <summary>Only its own route changes it; here it may be repeated as it is.</summary>
    public Optional<string?> StageId { get; init; }

    /// <summary>Only its own route changes it; here it may be repeated as it is.</summary>
    public Optional<string?> PipelineId { get; init; }

    /// <summary>Only its own route changes it; here it may be repeated as it is.</summary>
    public Optional<string?> Status { get; init; }

    /// <summary>Only its own route changes it; here it may be repeated as it is.</summary>
    public Optional<decimal?> Score { get; init; }

    /// <summary>The version in an <c>If-Match</c> header: <c>"3"</c> or <c>3</c>; null when there is none.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public static int? ReadVersion(string? ifMatch) => string.IsNullOrEmpty(ifMatch) || ifMatch == "*"
        ? null
        : int.TryParse(ifMatch.Replace("W/", "", StringComparison.Ordinal).Trim('"'), out var version)
            ? version
            : throw RefusedException.Validation("If-Match", "If-Match must be the version of the lead.");
}

/// <summary>Which rule gave which points.</summary>
/// <param name="Rule">The rule as people read it.</param>
/// <param name="Score">Its points.</param>
public sealed record ScorePartView(string Rule, int Score);

/// <summary>One change of a score.</summary>
/// <param name="At">When.</param>
/// <param name="From">The score before.</param>
/// <param name="To">The score after.</param>
/// <param name="Why">What changed it.</param>
public sealed record ScoreChangeView(DateTime At, int From, int To, string Why);

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

    /// <summary>Where the score comes from, where a single lead is asked for.</summary>
    public IReadOnlyList<ScorePartView>? ScoreBreakdown { get; init; }

    /// <summary>The latest changes of the score, newest first, where a single lead is asked for.</summary>
    public IReadOnlyList<ScoreChangeView>? ScoreHistory { get; init; }

    /// <summary>Numbers of leads merged into this one, where a single lead is asked for.</summary>
    public IReadOnlyList<string>? OtherPhones { get; init; }

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
