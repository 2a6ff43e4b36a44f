using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Automations;

/// <summary>A rule to be made, or the fields of one to be changed.</summary>
public sealed record RuleInput
{
    /// <summary>Its name, 1–100 characters.</summary>
    public Optional<string?> Name { get; init; }

    /// <summary>Any of the seventeen triggers.</summary>
    public Optional<string?> Trigger { get; init; }

    /// <summary>What the trigger must carry: <c>stageId</c>, <c>pipelineId</c>, <c>tag</c>, <c>scoreThreshold</c>, <c>days</c>, <c>cancelPending</c>.</summary>
    public Optional<JsonElement?> TriggerConfig { get; init; }

    /// <summary><c>{field, operator, value}</c>, or <c>{all: […]}</c> or <c>{any: […]}</c> of such, nested at most five deep.</summary>
    public Optional<JsonElement?> Condition { get; init; }

    /// <summary>1–20 actions, in order.</summary>
    public Optional<IReadOnlyList<RuleActionInput>?> Actions { get; init; }

    /// <summary>Whether it is in force; true when absent.</summary>
    public Optional<bool?> Enabled { get; init; }

    /// <summary>Whether a failed action skips the rest; false when absent.</summary>
    public Optional<bool?> StopOnError { get; init; }

    /// <summary>How often the rule may meet one lead; null lifts the limits.</summary>
    public Optional<RuleLimitsInput?> Limits { get; init; }

    /// <summary>The version the change was decided by: when the rule has been changed since, it is refused. Absent, whatever is there is changed.</summary>
    public int? Version { get; init; }
}

/// <summary>How often a rule may meet one lead.</summary>
/// <param name="OncePerLead">Whether it does so once for all time.</param>
/// <param name="PerLeadPerDay">How often a day of the tenant's, 1–100; no limit when absent.</param>
public sealed record RuleLimitsInput(bool? OncePerLead = null, int? PerLeadPerDay = null);

/// <summary>How often a rule may meet one lead.</summary>
/// <param name="OncePerLead">Whether it does so once for all time.</param>
/// <param name="PerLeadPerDay">How often a day of the tenant's; null is without limit.</param>
public sealed record RuleLimitsView(bool OncePerLead, int? PerLeadPerDay);

/// <summary>One action of a rule to be made.</summary>
public sealed record RuleActionInput
{
    /// <summary>What to do, for example <c>send_whatsapp</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Minutes after the event, 0–525,600.</summary>
    public int? DelayMinutes { get; init; }

    /// <summary>What the type needs.</summary>
    public JsonElement? Config { get; init; }
}

/// <summary>One action of a rule.</summary>
/// <param name="Type">What it does.</param>
/// <param name="DelayMinutes">Minutes after the event.</param>
/// <param name="Config">What the type needs.</param>
public sealed record RuleActionView(string Type, int DelayMinutes, JsonObject Config);

/// <summary>A rule.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Trigger">The trigger it listens to.</param>
/// <param name="TriggerConfig">What the trigger must carry.</param>
/// <param name="Condition">What must hold; null when nothing must.</param>
/// <param name="Actions">Its actions, in order.</param>
/// <param name="Enabled">Whether it is in force.</param>
/// <param name="StopOnError">Whether a failed action skips the rest.</param>
/// <param name="Limits">How often it may meet one lead; null without limits.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record RuleView(
    string Id, string Name, string Trigger, JsonObject TriggerConfig, JsonObject? Condition, IReadOnlyList<RuleActionView> Actions,
    bool Enabled, bool StopOnError, RuleLimitsView? Limits, DateTime CreatedAt, DateTime UpdatedAt)
{
    /// <summary>Counts its changes.</summary>
    public int Version { get; init; }

    internal static RuleView Of(Rule rule) => new(
        rule.Id.ToString(), rule.Name, rule.Trigger, BsonJson.ToObject(rule.TriggerConfig),
        rule.Condition is null ? null : BsonJson.ToObject(rule.Condition),
        [.. rule.Actions.Select(a => new RuleActionView(a.Type, a.DelayMinutes, BsonJson.ToObject(a.Config)))],
        rule.Enabled, rule.StopOnError, rule.Limits is null ? null : new RuleLimitsView(rule.Limits.OncePerLead, rule.Limits.PerLeadPerDay), rule.CreatedAt, rule.UpdatedAt)
    {
        Version = rule.Version,
    };
}
