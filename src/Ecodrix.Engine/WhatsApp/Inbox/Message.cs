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

    /// <summary>E.164.</summary>
    public string? Phone { get; set; }

    public MessageStatus Status { get; set; }

    /// <summary>How far the status is; it only ever goes up, whatever order webhooks come in.</summary>
    public int Progress { get; set; }

    public MessageError? Error { get; set; }

    public Sender? SentBy { get; set; }

    /// <summary>The event whose action sent it.</summary>
    public ObjectId? EventLogId { get; set; }

    public int Attempts { get; set; }

    /// <summary>What Meta sent, for kinds that are not yet understood.</summary>
    public BsonDocument? Raw { get; set; }

    public DateTime CreatedAt { get; set; }

    /// <summary>When the attempt under way began.</summary>
    public DateTime? SendingAt { get; set; }

    public DateTime? SentAt { get; set; }

    public DateTime? DeliveredAt { get; set; }

    public DateTime? ReadAt { get; set; }

    public DateTime? FailedAt { get; set; }

    public static CollectionIndexes Indexes { get; } = new(
        Collection,
        IndexModel.On("wamid").Unique().Where(new BsonDocument("wamid", new BsonDocument("$type", "string"))),
        IndexModel.On("conversationId", "-_id"));
}

/// <summary>A template filled in.</summary>
internal sealed class TemplateUse
{
    public required string Name { get; set; }

    public required string Language { get; set; }

    /// <summary>Meta's <c>components</c>, as they are sent.</summary>
    public BsonArray Components { get; set; } = [];
}

/// <summary>Why a message failed.</summary>
internal sealed class MessageError
{
    public int Code { get; set; }

    public required string Title { get; set; }

    public string? Details { get; set; }

    public required string Hint { get; set; }

    public bool Retryable { get; set; }
}

/// <summary>Who had a message sent.</summary>
internal sealed class Sender
{
    public SenderKind Kind { get; set; }

    public string? Id { get; set; }

    public required string Name { get; set; }
}

/// <summary>The order of states. Failed counts for more than sent and less than delivered: a delivery that came proves it wrong.</summary>
internal static class MessageProgress
{
    public static int Of(MessageStatus status) => status switch
    {
        MessageStatus.Queued => 0,
        MessageStatus.Sending => 10,
        MessageStatus.Sent => 20,
        MessageStatus.Failed => 30,
        MessageStatus.Delivered => 40,
        MessageStatus.Read => 50,
        _ => 100,
    };
}
