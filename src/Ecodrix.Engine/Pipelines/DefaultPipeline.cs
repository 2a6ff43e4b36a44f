using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Pipelines;

/// <summary>
/// Which pipeline new leads go into. A unique index lets there be one default at most; that there is one is seen to here: a switch that
/// cannot be made is taken back, and a default that is missing, because a process ended amid a switch, is put right by whoever needs it.
/// </summary>
internal sealed class DefaultPipeline(TimeProvider clock)
{
    private static readonly ObjectId FirstId = Ids.From("pipeline", "default");
    private static readonly FilterDefinitionBuilder<Pipeline> Where = Builders<Pipeline>.Filter;
    private static readonly FindOneAndUpdateOptions<Pipeline> After = new() { ReturnDocument = ReturnDocument.After };

    /// <summary>The default; made now if the tenant has no pipeline yet.</summary>
    public async Task<Pipeline> GetAsync(TenantScope scope, CancellationToken ct)
    {
        var held = scope.Cached(() => new Held());
        return held.Default ??= await FindOrSetAsync(scope, ct);
    }

    /// <summary>Makes a pipeline the default, and the one before it no longer.</summary>
    /// <returns>The new default; null when it is archived or gone, and then the default is as it was.</returns>
    public async Task<Pipeline?> SwitchAsync(TenantScope scope, ObjectId id, CancellationToken ct)
    {
        var before = await scope.Db.Pipelines.Find(p => p.IsDefault).FirstOrDefaultAsync(ct);
        while (true)
        {
            await scope.Db.Pipelines.UpdateManyAsync(p => p.IsDefault && p.Id != id, Builders<Pipeline>.Update.Set(p => p.IsDefault, false), null, ct);
            switch (await TrySetAsync(scope, id, false, ct))
            {
                case { Taken: false, Set: { } set }:
                    return set;
                case { Taken: true }:
                    // Another became the default in between.
                    continue;
            }

            if (before is not null && before.Id != id)
            {
                await TrySetAsync(scope, before.Id, false, ct);
            }

            await FindOrSetAsync(scope, ct);
            return null;
        }
    }

    private async Task<Pipeline> FindOrSetAsync(TenantScope scope, CancellationToken ct)
    {
        while (true)
        {
            if (await scope.Db.Pipelines.Find(p => p.IsDefault).FirstOrDefaultAsync(ct) is { } found)
            {
                return found;
            }

            var oldest = await scope.Db.Pipelines.Find(p => !p.Archived).SortBy(p => p.Id).FirstOrDefaultAsync(ct);
            var set = oldest is null ? await MakeFirstAsync(scope, ct) : (await TrySetAsync(scope, oldest.Id, false, ct)).Set;
            if (set is not null)
            {
                return set;
            }
        }
    }

    /// <summary>The pipeline a tenant begins with, or, where all of its pipelines are archived, has again; null when somebody was faster.</summary>
    private async Task<Pipeline?> MakeFirstAsync(TenantScope scope, CancellationToken ct)
    {
        var pipeline = PipelineDesign.Make(FirstId, "Sales", PipelineDesign.ReadStages(new Check(), PipelineTemplates.Stages("sales")), clock.GetUtcNow().UtcDateTime);
        pipeline.IsDefault = true;
        try
        {
            await scope.Db.Pipelines.InsertOneAsync(pipeline, null, ct);
            return pipeline;
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            return (await TrySetAsync(scope, FirstId, true, ct)).Set;
        }
    }

    /// <summary>Sets the mark, on an active pipeline or one that is taken out of the archive; tells whether another one has it.</summary>
    private async Task<(Pipeline? Set, bool Taken)> TrySetAsync(TenantScope scope, ObjectId id, bool archived, CancellationToken ct)
    {
        try
        {
            var set = await scope.Db.Pipelines.FindOneAndUpdateAsync(
                Where.Eq(p => p.Id, id) & Where.Eq(p => p.Archived, archived),
                Builders<Pipeline>.Update.Set(p => p.IsDefault, true).Set(p => p.Archived, false).Set(p => p.UpdatedAt, clock.GetUtcNow().UtcDateTime),
                After,
                ct);
            return (set, false);
        }
        catch (MongoCommandException e) when (e.Code == 11000)
        {
            return (null, true);
        }
    }

    /// <summary>What this node holds of a tenant's pipelines for a few seconds.</summary>
    private sealed class Held
    {
        public Pipeline? Default { get; set; }
    }
}
