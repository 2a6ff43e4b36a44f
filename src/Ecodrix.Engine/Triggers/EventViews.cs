using System.Text.Json.Nodes;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Triggers;

/// <summary>An event in a list.</summary>
public record EventSummary
{
    /// <summary>Its id, the same in the API's answer, the logs and the callback.</summary>
    public required string Id { get; init; }

    /// <summary>Its trigger.</summary>
    public required string Trigger { get; init; }

    /// <summary>Who fired it.</summary>
    public required EventSource Source { get; init; }

    /// <summary>Where it stands.</summary>
    public required EventStatus Status { get; init; }

    /// <summary>The phone number it concerns.</summary>
    public string? Phone { get; init; }

    /// <summary>The e-mail address it concerns.</summary>
    public string? Email { get; init; }

    /// <summary>The lead it concerns.</summary>
    public string? LeadId { get; init; }

    /// <summary>Rules that matched.</summary>
    public required int RulesMatched { get; init; }

    /// <summary>How the actions stand, by status.</summary>
    public required IReadOnlyDictionary<string, int> ActionCounts { get; init; }

    /// <summary>Where its callback stands; null without one.</summary>
    public string? CallbackStatus { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTime ReceivedAt { get; init; }

    /// <summary>When it runs, if it waits.</summary>
    public DateTime? RunAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTime? FinishedAt { get; init; }

    internal static EventSummary Of(EventLog log) => Fill(log, new EventSummary
    {
        Id = "",
        Trigger = "",
        Source = log.Source,
        Status = log.Status,
        RulesMatched = 0,
        ActionCounts = new Dictionary<string, int>(),
        ReceivedAt = log.ReceivedAt,
    });

    private protected static T Fill<T>(EventLog log, T view)
        where T : EventSummary => (T)(view with
        {
            Id = log.Id.ToString(),
            Trigger = log.Trigger,
            Phone = log.Phone,
            Email = log.Email,
            LeadId = log.LeadId?.ToString(),
            RulesMatched = log.Rules.Count(r => r.Matched),
            ActionCounts = log.Actions.GroupBy(a => a.Status).ToDictionary(g => g.Key.Word(), g => g.Count()),
            CallbackStatus = log.Callback?.Status,
            RunAt = log.RunAt,
            FinishedAt = log.FinishedAt,
        });
}

/// <summary>An event with its whole trace.</summary>
public sealed record EventView : EventSummary
{
    /// <summary>The request as it was received; for a system event what changed.</summary>
    public required JsonObject Request { get; init; }

    /// <summary>Who fired it, as people read it.</summary>
    public string? FiredBy { get; init; }

    /// <summary>How the API key begins that it was fired with; null for what no key fired.</summary>
    public string? KeyPrefix { get; init; }

    /// <summary>The <c>Idempotency-Key</c> of the request, where it had one.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The id of the request that fired it.</summary>
    public string? RequestId { get; init; }

    /// <summary>The lead's name.</summary>
    public string? LeadName { get; init; }

    /// <summary>Whether the event made the lead.</summary>
    public required bool LeadMade { get; init; }

    /// <summary>How the meeting link came out; null when none was asked for.</summary>
    public MeetView? Meet { get; init; }

    /// <summary>Every rule that was considered.</summary>
    public required IReadOnlyList<RuleTraceView> Rules { get; init; }

    /// <summary>Every action of the rules that matched.</summary>
    public required IReadOnlyList<ActionView> Actions { get; init; }

    /// <summary>How telling the client went; null when nobody asked to be told.</summary>
    public CallbackView? Callback { get; init; }

    /// <summary>The event whose action caused this one.</summary>
    public string? CausedBy { get; init; }

    /// <summary>That event, where it is still kept.</summary>
    public EventSummary? Cause { get; init; }

    /// <summary>For a replay: the event it repeats.</summary>
    public string? ReplayOf { get; init; }

    /// <summary>For a replay: whether it also did again what had been done.</summary>
    public required bool Forced { get; init; }

    /// <summary>What an event that has not ended waits for, where it is more than its time.</summary>
    public string? Waiting { get; init; }

    /// <summary>Events this one caused, its replays among them.</summary>
    public required IReadOnlyList<EventSummary> Caused { get; init; }

    /// <summary>How deep in a chain; the root is 0.</summary>
    public required int Depth { get; init; }

    /// <summary>What it belongs to.</summary>
    public string? CorrelationKey { get; init; }

    /// <summary>Why it ended as it did, where its actions do not say.</summary>
    public string? Note { get; init; }

    /// <summary>When its rules were matched.</summary>
    public DateTime? StartedAt { get; init; }

