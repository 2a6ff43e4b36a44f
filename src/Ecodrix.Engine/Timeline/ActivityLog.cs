using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Timeline;

/// <summary>Logs what happened with a lead.</summary>
public sealed class ActivityLog
{
    private const int LongestBody = 10_000;

    /// <summary>What may be logged by hand; all but custom count as contact.</summary>
    private static readonly ActivityType[] ByHand = [ActivityType.Call, ActivityType.Meeting, ActivityType.Email, ActivityType.Whatsapp, ActivityType.Custom];

    private static readonly ProjectionDefinition<Lead> WhereAndWhose = Builders<Lead>.Projection.Include(l => l.PipelineId).Include(l => l.AssignedTo);

    private readonly LeadWrites _leads;
    private readonly SilenceScan _silence;
    private readonly ILiveBus _live;
    private readonly TimeProvider _clock;

    internal ActivityLog(LeadWrites leads, SilenceScan silence, ILiveBus live, TimeProvider clock)
    {
        _silence = silence;
        _leads = leads;
        _live = live;
        _clock = clock;
    }

    /// <summary>Logs a meeting, an e-mail and the like. Contact moves the lead's <c>lastContactedAt</c> forward.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<TimelineEntryView> LogAsync(TenantScope scope, string leadId, NewActivity input, CancellationToken ct)
    {
        var check = new Check();
        check.OneOf(input.Type, "type", [.. ByHand.Select(t => t.Word())]);
        var title = check.Required(input.Title, "title", 200);
        var body = check.Text(input.Body, "body", LongestBody);
        var by = check.Text(input.PerformedBy, "performedBy", 100);
        var at = ReadTime(check, input.OccurredAt);
        check.Throw();
        var type = EnumWords.Parse<ActivityType>(input.Type, "type") ?? ActivityType.Custom;
        return await AddAsync(scope, leadId, new Activity { Id = ObjectId.GenerateNewId(), Type = type, Title = title, Body = body, PerformedBy = by ?? scope.Actor.Name, At = at }, ct);
    }

    /// <summary>Logs a phone call and moves the lead's <c>lastContactedAt</c> forward.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<TimelineEntryView> LogCallAsync(TenantScope scope, string leadId, NewCall input, CancellationToken ct)
    {
        var check = new Check();
        check.Range(input.DurationMinutes, "durationMinutes", 0, 1440);
        var summary = check.Text(input.Summary, "summary", LongestBody);
        var outcome = check.Text(input.Outcome, "outcome", 100);
        var by = check.Text(input.PerformedBy, "performedBy", 100);
        var at = ReadTime(check, input.OccurredAt);
        check.Throw();
        var call = new Activity
        {
            Id = ObjectId.GenerateNewId(),
            Type = ActivityType.Call,
            Title = input.DurationMinutes is { } minutes ? $"Call, {minutes:0.##} min" : "Call",
            Body = summary,
            DurationMinutes = input.DurationMinutes,
            Outcome = outcome,
            PerformedBy = by ?? scope.Actor.Name,
            At = at,
        };
        return await AddAsync(scope, leadId, call, ct);
    }

    /// <summary>
    /// Enters something the platform did or saw. An entry with a known id stays as it is, so this may be repeated; the entry of a lead that
    /// was merged goes to the one that stayed, and a lead that is gone gets none.
    /// </summary>
    /// <param name="scope">The tenant; its actor is who did it unless the entry says.</param>
    /// <param name="entry">The entry, with an id made from what caused it (<see cref="Ids.From"/>).</param>
    /// <param name="contact">Whether somebody was in touch with the person: moves <c>lastContactedAt</c> forward.</param>
    /// <param name="ct">Cancels.</param>
    internal async Task RecordAsync(TenantScope scope, Activity entry, bool contact, CancellationToken ct)
    {
        var lead = await LookAsync(scope, entry.LeadId, ct);
        if (lead is null)
        {
            entry.LeadId = (await MergedLeads.WayAsync(scope, entry.LeadId, ct))[^1];
            lead = await LookAsync(scope, entry.LeadId, ct);
        }

        if (lead is null)
        {
            return;
        }

        entry.PipelineId = lead.PipelineId;
        entry.EventLogId ??= scope.Cause?.EventId;
        entry.ActorKind = scope.Actor.Kind;
        if (contact)
        {
            await _leads.TouchAsync(scope, entry.LeadId, entry.At, ct);
            await _silence.LookAgainAsync(scope, entry.LeadId, entry.At, ct);
        }

        if (await InsertAsync(scope, entry, ct))
        {
            _live.Publish(scope.Code, "lead.updated", new { id = entry.LeadId.ToString(), what = "activity" }, lead.AssignedTo);
        }
    }

    /// <summary>Inserts an entry; false when its id was there.</summary>
    internal static async Task<bool> InsertAsync(TenantScope scope, Activity entry, CancellationToken ct)
    {
        try
        {
            await scope.Db.Activities.InsertOneAsync(entry, null, ct);
            return true;
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            return false;
        }
    }

    private static async Task<Lead?> LookAsync(TenantScope scope, ObjectId leadId, CancellationToken ct) =>
        await scope.Db.Leads.Find(l => l.Id == leadId).Project<Lead>(WhereAndWhose).FirstOrDefaultAsync(ct);

    private async Task<TimelineEntryView> AddAsync(TenantScope scope, string leadId, Activity entry, CancellationToken ct)
    {
        entry.LeadId = (await scope.RequireLeadAsync(leadId, ct)).Id;
        await RecordAsync(scope, entry, entry.Type != ActivityType.Custom, ct);
        return TimelineEntryView.Of(entry);
    }

    private DateTime ReadTime(Check check, DateTimeOffset? sent)
    {
        var now = _clock.GetUtcNow();
        check.That(sent is null || sent <= now.AddMinutes(5), "occurredAt", "occurredAt must not lie in the future.");
        return (sent ?? now).UtcDateTime;
    }
}
