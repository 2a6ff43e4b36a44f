using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Bson.Serialization.Attributes;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Broadcasts;

/// <summary>Where a broadcast stands.</summary>
public enum BroadcastStatus
{
    /// <summary>Waits for its time.</summary>
    Scheduled,

    /// <summary>About to begin.</summary>
    Queued,

    /// <summary>Being sent.</summary>
    Running,

    /// <summary>Stopped by a person or by itself; the reason says why.</summary>
    Paused,

    /// <summary>Every recipient has been dealt with.</summary>
    Completed,

    /// <summary>Called off.</summary>
    Cancelled,
}

/// <summary>How far one recipient's message got.</summary>
public enum RecipientStatus
{
    /// <summary>Waits for its turn.</summary>
    Queued,

    /// <summary>Meta took it.</summary>
    Sent,

    /// <summary>It is on the phone.</summary>
    Delivered,

    /// <summary>It has been seen.</summary>
    Read,

    /// <summary>It cannot be delivered; the reason says why.</summary>
    Failed,

    /// <summary>Left out; the reason says why.</summary>
    Skipped,

    /// <summary>Called off before its turn.</summary>
    Cancelled,
}

/// <summary>A broadcast.</summary>
internal sealed class Broadcast
{
    public const string Collection = "broadcasts";

    /// <summary>What an agent limited to their own is refused: a broadcast reaches and shows everybody's contacts.</summary>
    public const string Theirs = "A broadcast";

    /// <summary>Why a message that was tried and put back is tried no more.</summary>
    public const string CalledOff = "The broadcast was called off.";

    public ObjectId Id { get; set; }

    public required string Name { get; set; }

    public required string TemplateName { get; set; }

    public required string TemplateLanguage { get; set; }

    public BroadcastStatus Status { get; set; }

    /// <summary>Why it stopped by itself.</summary>
    public string? Reason { get; set; }

    public DateTime? ScheduledAt { get; set; }

    public int? RatePerSecond { get; set; }

    /// <summary>0 to 1: stops by itself when more than this share has failed.</summary>
    public double? PauseIfFailureRateAbove { get; set; }

    /// <summary>The leads it goes to, as a filter; null when recipients were given.</summary>
    public BsonDocument? Audience { get; set; }

    /// <summary>The last lead that has become a recipient.</summary>
    public ObjectId? AudienceCursor { get; set; }

    public bool AudienceDone { get; set; }

    /// <summary>Recipients, skipped ones included; for an audience what was counted at launch.</summary>
    public long Total { get; set; }

    /// <summary>As last counted.</summary>
    public BroadcastTallied Counts { get; set; } = new();

    /// <summary>Goes up with each resume, so that each has a job of its own.</summary>
    public int Round { get; set; }

    public long Attempted { get; set; }

    public long FailedAttempts { get; set; }

    /// <summary>How many had been tried, and how many of them failed, when it was last let go on: only what comes after can stop it again.</summary>
    public long EndedBefore { get; set; }

    public long FailedBefore { get; set; }

    /// <summary>When it was last let go on.</summary>
    public DateTime? ResumedAt { get; set; }

    public required string CreatedBy { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime? StartedAt { get; set; }

    public DateTime? FinishedAt { get; set; }

    public bool HasEnded => Status is BroadcastStatus.Completed or BroadcastStatus.Cancelled;

    public static CollectionIndexes Indexes { get; } = new(
        Collection, IndexModel.On("status", "-_id"), IndexModel.On("templateName", "-_id"));
}

/// <summary>Recipients by where they stand.</summary>
internal sealed record BroadcastTallied
{
    public long Queued { get; set; }

    public long Sent { get; set; }

    public long Delivered { get; set; }

    public long Read { get; set; }

    public long Failed { get; set; }

    public long Skipped { get; set; }

    public long Cancelled { get; set; }

    /// <summary>Those that were tried, however it ended.</summary>
    [BsonIgnore]
    public long Ended => Failed + Sent + Delivered + Read;
}

/// <summary>One recipient. Its id is its message's id, made from broadcast and phone: nobody can be in one twice.</summary>
internal sealed class BroadcastRecipient
{
    public const string Collection = "broadcastRecipients";

    /// <summary>What is left of the number of somebody who was erased.</summary>
    public const string Erased = "erased";

    public ObjectId Id { get; set; }

    public ObjectId BroadcastId { get; set; }

    /// <summary>E.164; as it was given where that is impossible.</summary>
    public required string Phone { get; set; }

    public BsonValue? Variables { get; set; }

    public RecipientStatus Status { get; set; }

    /// <summary>As with messages: it only goes up.</summary>
    public int Progress { get; set; }

    public string? Reason { get; set; }

    public int? ErrorCode { get; set; }

    /// <summary>When its turn is; later after a passing failure.</summary>
    public DateTime RunAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    public static CollectionIndexes Indexes { get; } = new(
        Collection, IndexModel.On("broadcastId", "status", "runAt", "_id"), IndexModel.On("broadcastId", "_id"), IndexModel.On("phone"));

    public static ObjectId IdOf(ObjectId broadcastId, string phone) => Ids.From("broadcast", broadcastId.ToString(), phone);
}

internal static class BroadcastCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Broadcast> Broadcasts => db.Collection<Broadcast>(Broadcast.Collection);

        public IMongoCollection<BroadcastRecipient> Recipients => db.Collection<BroadcastRecipient>(BroadcastRecipient.Collection);
    }
}

internal static class BroadcastRefusals
{
    public static RefusedException NotFound(string id) => new(RefusalKind.NotFound, "BROADCAST_NOT_FOUND", $"There is no broadcast {id}.");

    public static RefusedException WrongState(string what, BroadcastStatus status) => new(
        RefusalKind.Conflict, "BROADCAST_STATE", $"A broadcast that is {status.Word()} cannot be {what}.", new { status });
}
