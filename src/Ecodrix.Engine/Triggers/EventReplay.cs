using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Outgoing;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>How a replay shall go.</summary>
/// <param name="Force">Whether to do again what has been done: messages go out a second time.</param>
public sealed record ReplayRequest(bool? Force = null);

/// <summary>A replay that was begun.</summary>
/// <param name="EventLogId">The new event.</param>
/// <param name="ReplayOf">The event it repeats.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="RulesMatched">Rules that match today.</param>
/// <param name="AlreadyDone">Actions left out because they are done or still under way.</param>
/// <param name="JobIds">The jobs of the others.</param>
public sealed record EventReplayed(string EventLogId, string ReplayOf, EventStatus Status, int RulesMatched, int AlreadyDone, IReadOnlyList<string> JobIds);

/// <summary>Runs an event again: today's rules on its original payload.</summary>
public sealed class EventReplay
{
    private const string AlreadyDone = "skipped: already done";

    private readonly EventProcessing _processing;
    private readonly Outbox _outbox;
    private readonly EventFeed _feed;
    private readonly TimeProvider _clock;

    internal EventReplay(EventProcessing processing, Outbox outbox, EventFeed feed, TimeProvider clock)
    {
        _processing = processing;
        _outbox = outbox;
        _feed = feed;
        _clock = clock;
    }

    /// <summary>
    /// Replays an event, at once. An action of a rule that was already done, or is still under way, in the event or in an earlier
    /// replay of it, wherever in the rule it then stood, is skipped unless <see cref="ReplayRequest.Force"/> is set. A replay of a replay is one of the event itself.
    /// </summary>
    /// <exception cref="RefusedException">INVALID_ID, EVENT_NOT_FOUND, EVENT_PENDING, REPLAY_PENDING.</exception>
    public async Task<EventReplayed> ReplayAsync(TenantScope scope, string eventId, ReplayRequest? how, CancellationToken ct)
    {
        var asked = await scope.RequireEventAsync(eventId, ct);
        var root = asked.ReplayOf is { } original ? await scope.Db.Events.FindByIdAsync(original, ct) ?? asked : asked;
        if (root.Status is EventStatus.Received or EventStatus.Scheduled)
        {
            throw EventRefusals.NotYetRun(root.Id.ToString());
        }

        var earlier = await ActionFamily.ReplaysAsync(scope, root.Id, ct);
        if (earlier.Find(e => e.Status is EventStatus.Received or EventStatus.Scheduled) is { } waiting)
        {
            throw EventRefusals.ReplayPending(waiting.Id.ToString());
        }

        var log = Make(scope, root, earlier.Count + 1, how?.Force == true);
        await _outbox.ArmAsync(scope, ct);
        try
        {
            await scope.Db.Events.InsertOneAsync(log, null, ct);
            log.CountAccepted();
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            // Asked for twice at once: the other one runs it.
            throw EventRefusals.ReplayPending(log.Id.ToString());
        }

        // From here on it is carried through, whoever hangs up.
        var processed = await _processing.BeginAsync(scope, log);
        await _feed.UpdatedAsync(scope, log, CancellationToken.None);
        await _feed.UpdatedAsync(scope, root, CancellationToken.None);
        return new EventReplayed(
            log.Id.ToString(), root.Id.ToString(), processed.Event.Status, processed.RulesMatched, processed.Event.Actions.Count(a => a.Error?.StartsWith(AlreadyDone, StringComparison.Ordinal) == true), processed.JobIds);
    }

    /// <summary>Ends those actions of a replay that its root or an earlier replay has done or is still at.</summary>
    internal static async Task SkipDoneAsync(TenantScope scope, EventLog log, Reconciliation reconciliation, DateTime now, CancellationToken ct)
    {
        if (log.ReplayOf is null || log.Forced || log.Actions.Count == 0)
        {
            return;
        }

        var done = await ActionFamily.DoneElsewhereAsync(scope, log, reconciliation, ct);
        foreach (var (action, identity) in ActionFamily.Identify(log.Actions))
        {
            if (done.TryGetValue(identity, out var before))
            {
                action.Status = ActionStatus.Skipped;
                action.FinishedAt = now;
                action.Error = $"{AlreadyDone} ({before.Words})";
            }
        }
    }

    private EventLog Make(TenantScope scope, EventLog root, int count, bool force) => new()
    {
        Id = Ids.From(root.Id.ToString(), "replay", $"{count}"),
        Trigger = root.Trigger,
        Source = EventSource.Replay,
        Status = EventStatus.Received,
        Phone = root.Phone,
        Email = root.Email,
        LeadId = root.LeadId,
        Request = root.Request,
        FiredBy = scope.Actor.Name,
        Meet = root.Meet,
        CausedBy = root.Id,
        ReplayOf = root.Id,
        Forced = force,
        ReplaysSystem = root.OfSystem,
        Depth = root.Depth,
        Chain = root.Chain,
        CorrelationKey = root.CorrelationKey,
        ReceivedAt = _clock.GetUtcNow().UtcDateTime,
    };
}
