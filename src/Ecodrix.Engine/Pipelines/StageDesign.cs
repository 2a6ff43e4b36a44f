using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Pipelines;

/// <summary>Adds, changes, orders and removes the stages of pipelines.</summary>
public sealed class StageDesign
{
    private readonly PipelineWrites _pipelines;
    private readonly StageMigration _migration;
    private readonly JobQueue _queue;
    private readonly TimeProvider _clock;

    internal StageDesign(PipelineWrites pipelines, StageMigration migration, JobQueue queue, TimeProvider clock)
    {
        _pipelines = pipelines;
        _migration = migration;
        _queue = queue;
        _clock = clock;
    }

    /// <summary>Adds a stage before the won and lost ones at the end, or at the end where it is one itself.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, PIPELINE_NOT_FOUND, NAME_TAKEN.</exception>
    public async Task<PipelineView> AddAsync(TenantScope scope, string pipelineId, NewStage input, CancellationToken ct)
    {
        var id = Ids.Parse(pipelineId, "pipelineId");
        return PipelineView.Of(await _pipelines.ChangeAsync(scope, Builders<Pipeline>.Filter.Where(p => p.Id == id && !p.Archived), pipelineId, pipeline =>
        {
            var check = new Check();
            check.That(pipeline.Stages.Count < PipelineDesign.MostStages, "stages", $"A pipeline may have at most {PipelineDesign.MostStages} stages.");
            var stage = PipelineDesign.ReadStage(check, input, "", pipeline.Stages.Count);
            check.Throw();
            RequireFree(pipeline, stage);
            var ordered = pipeline.Stages.OrderBy(s => s.Order).ToList();
            var at = stage.IsWon || stage.IsLost ? ordered.Count : ordered.FindLastIndex(s => s is { IsWon: false, IsLost: false }) + 1;
            ordered.Insert(at, stage);
            Number(pipeline, ordered);
            return true;
        }, ct));
    }

    /// <summary>Changes the fields of a stage that are present. Leads in it stay as they are.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, STAGE_NOT_FOUND, NAME_TAKEN.</exception>
    public async Task<StageView> ChangeAsync(TenantScope scope, string stageId, StageChanges changes, CancellationToken ct)
    {
        var id = Ids.Parse(stageId, "stageId");
        var pipeline = await _pipelines.ChangeAsync(scope, Builders<Pipeline>.Filter.Eq("stages._id", id), stageId, pipeline =>
        {
            var stage = pipeline.Stages.Single(s => s.Id == id);
            var check = new Check();
            var isWon = changes.IsWon.Or(stage.IsWon) == true;
            var isLost = changes.IsLost.Or(stage.IsLost) == true;
            var read = PipelineDesign.ReadStage(check, new NewStage
            {
                Name = changes.Name.Or(stage.Name),
                Color = changes.Color.Or(stage.Color),
                Probability = changes.Probability.IsPresent ? changes.Probability.Value : isWon != stage.IsWon || isLost != stage.IsLost ? null : stage.Probability,
                IsWon = isWon,
                IsLost = isLost,
            }, "", stage.Order);
            check.Throw();
            read.Id = stage.Id;
            RequireFree(pipeline, read);
            (stage.Name, stage.Color, stage.Probability, stage.IsWon, stage.IsLost) = (read.Name, read.Color, read.Probability, read.IsWon, read.IsLost);
            return true;
        }, ct, PipelineRefusals.StageNotFound);
        return StageView.Of(pipeline.Stages.Single(s => s.Id == id));
    }

    /// <summary>Puts the stages into a new order, which must name each of them once.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, PIPELINE_NOT_FOUND.</exception>
    public async Task<PipelineView> ReorderAsync(TenantScope scope, string pipelineId, StageOrder order, CancellationToken ct)
    {
        var id = Ids.Parse(pipelineId, "pipelineId");
        var check = new Check();
        check.That(order.Order is { Count: > 0 }, "order", "order is required: a list of {stageId, newOrder}.");
        check.That(order.Order?.All(p => p.NewOrder is not null) != false, "order", "Each entry needs a newOrder.");
        check.That(order.Order?.Select(p => p.NewOrder).Distinct().Count() == order.Order?.Count, "order", "Two stages have the same newOrder.");
        check.Throw();
        var places = order.Order!.OrderBy(p => p.NewOrder).Select((p, at) => Ids.Parse(p.StageId, $"order[{at}].stageId")).ToList();
        return PipelineView.Of(await _pipelines.ChangeAsync(scope, Builders<Pipeline>.Filter.Where(p => p.Id == id), pipelineId, pipeline =>
        {
            if (places.Count != pipeline.Stages.Count || !places.ToHashSet().SetEquals(pipeline.Stages.Select(s => s.Id)))
            {
                throw RefusedException.Validation("order", $"order must name each of the pipeline's {pipeline.Stages.Count} stages exactly once.");
            }

            Number(pipeline, [.. places.Select(place => pipeline.Stages.Single(s => s.Id == place))]);
            return true;
        }, ct));
    }

