using System.Text.Json;

namespace Ecodrix.Sandbox.Webhooks;

/// <summary>A message "typed" by a customer. Plain text needs only the sender and the text.</summary>
public sealed record InboundMessage
{
    /// <summary>The customer's number, or its business-scoped user id.</summary>
    public required string From { get; init; }

    /// <summary>The phone number id it is sent to; the sandbox's own number if null.</summary>
    public string? PhoneNumberId { get; init; }

    /// <summary>The customer's profile name.</summary>
    public string? Name { get; init; }

    /// <summary>The customer's @name, if it has one.</summary>
    public string? Username { get; init; }

    /// <summary>Whether the customer's number is withheld, so that only the user id is told.</summary>
    public bool HidePhone { get; init; }

    /// <summary>text, image, audio, video, document, sticker, location, contacts, button, interactive, reaction, order, system or unsupported.</summary>
    public string Type { get; init; } = "text";

    /// <summary>The text of a text message, or the title of a pressed button.</summary>
    public string? Text { get; init; }

    /// <summary>The content under the type's name, for every other type; null invents a plausible one.</summary>
    public JsonElement? Content { get; init; }

    /// <summary>The message it answers.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>The id to give it: the same one twice is Meta's duplicate. Null makes a new one.</summary>
    public string? Id { get; init; }
}

/// <summary>A customer's message as it was posted.</summary>
/// <param name="Id">Its message id.</param>
/// <param name="PhoneNumberId">The phone number id it went to.</param>
/// <param name="From">The customer's number or user id.</param>
/// <param name="Name">The customer's name.</param>
/// <param name="Type">The message type.</param>
/// <param name="Content">The content under the type's name.</param>
/// <param name="ReplyTo">The message it answers.</param>
/// <param name="At">When it was sent.</param>
public sealed record ReceivedMessage(
    string Id, string PhoneNumberId, string From, string? Name, string Type, JsonElement Content, string? ReplyTo, DateTimeOffset At);
