using System.Text.Json;
using Ecodrix.Engine.Leads;

namespace Ecodrix.Engine.WhatsApp.Broadcasts;

/// <summary>A broadcast to be made: with recipients, an audience, or CSV.</summary>
public sealed record NewBroadcast
{
    /// <summary>What people call it.</summary>
    public string? Name { get; init; }

    /// <summary>An approved template.</summary>
    public string? TemplateName { get; init; }

    /// <summary>Its language; the tenant's usual one when absent.</summary>
    public string? TemplateLanguage { get; init; }

    /// <summary>1 to 10,000 people.</summary>
    public IReadOnlyList<RecipientInput>? Recipients { get; init; }

    /// <summary>Or the leads that match a filter, however many.</summary>
    public AudienceInput? Audience { get; init; }

    /// <summary>Or lines with a header that names a column <c>phone</c>; the other columns are variables, in their order or by their name.</summary>
    public string? Csv { get; init; }

    /// <summary>When it begins; at once when absent.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>Messages per second, at most the number's own limit.</summary>
    public int? RatePerSecond { get; init; }

    /// <summary>0 to 1: stops by itself when more than this share of at least 20 messages has failed.</summary>
    public double? PauseIfFailureRateAbove { get; init; }
}

/// <summary>One recipient.</summary>
/// <param name="Phone">A phone number in any common writing.</param>
/// <param name="Variables">A list by number or an object by name; what is not given comes from the template's mapping.</param>
public sealed record RecipientInput(string? Phone, JsonElement? Variables = null);

/// <summary>Leads as an audience.</summary>
/// <param name="Filter">As the list of leads takes it.</param>
public sealed record AudienceInput(LeadFilter? Filter);

/// <summary>Somebody left out.</summary>
/// <param name="Phone">As given.</param>
/// <param name="Reason">invalid, duplicate, opted_out, blocked or missing_variables, in words.</param>
public sealed record SkippedView(string Phone, string Reason);

/// <summary>Recipients by how far they got; each number holds those who got further as well.</summary>
/// <param name="Total">All.</param>
/// <param name="Queued">Still to come.</param>
/// <param name="Sent">Taken by Meta.</param>
/// <param name="Delivered">On the phone.</param>
/// <param name="Read">Seen.</param>
/// <param name="Failed">Not deliverable.</param>
/// <param name="Skipped">Left out or called off.</param>
public sealed record BroadcastCounts(long Total, long Queued, long Sent, long Delivered, long Read, long Failed, long Skipped)
{
    internal static BroadcastCounts Of(Broadcast broadcast)
    {
        var c = broadcast.Counts;
        var seen = c.Queued + c.Sent + c.Delivered + c.Read + c.Failed + c.Skipped + c.Cancelled;
        // What of an audience has not become a recipient yet is still to come.
        var waiting = broadcast.HasEnded ? 0 : Math.Max(0, broadcast.Total - seen);
        return new BroadcastCounts(Math.Max(broadcast.HasEnded ? 0 : broadcast.Total, seen), c.Queued + waiting, c.Sent + c.Delivered + c.Read, c.Delivered + c.Read, c.Read, c.Failed, c.Skipped + c.Cancelled);
    }
}

/// <summary>A broadcast.</summary>
public sealed record BroadcastView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>The template.</summary>
    public required string TemplateName { get; init; }

    /// <summary>Its language.</summary>
    public required string TemplateLanguage { get; init; }

    /// <summary>Where it stands.</summary>
    public required BroadcastStatus Status { get; init; }

    /// <summary>Why it stopped by itself.</summary>
    public string? Reason { get; init; }

    /// <summary>Recipients by how far they got.</summary>
    public required BroadcastCounts Counts { get; init; }

    /// <summary>Those left out at launch; at most 1,000 are listed here, all of them in the recipients.</summary>
    public IReadOnlyList<SkippedView>? Skipped { get; init; }

    /// <summary>When it begins.</summary>
    public DateTime? ScheduledAt { get; init; }

    /// <summary>Messages per second.</summary>
    public int? RatePerSecond { get; init; }

    /// <summary>Stops by itself when more than this share has failed.</summary>
    public double? PauseIfFailureRateAbove { get; init; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>When the first message went out.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>When the last one had.</summary>
    public DateTime? FinishedAt { get; init; }

    internal static BroadcastView Of(Broadcast broadcast) => new()
    {
        Id = broadcast.Id.ToString(),
        Name = broadcast.Name,
        TemplateName = broadcast.TemplateName,
        TemplateLanguage = broadcast.TemplateLanguage,
        Status = broadcast.Status,
        Reason = broadcast.Reason,
        Counts = BroadcastCounts.Of(broadcast),
        ScheduledAt = broadcast.ScheduledAt,
        RatePerSecond = broadcast.RatePerSecond,
        PauseIfFailureRateAbove = broadcast.PauseIfFailureRateAbove,
        CreatedBy = broadcast.CreatedBy,
        CreatedAt = broadcast.CreatedAt,
        StartedAt = broadcast.StartedAt,
        FinishedAt = broadcast.FinishedAt,
    };
}

/// <summary>One recipient.</summary>
/// <param name="Id">Its id, which is its message's.</param>
/// <param name="Phone">The number.</param>
/// <param name="Status">How far it got.</param>
/// <param name="Error">Why it failed or was left out.</param>
/// <param name="ErrorCode">Meta's code.</param>
/// <param name="UpdatedAt">When that was.</param>
public sealed record RecipientView(string Id, string Phone, RecipientStatus Status, string? Error, int? ErrorCode, DateTime UpdatedAt)
{
    internal static RecipientView Of(BroadcastRecipient recipient) =>
        new(recipient.Id.ToString(), recipient.Phone, recipient.Status, recipient.Reason, recipient.ErrorCode, recipient.UpdatedAt);
}

/// <summary>What a broadcast would do.</summary>
/// <param name="Total">Recipients given or matched.</param>
/// <param name="WillSend">Who would get it.</param>
/// <param name="Duplicate">Given more than once.</param>
/// <param name="Invalid">No possible phone number.</param>
/// <param name="OptedOut">Want no such messages, or have blocked the number.</param>
/// <param name="MissingVariables">Some variable would be empty.</param>
/// <param name="WindowIrrelevant">Whether the 24-hour window does not matter; it never does for templates.</param>
/// <param name="ExpectedDurationSeconds">How long it would take.</param>
/// <param name="Sample">How it reads for the first recipient.</param>
/// <param name="Skipped">Those left out, at most 1,000 of them.</param>
/// <param name="Warnings">What else to know.</param>
public sealed record PreflightView(
    long Total, long WillSend, long Duplicate, long Invalid, long OptedOut, long MissingVariables, bool WindowIrrelevant, double ExpectedDurationSeconds,
    string? Sample, IReadOnlyList<SkippedView> Skipped, IReadOnlyList<string> Warnings);
