using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Timeline;

/// <summary>Shows what happened with a lead, newest first.</summary>
public sealed class LeadTimeline
{
    private static readonly FilterDefinitionBuilder<Activity> Where = Builders<Activity>.Filter;

    /// <summary>A page of activities and notes together.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="leadId">The lead.</param>
    /// <param name="before">Only what stands below this entry, or stood below it if it is a note that was deleted: paging that new entries do not shift.</param>
    /// <param name="paging">The page, counted from <paramref name="before"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">INVALID_ID, LEAD_NOT_FOUND, ACTIVITY_NOT_FOUND.</exception>
    public Task<Page<TimelineEntryView>> ListAsync(TenantScope scope, string leadId, string? before, Paging paging, CancellationToken ct) =>
        ListAsync(scope, leadId, Where.Empty, before, paging, ct);

    /// <summary>A page of activities, without notes unless they are asked for by <paramref name="type"/>.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND, ACTIVITY_NOT_FOUND.</exception>
    public Task<Page<TimelineEntryView>> ActivitiesAsync(
        TenantScope scope, string leadId, string? type, string? before, Paging paging, CancellationToken ct) =>
        ListAsync(
            scope,
            leadId,
            EnumWords.Parse<ActivityType>(type, "type") is { } wanted ? Where.Eq(a => a.Type, wanted) : Where.Ne(a => a.Type, ActivityType.NoteAdded),
            before,
            paging,
            ct);

    private static async Task<Page<TimelineEntryView>> ListAsync(
        TenantScope scope, string leadId, FilterDefinition<Activity> which, string? before, Paging paging, CancellationToken ct)
    {
        var lead = await scope.RequireLeadAsync(leadId, ct);
        var all = Where.Eq(a => a.LeadId, lead.Id) & which;
        var total = await scope.Db.Activities.CountDocumentsAsync(all, null, ct);
        var from = before is null ? all : all & await TimelinePlaces.AfterAsync(scope, before, Where.Eq(a => a.LeadId, lead.Id), ct);
        var entries = await scope.Db.Activities.Find(from)
            .Sort(Builders<Activity>.Sort.Descending(a => a.At).Descending(a => a.Id))
            .Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        return new Page<TimelineEntryView>([.. entries.Select(TimelineEntryView.Of)], total, paging);
    }
}
