using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations;

/// <summary>What a rule shall be tried on.</summary>
public sealed record RuleTest
{
    /// <summary>The lead.</summary>
    public string? LeadId { get; init; }

    /// <summary>Values for templates, as a trigger would carry them.</summary>
    public JsonElement? Variables { get; init; }

    /// <summary>Values for conditions and templates, as a trigger would carry them. For a system trigger: what changed; made up from the lead when absent.</summary>
    public JsonElement? Data { get; init; }
}

/// <summary>What a rule would do for a lead.</summary>
/// <param name="RuleId">The rule.</param>
/// <param name="Name">Its name.</param>
/// <param name="Trigger">Its trigger.</param>
/// <param name="Enabled">Whether it is in force; a rule that is not is tried all the same.</param>
/// <param name="LeadId">The lead.</param>
/// <param name="LeadName">The lead's name.</param>
/// <param name="Matched">Whether it would match.</param>
/// <param name="Why">The value that decided.</param>
/// <param name="Actions">What it would do; empty when it would not match.</param>
public sealed record RuleTestView(
    string RuleId, string Name, string Trigger, bool Enabled, string LeadId, string LeadName, bool Matched, string Why, IReadOnlyList<PlannedActionView> Actions);

/// <summary>Tries a rule on a lead without doing anything.</summary>
public sealed class RuleDryRun
{
    private readonly RuleDesign _design;
    private readonly RuleLimits _limits;
    private readonly ActionPlanning _planning;
    private readonly TimeProvider _clock;

    internal RuleDryRun(RuleDesign design, RuleLimits limits, ActionPlanning planning, TimeProvider clock)
    {
        _design = design;
        _limits = limits;
        _planning = planning;
        _clock = clock;
    }

    /// <summary>Tries a stored rule.</summary>
    /// <exception cref="RefusedException">INVALID_ID, AUTOMATION_NOT_FOUND, LEAD_NOT_FOUND, VALIDATION_ERROR.</exception>
    public async Task<RuleTestView> TestAsync(TenantScope scope, string ruleId, RuleTest test, CancellationToken ct) =>
        await TryAsync(scope, await RuleDesign.FindAsync(scope, ruleId, ct), test, ct);

    /// <summary>Tries a rule as it stands in the editor, before it is saved.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND.</exception>
    public Task<RuleTestView> TestAsync(TenantScope scope, RuleInput draft, RuleTest test, CancellationToken ct) =>
        TryAsync(scope, _design.Draft(draft), test, ct);

    private async Task<RuleTestView> TryAsync(TenantScope scope, Rule rule, RuleTest test, CancellationToken ct)
    {
        var check = new Check();
        check.Required(test.LeadId, "leadId");
        check.JsonObject(test.Variables, "variables");
        check.JsonObject(test.Data, "data");
        check.Throw();

        var lead = await scope.RequireLeadAsync(test.LeadId!, ct);
        var log = Event(rule, lead, test);
        var facts = await EventProcessing.FactsAsync(scope, log, lead, ct);
        var matches = await _limits.LookAsync(scope, log, lead, [RuleMatching.Match(rule, facts)], ct);
        var trace = matches[0].Trace;
        var plan = await _planning.PlanAsync(scope, log, lead, matches, _clock.GetUtcNow().UtcDateTime, ct);
        return new RuleTestView(
            rule.Id.ToString(), rule.Name, rule.Trigger, rule.Enabled, lead.Id.ToString(), lead.FullName, trace.Matched, trace.Why, plan);
    }

    /// <summary>The event that would have fired the rule.</summary>
    private EventLog Event(Rule rule, Lead lead, RuleTest test)
    {
        var bySystem = !TriggerCatalogue.ClientNames.Contains(rule.Trigger);
        var data = BsonJson.ToDocument(test.Data);
        return new EventLog
        {
            Id = ObjectId.GenerateNewId(),
            Trigger = rule.Trigger,
            Source = bySystem ? EventSource.System : EventSource.Client,
            Phone = lead.Phone,
            Email = lead.Email,
            LeadId = lead.Id,
            Request = bySystem
                ? data.ElementCount > 0 ? data : Plausible(rule, lead)
                : new BsonDocument { ["variables"] = BsonJson.ToDocument(test.Variables), ["data"] = data },
        };
    }

    /// <summary>What the platform would say had changed, if the lead had come to where it is just now.</summary>
    private BsonDocument Plausible(Rule rule, Lead lead) => rule.Trigger switch
    {
        Trigger.StageEnter => new BsonDocument { ["toStageId"] = lead.StageId, ["toPipelineId"] = lead.PipelineId },
        Trigger.StageExit => new BsonDocument { ["fromStageId"] = lead.StageId, ["fromPipelineId"] = lead.PipelineId },
        Trigger.TagAdded or Trigger.TagRemoved => new BsonDocument("tag", Tag(rule, lead)),
        Trigger.ScoreAbove => new BsonDocument { ["from"] = 0, ["to"] = lead.Score },
        Trigger.ScoreBelow => new BsonDocument { ["from"] = 100, ["to"] = lead.Score },
        Trigger.NoContact => new BsonDocument("days", (int)(_clock.GetUtcNow().UtcDateTime - lead.SilentSince).TotalDays),
        _ => [],
    };

    private static BsonValue Tag(Rule rule, Lead lead)
    {
        var wanted = rule.TriggerConfig.GetValue("tag", BsonNull.Value);
        // A tag that came is there; one that went is not.
        var has = wanted.IsString && lead.Tags.Contains(wanted.AsString, StringComparer.OrdinalIgnoreCase);
        return has == (rule.Trigger == Trigger.TagAdded) && wanted.IsString ? wanted : lead.Tags.Count > 0 ? lead.Tags[^1] : BsonNull.Value;
    }
}
