using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>What a list of events is narrowed by.</summary>
public sealed record EventFilter
{
    /// <summary>One trigger.</summary>
    public string? Trigger { get; init; }

    /// <summary>What concerned one lead.</summary>
    public string? LeadId { get; init; }

    /// <summary>What one rule acted on: its run log.</summary>
    public string? RuleId { get; init; }

    /// <summary>One status.</summary>
    public string? Status { get; init; }

    /// <summary>true: only events that ended with a failed action; with <see cref="RuleId"/>, one of that rule.</summary>
    public bool? Failing { get; init; }

    /// <summary>One phone number, in any common writing.</summary>
    public string? Phone { get; init; }

    /// <summary>What belongs to one appointment or order: the whole <c>correlationKey</c> its triggers were sent with.</summary>
    public string? CorrelationKey { get; init; }

    /// <summary>From this day or time on.</summary>
    public string? StartDate { get; init; }

    /// <summary>Up to this day or time, inclusive.</summary>
    public string? EndDate { get; init; }

    /// <summary>The id of an event: only those that come after it in the list, whatever has arrived since.</summary>
    public string? Before { get; init; }
}

/// <summary>Finds events and shows their traces.</summary>
public sealed class EventSearch
{
    private const int MostCaused = 50;

    /// <summary>Events, newest first.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND, EVENT_NOT_FOUND; NOT_PERMITTED without a lead for an agent limited to their own.</exception>
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

        var total = await scope.Db.Events.CountAsync(matching, ct);
        if (filter.Before is { Length: > 0 } before)
        {
            var edge = await scope.RequireEventAsync(before, ct);
            matching &= Keyset.After<EventLog>(e => e.ReceivedAt, edge.ReceivedAt, edge.Id);
        }

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
        var log = await scope.RequireEventAsync(eventId, ct);
        var lead = log.LeadId is { } leadId ? await scope.Db.Leads.FindByIdAsync(leadId, ct) : null;
        var callback = await CallbackSearch.OfEventAsync(scope, log.Id, ct);
        var cause = log.CausedBy is { } by ? await scope.Db.Events.FindByIdAsync(by, ct) : null;
        var caused = await scope.Db.Events.Find(e => e.CausedBy == log.Id).SortBy(e => e.ReceivedAt).Limit(MostCaused).ToListAsync(ct);
        return EventView.Of(log, new EventSurroundings(
            lead?.FullName, callback, cause is not null && await SeenAsync(scope, log, cause, ct) ? EventSummary.Of(cause) : null, await SeenAsync(scope, log, caused, ct), Waiting(scope, log))
        { MeetRemedy = MeetRemedy(scope, log.Meet) });
    }

    /// <summary>Most of a chain is about one lead: only others have to be looked up.</summary>
    private static async Task<bool> SeenAsync(TenantScope scope, EventLog log, EventLog other, CancellationToken ct) =>
        other.LeadId == log.LeadId || await scope.SeesEventAsync(other, ct);

    private static async Task<IReadOnlyList<EventSummary>> SeenAsync(TenantScope scope, EventLog log, List<EventLog> others, CancellationToken ct)
    {
        var seen = new List<EventSummary>(others.Count);
        foreach (var other in others)
        {
            if (await SeenAsync(scope, log, other, ct))
            {
                seen.Add(EventSummary.Of(other));
            }
        }

        return seen;
    }

    private static string? Waiting(TenantScope scope, EventLog log) =>
        scope.AutomationsPausedAt is { } since && log.Status is EventStatus.Received or EventStatus.Scheduled or EventStatus.Processing
            ? $"Waits: the automations of this client have been paused since {Moments.Write(since)}. It goes on when they are resumed."
            : null;

    /// <summary>As things stand: who has connected Google meanwhile has nothing to do any more.</summary>
    private static Remedy? MeetRemedy(TenantScope scope, MeetTrace? meet) =>
        meet is null or { Warning: null } or { Warning: EventProcessing.NoStart } or { Cancelled: MeetingCancellation.Done } or { Link: not null, Cancelled: not MeetingCancellation.Failed } ? null
        : scope.Tenant.Google switch { null => Remedy.ConnectGoogle, { NeedsReconnect: true } => Remedy.ReconnectGoogle, _ => null };

    private static FilterDefinition<EventLog> Failing(ObjectId? rule)
    {
        var action = new BsonDocument { ["ruleId"] = rule, ["status"] = ActionStatus.Failed.Word() };
        var ended = Builders<EventLog>.Filter.In(e => e.Status, EventLog.WithFailures);
        return rule is null ? ended : ended & new BsonDocument("actions", new BsonDocument("$elemMatch", action));
    }

    private static FilterDefinition<EventLog> Read(TenantScope scope, EventFilter filter)
    {
        var check = new Check();
        check.OneOf(filter.Trigger, "trigger", (IReadOnlyCollection<string>)TriggerCatalogue.Names);
        var key = check.Text(filter.CorrelationKey, "correlationKey");
        var phone = check.Phone(filter.Phone, "phone", scope.Settings.Country);
        check.Throw();

        var matching = DateRange.Read(filter.StartDate, filter.EndDate, scope.Settings.TimeZone).On<EventLog>(e => e.ReceivedAt);
        matching = filter.Trigger is { } trigger ? matching & Builders<EventLog>.Filter.Eq(e => e.Trigger, trigger) : matching;
        matching = !string.IsNullOrEmpty(key) ? matching & Builders<EventLog>.Filter.Eq(e => e.CorrelationKey, key) : matching;
        var rule = Ids.ParseOptional(filter.RuleId, "ruleId");
        matching = rule is null ? matching : matching & new BsonDocument(EventLog.ActingRule, rule.Value);
        matching = filter.Failing == true ? matching & Failing(rule) : matching;
        matching = phone is null ? matching : matching & Builders<EventLog>.Filter.Eq(e => e.Phone, phone);
        return EnumWords.Parse<EventStatus>(filter.Status, "status") is { } status ? matching & Builders<EventLog>.Filter.Eq(e => e.Status, status) : matching;
    }
}
