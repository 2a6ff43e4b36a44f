using Ecodrix.Engine.Timeline;

namespace Ecodrix.Components.Leads;

/// <summary>What somebody is about to put on a lead's timeline.</summary>
public sealed record ActivityDraft
{
    /// <summary>note_added, call, meeting or email.</summary>
    public ActivityType Kind { get; init; } = ActivityType.NoteAdded;

    /// <summary>The note, or what was said.</summary>
    public string? Text { get; init; }

    /// <summary>For a meeting or an e-mail: what it was about.</summary>
    public string? About { get; init; }

    /// <summary>For a call: how long it took.</summary>
    public decimal? Minutes { get; init; }

    /// <summary>For a call: what came of it.</summary>
    public string? Outcome { get; init; }

    /// <summary>When it was, in the tenant's zone; null is the moment it is logged.</summary>
    public DateTime? At { get; init; }

    /// <summary>Whether there is anything to keep.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(Text) && string.IsNullOrEmpty(About) && Minutes is null && string.IsNullOrEmpty(Outcome) && At is null;
}
