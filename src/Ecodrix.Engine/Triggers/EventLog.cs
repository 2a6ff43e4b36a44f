using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>Who fired an event.</summary>
public enum EventSource
{
    /// <summary>A client server.</summary>
    Client,

    /// <summary>The platform, because a lead changed.</summary>
    System,

    /// <summary>Somebody, with the payload of an earlier event.</summary>
    Replay,
}

/// <summary>Where an event stands.</summary>
public enum EventStatus
{
    /// <summary>Accepted and safe; not yet worked on.</summary>
    Received,

    /// <summary>Waits for its time.</summary>
    Scheduled,

    /// <summary>Its actions run.</summary>
    Processing,

    /// <summary>Everything that was to be done is done.</summary>
    Completed,

    /// <summary>Some actions failed.</summary>
    Partial,

    /// <summary>All actions failed, or it could not be worked on at all.</summary>
    Failed,

    /// <summary>Rules matched, and every action had a reason not to run; or the loop guard stopped the chain.</summary>
    Skipped,

    /// <summary>Called off before it ran.</summary>
    Cancelled,
}

/// <summary>Where an action of an event stands.</summary>
public enum ActionStatus
{
    /// <summary>Waits for its time, its predecessor or a worker.</summary>
    Queued,

    /// <summary>Failed for a passing reason and will be tried again.</summary>
    Retrying,

    /// <summary>Done.</summary>
    Completed,

    /// <summary>Not done, for a reason that is no fault.</summary>
    Skipped,

    /// <summary>Given up.</summary>
    Failed,

    /// <summary>Called off.</summary>
    Cancelled,
}

/// <summary>How calling a meeting off goes.</summary>
public enum MeetingCancellation
{
    /// <summary>It will be taken out of the calendar.</summary>
    Pending,

    /// <summary>It is no longer in the calendar.</summary>
    Done,

    /// <summary>It could not be taken out of the calendar; its job says why and can be tried again.</summary>
    Failed,
}

/// <summary>One event with its whole trace.</summary>
internal sealed class EventLog
{
    public const string Collection = "eventLogs";

    public ObjectId Id { get; set; }

    public required string Trigger { get; set; }

    public EventSource Source { get; set; }

    public EventStatus Status { get; set; }

    public string? Phone { get; set; }

    public string? Email { get; set; }

    public ObjectId? LeadId { get; set; }

    /// <summary>Whether this event made its lead.</summary>
    public bool LeadMade { get; set; }

    /// <summary>The request as it was received; for a system event what changed.</summary>
    public BsonDocument Request { get; set; } = [];

    /// <summary>Who fired it, as people read it.</summary>
    public string? FiredBy { get; set; }

    /// <summary>How the API key begins that it was fired with.</summary>
    public string? KeyPrefix { get; set; }

    /// <summary>The request's <c>Idempotency-Key</c>.</summary>
    public string? IdempotencyKey { get; set; }

    public string? RequestId { get; set; }

    public MeetTrace? Meet { get; set; }

    public List<RuleTrace> Rules { get; set; } = [];

    public List<ActionTrace> Actions { get; set; } = [];

    /// <summary>Actions that have not ended.</summary>
    public int OpenActions { get; set; }

    public CallbackTrace? Callback { get; set; }

    public ObjectId? CausedBy { get; set; }

    /// <summary>For a replay: the event it repeats, which is never itself a replay.</summary>
    public ObjectId? ReplayOf { get; set; }

    /// <summary>For a replay: whether it also does again what has been done.</summary>
    public bool Forced { get; set; }

    /// <summary>For a replay: whether what it repeats was fired by the platform.</summary>
    public bool ReplaysSystem { get; set; }

    /// <summary>How often an ended event was taken up again, by trying a failed action once more.</summary>
    public int Reopened { get; set; }

    public int Depth { get; set; }

    public List<string> Chain { get; set; } = [];

    public string? CorrelationKey { get; set; }

    /// <summary>When it runs, if not at once.</summary>
    public DateTime? RunAt { get; set; }

    /// <summary>Why it ended as it did, where its actions do not say.</summary>
    public string? Note { get; set; }

    /// <summary>How often the drain failed at it before its actions were let go.</summary>
    public int Failures { get; set; }

    /// <summary>There while it is being called off, in whole or in part.</summary>
    public CancelMark? Cancelling { get; set; }

    public DateTime ReceivedAt { get; set; }

    public DateTime? StartedAt { get; set; }

    public DateTime? FinishedAt { get; set; }

    public BsonDocument Variables => Part("variables");

    /// <summary>Whether the platform fired it: its request is what changed.</summary>
    public bool OfSystem => Source == EventSource.System || ReplaysSystem;

    /// <summary>The happening it is about, the same for an event and its replays.</summary>
    public ObjectId Root => ReplayOf ?? Id;

    public BsonDocument Data => OfSystem ? Request : Part("data");

