using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Callbacks;

/// <summary>Where a callback stands.</summary>
public enum CallbackStatus
{
    /// <summary>Not yet tried.</summary>
    Pending,

    /// <summary>Failed, and will be tried again.</summary>
    Retrying,

    /// <summary>The receiver answered with a 2xx.</summary>
    Delivered,

    /// <summary>Given up.</summary>
    Failed,
}

/// <summary>One callback with all its attempts. The body is kept as the bytes that are signed.</summary>
internal sealed class Callback
{
    public const string Collection = "callbacks";

    /// <summary>How many earlier attempts stay when it is sent once more: with all of them, what is sent again and again would outgrow a document.</summary>
    private const int EarlierKept = 20;

    public ObjectId Id { get; set; }

    public ObjectId EventLogId { get; set; }

    public required string Trigger { get; set; }

    public required string Url { get; set; }

    /// <summary>The exact text that is sent, serialised once.</summary>
    public required string Body { get; set; }

    public CallbackStatus Status { get; set; }

    public List<CallbackAttempt> Attempts { get; set; } = [];

    /// <summary>Attempts made before it was last sent again by hand: the schedule begins anew after them.</summary>
    public int EarlierAttempts { get; set; }

    /// <summary>The round of redelivery it was last part of, so that a round that begins again passes it over.</summary>
    public ObjectId? Round { get; set; }

    /// <summary>Why it ended where no attempt says so: it was called off, or there was nothing to sign it with.</summary>
    public string? Note { get; set; }

    public DateTime? NextAttemptAt { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime? FinishedAt { get; set; }

    /// <summary>For lists: all but the answers' bodies, which may be as large as the rest of a page together.</summary>
    public static ProjectionDefinition<Callback, Callback> Brief { get; } = Builders<Callback>.Projection.Exclude("attempts.responseBody");

    /// <summary>Back to its beginning, with a whole schedule of tries.</summary>
    public static UpdateDefinition<Callback> Again(Callback was) => Builders<Callback>.Update
        .Set(c => c.Status, CallbackStatus.Pending).Set(c => c.EarlierAttempts, Math.Min(was.Attempts.Count, EarlierKept)).PushEach(c => c.Attempts, [], slice: -EarlierKept)
        .Unset(c => c.NextAttemptAt).Unset(c => c.FinishedAt).Unset(c => c.Note);

    public static CollectionIndexes Indexes { get; } = new(
        Collection,
        IndexModel.On("-createdAt", "-_id"),
        IndexModel.On("status", "-createdAt", "-_id"),
        IndexModel.On("url", "-createdAt", "-_id"),
        IndexModel.On("eventLogId"));
}

/// <summary>One attempt at a callback.</summary>
internal sealed class CallbackAttempt
{
    public DateTime At { get; set; }

    /// <summary>The HTTP status; absent when there was no answer.</summary>
    public int? StatusCode { get; set; }

    public int LatencyMs { get; set; }

    /// <summary>The IP address it was sent to; absent when there was no connection.</summary>
    public string? Address { get; set; }

    /// <summary>Request line and headers as sent: the signatures among them, which are no secret, and never what they were made with.</summary>
    public string? RequestHead { get; set; }

    /// <summary>Status line and headers of the answer.</summary>
    public string? ResponseHead { get; set; }

    /// <summary>The beginning of the answer, 64 KiB at most.</summary>
    public string? ResponseBody { get; set; }

    /// <summary>Why there was no answer.</summary>
    public string? Error { get; set; }

    /// <summary>What kind of error that is; absent in what was kept before there were kinds.</summary>
    public OutboundFault? Fault { get; set; }
}

internal static class CallbackCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Callback> Callbacks => db.Collection<Callback>(Callback.Collection);
    }
}
