using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>What a list of conversations is narrowed by, all together.</summary>
public sealed record ConversationFilter
{
    /// <summary>open, pending, snoozed or resolved; or active, for open and pending ones.</summary>
    public string? Status { get; init; }

    /// <summary>One person; <c>none</c> for those nobody answers.</summary>
    public string? AssignedTo { get; init; }

    /// <summary>Only those with unread messages.</summary>
    public bool? Unread { get; init; }

    /// <summary>One label.</summary>
    public string? Label { get; init; }

    /// <summary>Beginnings of the words of a name, or part of a phone number.</summary>
    public string? Search { get; init; }

    /// <summary>The conversations of one lead.</summary>
    public string? LeadId { get; init; }
}

/// <summary>A conversation to be made by hand.</summary>
/// <param name="Phone">A phone number in any common writing.</param>
/// <param name="Name">The contact's name.</param>
public sealed record NewConversation(string? Phone, string? Name = null);

/// <summary>Changes to a conversation; absent fields stay.</summary>
public sealed record ConversationChanges
{
    /// <summary>open, pending, snoozed or resolved.</summary>
    public Optional<ConversationStatus> Status { get; init; }

    /// <summary>Who answers; null is nobody.</summary>
    public Optional<string?> AssignedTo { get; init; }

    /// <summary>All of its labels.</summary>
    public Optional<IReadOnlyList<string>?> Labels { get; init; }

    /// <summary>When a snoozed one comes back; also snoozes it. Null brings a snoozed one back now.</summary>
    public Optional<DateTimeOffset?> SnoozedUntil { get; init; }

    /// <summary>What the contact is called.</summary>
    public Optional<string?> Name { get; init; }

    /// <summary>Whether the contact has opted out of messages.</summary>
    public Optional<bool> OptedOut { get; init; }

    /// <summary>Whether the business has blocked the contact on WhatsApp; false once that has been undone there.</summary>
    public Optional<bool> Blocked { get; init; }
}

/// <summary>Until when free text may be sent.</summary>
/// <param name="Open">Whether it may now.</param>
/// <param name="ExpiresAt">Until when; null when the contact has never written.</param>
public sealed record WindowView(bool Open, DateTime? ExpiresAt);

/// <summary>The last message, as lists show it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Text">Its beginning.</param>
/// <param name="Direction">Which way it went.</param>
/// <param name="Status">How far it got.</param>
public sealed record LastMessageView(string Id, string? Text, MessageDirection? Direction, MessageStatus? Status);

/// <summary>How many conversations there are to look after.</summary>
/// <param name="Mine">Open or pending, and the asker's.</param>
/// <param name="Unassigned">Open or pending, and nobody's.</param>
/// <param name="All">Open or pending.</param>
/// <param name="Unread">With unread messages.</param>
public sealed record InboxCounts(long Mine, long Unassigned, long All, long Unread);

/// <summary>A conversation.</summary>
public sealed record ConversationView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>E.164, or null where only the user id is known.</summary>
    public string? Phone { get; init; }

    /// <summary>Meta's business-scoped user id, or null.</summary>
    public string? UserId { get; init; }

    /// <summary>The contact's @name.</summary>
    public string? Username { get; init; }

    /// <summary>What the contact is called.</summary>
    public string? Name { get; init; }

    /// <summary>The lead.</summary>
    public string? LeadId { get; init; }

    /// <summary>Where it stands.</summary>
    public required ConversationStatus Status { get; init; }

    /// <summary>When a snoozed one comes back.</summary>
    public DateTime? SnoozedUntil { get; init; }

    /// <summary>Who answers.</summary>
    public string? AssignedTo { get; init; }

    /// <summary>Its labels.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>Messages not yet read here.</summary>
    public required int UnreadCount { get; init; }

    /// <summary>The last message.</summary>
    public LastMessageView? LastMessage { get; init; }

    /// <summary>When it was.</summary>
    public required DateTime LastMessageAt { get; init; }

    /// <summary>Until when free text may be sent.</summary>
    public required WindowView Window { get; init; }

    /// <summary>Whether the contact wants no messages.</summary>
    public required bool OptedOut { get; init; }

    /// <summary>none, marketing or all.</summary>
    public required OptOut OptOut { get; init; }

    /// <summary>Whether the business has blocked the contact on WhatsApp.</summary>
    public required bool Blocked { get; init; }

    /// <summary>When it began.</summary>
    public required DateTime CreatedAt { get; init; }

    internal static ConversationView Of(Conversation conversation, DateTime now, Message? last = null) => new()
    {
        Id = conversation.Id.ToString(),
        Phone = conversation.Phone,
        UserId = conversation.UserId,
        Username = conversation.Username,
        Name = conversation.Name,
        LeadId = conversation.LeadId?.ToString(),
        Status = conversation.Status,
        SnoozedUntil = conversation.SnoozedUntil,
        AssignedTo = conversation.AssignedTo,
        Labels = conversation.Labels,
        UnreadCount = conversation.UnreadCount,
        LastMessage = conversation.LastMessageId is { } id ? new LastMessageView(id.ToString(), conversation.LastMessage, last?.Direction, last?.Status) : null,
        LastMessageAt = conversation.LastMessageAt,
        Window = new WindowView(conversation.WindowExpiresAt > now, conversation.WindowExpiresAt),
        OptedOut = conversation.OptOut != OptOut.None,
        OptOut = conversation.OptOut,
        Blocked = conversation.Blocked,
        CreatedAt = conversation.CreatedAt,
    };
}
