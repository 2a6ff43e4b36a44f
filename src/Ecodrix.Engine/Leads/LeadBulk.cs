using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>One change to many leads.</summary>
public sealed record BulkChange
{
    /// <summary>The leads; not together with <see cref="Filter"/>.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>All leads that match.</summary>
    public LeadFilter? Filter { get; init; }

    /// <summary>move, assign, tag or archive.</summary>
    public string? Action { get; init; }

    /// <summary>For move: the stage.</summary>
    public string? StageId { get; init; }

    /// <summary>For move to a won or lost stage: why the deals ended, at most 500 characters.</summary>
    public string? Reason { get; init; }

    /// <summary>For assign: who; null is nobody. It must be there, so that a misspelt name takes no lead from anybody.</summary>
    public Kernel.Optional<string?> AssignedTo { get; init; }

    /// <summary>For tag: tags to add.</summary>
    public IReadOnlyList<string>? Add { get; init; }

    /// <summary>For tag: tags to remove.</summary>
    public IReadOnlyList<string>? Remove { get; init; }
}

/// <summary>A change that was taken on.</summary>
/// <param name="JobId">The job that makes it; its progress can be asked for.</param>
/// <param name="Total">How many leads it is for.</param>
public sealed record BulkView(string JobId, int Total);

/// <summary>Changes many leads as a job.</summary>
public sealed class LeadBulk
{
    /// <summary>The most leads at once.</summary>
    public const int Most = 10_000;

    private readonly JobQueue _queue;

    internal LeadBulk(JobQueue queue) => _queue = queue;

    /// <summary>Takes the change on. Which leads it is for is settled now.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, STAGE_NOT_FOUND, TOO_MANY_LEADS.</exception>
    public async Task<BulkView> StartAsync(TenantScope scope, BulkChange change, CancellationToken ct)
    {
        var check = new Check();
        check.That((change.Ids is null) != (change.Filter is null), "ids", "Send either ids or filter.");
        check.That(change.Ids is not { Count: 0 }, "ids", "ids must name at least one lead.");
        check.That(change.Action is not null, "action", "action is required: move, assign, tag or archive.");
        check.OneOf(change.Action, "action", ["move", "assign", "tag", "archive"]);
        check.That(change.Action != "move" || !string.IsNullOrEmpty(change.StageId), "stageId", "stageId is required for move.");
        check.That(change.Action != "assign" || change.AssignedTo.IsPresent, "assignedTo", "assignedTo is required for assign: who, or null for nobody.");
        check.That(change.Action != "tag" || Names(change.Add) || Names(change.Remove), "add", "Send add, remove or both, with at least one tag that is not blank.");
        var add = LeadTags.Read(check, change.Add, "add");
        var remove = LeadTags.Read(check, change.Remove, "remove");
        check.That(!add.Intersect(remove).Any(), "add", "A tag cannot be both added and removed.");
        var assignedTo = check.Text(change.AssignedTo.Value, "assignedTo", 100);
        var reason = check.Text(change.Reason, "reason", 500);
        check.That(reason is null || change.Action == "move", "reason", "Only a move takes a reason.");
        check.Throw();
        var stageId = Ids.ParseOptional(change.StageId, "stageId");
        if (change.Action == "move")
        {
            var target = await scope.Db.Pipelines.ByStageAsync(stageId!.Value, ct) is { Archived: false } found ? found : throw PipelineRefusals.StageNotFound(change.StageId);
            LeadStages.CheckReason(target.Stages.Single(s => s.Id == stageId), reason);
        }

        var ids = await ResolveAsync(scope, change, ct);
        var job = new NewJob(ObjectId.GenerateNewId(), BulkJob.JobKind, new BsonDocument
        {
            ["ids"] = new BsonArray(ids),
            ["action"] = change.Action,
            ["stageId"] = change.StageId ?? "",
            ["reason"] = reason ?? "",
            ["assignedTo"] = assignedTo ?? "",
            ["add"] = new BsonArray(add),
            ["remove"] = new BsonArray(remove),
            ["actor"] = new BsonDocument { ["kind"] = scope.Actor.Kind.Word(), ["id"] = scope.Actor.Id ?? "", ["name"] = scope.Actor.Name, ["only"] = scope.Actor.OnlyAssignedTo ?? "" },
        })
        { Priority = JobPriority.Low };
        await _queue.EnqueueAsync(scope, [job], ct);
        return new BulkView(job.Id.ToString(), ids.Count);
    }

