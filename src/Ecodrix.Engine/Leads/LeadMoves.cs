using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Moves leads along a pipeline.</summary>
public sealed class LeadMoves
{
    private readonly LeadEdits _edits;

    internal LeadMoves(LeadEdits edits) => _edits = edits;

    /// <summary>
    /// Puts a lead into a stage, of its own pipeline or another; a won or lost stage closes it, any other opens it again. Moving it
    /// to where it already is changes nothing and fires nothing; else <c>stage_exit</c> and then <c>stage_enter</c> fire.
    /// </summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND, STAGE_NOT_FOUND.</exception>
    public async Task<LeadView> MoveAsync(TenantScope scope, string leadId, MoveLead move, CancellationToken ct)
    {
        new Check().That(!string.IsNullOrEmpty(move.StageId), "stageId", "stageId is required.").Throw();
        var id = Ids.Parse(leadId, "leadId");
        var stageId = Ids.Parse(move.StageId, "stageId");
        var target = await scope.Db.Pipelines.ByStageAsync(stageId, ct) is { Archived: false } found ? found : throw PipelineRefusals.StageNotFound(move.StageId);
        var stage = target.Stages.Single(s => s.Id == stageId);
        // The stage it leaves is only needed by name, and is nearly always of the same pipeline.
        var leaving = await scope.Db.Leads.Find(l => l.Id == id).Project(l => l.StageId).FirstOrDefaultAsync(ct);
        var source = target.Stages.Exists(s => s.Id == leaving) ? target : await scope.Db.Pipelines.ByStageAsync(leaving, ct);

        return await _edits.ChangeAsync(scope, id, "stage", (lead, now) =>
            lead.StageId == stageId ? null : Enter(scope, lead, source?.Stages.Find(s => s.Id == lead.StageId)?.Name, target, stage, now), ct);
    }

    private static UpdateDefinition<Lead> Enter(TenantScope scope, Lead lead, string? from, Pipeline pipeline, Stage stage, DateTime now)
    {
        var data = new BsonDocument
        {
            ["fromStageId"] = lead.StageId,
            ["toStageId"] = stage.Id,
            ["fromPipelineId"] = lead.PipelineId,
            ["toPipelineId"] = pipeline.Id,
            ["from"] = from ?? "",
            ["to"] = stage.Name,
        };
        var status = stage.IsWon ? LeadStatus.Won : stage.IsLost ? LeadStatus.Lost : LeadStatus.Open;
        foreach (var visit in lead.StageHistory.Where(v => v.LeftAt is null))
        {
            visit.LeftAt = now;
        }

        lead.StageHistory.Add(new StageVisit { StageId = stage.Id, PipelineId = pipeline.Id, EnteredAt = now });
        var pending = new List<PendingChange>
        {
            // The timeline has one entry for a move; the exit only fires its trigger.
            Outbox.Change(scope, now, null, $"Left {from}", Trigger.StageExit, data),
            Outbox.Change(scope, now, ActivityType.StageChanged, from is null ? $"Moved to {stage.Name}" : $"Moved from {from} to {stage.Name}", Trigger.StageEnter, data),
        };
        if (status != lead.Status)
        {
            pending.Add(Outbox.Change(scope, now, ActivityType.StatusChanged, $"Now {status.Word()}", null,
                new BsonDocument { ["from"] = lead.Status.Word(), ["to"] = status.Word() }));
        }

        return Builders<Lead>.Update
            .Set(l => l.PipelineId, pipeline.Id).Set(l => l.StageId, stage.Id).Set(l => l.Status, status)
            .Set(l => l.StageEnteredAt, now).Set(l => l.StageHistory, lead.StageHistory).Set(l => l.Rank, LeadRank.Top(now))
            .Set(l => l.ClosedAt, status == LeadStatus.Open ? null : lead.Status == status ? lead.ClosedAt : now)
            .PushEach(l => l.Pending, pending);
    }
}
