using Ecodrix.Engine.Automations.Actions;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>How one action ended.</summary>
internal sealed record ActionEnd(ActionStatus Status)
{
    public BsonDocument? Input { get; init; }

    public BsonDocument? Output { get; init; }

    public string? Error { get; init; }

    /// <summary>A stable code of the error, where there is one.</summary>
    public string? ErrorCode { get; init; }

    public ObjectId? MessageId { get; init; }

    /// <summary>When this attempt began.</summary>
    public DateTime? StartedAt { get; init; }

    public int? Attempts { get; init; }
}

/// <summary>Writes the trace forward: each action ends once, and when the last has ended the event does, and the client is told.</summary>
internal sealed class EventProgress(CallbackOutbox callbacks, JobQueue queue, EventFeed feed, TimeProvider clock)
{
    private static readonly FindOneAndUpdateOptions<EventLog> After = new() { ReturnDocument = ReturnDocument.After };
    private const string RuleStopped = "The rule stops at the first error.";
    private const string WaitCalledOff = "What it was to wait for was called off.";

    private static readonly string[] Open = [ActionStatus.Queued.Word(), ActionStatus.Retrying.Word()];

    /// <summary>Ends an action of an event that was just read; see <see cref="EndActionAsync(TenantScope, ObjectId, ObjectId, ActionEnd, CancellationToken)"/>.</summary>
    public async Task EndActionAsync(TenantScope scope, EventLog log, ActionTrace action, ActionEnd end, CancellationToken ct)
    {
        if (!await EndLastAsync(scope, log, action, end, ct))
        {
            await EndActionAsync(scope, log.Id, action.Id, end, ct);
        }
    }

    /// <summary>Ends an action, lets the next of its rule go and finishes the event after the last. Safe to repeat at any point.</summary>
    public async Task EndActionAsync(TenantScope scope, ObjectId eventId, ObjectId actionId, ActionEnd end, CancellationToken ct)
    {
        var log = await scope.Db.Events.FindOneAndUpdateAsync(StillOpen(eventId, actionId), Ends(end, clock.GetUtcNow().UtcDateTime), After, ct)
            ?? await scope.Db.Events.FindByIdAsync(eventId, ct);
        if (log is null)
        {
            return;
        }

        var action = log.Actions.Find(a => a.Id == actionId);
        if (action is { Status: ActionStatus.Failed, StopOnError: true })
        {
            await StopRuleAsync(scope, log, action, ActionStatus.Skipped, RuleStopped, ct);
            return;
        }

        if (action is { Status: ActionStatus.Cancelled, Type: WaitUntil.Name })
        {
            // What it held back was to come then or not at all, and not now.
            await StopRuleAsync(scope, log, action, ActionStatus.Cancelled, WaitCalledOff, ct);
            return;
        }

        if (action is null || log.Actions.Exists(a => a.RuleId == action.RuleId && a.Index > action.Index))
        {
            await queue.ReleaseAfterAsync(actionId, ct);
        }

        await FinishIfDoneAsync(scope, log, ct);
    }

