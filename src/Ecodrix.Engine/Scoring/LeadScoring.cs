using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Scoring;

/// <summary>Sets how leads are scored, and scores them again.</summary>
public sealed class LeadScoring
{
    private const int MostRules = 100;
    private const int MostPreviewed = 10_000;
    private const int MostShown = 20;

    private static readonly HashSet<string> Fields =
        [.. LeadFields.Core.Select(f => f.Field).Where(f => f is not ("score" or "updatedAt"))];

    private readonly ScoreRules _rules;
    private readonly LeadWrites _writes;
    private readonly TenantDirectory _directory;
    private readonly JobQueue _queue;
    private readonly TimeProvider _clock;
    private readonly AuditLog _audit;

    internal LeadScoring(ScoreRules rules, LeadWrites writes, TenantDirectory directory, JobQueue queue, TimeProvider clock, AuditLog audit)
    {
        _audit = audit;
        _rules = rules;
        _writes = writes;
        _directory = directory;
        _queue = queue;
        _clock = clock;
    }

    /// <summary>The rules and thresholds.</summary>
    public async Task<ScoringView> GetAsync(TenantScope scope, CancellationToken ct) => ScoringView.Of(await ScoreRules.ReadAsync(scope, ct));

    /// <summary>Changes what is present, and has all leads scored again as a job.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, VERSION_CONFLICT.</exception>
    public async Task<ScoringView> ChangeAsync(TenantScope scope, ScoringChanges changes, CancellationToken ct)
    {
        var current = await ScoreRules.ReadAsync(scope, ct);
        var next = Apply(current, changes);
        next.Version = current.Version + 1;
        next.UpdatedAt = _clock.GetUtcNow().UtcDateTime;
        // Before they are kept, so that no crash leaves them without it; and once nobody holds the rules of before any more.
        await _queue.EnqueueAsync(scope, [Rescore(scope, next.Version, "later") with { RunAt = next.UpdatedAt + (2 * TenantDirectory.Freshness) }], ct, wake: false);
        try
        {
            await scope.Db.Scoring.ReplaceOneAsync(
                c => c.Id == ScoreConfig.OnlyId && c.Version == current.Version, next, new ReplaceOptions { IsUpsert = true }, ct);
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            throw new RefusedException(RefusalKind.Conflict, "VERSION_CONFLICT", "Somebody else changed the scoring meanwhile. Read it again and repeat the change.");
        }

        _directory.Forget(scope.Code);
        await _audit.NoteAsync(scope, "scoring.changed", null, current.ToBsonDocument(), next.ToBsonDocument(), ct);
        var now = Rescore(scope, next.Version, "now");
        await _queue.EnqueueAsync(scope, [now], ct);
        return ScoringView.Of(next, now.Id.ToString());
    }

    private static NewJob Rescore(TenantScope scope, int version, string when) =>
        new(Ids.From(RescoreJob.JobKind, scope.Code, $"{version}", when), RescoreJob.JobKind, new BsonDocument("version", version)) { Priority = JobPriority.Low };

    /// <summary>Scores one lead again now.</summary>
    /// <exception cref="RefusedException">INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<LeadScoreView> RecalculateAsync(TenantScope scope, string leadId, CancellationToken ct)
    {
        var lead = await RescoreAsync(scope, Ids.Parse(leadId, "leadId"), "recalculated", ct);
        return new LeadScoreView(leadId, lead.Score, [.. lead.ScoreBreakdown.Select(p => new ScorePartView(p.Rule, p.Score))]);
    }

    /// <summary>What other rules would do, worked out on the newest leads; nothing is written.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public async Task<ScorePreview> PreviewAsync(TenantScope scope, ScoringChanges changes, CancellationToken ct)
    {
        var current = await ScoreRules.ReadAsync(scope, ct);
        var next = Apply(current, changes);
        var (now, then) = (new long[5], new long[5]);
        var crossing = new List<ScorePreviewLead>();
        var (hot, cold, sampled) = (0, 0, 0L);
        var leads = scope.VisibleLeads() & Builders<Lead>.Filter.In(l => l.Status, [LeadStatus.Open, LeadStatus.Won, LeadStatus.Lost]);
        using var cursor = await scope.Db.Leads.Find(leads).SortByDescending(l => l.CreatedAt).ThenByDescending(l => l.Id).Limit(MostPreviewed).ToCursorAsync(ct);
        while (await cursor.MoveNextAsync(ct))
        {
            foreach (var lead in cursor.Current)
            {
                var score = ScoreRules.Score(lead, next).Score;
                now[Math.Min(lead.Score / 20, 4)]++;
                then[Math.Min(score / 20, 4)]++;
                sampled++;
                var rises = lead.Score < next.HotThreshold && score >= next.HotThreshold;
                var falls = lead.Score >= next.ColdThreshold && score < next.ColdThreshold;
                hot += rises ? 1 : 0;
                cold += falls ? 1 : 0;
                if ((rises || falls) && crossing.Count < MostShown)
                {
                    crossing.Add(new ScorePreviewLead(lead.Id.ToString(), lead.FullName, lead.Score, score));
                }
            }
        }

        var total = await scope.Db.Leads.CountDocumentsAsync(leads, null, ct);
        return new ScorePreview([.. now.Select((n, i) => new ScorePreviewBucket($"{i * 20}-{(i + 1) * 20}", n, then[i]))], hot, cold, crossing, sampled, total);
    }