    /// <summary>Removes a stage; where leads are in it they go to another one first, with all that a move causes.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, STAGE_NOT_FOUND, STAGE_HAS_LEADS, LAST_STAGE.</exception>
    public async Task<PipelineView> RemoveAsync(TenantScope scope, string stageId, string? moveLeadsToStageId, CancellationToken ct)
    {
        var id = Ids.Parse(stageId, "stageId");
        var pipeline = await scope.Db.Pipelines.ByStageAsync(id, ct) ?? throw PipelineRefusals.StageNotFound(stageId);
        var target = Ids.ParseOptional(moveLeadsToStageId, "moveLeadsToStageId");
        new Check().That(target != id, "moveLeadsToStageId", "The leads cannot stay in the stage that is removed.").Throw();
        if (pipeline.Stages.Count == 1)
        {
            throw PipelineRefusals.LastStage(stageId);
        }

        var count = await scope.Db.Leads.CountDocumentsAsync(l => l.StageId == id, null, ct);
        if (target is null && count > 0)
        {
            throw PipelineRefusals.StageHasLeads(stageId, count);
        }

        if (target is { } to)
        {
            var into = await scope.Db.Pipelines.ByStageAsync(to, ct) is { Archived: false } found ? found : throw PipelineRefusals.StageNotFound(moveLeadsToStageId);
            await _migration.MoveAllAsync(scope, id, into, into.Stages.Single(s => s.Id == to), ct);
        }

        // A lead that is on its way into the stage while it goes is fetched out again: now, and once more shortly after, also where
        // this process ends in between.
        await _queue.EnqueueAsync(scope, [new NewJob(Ids.From(StageSweep.JobKind, scope.Code, stageId), StageSweep.JobKind, StageSweep.Payload(id, target, pipeline.Id))
        {
            RunAt = _clock.GetUtcNow().UtcDateTime.AddSeconds(30),
        }], ct);
        var after = await _pipelines.ChangeAsync(scope, Builders<Pipeline>.Filter.Eq("stages._id", id), stageId, p =>
        {
            if (p.Stages.Count == 1)
            {
                throw PipelineRefusals.LastStage(stageId);
            }

            Number(p, [.. p.Stages.OrderBy(s => s.Order).Where(s => s.Id != id)]);
            return true;
        }, ct, PipelineRefusals.StageNotFound);

        await _migration.RescueAllAsync(scope, id, target, pipeline.Id, ct);
        return PipelineView.Of(after);
    }

    private static void RequireFree(Pipeline pipeline, Stage stage)
    {
        if (pipeline.Stages.Exists(s => s.Id != stage.Id && string.Equals(s.Name, stage.Name, StringComparison.OrdinalIgnoreCase)))
        {
            throw PipelineRefusals.NameTaken(stage.Name);
        }
    }

    private static void Number(Pipeline pipeline, List<Stage> ordered)
    {
        foreach (var (at, stage) in ordered.Index())
        {
            stage.Order = at;
        }

        pipeline.Stages = ordered;
    }
}

/// <summary>Moves all leads of a stage to another.</summary>
internal sealed class StageMigration(LeadWrites writes, DefaultPipeline defaults)
{
    private const int Batch = 500;

    /// <summary>
    /// Moves what is in a stage that is gone: to the stage that was named for it, or, where that one is gone as well, to the first open one
    /// of its pipeline, or else of the default one. No lead may stay where no board shows it.
    /// </summary>
    public async Task RescueAllAsync(TenantScope scope, ObjectId from, ObjectId? to, ObjectId home, CancellationToken ct)
    {
        var named = to is { } id ? await scope.Db.Pipelines.ByStageAsync(id, ct) : null;
        var pipeline = named ?? await scope.Db.Pipelines.FindByIdAsync(home, ct) ?? await defaults.GetAsync(scope, ct);
        await MoveAllAsync(scope, from, pipeline, named?.Stages.Find(s => s.Id == to) ?? pipeline.FirstOpenStage!, ct);
    }

