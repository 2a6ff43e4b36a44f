using System.Linq.Expressions;
using System.Text.RegularExpressions;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Pipelines;

/// <summary>Makes and shows pipelines.</summary>
public sealed partial class PipelineDesign
{
    internal const int MostStages = 50;

    private const int LongestName = 80;
    private const int MostCopies = 50;

    private readonly PipelineWrites _writes;
    private readonly DefaultPipeline _default;
    private readonly TimeProvider _clock;

    internal PipelineDesign(PipelineWrites writes, DefaultPipeline defaults, TimeProvider clock)
    {
        _writes = writes;
        _default = defaults;
        _clock = clock;
    }

    /// <summary>The active pipelines with their stages: the default first, then by name.</summary>
    public async Task<IReadOnlyList<PipelineView>> ListAsync(TenantScope scope, CancellationToken ct)
    {
        await DefaultAsync(scope, ct);
        var pipelines = await scope.Db.Pipelines.Find(Builders<Pipeline>.Filter.Eq(p => p.Archived, false)).SortBy(p => p.Name).ToListAsync(ct);
        return [.. pipelines.OrderByDescending(p => p.IsDefault).Select(PipelineView.Of)];
    }

    /// <summary>The pipelines that were put away, by name.</summary>
    public async Task<IReadOnlyList<PipelineView>> ArchivedAsync(TenantScope scope, CancellationToken ct) =>
        [.. (await scope.Db.Pipelines.Find(Builders<Pipeline>.Filter.Eq(p => p.Archived, true)).SortBy(p => p.Name).ToListAsync(ct)).Select(PipelineView.Of)];

    /// <summary>One pipeline, archived or not.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PIPELINE_NOT_FOUND.</exception>
    public async Task<PipelineView> GetAsync(TenantScope scope, string pipelineId, CancellationToken ct)
    {
        var id = Ids.Parse(pipelineId, "pipelineId");
        var pipeline = await scope.Db.Pipelines.FindByIdAsync(id, ct) ?? throw PipelineRefusals.NotFound(pipelineId);
        return PipelineView.Of(pipeline);
    }

    /// <summary>Makes a pipeline from a template or from stages.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, NAME_TAKEN.</exception>
    public async Task<PipelineView> CreateAsync(TenantScope scope, NewPipeline input, CancellationToken ct)
    {
        var check = new Check();
        var name = check.Required(input.Name, "name", LongestName);
        var description = check.Text(input.Description, "description", 500);
        check.OneOf(input.Template, "template", PipelineTemplates.Names);
        check.That(input.Template is null || input.Stages is null, "stages", "Send either template or stages, not both.");
        check.That(input.Template is not null || input.Stages is { Count: > 0 }, "stages", "Send a template, or at least one stage.");
        var template = input.Template is not null && PipelineTemplates.Names.Contains(input.Template) ? PipelineTemplates.Stages(input.Template!) : [];
        var stages = ReadStages(check, input.Stages ?? template);
        check.Throw();

        await DefaultAsync(scope, ct);
        var pipeline = Make(ObjectId.GenerateNewId(), name, stages, _clock.GetUtcNow().UtcDateTime);
        pipeline.Description = description;
        try
        {
            await scope.Db.Pipelines.InsertOneAsync(pipeline, null, ct);
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            throw PipelineRefusals.NameTaken(name);
        }

        await _writes.TellAsync(scope, "pipeline.made", pipeline, null, pipeline.ToBsonDocument(), ct);
        return input.IsDefault == true ? await MakeDefaultAsync(scope, pipeline.Id.ToString(), ct) : PipelineView.Of(pipeline);
    }

    /// <summary>Changes name and description where they are present.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, PIPELINE_NOT_FOUND, NAME_TAKEN.</exception>
    public async Task<PipelineView> ChangeAsync(TenantScope scope, string pipelineId, PipelineChanges changes, CancellationToken ct)
    {
        var id = Ids.Parse(pipelineId, "pipelineId");
        var check = new Check();
        var name = changes.Name.IsPresent ? check.Required(changes.Name.Value, "name", LongestName) : null;
        var description = check.Text(changes.Description.Value, "description", 500);
        check.Throw();
        return PipelineView.Of(await _writes.ChangeAsync(scope, Builders<Pipeline>.Filter.Where(p => p.Id == id && !p.Archived), pipelineId, pipeline =>
        {
            pipeline.Name = name ?? pipeline.Name;
            pipeline.NameKey = pipeline.Name.ToLowerInvariant();
            pipeline.Description = changes.Description.IsPresent ? description : pipeline.Description;
            return true;
        }, ct));
    }

    /// <summary>Puts a pipeline away; its leads stay in it. The default one cannot be.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PIPELINE_NOT_FOUND, DEFAULT_PIPELINE.</exception>
    public async Task<PipelineView> ArchiveAsync(TenantScope scope, string pipelineId, CancellationToken ct)
    {
        var id = Ids.Parse(pipelineId, "pipelineId");
        // The condition is in the filter: one that becomes the default at the same moment is not archived.
        var after = await SetArchivedAsync(scope, p => p.Id == id && !p.IsDefault, true, ct);
        if (after is null)
        {
            throw await scope.Db.Pipelines.Find(p => p.Id == id).AnyAsync(ct) ? PipelineRefusals.IsDefault(pipelineId) : PipelineRefusals.NotFound(pipelineId);
        }

        await _writes.TellAsync(scope, "pipeline.archived", after, null, null, ct);
        return PipelineView.Of(after);
    }