    /// <summary>Scores a lead again where a client trigger asks for it.</summary>
    internal async Task OnTriggerAsync(TenantScope scope, string trigger, ObjectId leadId, CancellationToken ct)
    {
        if ((await _rules.ConfigAsync(scope, ct)).RecalculateOnTriggers.Contains(trigger))
        {
            await RescoreAsync(scope, leadId, trigger, ct);
        }
    }

    private Task<Lead> RescoreAsync(TenantScope scope, ObjectId leadId, string why, CancellationToken ct) =>
        _writes.RescoreAsync(scope, leadId, why, ct);

    private static ScoreConfig Apply(ScoreConfig current, ScoringChanges changes)
    {
        var check = new Check();
        var hot = changes.HotThreshold.Or(current.HotThreshold);
        var cold = changes.ColdThreshold.Or(current.ColdThreshold);
        CheckThreshold(check, hot, "hotThreshold");
        CheckThreshold(check, cold, "coldThreshold");
        check.That(!(hot <= cold), "hotThreshold", "hotThreshold must be above coldThreshold.");
        var triggers = changes.RecalculateOnTriggers.Or(current.RecalculateOnTriggers) ?? [];
        foreach (var (at, trigger) in triggers.Index())
        {
            check.OneOf(trigger, $"recalculateOnTriggers[{at}]", [.. TriggerCatalogue.ClientNames]);
        }

        var rules = changes.Rules.IsPresent ? ReadRules(check, changes.Rules.Value ?? []) : current.Rules;
        check.Throw();
        return new ScoreConfig
        {
            HotThreshold = (int)hot!.Value,
            ColdThreshold = (int)cold!.Value,
            Rules = rules,
            RecalculateOnTriggers = [.. triggers.Distinct()],
        };
    }

    private static void CheckThreshold(Check check, decimal? value, string field)
    {
        check.That(value is not null && value == decimal.Truncate(value.Value), field, $"{field} must be a whole number.");
        check.Range(value, field, 0, 100);
    }

    private static List<ScoreRule> ReadRules(Check check, IReadOnlyList<ScoreRuleInput> inputs)
    {
        check.That(inputs.Count <= MostRules, "rules", $"There may be at most {MostRules} rules.");
        var rules = new List<ScoreRule>();
        foreach (var (at, input) in inputs.Take(MostRules).Index())
        {
            var where = $"rules[{at}]";
            var leaf = new BsonDocument { ["field"] = input.Field ?? "", ["operator"] = input.Operator ?? "" };
            if (input.Value is { } value)
            {
                leaf["value"] = BsonJson.ToBson(value);
            }

            RuleCondition.Check(check, leaf, where);
            check.That(string.IsNullOrEmpty(input.Field) || Fields.Contains(input.Field) || input.Field.StartsWith("metadata.", StringComparison.Ordinal), $"{where}.field",
                $"{where}.field must be one of {string.Join(", ", Fields)} or metadata.…; it is \"{input.Field}\".");
            check.That(input.Score is not null && input.Score == decimal.Truncate(input.Score.Value), $"{where}.score", $"{where}.score must be a whole number.");
            check.Range(input.Score, $"{where}.score", -100, 100);
            rules.Add(new ScoreRule
            {
                Field = input.Field ?? "",
                Operator = input.Operator ?? "",
                Value = leaf.GetValue("value", BsonNull.Value),
                Score = (int)Math.Clamp(input.Score ?? 0, -100, 100),
            });
        }

        return rules;
    }
}

/// <summary>A lead's score.</summary>
/// <param name="LeadId">The lead.</param>
/// <param name="Score">0–100.</param>
/// <param name="ScoreBreakdown">Which rule gave which points.</param>
public sealed record LeadScoreView(string LeadId, int Score, IReadOnlyList<ScorePartView> ScoreBreakdown);

/// <summary>Scores all leads of a tenant again after its rules changed. Safe to repeat; gives way to a later change of the rules.</summary>
internal sealed class RescoreJob(LeadWrites writes, JobQueue queue) : IJobHandler
{
    public const string JobKind = "scoring.rescore";

    private const int Batch = 500;

    public string Kind => JobKind;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var scope = run.Scope;
        var total = await scope.Db.Leads.EstimatedDocumentCountAsync(null, ct);
        var (seen, changed) = (0L, 0L);
        for (var last = ObjectId.Empty; ;)
        {
            // The very rules it is for: this node may still hold those of before.
            var config = await ScoreRules.ReadAsync(scope, ct);
            if (config.Version != run.Payload["version"].ToInt32())
            {
                return JobResult.Done;
            }

            var from = last;
            var leads = await scope.Db.Leads.Find(l => l.Id > from).SortBy(l => l.Id).Limit(Batch).ToListAsync(ct);
            if (leads.Count == 0)
            {
                await queue.ReportAsync(run.Id, 1, new BsonDocument { ["scored"] = seen, ["changed"] = changed }, ct);
                return JobResult.Done;
            }

            // One that is changed in between is scored by that change, with the new rules.
            changed += await writes.ChangeManyAsync(scope, leads, "scoring rules", null, ct, config);
            seen += leads.Count;
            last = leads[^1].Id;
            await queue.ReportAsync(run.Id, total == 0 ? 1 : Math.Min(0.99, (double)seen / total), new BsonDocument { ["scored"] = seen, ["changed"] = changed }, ct);
        }
    }
}
