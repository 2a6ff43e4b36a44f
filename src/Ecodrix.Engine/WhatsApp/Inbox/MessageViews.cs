using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Media;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>The file of a message.</summary>
public sealed record MediaView
{
    /// <summary>stored, pending, external or failed.</summary>
    public required MediaState State { get; init; }

    /// <summary>A signed address that expires; null while there is none.</summary>
    public string? Url { get; init; }

    /// <summary>Its type.</summary>
    public string? MimeType { get; init; }

    /// <summary>Its name.</summary>
    public string? FileName { get; init; }

    /// <summary>Bytes.</summary>
    public long? Size { get; init; }

    /// <summary>A voice note.</summary>
    public bool Voice { get; init; }

    /// <summary>Why it is not to be had.</summary>
    public string? Fault { get; init; }
}

/// <summary>A template as it was sent.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Language">Its language.</param>
/// <param name="Header">The header as it reads.</param>
/// <param name="Footer">The footer.</param>
/// <param name="Buttons">What its buttons say.</param>
/// <param name="Components">Meta's components as they were sent.</param>
public sealed record TemplateUseView(string Name, string Language, string? Header, string? Footer, IReadOnlyList<string> Buttons, JsonNode? Components);

/// <summary>The message another one answers.</summary>
/// <param name="Id">Its id here, where it is known.</param>
/// <param name="Wamid">Meta's id.</param>
/// <param name="Text">Its beginning.</param>
public sealed record ReplyView(string? Id, string? Wamid, string? Text);

/// <summary>A reaction.</summary>
/// <param name="Emoji">The emoji.</param>
/// <param name="From">in: the contact's; out: ours.</param>
/// <param name="At">When.</param>
public sealed record ReactionView(string Emoji, MessageDirection From, DateTime At);

/// <summary>Why a message failed, and what helps.</summary>
/// <param name="Code">Meta's code; -1 where it was not Meta.</param>
/// <param name="Title">Meta's words.</param>
/// <param name="Details">What Meta adds.</param>
/// <param name="Hint">What a person can do about it.</param>
/// <param name="Retryable">Whether sending it again may help.</param>
public sealed record MessageErrorView(int Code, string Title, string? Details, string Hint, bool Retryable);

/// <summary>Who had a message sent.</summary>
/// <param name="Kind">agent, automation, broadcast or api.</param>
/// <param name="Id">Their id.</param>
/// <param name="Name">Their name.</param>
public sealed record SenderView(SenderKind Kind, string? Id, string Name);

/// <summary>What Meta charges.</summary>
/// <param name="Category">marketing, utility, authentication, service …</param>
/// <param name="Type">regular, free_customer_service or free_entry_point.</param>
/// <param name="Model">The pricing model.</param>
public sealed record PricingView(string? Category, string? Type, string? Model);

/// <summary>A message.</summary>
public sealed record MessageView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its conversation.</summary>
    public required string ConversationId { get; init; }

    /// <summary>Meta's id.</summary>
    public string? Wamid { get; init; }

    /// <summary>Which way it went.</summary>
    public required MessageDirection Direction { get; init; }

    /// <summary>Meta's type: text, template, image, interactive, unsupported …</summary>
    public required string Type { get; init; }

    /// <summary>What it says: its text, its caption, or a template as it reads.</summary>
    public string? Text { get; init; }

    /// <summary>Its file.</summary>
    public MediaView? Media { get; init; }

    /// <summary>The template it was made from.</summary>
    public TemplateUseView? Template { get; init; }

    /// <summary>What is neither text nor file nor template: a place, cards, buttons, an order.</summary>
    public JsonNode? Content { get; init; }

    /// <summary>The advertisement or post that brought the contact.</summary>
    public JsonNode? Referral { get; init; }

    /// <summary>The message it answers.</summary>
    public ReplyView? ReplyTo { get; init; }

    /// <summary>How far it got.</summary>
    public required MessageStatus Status { get; init; }

    /// <summary>Why it failed.</summary>
    public MessageErrorView? Error { get; init; }

    /// <summary>Reactions to it, at most one of each side.</summary>
    public required IReadOnlyList<ReactionView> Reactions { get; init; }

    /// <summary>Whether it is starred.</summary>
    public required bool Starred { get; init; }

    /// <summary>Who had it sent.</summary>
    public SenderView? SentBy { get; init; }

    /// <summary>What Meta charges for it.</summary>
    public PricingView? Pricing { get; init; }

    /// <summary>The event whose action sent it.</summary>
    public string? EventLogId { get; init; }

    /// <summary>The broadcast it belongs to.</summary>
    public string? BroadcastId { get; init; }

    /// <summary>Its place in time.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>When it was sent.</summary>
    public DateTime? SentAt { get; init; }

    /// <summary>When it was on the contact's phone.</summary>
    public DateTime? DeliveredAt { get; init; }

    /// <summary>When the contact had seen it.</summary>
    public DateTime? ReadAt { get; init; }

    internal static MessageView Of(Message message, TenantLinks links) => new()
    {
        Id = message.Id.ToString(),
        ConversationId = message.ConversationId.ToString(),
        Wamid = message.Wamid,
        Direction = message.Direction,
        Type = message.Type,
        Text = message.Text,
        Media = message.Media is { } media
            ? new MediaView
            {
                State = media.State,
                Url = media.FileId is { } file ? links.Url(file) : media.Link,
                MimeType = media.MimeType,
                FileName = media.FileName,
                Size = media.Size,
                Voice = media.Voice,
                Fault = media.Fault,
            }
            : null,
        Template = message.Template is { } use
            ? new TemplateUseView(use.Name, use.Language, use.Header, use.Footer, use.Buttons, BsonJson.ToJson(use.Components))
            : null,
        Content = message.Type == "text" || message.Content is null ? null : BsonJson.ToJson(message.Content),
        Referral = message.Referral is null ? null : BsonJson.ToJson(message.Referral),
        ReplyTo = message.ReplyTo is { } reply ? new ReplyView(reply.MessageId?.ToString(), reply.Wamid, reply.Text) : null,
        Status = message.Status,
        Error = message.Error is { } error ? new MessageErrorView(error.Code, error.Title, error.Details, error.Hint, error.Retryable) : null,
        Reactions = [.. message.Reactions.Select(r => new ReactionView(r.Emoji, r.From, r.At))],
        Starred = message.Starred,
        SentBy = message.SentBy is { } by ? new SenderView(by.Kind, by.Id, by.Name) : null,
        Pricing = message.Pricing is { } price ? new PricingView(price.Category, price.Type, price.Model) : null,
        EventLogId = message.EventLogId?.ToString(),
        BroadcastId = message.BroadcastId?.ToString(),
        CreatedAt = message.At == default ? message.CreatedAt : message.At,
        SentAt = message.SentAt,
        DeliveredAt = message.DeliveredAt,
        ReadAt = message.ReadAt,
    };
}
