using System.Text.Json;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Scoring;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>What became of an event when it was worked on.</summary>
internal sealed record ProcessedEvent(EventLog Event, int RulesMatched, IReadOnlyList<string> JobIds);

/// <summary>
/// Works on an accepted event: lead, meeting, rules, actions, callback. Every step may be repeated, because a crash may come between
/// any two: documents have ids derived from the event, and its state moves forward by conditional writes.
/// </summary>
internal sealed class EventProcessing(
    LeadIntake leads, LeadScoring scoring, RuleBook rules, RuleLimits limits, PendingWork pending, IMeetings meetings, CallbackOutbox callbacks, JobQueue queue,
    Reconciliation reconciliation, TimeProvider clock, ILogger<EventProcessing> logs)
{
    public const string FireKind = "event.fire";
    public const string ActionKind = "automation.action";

    /// <summary>Why a meeting without a time is not made.</summary>
    public const string NoStart = "No Meet link was made: meetConfig.startTime is missing. Everything else runs as usual.";

    /// <summary>How deep a chain of events that automations cause may go; the root is 0.</summary>
    public const int DeepestChain = 5;

    /// <summary>Works on an event that was just accepted. If that fails it stays accepted, for the drain to finish, and whoever sent it has nothing to send again.</summary>
    public async Task<ProcessedEvent> BeginAsync(TenantScope scope, EventLog log)
    {
        try
        {
            // Whoever hangs up now must not leave the event half done.
            return await ProcessAsync(scope, log, CancellationToken.None);
        }
        catch (Exception e) when (e is not RefusedException)
        {
            logs.LogWarning(e, "Event {Event} of {Tenant} waits for the drain", log.Id, scope.Code);
            return new ProcessedEvent(log, 0, []);
        }
    }

    /// <summary>Works on an event that was just accepted, or that a crash left as received.</summary>
    public async Task<ProcessedEvent> ProcessAsync(TenantScope scope, EventLog log, CancellationToken ct)
    {
        var request = log.OfSystem ? null : Request(log);
        var causing = Causing(scope, log);
        var lead = await LeadAsync(causing, log, request, ct);
        if (lead is not null && !log.OfSystem)
        {
            await scoring.OnTriggerAsync(causing, log.Trigger, lead.Id, ct);
        }

        log.Meet = request?.RequiresMeet != true ? null
            : log.ReplayOf is null ? await MeetAsync(scope, log, request.MeetConfig, ct)
            : await MeetAgainAsync(scope, log, log.ReplayOf.Value, request.MeetConfig, ct);
        if (request is { CancelPending: true } && MayCancel(log) && log.CorrelationKey is { } key)
        {
            await pending.CancelByCorrelationAsync(scope, key, log, ct);
        }

        if (request is { CallbackUrl: not null, CallbackOn: "accepted" })
        {
            await callbacks.EnqueueAsync(scope, log, "accepted", ct);
        }

        var now = clock.GetUtcNow().UtcDateTime;
        return log.RunAt > now || scope.AutomationsPausedAt is not null
            ? await ScheduleAsync(scope, log, lead, log.RunAt > now ? log.RunAt.Value : now, ct)
            : await DispatchAsync(scope, log, lead, ct);
    }

    /// <summary>Lets an event go whose time has come. Whom it is about may have become a lead since it was accepted; none is made for it now.</summary>
    public async Task<ProcessedEvent> FireAsync(TenantScope scope, EventLog log, CancellationToken ct) =>
        await DispatchAsync(scope, log, await LeadAsync(Causing(scope, log), log, null, ct), ct);

    /// <summary>Matches the rules and lets their actions go.</summary>
    public async Task<ProcessedEvent> DispatchAsync(TenantScope scope, EventLog log, Lead? lead, CancellationToken ct)
    {
        var matches = await limits.TakeAsync(scope, log, lead, await MatchAsync(scope, log, lead, ct), ct);
        var matched = matches.Where(m => m.Trace.Matched).ToList();
        if (log.CorrelationKey is { } key && MayCancel(log) && matched.Any(m => m.Rule.CancelsPending))
        {
            await pending.CancelByCorrelationAsync(scope, key, log, ct);
        }

        var now = clock.GetUtcNow().UtcDateTime;
        log.Rules = [.. matches.Select(m => m.Trace)];
        log.Actions = [.. matched.SelectMany(m => Actions(log, m.Rule, now))];
        await EventReplay.SkipDoneAsync(scope, log, reconciliation, now, ct);
        log.OpenActions = log.Actions.Count(a => !a.HasEnded);
        log.StartedAt = now;
        log.Status = log.OpenActions > 0 ? EventStatus.Processing
            : log.Actions.Count > 0 ? EventProgress.Outcome(log)
            : matches.Any(m => m.Looped) ? EventStatus.Skipped : EventStatus.Completed;
        if (log.OpenActions == 0)
        {
            log.FinishedAt = now;
            await callbacks.EnqueueFinishedAsync(scope, log, ct);
        }

        // The jobs first, the log second, the workers last: a crash in between leaves an event that is still to be dispatched,
        // and doing that again meets its own jobs.
        await queue.EnqueueAsync(scope, [.. Jobs(log)], ct, wake: false);
        var written = await scope.Db.Events.UpdateOneAsync(
            e => e.Id == log.Id && (e.Status == EventStatus.Received || e.Status == EventStatus.Scheduled),
            Builders<EventLog>.Update
                .Set(e => e.Status, log.Status).Set(e => e.LeadId, log.LeadId).Set(e => e.LeadMade, log.LeadMade).Set(e => e.Meet, log.Meet)
                .Set(e => e.Rules, log.Rules).Set(e => e.Actions, log.Actions).Set(e => e.OpenActions, log.OpenActions)
                .Set(e => e.StartedAt, log.StartedAt).Set(e => e.FinishedAt, log.FinishedAt).Set(e => e.Callback, log.Callback).Set(e => e.Note, log.Note),
            null,
            ct);
        if (written.MatchedCount == 0 && await pending.CalledOffMeanwhileAsync(scope, log, ct) is { } calledOff)
        {
            return new ProcessedEvent(calledOff, matched.Count, []);
        }

        queue.Wake();
        return new ProcessedEvent(log, matched.Count, [.. log.Actions.Where(a => !a.HasEnded).Select(a => a.Id.ToString())]);
    }

    /// <summary>Ends an event that cannot be worked on: it can be replayed when the cause is gone.</summary>
    public async Task GiveUpAsync(TenantScope scope, EventLog log, string why, CancellationToken ct)
    {
        log.Status = EventStatus.Failed;
        log.Note = why;
        log.FinishedAt = clock.GetUtcNow().UtcDateTime;
        await callbacks.EnqueueFinishedAsync(scope, log, ct);
        await scope.Db.Events.UpdateOneAsync(
            e => e.Id == log.Id && (e.Status == EventStatus.Received || e.Status == EventStatus.Scheduled),
            Builders<EventLog>.Update.Set(e => e.Status, log.Status).Set(e => e.Note, why).Set(e => e.FinishedAt, log.FinishedAt).Set(e => e.Callback, log.Callback),
            null,
            ct);
    }

    /// <summary>Which of the enabled rules that listen match, and why.</summary>
    public async Task<IReadOnlyList<RuleMatch>> MatchAsync(TenantScope scope, EventLog log, Lead? lead, CancellationToken ct)
    {
        var listening = await rules.ListeningAsync(scope, log.Trigger, ct);
        if (listening.Count == 0)
        {
            return [];
        }

        if (log.Depth > DeepestChain)
        {
            log.Note = $"skipped: loop (a chain of automations went deeper than {DeepestChain})";
            return [.. listening.Select(r => RuleMatch.Refused(r, log.Note) with { Looped = true })];
        }

        var facts = await FactsAsync(scope, log, lead, ct);
        return [.. listening.Select(rule =>
            lead is not null && log.Chain.Contains(Link(rule, lead))
                ? RuleMatch.Refused(rule, "skipped: loop (this rule has met this lead in the same chain)") with { Looped = true }
                : RuleMatching.Match(rule, facts))];
    }

    /// <summary>What conditions and templates see of an event.</summary>
    public static async Task<BsonDocument> FactsAsync(TenantScope scope, EventLog log, Lead? lead, CancellationToken ct)
    {
        var pipeline = lead is null ? null : await scope.KnownPipelineAsync(lead.PipelineId, lead.StageId, ct);
        return new BsonDocument
        {
            ["trigger"] = log.Trigger,
            ["lead"] = lead is null ? BsonNull.Value : LeadFacts.Of(lead, pipeline),
            ["variables"] = log.Variables,
            ["data"] = log.Data,
            ["meet"] = log.Meet?.Link is { } link ? new BsonDocument("link", link) : BsonNull.Value,
            ["tenant"] = new BsonDocument { ["name"] = scope.Name, ["code"] = scope.Code },
        };
    }

    /// <summary>A rule and a lead as a chain remembers them.</summary>
    public static string Link(Rule rule, Lead lead) => $"{rule.Id}:{lead.Id}";

    /// <summary>What an event changes itself, making its lead or a score, comes from it as much as what its actions change.</summary>
    private static TenantScope Causing(TenantScope scope, EventLog log) => scope.As(scope.Actor, new Cause(log.Id, log.Depth, log.Chain));

    private async Task<Lead?> LeadAsync(TenantScope scope, EventLog log, TriggerRequest? request, CancellationToken ct)
    {
        if (log.LeadId is { } known)
        {
            return await scope.Db.Leads.FindByIdAsync(known, ct);
        }

        var make = request?.CreateLeadIfMissing == true ? request.LeadData ?? new NewLead() : null;
        var found = await leads.FindOrMakeAsync(scope, log.Phone, log.Email, make, Ids.From(log.Id.ToString(), "lead"), ct);
        log.LeadId = found?.Lead.Id;
        log.LeadMade = found?.Made == true;
        return found?.Lead;
    }

    /// <summary>What was pending when the event came was called off then: a replay must not call off what its first run has since begun.</summary>
    private static bool MayCancel(EventLog log) => log.ReplayOf is null || log.Forced;

    private async Task<MeetTrace> MeetAsync(TenantScope scope, EventLog log, MeetConfig? config, CancellationToken ct)
    {
        if (config?.StartTime is not { } start)
        {
            return new MeetTrace { Warning = NoStart, NeverMade = true };
        }

        var title = string.IsNullOrWhiteSpace(config.Title) ? scope.Name : config.Title.Trim();
        var made = await meetings.MakeAsync(scope, new NewMeeting(log.Root.ToString(), title, start, config.DurationMinutes ?? 0, config.AttendeeEmail ?? log.Email), ct);
        return new MeetTrace { Link = made.Link, Warning = made.Warning, NeverMade = made.NeverMade };
    }

    /// <summary>A replay is about the meeting of the event it repeats. It makes one that this could not get, as long as it lies ahead and was not called off.</summary>
    private async Task<MeetTrace?> MeetAgainAsync(TenantScope scope, EventLog log, ObjectId rootId, MeetConfig? config, CancellationToken ct)
    {
        var known = (await scope.Db.Events.FindByIdAsync(rootId, ct))?.Meet ?? log.Meet;
        if (known is { Link: not null } or { Cancelled: not null } || config?.StartTime is not { } start || start <= clock.GetUtcNow())
        {
            return known;
        }

        var meet = await MeetAsync(scope, log, config, ct);
        // One without a link may be in the calendar since the first run, whatever Google says now.
        meet.NeverMade &= known?.NeverMade ?? true;
        // That event has the meeting, and with it the meeting is called off.
        await scope.Db.Events.UpdateOneAsync(e => e.Id == rootId && e.Meet!.Cancelled == null, Builders<EventLog>.Update.Set(e => e.Meet, meet), null, ct);
        return meet;
    }

    private async Task<ProcessedEvent> ScheduleAsync(TenantScope scope, EventLog log, Lead? lead, DateTime at, CancellationToken ct)
    {
        var matches = await limits.LookAsync(scope, log, lead, await MatchAsync(scope, log, lead, ct), ct);
        var job = new NewJob(Ids.From(log.Id.ToString(), "fire"), FireKind, new BsonDocument("event", log.Id))
        {
            RunAt = at,
            EventLogId = log.Id,
            CorrelationKey = log.CorrelationKey,
        };
        await queue.EnqueueAsync(scope, [job], ct, wake: false);
        log.Status = EventStatus.Scheduled;
        var written = await scope.Db.Events.UpdateOneAsync(
            e => e.Id == log.Id && e.Status == EventStatus.Received,
            Builders<EventLog>.Update
                .Set(e => e.Status, EventStatus.Scheduled).Set(e => e.LeadId, log.LeadId).Set(e => e.LeadMade, log.LeadMade)
                .Set(e => e.Meet, log.Meet).Set(e => e.Rules, [.. matches.Select(m => m.Trace)]).Set(e => e.Callback, log.Callback),
            null,
            ct);
        return written.MatchedCount == 0 && await pending.CalledOffMeanwhileAsync(scope, log, ct) is { } calledOff
            ? new ProcessedEvent(calledOff, matches.Count(m => m.Trace.Matched), [])
            : new ProcessedEvent(log, matches.Count(m => m.Trace.Matched), [job.Id.ToString()]);
    }

    private static IEnumerable<ActionTrace> Actions(EventLog log, Rule rule, DateTime now) =>
        rule.Actions.Select((action, index) => new ActionTrace
        {
            Id = Ids.From(log.Id.ToString(), rule.Id.ToString(), $"{index}"),
            RuleId = rule.Id,
            Index = index,
            Type = action.Type,
            Status = ActionStatus.Queued,
            RunAt = now.AddMinutes(action.DelayMinutes),
            Config = action.Config,
            StopOnError = rule.StopOnError,
        });

    private static IEnumerable<NewJob> Jobs(EventLog log)
    {
        ActionTrace? previous = null;
        foreach (var action in log.Actions.Where(a => !a.HasEnded))
        {
            yield return new NewJob(action.Id, ActionKind, new BsonDocument { ["event"] = log.Id, ["action"] = action.Id })
            {
                RunAt = action.RunAt,
                // Actions of one rule run in order; those of different rules do not wait for each other.
                After = previous?.RuleId == action.RuleId ? previous.Id : null,
                EventLogId = log.Id,
                CorrelationKey = log.CorrelationKey,
            };
            previous = action;
        }
    }

    private static TriggerRequest Request(EventLog log) =>
        BsonJson.ToObject(log.Request).Deserialize<TriggerRequest>(EcodrixJson.Options)!;
}
