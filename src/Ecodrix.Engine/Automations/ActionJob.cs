using Ecodrix.Engine.Automations.Actions;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Outgoing;

namespace Ecodrix.Engine.Automations;

/// <summary>Takes one action of one event.</summary>
internal sealed class ActionJob(RuleActions actions, EventProgress progress, EventFeed feed, PendingWork pending, MessageReopening messages, MessageSending sending, Reconciliation reconciliation, TimeProvider clock)
    : IJobHandler
{
    public string Kind => EventProcessing.ActionKind;

    public bool CallsOut => true;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        if (AutomationGate.Hold(run.Scope) is { } held)
        {
            return held;
        }

        var eventId = run.Ref("event");
        var actionId = run.Ref("action");
        var log = await run.Scope.Db.Events.FindByIdAsync(eventId, ct);
        if (log?.Status is EventStatus.Received or EventStatus.Scheduled)
        {
            // The event is still being dispatched; its log comes right after its jobs.
            return JobResult.Later(clock.GetUtcNow().UtcDateTime.AddSeconds(1), null, countsAsAttempt: false);
        }

        if (log?.Actions.Find(a => a.Id == actionId) is not { } action)
        {
            // Dispatched twice around a crash with the rules changed in between: the log knows what counts.
            return JobResult.Done;
        }

        if (action.HasEnded)
        {
            // It ended before a crash; what had to follow may not have.
            await progress.EndActionAsync(run.Scope, eventId, actionId, new ActionEnd(action.Status), ct);
            return JobResult.Done;
        }

        return await TakeAsync(run, log, action, ct);
    }

    public Task GaveUpAsync(JobRun run, string error, CancellationToken ct) => GiveUpAsync(run, new ActionEnd(ActionStatus.Failed) { Error = error }, ct);

    private async Task GiveUpAsync(JobRun run, ActionEnd end, CancellationToken ct)
    {
        // An action's message has its id.
        await sending.GiveUpAsync(run.Scope, run.Ref("action"), end.Error!, ct);
        await progress.EndActionAsync(run.Scope, run.Ref("event"), run.Ref("action"), end with { Attempts = run.Attempt }, ct);
    }

    public Task<bool> CallOffAsync(JobQueue queue, JobRun run, string why, CancellationToken ct) => pending.CancelAsync(run, why, ct);

    public async Task ReopenAsync(JobRun run, CancellationToken ct)
    {
        var (eventId, actionId) = (run.Ref("event"), run.Ref("action"));
        if (await run.Scope.Db.Events.FindByIdAsync(eventId, ct) is not { } log)
        {
            return;
        }

        // A replay may have done meanwhile what failed here. A forced one does again what was done.
        var done = log.Forced ? [] : await ActionFamily.DoneElsewhereAsync(run.Scope, log, reconciliation, ct);
        var elsewhere = ActionFamily.Identify(log.Actions).Where(a => done.ContainsKey(a.Identity)).ToDictionary(a => a.Action.Id, a => done[a.Identity]);
        if (elsewhere.TryGetValue(actionId, out var before))
        {
            throw EventRefusals.DoneElsewhere(before.Words);
        }

        var reopened = await progress.ReopenActionAsync(run.Scope, eventId, actionId, a => !elsewhere.ContainsKey(a.Id), ct);
        if (reopened is not null || log.Actions.Exists(a => a.Id == actionId && !a.HasEnded))
        {
            // An action's message has its id, also where the run that failed came to no note of it.
            await messages.ReopenAsync(run.Scope, actionId, ct);
        }
    }

    private async Task<JobResult> TakeAsync(JobRun run, EventLog log, ActionTrace action, CancellationToken ct)
    {
        var doer = actions.Find(action.Type) ?? throw new RefusedException(RefusalKind.Invalid, "UNKNOWN_ACTION", $"There is no action {action.Type}.");
        var lead = log.LeadId is { } id && doer.NeedsLead(action.Config) ? await run.Scope.Db.Leads.FindByIdAsync(id, ct) : null;
        var rule = log.Rules.Find(r => r.RuleId == action.RuleId)?.Name ?? "a rule";
        var chain = lead is null ? log.Chain : [.. log.Chain, $"{action.RuleId}:{lead.Id}"];
        var scope = run.Scope.As(new Actor(ActorKind.Automation, action.RuleId.ToString(), rule), new Cause(log.Id, log.Depth, chain));
        var facts = await EventProcessing.FactsAsync(scope, log, lead, ct);

        ActionOutcome outcome;
        var began = clock.GetUtcNow().UtcDateTime;
        try
        {
            outcome = await doer.RunAsync(new ActionRun(scope, log, action, lead, facts), ct);
        }
        catch (RefusedException refused)
        {
            await GiveUpAsync(run, new ActionEnd(ActionStatus.Failed) { Error = refused.Message, ErrorCode = refused.Code, StartedAt = began }, ct);
            return JobResult.GivenUp($"{refused.Code}: {refused.Message}");
        }
        catch (Exception e) when (!run.IsLastAttempt && !e.IsDatabaseAway() && !ct.IsCancellationRequested)
        {
            var at = clock.GetUtcNow().UtcDateTime + JobRunner.BackOff(run.Attempt);
            outcome = new ActionOutcome.Later(at, e.WordsForTenant(), true, null);
        }

        if (lead is not null && doer is LeadAction)
        {
            feed.Forget(run.Scope, lead.Id);
        }

        switch (outcome)
        {
            case ActionOutcome.Later later when !later.CountsAsAttempt || !run.IsLastAttempt:
                await progress.NoteRetryAsync(run.Scope, log, action.Id, run.Attempt, later.Why, later.At, later.SoFar, ct);
                return JobResult.Later(later.At, later.Why, later.CountsAsAttempt);
            case ActionOutcome.Later given:
                await sending.GiveUpAsync(run.Scope, action.Id, given.Why ?? "Tried too often.", ct);
                await progress.EndActionAsync(run.Scope, log, action, (given.SoFar ?? new ActionEnd(ActionStatus.Failed)) with
                {
                    Status = ActionStatus.Failed,
                    Error = given.Why,
                    Attempts = run.Attempt,
                    StartedAt = began,
                }, ct);
                return JobResult.GivenUp(given.Why ?? "Tried too often.");
            case ActionOutcome.Ended ended:
                await progress.EndActionAsync(run.Scope, log, action, ended.End with { Attempts = run.Attempt, StartedAt = began }, ct);
                return ended.End.Status == ActionStatus.Failed ? JobResult.GivenUp(ended.End.Error ?? "Failed.") : JobResult.Done;
            default:
                return JobResult.Done;
        }
    }
}
