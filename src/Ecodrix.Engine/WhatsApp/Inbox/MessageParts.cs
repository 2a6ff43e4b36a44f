using MongoDB.Bson;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>A template filled in.</summary>
internal sealed class TemplateUse
{
    public required string Name { get; set; }

    public required string Language { get; set; }

    /// <summary>Meta's <c>components</c>, as they are sent; a file of ours stands as <c>{fileId}</c> until then.</summary>
    public BsonArray Components { get; set; } = [];

    /// <summary>The header as it reads: its text, or the kind of its media.</summary>
    public string? Header { get; set; }

    public string? Footer { get; set; }

    public List<string> Buttons { get; set; } = [];
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
    /// <summary>Of a message that we gave up ourselves: whatever Meta tells of it, that it was sent for one, is more.</summary>
    public const int GivenUp = 15;

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

/// <summary>Where a message's file is.</summary>
public enum MediaState
{
    /// <summary>With us.</summary>
    Stored,

    /// <summary>Still with Meta; being fetched.</summary>
    Pending,

    /// <summary>At an address the caller named.</summary>
    External,

    /// <summary>Not to be had; the fault says why.</summary>
    Failed,
}

/// <summary>The file of a message.</summary>
internal sealed class MediaPart
{
    public MediaState State { get; set; }

    /// <summary>Our file.</summary>
    public ObjectId? FileId { get; set; }

    /// <summary>An address of somebody else's.</summary>
    public string? Link { get; set; }

    /// <summary>Meta's id of an inbound file.</summary>
    public string? MetaId { get; set; }

    public string? MimeType { get; set; }

    /// <summary>Of an inbound file: its checksum as Meta told it with the message.</summary>
    public string? Sha256 { get; set; }

    public string? FileName { get; set; }

    public long? Size { get; set; }

    /// <summary>A voice note rather than music.</summary>
    public bool Voice { get; set; }

    public string? Fault { get; set; }
}

/// <summary>The message another one answers.</summary>
internal sealed class ReplyRef
{
    public string? Wamid { get; set; }

    /// <summary>Ours, where it is known.</summary>
    public ObjectId? MessageId { get; set; }

    /// <summary>Its beginning.</summary>
    public string? Text { get; set; }
}

/// <summary>One side's reaction to a message; each side has at most one.</summary>
internal sealed class Reaction
{
    public required string Emoji { get; set; }

    public MessageDirection From { get; set; }

    public DateTime At { get; set; }
}

/// <summary>What Meta charges for a message.</summary>
internal sealed class MessagePricing
{
    public string? Category { get; set; }

    public string? Type { get; set; }

    public string? Model { get; set; }
}