    public async Task<long> MoveAllAsync(TenantScope scope, ObjectId from, Pipeline pipeline, Stage stage, CancellationToken ct)
    {
        var name = (await scope.Db.Pipelines.ByStageAsync(from, ct))?.Stages.Find(s => s.Id == from)?.Name;
        for (var moved = 0L; ;)
        {
            var leads = await scope.Db.Leads.Find(l => l.StageId == from).SortBy(l => l.Rank).Limit(Batch).ToListAsync(ct);
            if (leads.Count == 0)
            {
                return moved;
            }

            // Their order among each other stays: they keep their ranks.
            moved += await writes.ChangeManyAsync(scope, leads, "stage", (lead, now) => LeadStages.Enter(scope, lead, name, pipeline, stage, lead.Rank, now), ct);
        }
    }
}

/// <summary>Fetches leads out of a stage that was removed while they were on their way into it.</summary>
internal sealed class StageSweep(StageMigration migration) : IJobHandler
{
    public const string JobKind = "stage.sweep";

    public string Kind => JobKind;

    /// <summary>Without it leads would stay in a stage that is gone.</summary>
    public bool MayBeCalledOff => false;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        if (await run.Scope.Db.Pipelines.ByStageAsync(run.Ref("from"), ct) is not null)
        {
            // The removal did not come about after all.
            return JobResult.DoneAndForgotten;
        }

        var to = run.Payload.GetValue("to", BsonNull.Value);
        var home = run.Payload.GetValue("home", BsonNull.Value);
        await migration.RescueAllAsync(run.Scope, run.Ref("from"), to.IsObjectId ? to.AsObjectId : null, home.IsObjectId ? home.AsObjectId : default, ct);
        return JobResult.DoneAndForgotten;
    }

    public static BsonDocument Payload(ObjectId from, ObjectId? to, ObjectId home) =>
        new() { ["from"] = from, ["to"] = (BsonValue?)to ?? BsonNull.Value, ["home"] = home };
}

/// <summary>The one way a pipeline is changed: reads, decides, writes if nobody wrote in between, and begins again if somebody did.</summary>
internal sealed class PipelineWrites(TenantDirectory directory, ILiveBus live, AuditLog audit, TimeProvider clock)
{
    public async Task<Pipeline> ChangeAsync(
        TenantScope scope, FilterDefinition<Pipeline> which, string named, Func<Pipeline, bool> change, CancellationToken ct,
        Func<string, RefusedException>? missing = null)
    {
        while (true)
        {
            var pipeline = await scope.Db.Pipelines.Find(which).FirstOrDefaultAsync(ct) ?? throw (missing ?? PipelineRefusals.NotFound)(named);
            var (version, before) = (pipeline.Version, pipeline.ToBsonDocument());
            if (!change(pipeline))
            {
                return pipeline;
            }

            pipeline.Version++;
            pipeline.UpdatedAt = clock.GetUtcNow().UtcDateTime;
            try
            {
                // isDefault is left out: a switch of the default is another's write and must not be undone by this one.
                var result = await scope.Db.Pipelines.UpdateOneAsync(
                    p => p.Id == pipeline.Id && p.Version == version,
                    Builders<Pipeline>.Update.Set(p => p.Name, pipeline.Name).Set(p => p.NameKey, pipeline.NameKey).Set(p => p.Description, pipeline.Description)
                        .Set(p => p.Archived, pipeline.Archived).Set(p => p.Stages, pipeline.Stages).Set(p => p.Version, pipeline.Version).Set(p => p.UpdatedAt, pipeline.UpdatedAt),
                    null,
                    ct);
                if (result.MatchedCount == 1)
                {
                    await TellAsync(scope, "pipeline.changed", pipeline, before, pipeline.ToBsonDocument(), ct);
                    return pipeline;
                }
            }
            catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
            {
                throw PipelineRefusals.NameTaken(pipeline.Name);
            }
        }
    }

    /// <summary>What every write of a pipeline causes: nobody goes on with what was known of it, who looks at it sees it, and the audit log has it.</summary>
    public Task TellAsync(TenantScope scope, string what, Pipeline pipeline, BsonDocument? before, BsonDocument? after, CancellationToken ct)
    {
        directory.Forget(scope.Code);
        live.Publish(scope.Code, "pipeline.updated", new { id = pipeline.Id.ToString() });
        return audit.NoteAsync(scope, what, pipeline.Name, before, after, ct);
    }
}
