using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;
using MongoDB.Driver;

namespace Ecodrix.Engine.Scoring;

/// <summary>A score, and where it comes from.</summary>
internal sealed record ScoreResult(int Score, List<ScorePart> Parts);

/// <summary>
/// Scores leads. The new score, its history and the trigger of a crossing go into the very write that changes the lead, so that a
/// crossing fires once, whatever comes in between.
/// </summary>
internal sealed class ScoreRules(RuleBook rules, TimeProvider clock)
{
    private const int HistoryKept = 50;

    /// <summary>The tenant's rules, held in memory for some seconds: work that takes longer than that learns of other rules too.</summary>
    public async Task<ScoreConfig> ConfigAsync(TenantScope scope, CancellationToken ct)
    {
        var held = scope.Cached(() => new Held());
        if (held.Config is not { } config || clock.GetUtcNow() - held.ReadAt >= TenantDirectory.Freshness)
        {
            (config, held.ReadAt) = (await ReadAsync(scope, ct), clock.GetUtcNow());
            held.Config = config;
        }

        return config;
    }

    /// <summary>The tenant's rules as they are in the database now.</summary>
    public static async Task<ScoreConfig> ReadAsync(TenantScope scope, CancellationToken ct) =>
        await scope.Db.Scoring.FindByIdAsync(ScoreConfig.OnlyId, ct) ?? new ScoreConfig();

    /// <summary>Whether a lead's score may depend on when somebody was last in touch.</summary>
    public async Task<bool> CountContactAsync(TenantScope scope, CancellationToken ct) =>
        (await ConfigAsync(scope, ct)).Rules.Exists(r => r.Field == "lastContactedAt");

    /// <summary>What a lead's score is by the rules: their sum, kept within 0 and 100.</summary>
    public static ScoreResult Score(Lead lead, ScoreConfig config)
    {
        if (config.Rules.Count == 0)
        {
            return new ScoreResult(0, []);
        }

        var facts = new BsonDocument("lead", LeadFacts.Of(lead));
        var parts = config.Rules
            .Where(rule => Comparison.Holds(new FactPath(rule.Field).Find(facts), rule.Operator, rule.Value))
            .Select(rule => new ScorePart { Rule = rule.Text, Score = rule.Score })
            .ToList();
        return new ScoreResult(Math.Clamp(parts.Sum(p => p.Score), 0, 100), parts);
    }

    /// <summary>Scores a lead that is about to be inserted.</summary>
    public async Task SetAsync(TenantScope scope, Lead lead, DateTime now, CancellationToken ct)
    {
        var config = await ConfigAsync(scope, ct);
        if (config.Rules.Count == 0)
        {
            return;
        }

        var result = Score(lead, config);
        lead.ScoreBreakdown = result.Parts;
        if (result.Score != lead.Score)
        {
            var crossing = await CrossingAsync(scope, config, lead.Score, result.Score, now, ct);
            lead.ScoreHistory.Add(new ScoreChange { At = now, From = lead.Score, To = result.Score, Why = "created" });
            lead.Pending.Add(crossing);
            lead.Score = result.Score;
        }
    }

    /// <summary>Adds the score that a lead has after an update to that update.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="before">The lead as it is.</param>
    /// <param name="update">What changes; null when only the score may.</param>
    /// <param name="why">What changes it, for the history.</param>
    /// <param name="now">When.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="config">The rules; null takes those this node holds.</param>
    public async Task<UpdateDefinition<Lead>?> WithScoreAsync(
        TenantScope scope, Lead before, UpdateDefinition<Lead>? update, string why, DateTime now, CancellationToken ct, ScoreConfig? config = null)
    {
        config ??= await ConfigAsync(scope, ct);
        if (config.Rules.Count == 0 && before.Score == 0 && before.ScoreBreakdown.Count == 0)
        {
            return update;
        }

        var result = Score(update is null ? before : After(before, update), config);
        var sameParts = result.Parts.Select(p => (p.Rule, p.Score)).SequenceEqual(before.ScoreBreakdown.Select(p => (p.Rule, p.Score)));
        if (result.Score == before.Score && sameParts)
        {
            return update;
        }

        var scored = update is null
            ? Builders<Lead>.Update.Set(l => l.ScoreBreakdown, result.Parts)
            : update.Set(l => l.ScoreBreakdown, result.Parts);
        if (result.Score == before.Score)
        {
            return scored;
        }

        List<ScoreChange> history = [.. before.ScoreHistory.TakeLast(HistoryKept - 1), new ScoreChange { At = now, From = before.Score, To = result.Score, Why = why }];
        return Pending.Add(scored.Set(l => l.Score, result.Score).Set(l => l.ScoreHistory, history),
            await CrossingAsync(scope, config, before.Score, result.Score, now, ct));
    }

    /// <summary>The change of a score, with the trigger it fires where it crosses the tenant's threshold or that of a rule that listens.</summary>
    private async Task<PendingChange> CrossingAsync(TenantScope scope, ScoreConfig config, int from, int to, DateTime now, CancellationToken ct)
    {
        var rises = to > from;
        var trigger = rises ? Trigger.ScoreAbove : Trigger.ScoreBelow;
        var tenants = Crosses(from, to, rises ? config.HotThreshold : config.ColdThreshold);
        var fires = tenants || (await rules.ListeningAsync(scope, trigger, ct)).Any(rule =>
            rule.TriggerConfig.TryGetValue("scoreThreshold", out var own) && own.IsNumeric && Crosses(from, to, own.ToDouble()));
        return Outbox.Change(scope, now, ActivityType.ScoreChanged, $"Score {from} → {to}", fires ? trigger : null,
            new BsonDocument { ["from"] = from, ["to"] = to, ["tenantThreshold"] = tenants });
    }

    private static bool Crosses(int from, int to, double threshold) => (from < threshold) != (to < threshold);

    /// <summary>The lead as it will be after an update that sets, raises and unsets whole fields, which is what changes of leads do.</summary>
    private static Lead After(Lead before, UpdateDefinition<Lead> update)
    {
        var registry = BsonSerializer.SerializerRegistry;
        var changes = update.Render(new RenderArgs<Lead>(registry.GetSerializer<Lead>(), registry)).AsBsonDocument;
        var document = before.ToBsonDocument();
        foreach (var field in changes.GetValue("$set", new BsonDocument()).AsBsonDocument)
        {
            document[field.Name] = field.Value;
        }

        foreach (var field in changes.GetValue("$max", new BsonDocument()).AsBsonDocument.Where(f => f.Value > document.GetValue(f.Name, BsonNull.Value)))
        {
            document[field.Name] = field.Value;
        }

        foreach (var field in changes.GetValue("$unset", new BsonDocument()).AsBsonDocument)
        {
            document.Remove(field.Name);
        }

        return BsonSerializer.Deserialize<Lead>(document);
    }

    private sealed class Held
    {
        public ScoreConfig? Config { get; set; }

        public DateTimeOffset ReadAt { get; set; }
    }
}
