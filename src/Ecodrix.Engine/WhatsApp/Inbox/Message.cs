using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Which way a message went.</summary>
public enum MessageDirection
{
    /// <summary>From the contact.</summary>
    In,

    /// <summary>To the contact.</summary>
    Out,
}

/// <summary>How far a message got.</summary>
public enum MessageStatus
{
    /// <summary>Waits for a worker.</summary>
    Queued,

    /// <summary>On its way to Meta; not known whether it arrived there.</summary>
    Sending,

    /// <summary>Meta took it.</summary>
    Sent,

    /// <summary>It cannot be delivered; the error says why.</summary>
    Failed,

    /// <summary>It is on the contact's phone.</summary>
    Delivered,

    /// <summary>The contact has seen it.</summary>
    Read,

    /// <summary>It came from the contact.</summary>
    Received,
}

/// <summary>Who had a message sent.</summary>
public enum SenderKind
{
    /// <summary>A person.</summary>
    Agent,

    /// <summary>A rule.</summary>
    Automation,

    /// <summary>A broadcast.</summary>
    Broadcast,

    /// <summary>A client server.</summary>
    Api,
}

/// <summary>One message of a conversation.</summary>
internal sealed class Message
{
    public const string Collection = "messages";

    public ObjectId Id { get; set; }

    public ObjectId ConversationId { get; set; }

    /// <summary>Meta's id, as soon as it is known.</summary>
    public string? Wamid { get; set; }

    public MessageDirection Direction { get; set; }

    /// <summary>Meta's type: text, template, image …</summary>
    public required string Type { get; set; }

    /// <summary>The text, or a template as it reads.</summary>
    public string? Text { get; set; }

    public TemplateUse? Template { get; set; }

    /// <summary>What stands under the type's name in Meta's message, for kinds that are neither text nor template nor media.</summary>
    public BsonValue? Content { get; set; }

    public MediaPart? Media { get; set; }

    /// <summary>The message it answers.</summary>
    public ReplyRef? ReplyTo { get; set; }

    public List<Reaction> Reactions { get; set; } = [];

    public bool Starred { get; set; }

    /// <summary>E.164; absent where only <see cref="UserId"/> is known.</summary>
    public string? Phone { get; set; }

    /// <summary>Meta's business-scoped user id, for a contact without a known phone.</summary>
    public string? UserId { get; set; }

    public MessageStatus Status { get; set; }

    /// <summary>How far the status is; it only ever goes up, whatever order webhooks come in.</summary>
    public int Progress { get; set; }

    public MessageError? Error { get; set; }

    public Sender? SentBy { get; set; }

    /// <summary>The event whose action sent it.</summary>
    public ObjectId? EventLogId { get; set; }

    /// <summary>The broadcast it belongs to.</summary>
    public ObjectId? BroadcastId { get; set; }

    public int Attempts { get; set; }

    /// <summary>How many of its attempts Meta refused because all that was sent together went too fast.</summary>
    public int TooFast { get; set; }

    /// <summary>Meta's ids of earlier attempts that failed: what is still said about them no longer counts.</summary>
    public List<string> Superseded { get; set; } = [];

    /// <summary>What Meta charges, as its statuses tell.</summary>
    public MessagePricing? Pricing { get; set; }

    /// <summary>The advertisement or post that brought the contact.</summary>
    public BsonDocument? Referral { get; set; }

    /// <summary>What Meta sent, for an inbound message.</summary>
    public BsonDocument? Raw { get; set; }

    /// <summary>The words of what a person wrote, by whose beginnings it is found.</summary>
    public List<string>? Words { get; set; }

    /// <summary>Its place in the conversation: when the contact wrote it, or when we were asked to send it.</summary>
    public DateTime At { get; set; }

    public DateTime CreatedAt { get; set; }

    /// <summary>When the attempt under way began.</summary>
    public DateTime? SendingAt { get; set; }

    public DateTime? SentAt { get; set; }

    public DateTime? DeliveredAt { get; set; }

    public DateTime? ReadAt { get; set; }

    public DateTime? FailedAt { get; set; }

    public static CollectionIndexes Indexes { get; } = new(
        Collection,
        IndexModel.OnText("wamid").Unique(),
        IndexModel.On("conversationId", "-at", "-_id"),
        IndexModel.On("conversationId", "-at", "-_id").Where(new BsonDocument("starred", true)).Named("starred"),
        IndexModel.On("words"))
    {
        Retired = [IndexModel.On("wamid"), IndexModel.On("conversationId", "-_id"), IndexModel.On("conversationId", "starred")],
    };
}
