using Ecodrix.Engine.Triggers;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations;

/// <summary>A rule that was considered, and what came of it.</summary>
internal sealed record RuleMatch(Rule Rule, RuleTrace Trace)
{
    /// <summary>Whether only its limits keep it from matching.</summary>
    public bool Limited { get; init; }

    /// <summary>Whether the loop guard keeps it from matching.</summary>
    public bool Looped { get; init; }

    /// <summary>A rule that was not let match.</summary>
    public static RuleMatch Refused(Rule rule, string why) =>
        new(rule, new RuleTrace { RuleId = rule.Id, Name = rule.Name, Matched = false, Why = why });
}

/// <summary>Decides whether a rule applies to an event: first what its trigger must carry, then its condition.</summary>
internal static class RuleMatching
{
    public static RuleMatch Match(Rule rule, BsonDocument facts)
    {
        var verdict = JudgeTrigger(rule, facts);
        if (verdict.Holds && rule.Judging is { } condition)
        {
            verdict = condition.Judge(facts);
        }

        return new RuleMatch(rule, new RuleTrace { RuleId = rule.Id, Name = rule.Name, Matched = verdict.Holds, Why = verdict.Why });
    }

    private static Verdict JudgeTrigger(Rule rule, BsonDocument facts)
    {
        var data = facts["data"].AsBsonDocument;
        var config = rule.TriggerConfig;
        return rule.Trigger switch
        {
            Trigger.StageEnter => Equal(config, "stageId", data, "toStageId") ?? Equal(config, "pipelineId", data, "toPipelineId") ?? Any(rule),
            Trigger.StageExit => Equal(config, "stageId", data, "fromStageId") ?? Equal(config, "pipelineId", data, "fromPipelineId") ?? Any(rule),
            Trigger.TagAdded or Trigger.TagRemoved => Equal(config, "tag", data, "tag") ?? Any(rule),
            Trigger.ScoreAbove => Crossed(config, data, above: true) ?? Any(rule),
            Trigger.ScoreBelow => Crossed(config, data, above: false) ?? Any(rule),
            Trigger.NoContact => Silent(config, data) ?? Any(rule),
            _ => Any(rule),
        };
    }

    private static Verdict Any(Rule rule) => new(true, $"Listens to every {rule.Trigger}");

    /// <summary>Null when the rule does not ask, or asks and is satisfied.</summary>
    private static Verdict? Equal(BsonDocument config, string wantedName, BsonDocument data, string actualName)
    {
        if (!config.TryGetValue(wantedName, out var wanted) || wanted.IsBsonNull)
        {
            return null;
        }

        var actual = data.GetValue(actualName, BsonNull.Value);
        return Comparison.Holds(actual, "eq", wanted) ? null : new Verdict(false, $"{wantedName} is {Comparison.Show(actual)}, not {Comparison.Show(wanted)}");
    }

    private static Verdict? Crossed(BsonDocument config, BsonDocument data, bool above)
    {
        // Without a threshold of its own a rule listens to the tenant's, and the event says whether it was that one.
        if (!config.TryGetValue("scoreThreshold", out var value) || !value.IsNumeric)
        {
            return data.GetValue("tenantThreshold", BsonBoolean.True).ToBoolean() ? null : new Verdict(false, "The tenant's threshold was not crossed");
        }

        var threshold = value.ToDouble();
        var from = data.GetValue("from", 0).ToDouble();
        var to = data.GetValue("to", 0).ToDouble();
        var crossed = above ? from < threshold && to >= threshold : from >= threshold && to < threshold;
        return crossed ? null : new Verdict(false, $"The score went from {from} to {to}, which does not cross {threshold}");
    }

    private static Verdict? Silent(BsonDocument config, BsonDocument data)
    {
        // Each number of days some rule asks for fires its own event, so that a rule hears of a silence once.
        if (data.TryGetValue("threshold", out var threshold) && threshold.IsNumeric)
        {
            var asked = config.TryGetValue("days", out var own) && own.IsNumeric ? Math.Max(1, own.ToInt32()) : Leads.SilenceScan.DefaultDays;
            return asked == threshold.ToInt32() ? null : new Verdict(false, $"This is the event for {threshold} days of silence, not for {asked}");
        }

        if (!config.TryGetValue("days", out var days) || !days.IsNumeric)
        {
            return null;
        }

        var silent = data.GetValue("days", 0).ToInt32();
        return silent >= days.ToInt32() ? null : new Verdict(false, $"Silent for {silent} days, not yet {days}");
    }
}