    internal static EventView Of(EventLog log, EventSurroundings around) => Fill(log, new EventView
    {
        Id = "",
        Trigger = "",
        Source = log.Source,
        Status = log.Status,
        RulesMatched = 0,
        ActionCounts = new Dictionary<string, int>(),
        ReceivedAt = log.ReceivedAt,
        Request = BsonJson.ToObject(log.Request),
        FiredBy = log.FiredBy,
        KeyPrefix = log.KeyPrefix,
        IdempotencyKey = log.IdempotencyKey,
        RequestId = log.RequestId,
        LeadName = around.LeadName,
        LeadMade = log.LeadMade,
        Meet = log.Meet is null ? null : new MeetView(log.Meet.Link, log.Meet.Warning, log.Meet.Cancelled) { Remedy = around.MeetRemedy },
        Rules = [.. log.Rules.Select(r => new RuleTraceView(r.RuleId.ToString(), r.Name, r.Matched, r.Why))],
        Actions = [.. log.Actions.Select(a => ActionView.Of(log, a))],
        Callback = around.Callback,
        CausedBy = log.CausedBy?.ToString(),
        Cause = around.Cause,
        ReplayOf = log.ReplayOf?.ToString(),
        Forced = log.Forced,
        Waiting = around.Waiting,
        Caused = around.Caused,
        Depth = log.Depth,
        CorrelationKey = log.CorrelationKey,
        Note = log.Note,
        StartedAt = log.StartedAt,
    });
}

/// <summary>What is told of an event beside its own log.</summary>
internal sealed record EventSurroundings(string? LeadName, CallbackView? Callback, EventSummary? Cause, IReadOnlyList<EventSummary> Caused, string? Waiting)
{
    /// <summary>What helps where its meeting could not be made or taken out of the calendar.</summary>
    public Remedy? MeetRemedy { get; init; }
}

/// <summary>How a meeting link came out.</summary>
/// <param name="Link">The link.</param>
/// <param name="Warning">Why there is none, or why it still is there after it was called off.</param>
/// <param name="Cancelled">How calling the meeting off goes; null while nobody has called it off.</param>
public sealed record MeetView(string? Link, string? Warning, MeetingCancellation? Cancelled = null)
{
    /// <summary>What a person can do about it as things stand; null where nothing is to be done.</summary>
    public Remedy? Remedy { get; init; }
}

/// <summary>A rule that was considered.</summary>
/// <param name="RuleId">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Matched">Whether it matched.</param>
/// <param name="Why">The value that decided.</param>
public sealed record RuleTraceView(string RuleId, string Name, bool Matched, string Why);

/// <summary>An action of an event.</summary>
public sealed record ActionView
{
    /// <summary>Its id, also its job's.</summary>
    public required string Id { get; init; }

    /// <summary>Its rule.</summary>
    public required string RuleId { get; init; }

    /// <summary>What it does.</summary>
    public required string Type { get; init; }

    /// <summary>Where it stands.</summary>
    public required ActionStatus Status { get; init; }

    /// <summary>When it runs, or ran.</summary>
    public required DateTime RunAt { get; init; }

    /// <summary>Attempts made.</summary>
    public required int Attempts { get; init; }

    /// <summary>What was really done, rendered; null before it was tried.</summary>
    public JsonObject? Input { get; init; }

    /// <summary>What came of it.</summary>
    public JsonObject? Output { get; init; }

    /// <summary>What went wrong, or why it was skipped.</summary>
    public string? Error { get; init; }

    /// <summary>A stable code of the error, where there is one; <c>META_</c> and a number is one of Meta's.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>What a person can do about it; null where nothing went wrong, or nothing is to be done.</summary>
    public Remedy? Remedy { get; init; }

    /// <summary>When the attempt began that ended it; null before it ended.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>How long that attempt worked, in milliseconds.</summary>
    public long? TookMs { get; init; }

    /// <summary>How long it waited in the queue after it was due, and the actions before it were done, in milliseconds.</summary>
    public long? WaitedMs { get; init; }

    /// <summary>The message it sent.</summary>
    public string? MessageId { get; init; }

    /// <summary>How far the message got.</summary>
    public string? MessageStatus { get; init; }

    /// <summary>When it ended.</summary>
    public DateTime? FinishedAt { get; init; }

    internal static ActionView Of(EventLog log, ActionTrace action)
    {
        // Actions of a rule run in order: until the one before has ended an action is not late.
        var before = log.Actions.Where(a => a.RuleId == action.RuleId && a.Index < action.Index).Max(a => a.FinishedAt);
        var due = before > action.RunAt ? before.Value : action.RunAt;
        return Of(action) with
        {
            TookMs = action is { StartedAt: { } began, FinishedAt: { } end } ? (long)(end - began).TotalMilliseconds : null,
            WaitedMs = action.StartedAt is { } taken ? (long)Math.Max(0, (taken - due).TotalMilliseconds) : null,
        };
    }

    private static ActionView Of(ActionTrace action) => new()
    {
        Id = action.Id.ToString(),
        RuleId = action.RuleId.ToString(),
        Type = action.Type,
        Status = action.Status,
        RunAt = action.RunAt,
        Attempts = action.Attempts,
        Input = action.Input is null ? null : BsonJson.ToObject(action.Input),
        Output = action.Output is null ? null : BsonJson.ToObject(action.Output),
        Error = action.Error,
        ErrorCode = action.ErrorCode,
        Remedy = Remedies.Of(action),
        StartedAt = action.StartedAt,
        MessageId = action.MessageId?.ToString(),
        MessageStatus = action.MessageStatus,
        FinishedAt = action.FinishedAt,
    };
}