    /// <summary>
    /// Makes a failed action open again, and with it its event; where its rule stops at the first error, also what was left out because of
    /// it, but for what is no longer <paramref name="toDo"/>. Answers the action as it was; null when it is not failed (any more).
    /// </summary>
    public async Task<ActionTrace?> ReopenActionAsync(TenantScope scope, ObjectId eventId, ObjectId actionId, Func<ActionTrace, bool> toDo, CancellationToken ct)
    {
        var before = await scope.Db.Events.FindByIdAsync(eventId, ct);
        var action = before?.Actions.Find(a => a.Id == actionId);
        if (before is null || action is not { Status: ActionStatus.Failed })
        {
            return null;
        }

        var rest = before.Actions.Where(a => a.RuleId == action.RuleId && a.Index > action.Index && a.Status == ActionStatus.Skipped && a.Error == RuleStopped && toDo(a)).OrderBy(a => a.Index).ToList();
        var now = clock.GetUtcNow().UtcDateTime;
        var wasOver = before.Status is not EventStatus.Processing;
        var update = Builders<EventLog>.Update.Set(e => e.Status, EventStatus.Processing).Unset(e => e.FinishedAt).Inc(e => e.OpenActions, 1 + rest.Count);
        update = wasOver ? update.Inc(e => e.Reopened, 1) : update;
        foreach (var reopened in rest.Prepend(action))
        {
            var at = $"actions.{before.Actions.IndexOf(reopened)}";
            update = update.Set($"{at}.status", ActionStatus.Queued.Word()).Set($"{at}.runAt", now).Set($"{at}.attempts", 0).Unset($"{at}.error").Unset($"{at}.errorCode").Unset($"{at}.startedAt").Unset($"{at}.finishedAt");
        }

        // Only from the very state that was read: two who press the button at once reopen it once.
        var written = await scope.Db.Events.UpdateOneAsync(
            Builders<EventLog>.Filter.Eq(e => e.Id, eventId) & Builders<EventLog>.Filter.Eq(e => e.Status, before.Status) & Builders<EventLog>.Filter.Eq(e => e.OpenActions, before.OpenActions)
                & Builders<EventLog>.Filter.ElemMatch(e => e.Actions, a => a.Id == actionId && a.Status == ActionStatus.Failed),
            update,
            null,
            ct);
        if (written.ModifiedCount == 0)
        {
            return null;
        }

        var previous = action.Id;
        foreach (var next in rest)
        {
            await queue.PutBackAsync(next.Id, previous, ct);
            previous = next.Id;
        }

        await feed.UpdatedAsync(scope, before, ct);
        return action;
    }

    /// <summary>Notes an attempt that will be repeated: after a fault it is retrying, without one it just waits.</summary>
    public async Task NoteRetryAsync(TenantScope scope, EventLog log, ObjectId actionId, int attempts, string? error, DateTime at, ActionEnd? soFar, CancellationToken ct)
    {
        var update = Builders<EventLog>.Update
            .Set("actions.$.status", (error is null ? ActionStatus.Queued : ActionStatus.Retrying).Word()).Set("actions.$.attempts", attempts).Set("actions.$.runAt", at);
        update = error is null ? update.Unset("actions.$.error") : update.Set("actions.$.error", error);
        update = SetIf(update, "input", soFar?.Input);
        update = SetIf(update, "output", soFar?.Output);
        update = SetIf(update, "messageId", soFar?.MessageId is { } message ? (BsonValue)message : null);
        await scope.Db.Events.UpdateOneAsync(StillOpen(log.Id, actionId), update, null, ct);
        await feed.UpdatedAsync(scope, log, ct);
    }

    /// <summary>Notes how far messages of actions got.</summary>
    public async Task NoteMessagesAsync(TenantScope scope, IReadOnlyCollection<(ObjectId Event, ObjectId Message, string Status)> messages, CancellationToken ct)
    {
        if (messages.Count == 0)
        {
            return;
        }

        // By the action's id, which is the message's too: its news may come before the action has noted the message.
        await scope.Db.Events.BulkWriteAsync(
            messages.Select(m => new UpdateOneModel<EventLog>(
                new BsonDocument { ["_id"] = m.Event, ["actions"] = new BsonDocument("$elemMatch", new BsonDocument("_id", m.Message)) },
                new BsonDocument("$set", new BsonDocument("actions.$.messageStatus", m.Status)))),
            new BulkWriteOptions { IsOrdered = false },
            ct);
        await feed.UpdatedAsync(scope, [.. messages.Select(m => m.Event).Distinct()], ct);
    }

    /// <summary>Finishes an event whose actions have all ended, and tells the client.</summary>
    public async Task FinishIfDoneAsync(TenantScope scope, EventLog log, CancellationToken ct)
    {
        if (log.OpenActions <= 0 && log.Status == EventStatus.Processing)
        {
            log.Status = Outcome(log);
            log.FinishedAt = clock.GetUtcNow().UtcDateTime;
            await callbacks.EnqueueFinishedAsync(scope, log, ct);
            await scope.Db.Events.UpdateOneAsync(
                e => e.Id == log.Id && e.Status == EventStatus.Processing,
                Builders<EventLog>.Update.Set(e => e.Status, log.Status).Set(e => e.FinishedAt, log.FinishedAt).Set(e => e.Callback, log.Callback),
                null,
                ct);
        }

        await feed.UpdatedAsync(scope, log, ct);
    }