    /// <summary>Brings an archived pipeline back, with the leads that are still in it; one that is not archived stays as it is.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PIPELINE_NOT_FOUND, NAME_TAKEN.</exception>
    public async Task<PipelineView> RestoreAsync(TenantScope scope, string pipelineId, CancellationToken ct)
    {
        var pipeline = await GetAsync(scope, pipelineId, ct);
        if (!pipeline.Archived)
        {
            return pipeline;
        }

        var id = Ids.Parse(pipelineId, "pipelineId");
        try
        {
            var after = await SetArchivedAsync(scope, p => p.Id == id, false, ct) ?? throw PipelineRefusals.NotFound(pipelineId);
            await _writes.TellAsync(scope, "pipeline.restored", after, null, null, ct);
            return PipelineView.Of(after);
        }
        catch (MongoCommandException e) when (e.Code == 11000)
        {
            throw PipelineRefusals.NameTaken(pipeline.Name);
        }
    }

    private async Task<Pipeline?> SetArchivedAsync(TenantScope scope, Expression<Func<Pipeline, bool>> which, bool archived, CancellationToken ct) =>
        await scope.Db.Pipelines.FindOneAndUpdateAsync(
            which,
            Builders<Pipeline>.Update.Set(p => p.Archived, archived).Set(p => p.UpdatedAt, _clock.GetUtcNow().UtcDateTime).Inc(p => p.Version, 1),
            new FindOneAndUpdateOptions<Pipeline> { ReturnDocument = ReturnDocument.After },
            ct);

    /// <summary>Makes a pipeline with the same stages and no leads.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, PIPELINE_NOT_FOUND, NAME_TAKEN.</exception>
    public async Task<PipelineView> DuplicateAsync(TenantScope scope, string pipelineId, string? name, CancellationToken ct)
    {
        var original = await GetAsync(scope, pipelineId, ct);
        for (var copy = 1; ; copy++)
        {
            try
            {
                return await CreateAsync(scope, new NewPipeline
                {
                    Name = name ?? CopyName(original.Name, copy),
                    Description = original.Description,
                    Stages = [.. original.Stages.Select(s => new NewStage { Name = s.Name, Color = s.Color, Probability = s.Probability, IsWon = s.IsWon, IsLost = s.IsLost })],
                }, ct);
            }
            catch (RefusedException taken) when (name is null && taken.Code == "NAME_TAKEN" && copy < MostCopies)
            {
                // There is a copy already: this is the next.
            }
        }
    }

    private static string CopyName(string name, int copy)
    {
        var number = copy == 1 ? "" : $" ({copy})";
        return Texts.Cut($"Copy of {name}", LongestName - number.Length) + number;
    }

    /// <summary>Lets new leads go into this pipeline, and no longer into the one that was the default.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PIPELINE_NOT_FOUND.</exception>
    public async Task<PipelineView> MakeDefaultAsync(TenantScope scope, string pipelineId, CancellationToken ct)
    {
        var id = Ids.Parse(pipelineId, "pipelineId");
        if (!await scope.Db.Pipelines.Find(p => p.Id == id && !p.Archived).AnyAsync(ct))
        {
            throw PipelineRefusals.NotFound(pipelineId);
        }

        // It may have been archived since.
        var after = await _default.SwitchAsync(scope, id, ct) ?? throw PipelineRefusals.NotFound(pipelineId);
        await _writes.TellAsync(scope, "pipeline.made_default", after, null, null, ct);
        return PipelineView.Of(after);
    }

    /// <summary>The pipeline new leads go into; made now if the tenant has none.</summary>
    internal Task<Pipeline> DefaultAsync(TenantScope scope, CancellationToken ct) => _default.GetAsync(scope, ct);

    internal static Pipeline Make(ObjectId id, string name, List<Stage> stages, DateTime now) =>
        new() { Id = id, Name = name, NameKey = name.ToLowerInvariant(), Stages = stages, Version = 1, CreatedAt = now, UpdatedAt = now };

    internal static List<Stage> ReadStages(Check check, IReadOnlyList<NewStage> inputs)
    {
        check.That(inputs.Count <= MostStages, "stages", $"A pipeline may have at most {MostStages} stages.");
        var stages = new List<Stage>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (at, input) in inputs.Take(MostStages).Index())
        {
            var stage = ReadStage(check, input, $"stages[{at}].", at);
            check.That(names.Add(stage.Name) || stage.Name.Length == 0, $"stages[{at}].name", $"Two stages are named \"{stage.Name}\".");
            stages.Add(stage);
        }

        return stages;
    }

    internal static Stage ReadStage(Check check, NewStage input, string at, int order)
    {
        var isWon = input.IsWon == true;
        var isLost = input.IsLost == true;
        var color = input.Color ?? PipelineTemplates.Palette[order % PipelineTemplates.Palette.Count];
        var probability = input.Probability ?? (isWon ? 100 : isLost ? 0 : 50);
        check.That(!(isWon && isLost), $"{at}isWon", "A stage cannot be both won and lost.");
        check.That(ColorPattern().IsMatch(color), $"{at}color", $"{at}color must be #rrggbb.");
        check.Range(probability, $"{at}probability", 0, 100);
        check.That(probability == decimal.Truncate(probability), $"{at}probability", $"{at}probability must be a whole number.");
        return new Stage
        {
            Id = ObjectId.GenerateNewId(),
            Name = check.Required(input.Name, $"{at}name", 60),
            Color = color.ToLowerInvariant(),
            Probability = (int)Math.Clamp(probability, 0, 100),
            Order = order,
            IsWon = isWon,
            IsLost = isLost,
        };
    }

    [GeneratedRegex("^#[0-9a-fA-F]{6}$")]
    private static partial Regex ColorPattern();
}
