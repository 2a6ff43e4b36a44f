using System.Text.Json.Nodes;
using Ecodrix.Engine.Automations.Actions;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;

namespace Ecodrix.Engine.Automations;

/// <summary>An action as it would be taken.</summary>
public sealed record PlannedActionView
{
    /// <summary>Its rule.</summary>
    public required string RuleId { get; init; }

    /// <summary>The rule's name.</summary>
    public required string RuleName { get; init; }

    /// <summary>Its place in the rule, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>What it does.</summary>
    public required string Type { get; init; }

    /// <summary>When it would run.</summary>
    public required DateTime RunAt { get; init; }

    /// <summary>What it would be done with, rendered.</summary>
    public required JsonObject Input { get; init; }

    /// <summary>Whom it would reach, where it reaches somebody.</summary>
    public string? To { get; init; }

    /// <summary>How what it would send reads.</summary>
    public string? Text { get; init; }

    /// <summary>What would keep it from being done; empty when nothing would.</summary>
    public required IReadOnlyList<Obstacle> Obstacles { get; init; }

    /// <summary>Whether nothing would keep it from being done.</summary>
    public bool WouldRun => Obstacles.Count == 0;
}

/// <summary>Works out what the actions of rules would do for an event, without doing any.</summary>
internal sealed class ActionPlanning(RuleActions actions)
{
    /// <summary>Plans the actions of the rules that match, and of those that only their limits keep from matching.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="log">The event, which need not be stored.</param>
    /// <param name="lead">Its lead.</param>
    /// <param name="matches">The rules considered.</param>
    /// <param name="at">When the rules would be matched.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<PlannedActionView>> PlanAsync(
        TenantScope scope, EventLog log, Lead? lead, IReadOnlyList<RuleMatch> matches, DateTime at, CancellationToken ct)
    {
        var facts = await EventProcessing.FactsAsync(scope, log, lead, ct);
        var plan = new List<PlannedActionView>();
        foreach (var match in matches.Where(m => m.Trace.Matched || m.Limited))
        {
            foreach (var (index, step) in match.Rule.Actions.Index())
            {
                var action = new ActionTrace { RuleId = match.Rule.Id, Index = index, Type = step.Type, RunAt = at.AddMinutes(step.DelayMinutes), Config = step.Config };
                plan.Add(await PlanAsync(new ActionRun(scope, log, action, lead, facts), match, ct));
            }
        }

        return plan;
    }

    private async Task<PlannedActionView> PlanAsync(ActionRun run, RuleMatch match, CancellationToken ct)
    {
        var obstacles = new List<Obstacle>();
        if (match.Limited)
        {
            obstacles.Add(new Obstacle("LIMIT", match.Trace.Why));
        }

        if (run.Scope.AutomationsPausedAt is not null)
        {
            obstacles.Add(new Obstacle("PAUSED", "Automations are paused: it would wait until they are resumed."));
        }

        var preview = await PreviewAsync(run, ct);
        return new PlannedActionView
        {
            RuleId = run.Action.RuleId.ToString(),
            RuleName = match.Rule.Name,
            Index = run.Action.Index,
            Type = run.Action.Type,
            RunAt = run.Action.RunAt,
            Input = BsonJson.ToObject(preview.Input),
            To = preview.To,
            Text = preview.Text,
            Obstacles = [.. obstacles, .. preview.Obstacles],
        };
    }

    private async Task<ActionPreview> PreviewAsync(ActionRun run, CancellationToken ct)
    {
        if (actions.Find(run.Action.Type) is not { } doer)
        {
            return new ActionPreview(run.Action.Config) { Obstacles = [new Obstacle("UNKNOWN_ACTION", $"There is no action {run.Action.Type}.")] };
        }

        try
        {
            return await doer.PreviewAsync(run, ct);
        }
        catch (RefusedException refused)
        {
            return new ActionPreview(run.Action.Config) { Obstacles = [new Obstacle(refused.Code, refused.Message)] };
        }
    }
}
