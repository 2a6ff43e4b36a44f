using System.Text.Json;
using Ecodrix.Engine.Automations.Actions;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Automations;

/// <summary>Makes, changes, switches and deletes rules.</summary>
public sealed class RuleDesign
{
    private const int MostActions = 20;
    private const int MostRules = 500;

    private static readonly string[] Sent = ["headers", "body"];

    private readonly RuleActions _actions;
    private readonly TenantDirectory _directory;
    private readonly TimeProvider _clock;
    private readonly AuditLog _audit;

    internal RuleDesign(RuleActions actions, TenantDirectory directory, TimeProvider clock, AuditLog audit)
    {
        _audit = audit;
        _actions = actions;
        _directory = directory;
        _clock = clock;
    }

    /// <summary>The types of actions a rule may take.</summary>
    public IReadOnlyCollection<string> ActionTypes => _actions.Types;

    /// <summary>Rules, newest first.</summary>
    public async Task<Page<RuleView>> ListAsync(TenantScope scope, Paging paging, CancellationToken ct)
    {
        var total = await scope.Db.Rules.EstimatedDocumentCountAsync(null, ct);
        var rules = await scope.Db.Rules.Find(Builders<Rule>.Filter.Empty).SortByDescending(r => r.Id).Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        return new Page<RuleView>([.. rules.Select(RuleView.Of)], total, paging);
    }

    /// <summary>One rule.</summary>
    /// <exception cref="RefusedException">INVALID_ID, AUTOMATION_NOT_FOUND.</exception>
    public async Task<RuleView> GetAsync(TenantScope scope, string ruleId, CancellationToken ct) => RuleView.Of(await FindAsync(scope, ruleId, ct));

    /// <summary>Makes a rule.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public async Task<RuleView> CreateAsync(TenantScope scope, RuleInput input, CancellationToken ct)
    {
        var check = new Check();
        var rule = New(check, input);
        check.That(await scope.Db.Rules.EstimatedDocumentCountAsync(null, ct) < MostRules, "name", $"A client may have at most {MostRules} rules.");
        check.Throw();

        await scope.Db.Rules.InsertOneAsync(rule, null, ct);
        await ChangedAsync(scope, "automation.made", rule, null, Audited(rule), ct);
        return RuleView.Of(rule);
    }

    /// <summary>Changes the fields that are present.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, AUTOMATION_NOT_FOUND, VERSION_CONFLICT.</exception>
    public Task<RuleView> ChangeAsync(TenantScope scope, string ruleId, RuleInput input, CancellationToken ct) => ReplaceAsync(scope, ruleId, rule =>
    {
        if (input.Version is { } version && version != rule.Version)
        {
            throw new RefusedException(RefusalKind.Conflict, "VERSION_CONFLICT", $"\"{rule.Name}\" was changed meanwhile by somebody else. Read it again and repeat the change.", new { ruleId });
        }

        var check = new Check();
        Fill(check, rule, input);
        check.Throw();
    }, ct);

    /// <summary>Enables a disabled rule and disables an enabled one.</summary>
    /// <exception cref="RefusedException">INVALID_ID, AUTOMATION_NOT_FOUND.</exception>
    public Task<RuleView> ToggleAsync(TenantScope scope, string ruleId, CancellationToken ct) =>
        ReplaceAsync(scope, ruleId, rule => rule.Enabled = !rule.Enabled, ct);

    /// <summary>Deletes a rule for good. What it has already begun goes on.</summary>
    /// <exception cref="RefusedException">INVALID_ID, AUTOMATION_NOT_FOUND.</exception>
    public async Task<RuleView> DeleteAsync(TenantScope scope, string ruleId, CancellationToken ct)
    {
        var id = Ids.Parse(ruleId, "ruleId");
        var rule = await scope.Db.Rules.FindOneAndDeleteAsync<Rule>(r => r.Id == id, null, ct) ?? throw NotFound(ruleId);
        await ChangedAsync(scope, "automation.deleted", rule, Audited(rule), null, ct);
        return RuleView.Of(rule);
    }

    /// <summary>A rule that is not kept.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    internal Rule Draft(RuleInput input)
    {
        var check = new Check();
        var rule = New(check, input);
        check.Throw();
        return rule;
    }