    private static bool Names(IReadOnlyList<string>? tags) => tags?.Any(t => !string.IsNullOrWhiteSpace(t)) == true;

    private static async Task<List<ObjectId>> ResolveAsync(TenantScope scope, BulkChange change, CancellationToken ct)
    {
        if (change.Ids is { } named)
        {
            return named.Count <= Most ? [.. named.Select(id => Ids.Parse(id, "ids")).Distinct()] : throw LeadRefusals.TooMany(named.Count, Most);
        }

        var matching = scope.VisibleLeads() & await LeadSearch.ReadAsync(scope, change.Filter!, ct);
        var ids = await scope.Db.Leads.Find(matching).Limit(Most + 1).Project(l => l.Id).ToListAsync(ct);
        return ids.Count <= Most ? ids : throw LeadRefusals.TooMany(await scope.Db.Leads.CountDocumentsAsync(matching, null, ct), Most);
    }
}

/// <summary>Makes one change to many leads, on behalf of whoever asked. Safe to repeat: what has been changed already is not changed again.</summary>
internal sealed class BulkJob(LeadEdits edits, LeadMoves moves, JobQueue queue) : IJobHandler
{
    public const string JobKind = "leads.bulk";

    private const int ReportEvery = 100;

    /// <summary>Of so many failures it is told which leads they were.</summary>
    private const int FailuresTold = 100;

    public string Kind => JobKind;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var ids = run.Payload["ids"].AsBsonArray;
        var actor = run.Payload["actor"].AsBsonDocument;
        var scope = run.Scope.As(new Actor(EnumWords.Parse<ActorKind>(actor["kind"].AsString, "kind")!.Value, actor["id"].AsString, actor["name"].AsString)
        {
            OnlyAssignedTo = actor["only"].AsString is { Length: > 0 } only ? only : null,
        });
        // Cut off, it goes on where it last said it was.
        var before = await queue.ResultAsync(run.Id, ct);
        var (changed, failed) = (before?["changed"].AsInt32 ?? 0, before?["failed"].AsInt32 ?? 0);
        var failures = before?["failures"].AsBsonArray ?? [];
        foreach (var (at, id) in ids.Index().Skip(changed + failed))
        {
            try
            {
                await ChangeAsync(scope, id.AsObjectId.ToString(), run.Payload, ct);
                changed++;
            }
            catch (RefusedException refused)
            {
                // Gone, or too many tags: the others go on.
                failed++;
                if (failures.Count < FailuresTold)
                {
                    failures.Add(new BsonDocument { ["leadId"] = id.AsObjectId.ToString(), ["code"] = refused.Code, ["message"] = refused.Message });
                }
            }

            if ((at + 1) % ReportEvery == 0 || at == ids.Count - 1)
            {
                await queue.ReportAsync(run.Id, (at + 1.0) / ids.Count, new BsonDocument { ["changed"] = changed, ["failed"] = failed, ["total"] = ids.Count, ["failures"] = failures }, ct);
            }
        }

        return JobResult.Done;
    }

    private Task ChangeAsync(TenantScope scope, string id, BsonDocument change, CancellationToken ct) => change["action"].AsString switch
    {
        "move" => moves.MoveAsync(scope, id, new MoveLead(change["stageId"].AsString, Reason: change.GetValue("reason", "").AsString), ct),
        "assign" => edits.AssignAsync(scope, id, change["assignedTo"].AsString, ct),
        "tag" => edits.TagAsync(scope, id, new TagChanges(Texts(change["add"]), Texts(change["remove"])), ct),
        _ => edits.ArchiveAsync(scope, id, ct),
    };

    private static List<string> Texts(BsonValue list) => [.. list.AsBsonArray.Select(t => t.AsString)];
}
