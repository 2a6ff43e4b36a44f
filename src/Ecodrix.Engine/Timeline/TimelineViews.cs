using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Timeline;

/// <summary>Something a person did with a lead, to be logged.</summary>
public sealed record NewActivity
{
    /// <summary>call, meeting, email, whatsapp or custom; custom when absent.</summary>
    public string? Type { get; init; }

    /// <summary>What it was, in a few words, 1–200 characters.</summary>
    public string? Title { get; init; }

    /// <summary>What was said, at most 10,000 characters.</summary>
    public string? Body { get; init; }

    /// <summary>Who did it, as people read it; the caller when absent.</summary>
    public string? PerformedBy { get; init; }

    /// <summary>When it was, not in the future; now when absent.</summary>
    public DateTimeOffset? OccurredAt { get; init; }
}

/// <summary>A phone call to be logged.</summary>
public sealed record NewCall
{
    /// <summary>How long it took, 0–1,440 minutes.</summary>
    public decimal? DurationMinutes { get; init; }

    /// <summary>What was said, at most 10,000 characters.</summary>
    public string? Summary { get; init; }

    /// <summary>What came of it, for example <c>interested</c>.</summary>
    public string? Outcome { get; init; }

    /// <summary>Who called, as people read it; the caller of the API when absent.</summary>
    public string? PerformedBy { get; init; }

    /// <summary>When it was, not in the future; now when absent.</summary>
    public DateTimeOffset? OccurredAt { get; init; }
}

/// <summary>A note to be written.</summary>
public sealed record NewNote
{
    /// <summary>1–10,000 characters.</summary>
    public string? Content { get; init; }

    /// <summary>Who wrote it, as people read it; the caller when absent.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Whether it stands above the others.</summary>
    public bool? Pinned { get; init; }
}

/// <summary>A note's new text.</summary>
/// <param name="Content">1–10,000 characters.</param>
public sealed record NoteChanges(string? Content = null);

/// <summary>A note.</summary>
/// <param name="Id">Its id.</param>
/// <param name="LeadId">Its lead.</param>
/// <param name="Content">Its text.</param>
/// <param name="Pinned">Whether it stands above the others.</param>
/// <param name="CreatedBy">Who wrote it.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="UpdatedAt">When it was last edited.</param>
public sealed record NoteView(string Id, string LeadId, string Content, bool Pinned, string CreatedBy, DateTime CreatedAt, DateTime UpdatedAt)
{
    internal static NoteView Of(Activity entry) => new(
        entry.Id.ToString(), entry.LeadId.ToString(), entry.Body ?? "", entry.Note!.Pinned, entry.PerformedBy, entry.At, entry.Note.EditedAt ?? entry.At);
}

/// <summary>What kind of thing stands on a timeline.</summary>
public enum TimelineKind
{
    /// <summary>Something that happened.</summary>
    Activity,

    /// <summary>Something somebody wrote down.</summary>
    Note,
}

/// <summary>One entry of a lead's timeline.</summary>
public sealed record TimelineEntryView
{
    /// <summary>Its id; a note's is the note's.</summary>
    public required string Id { get; init; }

    /// <summary>Whether it is a note.</summary>
    public required TimelineKind Kind { get; init; }

    /// <summary>Its lead.</summary>
    public required string LeadId { get; init; }

    /// <summary>What it is.</summary>
    public required ActivityType Type { get; init; }

    /// <summary>What it was, in a few words.</summary>
    public required string Title { get; init; }

    /// <summary>What was said or written.</summary>
    public string? Body { get; init; }

    /// <summary>For a note: whether it stands above the others.</summary>
    public bool? Pinned { get; init; }

    /// <summary>For a call: how long it took.</summary>
    public decimal? DurationMinutes { get; init; }

    /// <summary>For a call: what came of it.</summary>
    public string? Outcome { get; init; }

    /// <summary>What else there is to know: from and to, and the like.</summary>
    public required JsonObject Data { get; init; }

    /// <summary>Who did it, as people read it.</summary>
    public required string PerformedBy { get; init; }

    /// <summary>The event whose automation did it.</summary>
    public string? EventLogId { get; init; }

    /// <summary>When.</summary>
    public required DateTime CreatedAt { get; init; }

    internal static TimelineEntryView Of(Activity entry) => new()
    {
        Id = entry.Id.ToString(),
        Kind = entry.Note is null ? TimelineKind.Activity : TimelineKind.Note,
        LeadId = entry.LeadId.ToString(),
        Type = entry.Type,
        Title = entry.Title,
        Body = entry.Body,
        Pinned = entry.Note?.Pinned,
        DurationMinutes = entry.DurationMinutes,
        Outcome = entry.Outcome,
        Data = BsonJson.ToObject(entry.Data),
        PerformedBy = entry.PerformedBy,
        EventLogId = entry.EventLogId?.ToString(),
        CreatedAt = entry.At,
    };
}