    /// <summary>The rules whose actions an event takes.</summary>
    public const string ActingRule = "actions.ruleId";

    /// <summary>How an event ends that has a failed action.</summary>
    public static IReadOnlyList<EventStatus> WithFailures { get; } = [EventStatus.Failed, EventStatus.Partial];

    /// <summary>Statuses of events that have something left to do, as they are stored.</summary>
    public static BsonArray Waiting => [EventStatus.Scheduled.Word(), EventStatus.Processing.Word()];

    public static CollectionIndexes Indexes { get; } = new(
        Collection,
        IndexModel.On("-receivedAt", "-_id"),
        IndexModel.On(ActingRule, "-receivedAt", "-_id").Where(new BsonDocument(ActingRule, new BsonDocument("$exists", true))),
        IndexModel.On("trigger", "-receivedAt", "-_id"),
        IndexModel.On("status", "-receivedAt", "-_id"),
        IndexModel.On("phone", "-receivedAt", "-_id"),
        IndexModel.OnText("email"),
        IndexModel.On("leadId", "-receivedAt", "-_id"),
        // What waits for leads: they have many events, and few of them do. A range, as MongoDB before 6.0 takes no $in here; between the two
        // stands "received" alone.
        IndexModel.On("leadId").Where(new BsonDocument("status", new BsonDocument { ["$gte"] = EventStatus.Processing.Word(), ["$lte"] = EventStatus.Scheduled.Word() })),
        IndexModel.On("causedBy"),
        IndexModel.On("cancelling.at").Where(new BsonDocument("cancelling.at", new BsonDocument("$exists", true))),
        IndexModel.On("correlationKey", "-receivedAt", "-_id").Where(new BsonDocument("correlationKey", new BsonDocument("$exists", true))))
    {
        Retired = [IndexModel.On("leadId", "-receivedAt"), IndexModel.On("correlationKey")],
    };

    private BsonDocument Part(string name) => Request.TryGetValue(name, out var part) && part.IsBsonDocument ? part.AsBsonDocument : [];
}

/// <summary>That something of an event is being called off.</summary>
internal sealed class CancelMark
{
    public required string Why { get; set; }

    public DateTime At { get; set; }
}

/// <summary>How the meeting link came out.</summary>
internal sealed class MeetTrace
{
    public string? Link { get; set; }

    public string? Warning { get; set; }

    /// <summary>Whether there is surely none in the calendar: Google was not asked for one, or said no.</summary>
    public bool NeverMade { get; set; }

    public MeetingCancellation? Cancelled { get; set; }
}

/// <summary>One rule that was considered.</summary>
internal sealed class RuleTrace
{
    public ObjectId RuleId { get; set; }

    public required string Name { get; set; }

    public bool Matched { get; set; }

    /// <summary>The value that decided.</summary>
    public required string Why { get; set; }
}

/// <summary>One action of a matched rule. Its id is its job's.</summary>
internal sealed class ActionTrace
{
    public ObjectId Id { get; set; }

    public ObjectId RuleId { get; set; }

    public int Index { get; set; }

    public required string Type { get; set; }

    public ActionStatus Status { get; set; }

    public DateTime RunAt { get; set; }

    public int Attempts { get; set; }

    /// <summary>The configuration as it was when the rule matched: a later change of the rule does not reach into what is under way.</summary>
    public BsonDocument Config { get; set; } = [];

    public bool StopOnError { get; set; }

    /// <summary>What was really done, rendered.</summary>
    public BsonDocument? Input { get; set; }

    public BsonDocument? Output { get; set; }

    public string? Error { get; set; }

    /// <summary>The code of <see cref="Error"/>, where there is one: what helps depends on it.</summary>
    public string? ErrorCode { get; set; }

    public ObjectId? MessageId { get; set; }

    /// <summary>When the attempt began that ended it.</summary>
    public DateTime? StartedAt { get; set; }

    /// <summary>How far the message got: sent, delivered, read, failed.</summary>
    public string? MessageStatus { get; set; }

    public DateTime? FinishedAt { get; set; }

    public bool HasEnded => Status is not (ActionStatus.Queued or ActionStatus.Retrying);
}

/// <summary>How telling the client went.</summary>
internal sealed class CallbackTrace
{
    public ObjectId Id { get; set; }

    public required string Status { get; set; }

    public int Attempts { get; set; }
}

internal static class EventCollections
{
    /// <summary>Counts an event that was just accepted; one that is met again around a crash was counted then.</summary>
    public static void CountAccepted(this EventLog log) => Telemetry.EventsAccepted.Add(
        1, new KeyValuePair<string, object?>("trigger", log.Trigger), new KeyValuePair<string, object?>("source", log.Source.Word()));

    extension(TenantDb db)
    {
        public IMongoCollection<EventLog> Events => db.Collection<EventLog>(EventLog.Collection);
    }
}
