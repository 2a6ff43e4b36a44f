using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>A stage a lead can be in.</summary>
internal sealed record LeadPlace(Pipeline Pipeline, Stage Stage)
{
    /// <summary>Lets a lead that is not written yet begin here.</summary>
    public void Begin(Lead lead)
    {
        lead.PipelineId = Pipeline.Id;
        lead.StageId = Stage.Id;
        lead.Status = LeadStages.StatusIn(Stage);
        lead.ClosedAt = lead.Status == LeadStatus.Open ? null : lead.CreatedAt;
        lead.StageHistory = [new StageVisit { StageId = Stage.Id, PipelineId = Pipeline.Id, EnteredAt = lead.CreatedAt }];
    }
}

/// <summary>What entering a stage and changing status do to a lead, wherever they come from.</summary>
internal static class LeadStages
{
    /// <summary>
    /// The update that puts a lead into a stage: history, status, rank, timeline and triggers. An archived lead only changes place.
    /// </summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="lead">The lead as it is.</param>
    /// <param name="from">The name of the stage it leaves, where it is known.</param>
    /// <param name="pipeline">The pipeline of the stage.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="rank">Its place in the column.</param>
    /// <param name="now">When.</param>
    /// <param name="reason">Why the deal ended, where it does.</param>
    /// <param name="takenUp">Whether an archived lead is taken out of the archive by it, and does as any other.</param>
    public static UpdateDefinition<Lead> Enter(
        TenantScope scope, Lead lead, string? from, Pipeline pipeline, Stage stage, string rank, DateTime now, string? reason = null, bool takenUp = false)
    {
        foreach (var visit in lead.StageHistory.Where(v => v.LeftAt is null))
        {
            visit.LeftAt = now;
        }

        lead.StageHistory.Add(new StageVisit { StageId = stage.Id, PipelineId = pipeline.Id, EnteredAt = now });
        var update = Builders<Lead>.Update
            .Set(l => l.PipelineId, pipeline.Id).Set(l => l.StageId, stage.Id)
            .Set(l => l.StageEnteredAt, now).Set(l => l.StageHistory, lead.StageHistory).Set(l => l.Rank, rank);
        if (lead.Status == LeadStatus.Archived && !takenUp)
        {
            return update;
        }

        var data = new BsonDocument
        {
            ["fromStageId"] = lead.StageId,
            ["toStageId"] = stage.Id,
            ["fromPipelineId"] = lead.PipelineId,
            ["toPipelineId"] = pipeline.Id,
            ["from"] = from ?? "",
            ["to"] = stage.Name,
        };
        // The timeline has one entry for a move; the exit only fires its trigger.
        update = Pending.Add(
            update,
            Outbox.Change(scope, now, null, $"Left {from}", Trigger.StageExit, data),
            Outbox.Change(scope, now, ActivityType.StageChanged, from is null ? $"Moved to {stage.Name}" : $"Moved from {from} to {stage.Name}", Trigger.StageEnter, data));
        return SetStatus(scope, update, lead, StatusIn(stage), reason, now);
    }

    /// <summary>
    /// The update that gives a lead another status and puts it where such leads are: into its pipeline's won or lost stage if there is one,
    /// or back into its first open one.
    /// </summary>
    public static UpdateDefinition<Lead> Become(TenantScope scope, Lead lead, Pipeline? pipeline, LeadStatus status, string? reason, DateTime now)
    {
        var here = pipeline?.Stages.Find(s => s.Id == lead.StageId);
        return here is not null && Destination(pipeline!, here, status) is { } stage
            ? Enter(scope, lead, here.Name, pipeline!, stage, LeadRank.Top(now), now, reason, takenUp: true)
            : SetStatus(scope, Builders<Lead>.Update.Set(l => l.UpdatedAt, now), lead, status, reason, now);
    }

    /// <summary>The stage a lead goes to when it gets a status; null when it stays.</summary>
    public static Stage? Destination(Pipeline pipeline, Stage here, LeadStatus status) => StatusIn(here) == status
        ? null
        : status switch
        {
            LeadStatus.Won => pipeline.Stages.OrderBy(s => s.Order).FirstOrDefault(s => s.IsWon),
            LeadStatus.Lost => pipeline.Stages.OrderBy(s => s.Order).FirstOrDefault(s => s.IsLost),
            _ => pipeline.Stages.OrderBy(s => s.Order).FirstOrDefault(s => s is { IsWon: false, IsLost: false }),
        };

    /// <summary>
    /// Adds a status to an update: closing fires <c>deal_won</c> or <c>deal_lost</c>, once; for a lead that is open again silence begins anew.
    /// </summary>
    public static UpdateDefinition<Lead> SetStatus(
        TenantScope scope, UpdateDefinition<Lead> update, Lead lead, LeadStatus status, string? reason, DateTime now)
    {
        if (status == lead.Status)
        {
            return reason is null ? update : update.Set(l => l.CloseReason, reason);
        }

        var closes = status is LeadStatus.Won or LeadStatus.Lost;
        update = update.Set(l => l.Status, status).Unset(l => l.ArchivedFrom);
        if (closes && lead.Status == LeadStatus.Archived && lead.ArchivedFrom == status)
        {
            // It was closed like this before it was put away: that is no second win.
            return Pending.Add(
                reason is null ? update : update.Set(l => l.CloseReason, reason),
                Outbox.Change(scope, now, ActivityType.StatusChanged, "Taken out of the archive", null, new BsonDocument { ["from"] = lead.Status.Word(), ["to"] = status.Word() }));
        }

        update = closes ? update.Set(l => l.ClosedAt, now) : update.Unset(l => l.ClosedAt).Max(l => l.SilentSince, now);
        update = closes && reason is not null ? update.Set(l => l.CloseReason, reason) : update.Unset(l => l.CloseReason);
        return Pending.Add(update, Outbox.Change(
            scope,
            now,
            ActivityType.StatusChanged,
            (status == LeadStatus.Open ? "Opened again" : $"Now {status.Word()}") + (reason is null ? "" : $": {reason}"),
            status switch { LeadStatus.Won => Trigger.DealWon, LeadStatus.Lost => Trigger.DealLost, _ => null },
            new BsonDocument { ["from"] = lead.Status.Word(), ["to"] = status.Word(), ["reason"] = reason ?? "", ["dealValue"] = lead.DealValue }));
    }

    /// <summary>Refuses a reason where a stage ends no deal: nothing would keep it.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public static void CheckReason(Stage stage, string? reason) => new Check()
        .That(reason is null || StatusIn(stage) != LeadStatus.Open, "reason", $"{stage.Name} ends no deal, so there is no reason to keep. Send one only with a won or lost stage.")
        .Throw();

    /// <summary>The status of a lead that enters a stage.</summary>
    public static LeadStatus StatusIn(Stage stage) => stage.IsWon ? LeadStatus.Won : stage.IsLost ? LeadStatus.Lost : LeadStatus.Open;
}
