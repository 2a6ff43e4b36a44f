using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Pipelines;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary>What actions that change the lead have in common.</summary>
internal abstract class LeadAction : IRuleAction
{
    public abstract string Type { get; }

    public abstract void Check(Check check, BsonDocument config, string at);

    public Task<ActionOutcome> RunAsync(ActionRun run, CancellationToken ct) =>
        run.Lead is null ? Task.FromResult(ActionOutcome.Skip(Obstacle.NoLead.Message, code: Obstacle.NoLead.Code)) : ChangeAsync(run, ct);

    public virtual async Task<ActionPreview> PreviewAsync(ActionRun run, CancellationToken ct) =>
        new(await run.RenderAllAsync(ct)) { Obstacles = run.Lead is null ? [Obstacle.NoLead] : [] };

    protected abstract Task<ActionOutcome> ChangeAsync(ActionRun run, CancellationToken ct);
}

/// <summary><c>add_tag</c>: <c>{tag}</c>.</summary>
internal sealed class AddTag(LeadEdits edits) : LeadAction
{
    public override string Type => "add_tag";

    public override void Check(Check check, BsonDocument config, string at) => check.RequireText(config, "tag", at, 200);

    protected override async Task<ActionOutcome> ChangeAsync(ActionRun run, CancellationToken ct)
    {
        var tag = await run.RenderAsync("tag", ct);
        await edits.TagAsync(run.Scope, run.LeadId, new TagChanges(Add: [tag]), ct);
        return ActionOutcome.Done(new BsonDocument("tag", tag));
    }
}

/// <summary><c>remove_tag</c>: <c>{tag}</c>.</summary>
internal sealed class RemoveTag(LeadEdits edits) : LeadAction
{
    public override string Type => "remove_tag";

    public override void Check(Check check, BsonDocument config, string at) => check.RequireText(config, "tag", at, 200);

    protected override async Task<ActionOutcome> ChangeAsync(ActionRun run, CancellationToken ct)
    {
        var tag = await run.RenderAsync("tag", ct);
        await edits.TagAsync(run.Scope, run.LeadId, new TagChanges(Remove: [tag]), ct);
        return ActionOutcome.Done(new BsonDocument("tag", tag));
    }
}

/// <summary><c>move_stage</c>: <c>{stageId}</c>.</summary>
internal sealed class MoveStage(LeadMoves moves) : LeadAction
{
    public override string Type => "move_stage";

    public override void Check(Check check, BsonDocument config, string at) => check.That(
        config.GetValue("stageId", BsonNull.Value) is BsonString { Value: var id } && ObjectId.TryParse(id, out _),
        at + "stageId", $"{at}stageId must be the id of a stage.");

    public override async Task<ActionPreview> PreviewAsync(ActionRun run, CancellationToken ct)
    {
        var plain = await base.PreviewAsync(run, ct);
        var id = ObjectId.Parse(run.Action.Config["stageId"].AsString);
        var stage = (await run.Scope.Db.Pipelines.ByStageAsync(id, ct))?.Stages.Find(s => s.Id == id);
        return stage is null
            ? plain with { Obstacles = [.. plain.Obstacles, new Obstacle("STAGE_NOT_FOUND", "The stage is gone. Choose another in the rule.")] }
            : plain with { Text = $"To {stage.Name}" };
    }

    protected override async Task<ActionOutcome> ChangeAsync(ActionRun run, CancellationToken ct)
    {
        var stageId = run.Action.Config["stageId"].AsString;
        var lead = await moves.MoveAsync(run.Scope, run.LeadId, new MoveLead(stageId), ct);
        return ActionOutcome.Done(new BsonDocument("stageId", stageId), new BsonDocument("status", lead.Status.Word()));
    }
}

/// <summary><c>assign_to</c>: <c>{assignTo}</c>.</summary>
internal sealed class AssignTo(LeadEdits edits) : LeadAction
{
    public override string Type => "assign_to";

    public override void Check(Check check, BsonDocument config, string at) => check.RequireText(config, "assignTo", at, 200);

    protected override async Task<ActionOutcome> ChangeAsync(ActionRun run, CancellationToken ct)
    {
        var name = await run.RenderAsync("assignTo", ct);
        await edits.AssignAsync(run.Scope, run.LeadId, name, ct);
        return ActionOutcome.Done(new BsonDocument("assignTo", name));
    }
}
