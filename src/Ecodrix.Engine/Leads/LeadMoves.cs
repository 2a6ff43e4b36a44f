using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Moves leads along a pipeline, and ends and reopens deals.</summary>
public sealed class LeadMoves
{
    private readonly LeadWrites _writes;

    internal LeadMoves(LeadWrites writes) => _writes = writes;

    /// <summary>
    /// Puts a lead into a stage, of its own pipeline or another, on top or beside a given card; a won or lost stage closes it, any
    /// other opens it again. Entering a stage fires <c>stage_exit</c> and then <c>stage_enter</c>; within its stage it only changes
    /// place, or why it was closed, and nothing fires. What the move fires knows the reason already.
    /// </summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND, STAGE_NOT_FOUND.</exception>
    public async Task<LeadView> MoveAsync(TenantScope scope, string leadId, MoveLead move, CancellationToken ct)
    {
        var check = new Check()
            .That(!string.IsNullOrEmpty(move.StageId), "stageId", "stageId is required.")
            .That(move.BeforeLeadId is null || move.AfterLeadId is null, "afterLeadId", "Send either beforeLeadId or afterLeadId, not both.")
            .That(!string.Equals(leadId, move.BeforeLeadId ?? move.AfterLeadId, StringComparison.OrdinalIgnoreCase), "beforeLeadId", "A lead cannot stand beside itself.");
        var reason = check.Text(move.Reason, "reason", 500);
        check.Throw();
        var id = Ids.Parse(leadId, "leadId");
        var stageId = Ids.Parse(move.StageId, "stageId");
        var target = await scope.Db.Pipelines.ByStageAsync(stageId, ct) is { Archived: false } found ? found : throw PipelineRefusals.StageNotFound(move.StageId);
        var stage = target.Stages.Single(s => s.Id == stageId);
        LeadStages.CheckReason(stage, reason);
        var gap = await GapAsync(scope, stageId, id, move, ct);
        return LeadView.Of(await _writes.ChangeAsync(scope, id, "stage", async (lead, now) =>
        {
            if (lead.StageId == stageId)
            {
                var place = gap?.Place(now) ?? lead.Rank;
                return place == lead.Rank && (reason is null || reason == lead.CloseReason)
                    ? null
                    : LeadStages.SetStatus(scope, Builders<Lead>.Update.Set(l => l.Rank, place), lead, lead.Status, reason, now);
            }

            // The stage it leaves is only needed by name, and is nearly always of the same pipeline.
            var source = target.Id == lead.PipelineId ? target : await scope.Db.Pipelines.FindByIdAsync(lead.PipelineId, ct);
            var from = source?.Stages.Find(s => s.Id == lead.StageId)?.Name;
            // Somebody who moves an archived lead works on it again.
            return LeadStages.Enter(scope, lead, from, target, stage, gap?.Place(now) ?? LeadRank.Top(now), now, reason, takenUp: true);
        }, ct));
    }

    /// <summary>
    /// Ends a deal as won or lost, or takes it up again; moves the lead to its pipeline's won or lost stage if there is one, or back to
    /// its first open one. Fires <c>deal_won</c> or <c>deal_lost</c>, once.
    /// </summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<LeadView> ConvertAsync(TenantScope scope, string leadId, ConvertLead convert, CancellationToken ct)
    {
        var check = new Check();
        check.That(!string.IsNullOrEmpty(convert.Status), "status", "status is required: won, lost or open.");
        check.OneOf(convert.Status, "status", ["won", "lost", "open"]);
        var reason = check.Text(convert.Reason, "reason", 500);
        check.Throw();
        var status = EnumWords.Parse<LeadStatus>(convert.Status, "status")!.Value;
        return LeadView.Of(await _writes.ChangeAsync(scope, Ids.Parse(leadId, "leadId"), "status", async (lead, now) =>
        {
            if (lead.Status == status)
            {
                return reason is null || reason == lead.CloseReason || status == LeadStatus.Open ? null : Builders<Lead>.Update.Set(l => l.CloseReason, reason);
            }

            return LeadStages.Become(scope, lead, await scope.Db.Pipelines.FindByIdAsync(lead.PipelineId, ct), status, reason, now);
        }, ct));
    }

    /// <summary>The gap beside the card the caller named; null when it named none.</summary>
    private static async Task<Gap?> GapAsync(TenantScope scope, ObjectId stageId, ObjectId moving, MoveLead move, CancellationToken ct)
    {
        if ((move.BeforeLeadId ?? move.AfterLeadId) is not { } named)
        {
            return null;
        }

        var field = move.BeforeLeadId is null ? "afterLeadId" : "beforeLeadId";
        var id = Ids.Parse(named, field);
        var rank = await scope.Db.Leads.Find(scope.VisibleLeads() & Builders<Lead>.Filter.Where(l => l.Id == id && l.StageId == stageId))
            .Project(l => l.Rank).FirstOrDefaultAsync(ct)
            ?? throw RefusedException.Validation(field, $"There is no lead {named} in stage {move.StageId}.");
        var others = Builders<Lead>.Filter.Where(l => l.StageId == stageId && l.Id != moving);
        var where = Builders<Lead>.Filter;
        return move.BeforeLeadId is not null
            ? new Gap(await RankAsync(scope, others & where.Lt(l => l.Rank, rank), descending: true, ct), rank)
            : new Gap(rank, await RankAsync(scope, others & where.Gt(l => l.Rank, rank), descending: false, ct));
    }

    private static async Task<string?> RankAsync(TenantScope scope, FilterDefinition<Lead> which, bool descending, CancellationToken ct)
    {
        var sort = Builders<Lead>.Sort;
        return await scope.Db.Leads.Find(which)
            .Sort(descending ? sort.Descending(l => l.Rank).Descending(l => l.Id) : sort.Ascending(l => l.Rank).Ascending(l => l.Id))
            .Limit(1).Project(l => l.Rank).FirstOrDefaultAsync(ct);
    }

    /// <summary>Two cards of a column with none between them; null where the column ends.</summary>
    private sealed record Gap(string? Above, string? Below)
    {
        // On top it gets the place of a newcomer, so that those who come after it stand above it.
        public string Place(DateTime now) =>
            Above is null && LeadRank.Top(now) is var top && string.CompareOrdinal(top, Below) < 0 ? top : LeadRank.Between(Above, Below);
    }
}
