using System.Text.Json;
using Ecodrix.Engine.Leads;

namespace Ecodrix.Engine.Triggers;

/// <summary>What a client server tells when something happened.</summary>
public sealed record TriggerRequest
{
    /// <summary>One of the nine client triggers.</summary>
    public string? Trigger { get; init; }

    /// <summary>Phone number in any common writing; this or <see cref="Email"/> is required.</summary>
    public string? Phone { get; init; }

    /// <summary>E-mail address.</summary>
    public string? Email { get; init; }

    /// <summary>Values for templates: an object.</summary>
    public JsonElement? Variables { get; init; }

    /// <summary>Values for conditions and templates: an object.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>Whether a Google Meet shall be made.</summary>
    public bool? RequiresMeet { get; init; }

    /// <summary>The meeting.</summary>
    public MeetConfig? MeetConfig { get; init; }

    /// <summary>Where to tell how it went; https.</summary>
    public string? CallbackUrl { get; init; }

    /// <summary>Given back in the callback as it is.</summary>
    public JsonElement? CallbackMetadata { get; init; }

    /// <summary><c>finished</c> (when absent) or <c>accepted</c>.</summary>
    public string? CallbackOn { get; init; }

    /// <summary>Minutes to wait, 0–525,600.</summary>
    public int? DelayMinutes { get; init; }

    /// <summary>When to run instead, with an offset; in the past means at once.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary><c>meetConfig.startTime</c>: run relative to it.</summary>
    public string? RelativeTo { get; init; }

    /// <summary>Minutes after (or, negative, before) <see cref="RelativeTo"/>.</summary>
    public int? OffsetMinutes { get; init; }

    /// <summary>What this event belongs to, at most 200 characters; a later one may call off what is pending under it.</summary>
    public string? CorrelationKey { get; init; }

    /// <summary>Whether to call off what is pending under <see cref="CorrelationKey"/>.</summary>
    public bool? CancelPending { get; init; }

    /// <summary>Whether to make a lead when there is none.</summary>
    public bool? CreateLeadIfMissing { get; init; }

    /// <summary>What to make it from.</summary>
    public NewLead? LeadData { get; init; }
}

/// <summary>A meeting to be made.</summary>
public sealed record MeetConfig
{
    /// <summary>Its title.</summary>
    public string? Title { get; init; }

    /// <summary>When it begins, with an offset.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>How long it takes, 1–1,440.</summary>
    public int? DurationMinutes { get; init; }

    /// <summary>Who is invited.</summary>
    public string? AttendeeEmail { get; init; }
}

/// <summary>What a client server is told at once.</summary>
public sealed record TriggerAnswer
{
    /// <summary>The event's id, in every log and callback.</summary>
    public required string EventLogId { get; init; }

    /// <summary>The trigger.</summary>
    public required string Trigger { get; init; }

    /// <summary>The lead; null when there is none.</summary>
    public string? LeadId { get; init; }

    /// <summary>The meeting's link; null when there is none.</summary>
    public string? MeetLink { get; init; }

    /// <summary>Why there is none although one was asked for.</summary>
    public string? MeetWarning { get; init; }

    /// <summary>Enabled rules that match now.</summary>
    public required int RulesMatched { get; init; }

    /// <summary>Whether it waits for its time.</summary>
    public required bool Scheduled { get; init; }

    /// <summary>When it runs, if it waits.</summary>
    public DateTime? RunAt { get; init; }

    /// <summary>The jobs of its actions; look at each with <c>GET /api/saas/jobs/status/:jobId</c>.</summary>
    public required IReadOnlyList<string> JobIds { get; init; }

    /// <summary>Why no callback will come although one was asked for.</summary>
    public string? CallbackWarning { get; init; }

    /// <summary>Why nothing happens for now; null unless automations are paused.</summary>
    public string? PausedWarning { get; init; }

    /// <summary>The request's id.</summary>
    public string? RequestId { get; init; }

    /// <summary>The page with the whole trace.</summary>
    public string? TraceUrl { get; init; }
}

/// <summary>Where a trigger request came from.</summary>
/// <param name="RequestId">The request's id.</param>
/// <param name="PublicUrl">The platform's own address, for the link to the trace.</param>
/// <param name="OnceToken">The same for every repeat of one request; null for a request that does not say it may be repeated.</param>
/// <param name="IdempotencyKey">The request's <c>Idempotency-Key</c>, for the trace.</param>
public sealed record RequestOrigin(string? RequestId, string PublicUrl, string? OnceToken = null, string? IdempotencyKey = null);