    /// <summary>What an event came to whose actions have all ended.</summary>
    public static EventStatus Outcome(EventLog log) => Outcome(log.Actions.Select(a => a.Status));

    private static EventStatus Outcome(IEnumerable<ActionStatus> actions)
    {
        var ends = actions.ToHashSet();
        return ends switch
        {
            _ when ends.Contains(ActionStatus.Failed) => ends.Contains(ActionStatus.Completed) ? EventStatus.Partial : EventStatus.Failed,
            _ when ends.Contains(ActionStatus.Completed) => EventStatus.Completed,
            _ when ends.Contains(ActionStatus.Cancelled) => EventStatus.Cancelled,
            _ => EventStatus.Skipped,
        };
    }

    /// <summary>
    /// Ends the last action of an event and the event with it, in one write. Answers false, having written nothing, when there is more to
    /// do than that, or somebody has changed the event since it was read.
    /// </summary>
    private async Task<bool> EndLastAsync(TenantScope scope, EventLog log, ActionTrace action, ActionEnd end, CancellationToken ct)
    {
        // The client must be told before the event is over, or a crash in between would leave it untold.
        if (log.OpenActions != 1 || action.HasEnded || log.Status != EventStatus.Processing || callbacks.Tells(scope, log))
        {
            return false;
        }

        var now = clock.GetUtcNow().UtcDateTime;
        var asRead = StillOpen(log.Id, action.Id).Add("status", EventStatus.Processing.Word()).Add("openActions", 1);
        foreach (var (at, other) in log.Actions.Index().Where(a => a.Item != action))
        {
            asRead[$"actions.{at}.status"] = other.Status.Word();
        }

        var ends = Ends(end, now);
        ends["$set"]["status"] = Outcome(log.Actions.Select(a => a == action ? end.Status : a.Status)).Word();
        ends["$set"]["finishedAt"] = now;
        var written = await scope.Db.Events.UpdateOneAsync(asRead, ends, null, ct);
        if (written.ModifiedCount == 0)
        {
            return false;
        }

        await feed.UpdatedAsync(scope, log, ct);
        return true;
    }

    /// <summary>Ends what was to come after an action of a rule.</summary>
    private async Task StopRuleAsync(TenantScope scope, EventLog log, ActionTrace last, ActionStatus end, string why, CancellationToken ct)
    {
        foreach (var next in log.Actions.Where(a => a.RuleId == last.RuleId && a.Index > last.Index && !a.HasEnded).OrderByDescending(a => a.Index))
        {
            await queue.CancelAsync(scope, Builders<Job>.Filter.Eq(j => j.Id, next.Id), ct);
            await EndActionAsync(scope, log.Id, next.Id, new ActionEnd(end) { Error = why }, ct);
        }

        var after = await scope.Db.Events.FindByIdAsync(log.Id, ct);
        if (after is not null)
        {
            await FinishIfDoneAsync(scope, after, ct);
        }
    }

    // Not as expressions: the driver would translate them anew for each action.
    private static BsonDocument StillOpen(ObjectId eventId, ObjectId actionId) => new()
    {
        ["_id"] = eventId,
        ["actions"] = new BsonDocument("$elemMatch", new BsonDocument { ["_id"] = actionId, ["status"] = new BsonDocument("$in", new BsonArray(Open)) }),
    };

    private static BsonDocument Ends(ActionEnd end, DateTime now)
    {
        var set = new BsonDocument { ["actions.$.status"] = end.Status.Word(), ["actions.$.finishedAt"] = now };
        SetIf("error", end.Error);
        SetIf("errorCode", end.ErrorCode);
        SetIf("startedAt", end.StartedAt);
        SetIf("input", end.Input);
        SetIf("output", end.Output);
        SetIf("messageId", end.MessageId);
        SetIf("attempts", end.Attempts);
        return new BsonDocument { ["$inc"] = new BsonDocument("openActions", -1), ["$set"] = set };

        void SetIf(string field, BsonValue? value)
        {
            if (value is not null and not BsonNull)
            {
                set[$"actions.$.{field}"] = value;
            }
        }
    }

    private static UpdateDefinition<EventLog> SetIf(UpdateDefinition<EventLog> update, string field, BsonValue? value) =>
        value is null ? update : update.Set($"actions.$.{field}", value);
}
