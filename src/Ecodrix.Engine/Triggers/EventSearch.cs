using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>What a list of events is narrowed by.</summary>
public sealed record EventFilter
{
    /// <summary>One trigger.</summary>
    public string? Trigger { get; init; }

    /// <summary>What concerned one lead.</summary>
    public string? LeadId { get; init; }

    /// <summary>One status.</summary>
    public string? Status { get; init; }

    /// <summary>One phone number, in any common writing.</summary>
    public string? Phone { get; init; }

    /// <summary>From this day or time on.</summary>
    public string? StartDate { get; init; }

    /// <summary>Up to this day or time, inclusive.</summary>
    public string? EndDate { get; init; }
}

/// <summary>Finds events and shows their traces.</summary>
public sealed class EventSearch
{
    private const int MostCaused = 50;

    /// <summary>Events, newest first.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND; NOT_PERMITTED without a lead for an agent limited to their own.</exception>
    public async Task<Page<EventSummary>> ListAsync(TenantScope scope, EventFilter filter, Paging paging, CancellationToken ct)
    {
        var matching = Read(scope, filter);
        if (filter.LeadId is { Length: > 0 } leadId)
        {
            matching &= Builders<EventLog>.Filter.Eq(e => e.LeadId, (await scope.RequireLeadAsync(leadId, ct)).Id);
        }
        else
        {
            scope.RequireSeesAll("The list of events");
        }

        var total = await scope.Db.Events.CountDocumentsAsync(matching, null, ct);
        // The payloads are for the detail: a list of a hundred must not carry a hundred of them.
        var rows = await scope.Db.Events.Find(matching).SortByDescending(e => e.ReceivedAt).ThenByDescending(e => e.Id)
            .Skip(paging.Skip).Limit(paging.Limit)
            .Project<EventLog>(Builders<EventLog>.Projection.Exclude(e => e.Request).Exclude("actions.input").Exclude("actions.output").Exclude("actions.config"))
            .ToListAsync(ct);
        return new Page<EventSummary>([.. rows.Select(EventSummary.Of)], total, paging);
    }

    /// <summary>One event with its whole trace.</summary>
    /// <exception cref="RefusedException">INVALID_ID, EVENT_NOT_FOUND.</exception>
    public async Task<EventView> GetAsync(TenantScope scope, string eventId, CancellationToken ct)
    {
        var id = Ids.Parse(eventId, "logId");
        var log = await scope.Db.Events.Find(e => e.Id == id).FirstOrDefaultAsync(ct)
            ?? throw new RefusedException(RefusalKind.NotFound, "EVENT_NOT_FOUND", $"There is no event {eventId}.");
        var lead = log.LeadId is { } leadId ? await scope.Db.Leads.Find(l => l.Id == leadId).FirstOrDefaultAsync(ct) : null;
        if (!scope.Actor.MaySee(lead?.AssignedTo))
        {
            throw new RefusedException(RefusalKind.NotFound, "EVENT_NOT_FOUND", $"There is no event {eventId}.");
        }

        var callback = await CallbackSearch.OfEventAsync(scope, id, ct);
        var caused = await scope.Db.Events.Find(Caused(scope, log)).SortBy(e => e.Id).Limit(MostCaused).ToListAsync(ct);
        return EventView.Of(log, lead?.FullName, callback, [.. caused.Select(EventSummary.Of)]);
    }

    /// <summary>What an event caused; for an agent limited to their own, with the lead of the event itself only.</summary>
    private static FilterDefinition<EventLog> Caused(TenantScope scope, EventLog log)
    {
        var caused = Builders<EventLog>.Filter.Eq(e => e.CausedBy, log.Id);
        return scope.Actor.OnlyAssignedTo is null ? caused : caused & Builders<EventLog>.Filter.Eq(e => e.LeadId, log.LeadId);
    }

    private static FilterDefinition<EventLog> Read(TenantScope scope, EventFilter filter)
    {
        var check = new Check();
        check.OneOf(filter.Trigger, "trigger", (IReadOnlyCollection<string>)TriggerCatalogue.Names);
        var phone = check.Phone(filter.Phone, "phone", scope.Settings.Country);
        check.Throw();

        var matching = DateRange.Read(filter.StartDate, filter.EndDate, scope.Settings.TimeZone).On<EventLog>(e => e.ReceivedAt);
        matching = filter.Trigger is { } trigger ? matching & Builders<EventLog>.Filter.Eq(e => e.Trigger, trigger) : matching;
        matching = phone is null ? matching : matching & Builders<EventLog>.Filter.Eq(e => e.Phone, phone);
        return EnumWords.Parse<EventStatus>(filter.Status, "status") is { } status ? matching & Builders<EventLog>.Filter.Eq(e => e.Status, status) : matching;
    }
}