    private Rule New(Check check, RuleInput input)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        var rule = new Rule { Id = ObjectId.GenerateNewId(), Name = "", Trigger = "", Enabled = true, Version = 1, CreatedAt = now, UpdatedAt = now };
        // A new rule must say all that a change may leave out.
        Fill(check, rule, input with
        {
            Name = new(input.Name.Value),
            Trigger = new(input.Trigger.Value),
            Actions = new(input.Actions.Value),
        });
        return rule;
    }

    private async Task<RuleView> ReplaceAsync(TenantScope scope, string ruleId, Action<Rule> change, CancellationToken ct)
    {
        while (true)
        {
            var rule = await FindAsync(scope, ruleId, ct);
            var (version, before) = (rule.Version, Audited(rule));
            change(rule);
            rule.Version++;
            rule.UpdatedAt = _clock.GetUtcNow().UtcDateTime;
            var written = await scope.Db.Rules.ReplaceOneAsync(r => r.Id == rule.Id && r.Version == version, rule, (ReplaceOptions?)null, ct);
            if (written.ModifiedCount == 1)
            {
                await ChangedAsync(scope, "automation.changed", rule, before, Audited(rule), ct);
                return RuleView.Of(rule);
            }
        }
    }

    private Task ChangedAsync(TenantScope scope, string what, Rule rule, BsonDocument? before, BsonDocument? after, CancellationToken ct)
    {
        _directory.Forget(scope.Code);
        return _audit.NoteAsync(scope, what, rule.Name, before, after, ct);
    }

    /// <summary>A rule as the audit log may show it: what a call sends along may be a password or a key.</summary>
    private static BsonDocument Audited(Rule rule)
    {
        var document = rule.ToBsonDocument();
        foreach (var config in document["actions"].AsBsonArray.Select(a => a["config"].AsBsonDocument))
        {
            foreach (var secret in Sent.Where(config.Contains))
            {
                config[secret] = "(not shown)";
            }

            if (config.TryGetValue("url", out var url) && url is BsonString { Value: var text } && text.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query)
            {
                config["url"] = text[..query] + "?(not shown)";
            }
        }

        return document;
    }

    internal static async Task<Rule> FindAsync(TenantScope scope, string ruleId, CancellationToken ct)
    {
        var id = Ids.Parse(ruleId, "ruleId");
        return await scope.Db.Rules.FindByIdAsync(id, ct) ?? throw NotFound(ruleId);
    }

    private static RefusedException NotFound(string ruleId) =>
        new(RefusalKind.NotFound, "AUTOMATION_NOT_FOUND", $"There is no automation {ruleId}.");

    private void Fill(Check check, Rule rule, RuleInput input)
    {
        if (input.Name.IsPresent)
        {
            rule.Name = check.Required(input.Name.Value, "name", 100);
        }

        if (input.Trigger.IsPresent)
        {
            check.That(input.Trigger.Value is not null && TriggerCatalogue.Names.Contains(input.Trigger.Value), "trigger",
                $"trigger must be one of {string.Join(", ", TriggerCatalogue.Names)}.");
            rule.Trigger = input.Trigger.Value ?? "";
        }

        if (input.TriggerConfig.IsPresent)
        {
            rule.TriggerConfig = Object(check, input.TriggerConfig.Value, "triggerConfig");
        }

        CheckTriggerConfig(check, rule.TriggerConfig);
        if (input.Condition.IsPresent)
        {
            rule.Condition = input.Condition.Value is null or { ValueKind: JsonValueKind.Null } ? null : Object(check, input.Condition.Value, "condition");
            // An empty object is how some clients write "none".
            rule.Condition = rule.Condition is { ElementCount: 0 } ? null : rule.Condition;
            if (rule.Condition is not null)
            {
                RuleCondition.Check(check, rule.Condition, "condition");
            }
        }

        if (input.Actions.IsPresent)
        {
            rule.Actions = ReadActions(check, input.Actions.Value);
        }

        rule.Enabled = input.Enabled.Or(rule.Enabled) ?? true;
        rule.StopOnError = input.StopOnError.Or(rule.StopOnError) ?? false;
        if (input.Limits.IsPresent)
        {
            check.Range(input.Limits.Value?.PerLeadPerDay, "limits.perLeadPerDay", 1, RuleLimit.MostPerDay);
            rule.Limits = RuleLimit.Of(input.Limits.Value);
        }
    }

    private static void CheckTriggerConfig(Check check, BsonDocument config)
    {
        foreach (var name in (ReadOnlySpan<string>)["stageId", "pipelineId"])
        {
            check.That(!config.TryGetValue(name, out var id) || id.IsBsonNull || (id.IsString && ObjectId.TryParse(id.AsString, out _)),
                $"triggerConfig.{name}", $"triggerConfig.{name} must be an id of 24 hexadecimal characters.");
        }

        Number(check, config, "scoreThreshold", 0, 100);
        Number(check, config, "days", 1, 3650, whole: true);
        check.That(!config.TryGetValue("cancelPending", out var cancels) || cancels.IsBsonNull || cancels.IsBoolean, "triggerConfig.cancelPending", "triggerConfig.cancelPending must be true or false.");
        check.That(!config.TryGetValue("tag", out var tag) || tag.IsBsonNull || tag.IsString, "triggerConfig.tag", "triggerConfig.tag must be a text.");
    }

    private static void Number(Check check, BsonDocument config, string name, int min, int max, bool whole = false) => check.That(
        !config.TryGetValue(name, out var value) || value.IsBsonNull || (value.IsNumeric && value.ToDouble() >= min && value.ToDouble() <= max && (!whole || double.IsInteger(value.ToDouble()))),
        $"triggerConfig.{name}", $"triggerConfig.{name} must be a {(whole ? "whole " : "")}number from {min} to {max}.");

    private List<RuleStep> ReadActions(Check check, IReadOnlyList<RuleActionInput>? inputs)
    {
        check.That(inputs is { Count: >= 1 and <= MostActions }, "actions", $"actions must be a list of 1 to {MostActions}.");
        var steps = new List<RuleStep>();
        foreach (var (at, input) in (inputs ?? []).Take(MostActions).Index())
        {
            var step = new RuleStep
            {
                Type = input.Type ?? "",
                DelayMinutes = input.DelayMinutes ?? 0,
                Config = Object(check, input.Config, $"actions[{at}].config"),
            };
            check.Range(step.DelayMinutes, $"actions[{at}].delayMinutes", 0, TriggerReading.LongestDelay);
            if (_actions.Find(step.Type) is { } action)
            {
                action.Check(check, step.Config, $"actions[{at}].config.");
            }
            else
            {
                check.That(false, $"actions[{at}].type", $"actions[{at}].type must be one of {string.Join(", ", _actions.Types)}.");
            }

            steps.Add(step);
        }

        return steps;
    }

    private static BsonDocument Object(Check check, JsonElement? element, string field)
    {
        check.JsonObject(element, field);
        return BsonJson.ToDocument(element);
    }
}
