using System.Collections.Immutable;
using System.Text;

namespace Ecodrix.Sandbox.Graph.Messages;

/// <summary>A message that the sandbox accepted from a business.</summary>
public sealed class SentMessage
{
    private ImmutableArray<MessageStatus> _statuses = [];

    /// <summary>Meta's message id.</summary>
    public required string Id { get; init; }

    /// <summary>The phone number id that sent it.</summary>
    public required string PhoneNumberId { get; init; }

    /// <summary>The recipient as the sender wrote it.</summary>
    public required string To { get; init; }

    /// <summary>The recipient's number, or null if it was addressed by user id.</summary>
    public string? WaId { get; init; }

    /// <summary>The recipient's business-scoped user id.</summary>
    public string? UserId { get; init; }

    /// <summary>text, template, image …</summary>
    public required string Type { get; init; }

    /// <summary>The sender's own reference, echoed in statuses.</summary>
    public string? OpaqueData { get; init; }

    /// <summary>The message it replies to.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>For templates: utility, marketing or authentication; service for everything else.</summary>
    public string Category { get; init; } = "service";

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>The Graph API version of the call.</summary>
    public string Version { get; init; } = "";

    /// <summary>What happened to it so far, in the order of the webhooks.</summary>
    public IReadOnlyList<MessageStatus> Statuses => _statuses;

    /// <summary>The request body, byte for byte.</summary>
    public string Request => Encoding.UTF8.GetString(Body);

    internal byte[] Body { get; init; } = [];

    /// <summary>Who received it: the number, else the user id, else the group.</summary>
    internal string Recipient => WaId ?? UserId ?? To;

    internal void Record(MessageStatus status) => ImmutableInterlocked.Update(ref _statuses, (list, s) => list.Add(s), status);
}

/// <summary>One status of a message.</summary>
/// <param name="Status">sent, delivered, read or failed.</param>
/// <param name="At">When it happened.</param>
/// <param name="ErrorCode">Meta's code, of a failure.</param>
/// <param name="ErrorText">Meta's words for it.</param>
public sealed record MessageStatus(string Status, DateTimeOffset At, int? ErrorCode = null, string? ErrorText = null);
