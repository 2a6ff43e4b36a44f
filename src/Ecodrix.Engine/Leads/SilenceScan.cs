using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Bson.Serialization.Attributes;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>How far the scan for silence has come: per number of days, up to which moment leads have been dealt with.</summary>
internal sealed class ScanMark
{
    public const string Collection = "scans";

    /// <summary><c>silence:7</c>.</summary>
    [BsonId]
    public required string Id { get; set; }

    public DateTime Until { get; set; }
}

/// <summary>
/// Fires <c>no_contact</c> for open leads that nobody has been in touch with for as many days as some rule asks. Each scan reads, by
/// index, only those whose silence has reached the number of days since the scan before: so each silence fires once for each number.
/// </summary>
public sealed class SilenceScan
{
    /// <summary>What a rule without a number of days means.</summary>
    public const int DefaultDays = 7;

    // Not at night: what the rules do is a message to a person.
    private const int Morning = 9;
    private const int Noon = 12;

    private readonly ControlDb _control;
    private readonly TenantDirectory _directory;
    private readonly JobQueue _queue;
    private readonly TimeProvider _clock;
    private readonly ILogger<SilenceScan> _log;

    internal SilenceScan(ControlDb control, TenantDirectory directory, JobQueue queue, TimeProvider clock, ILogger<SilenceScan> log)
    {
        _log = log;
        _control = control;
        _directory = directory;
        _queue = queue;
        _clock = clock;
    }

    /// <summary>Has the scan done for every active tenant whose morning it is. Called each hour; each tenant is scanned once a day.</summary>
    /// <returns>How many tenants were given a scan.</returns>
    public async Task<int> EnqueueDueAsync(CancellationToken ct)
    {
        var enqueued = 0;
        using var cursor = await _control.Tenants.Find(t => t.Status == TenantStatus.Active).Project(t => new { t.Code, t.TimeZone }).ToCursorAsync(ct);
        while (await cursor.MoveNextAsync(ct))
        {
            foreach (var tenant in cursor.Current)
            {
                try
                {
                    var local = TimeZoneInfo.ConvertTime(_clock.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById(tenant.TimeZone));
                    if (local.Hour is >= Morning and < Noon && await _directory.OpenForSystemAsync(tenant.Code, ct) is { } scope)
                    {
                        await EnqueueAsync(scope, $"{local:yyyy-MM-dd}", ct);
                        enqueued++;
                    }
                }
                catch (Exception e) when (!ct.IsCancellationRequested)
                {
                    // One tenant that cannot be opened keeps no other waiting; it is tried again in an hour.
                    _log.LogWarning(e, "{Tenant} was given no scan for silence", tenant.Code);
                }
            }
        }

        return enqueued;
    }

    /// <summary>
    /// Has one lead looked at on the next morning: contact that is entered days later begins a silence which the scans may have passed already.
    /// </summary>
    internal async Task LookAgainAsync(TenantScope scope, ObjectId lead, DateTime contact, CancellationToken ct)
    {
        var now = _clock.GetUtcNow();
        if (contact > now.UtcDateTime.AddDays(-1))
        {
            return;
        }

        var zone = TimeZoneInfo.FindSystemTimeZoneById(scope.Settings.TimeZone);
        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        var morning = local.Hour < Morning ? local.Date : local.Date.AddDays(1);
        var job = new NewJob(Ids.From(SilenceJob.JobKind, scope.Code, lead.ToString(), $"{contact.Ticks}"), SilenceJob.JobKind, new BsonDocument("lead", lead))
        {
            RunAt = local.Hour is >= Morning and < Noon ? now.UtcDateTime : DateRange.StartOf(DateOnly.FromDateTime(morning), zone).AddHours(Morning),
            Priority = JobPriority.Low,
        };
        await _queue.EnqueueAsync(scope, [job], ct);
    }

    internal Task EnqueueAsync(TenantScope scope, string day, CancellationToken ct) => _queue.EnqueueAsync(
        scope, [new NewJob(Ids.From(SilenceJob.JobKind, scope.Code, day), SilenceJob.JobKind, []) { Priority = JobPriority.Low }], ct);
}

/// <summary>Scans one tenant.</summary>
internal sealed class SilenceJob(RuleBook rules, Outbox outbox, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "leads.silence";

    private const int Batch = 500;

    private static readonly ProjectionDefinition<Lead> OfSilence = Builders<Lead>.Projection.Include(l => l.SilentSince).Include(l => l.LastContactedAt);

    public string Kind => JobKind;

    public bool MayBeCalledOff => false;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var scope = run.Scope;
        var listening = await rules.ListeningAsync(scope, Trigger.NoContact, ct);
        foreach (var days in listening.Select(Days).Distinct().Order())
        {
            await (run.Payload.Contains("lead") ? LookAsync(scope, run.Ref("lead"), days, ct) : ScanAsync(scope, days, ct));
        }

        return JobResult.Done;
    }

    /// <summary>The days a rule asks for.</summary>
    public static int Days(Rule rule) =>
        rule.TriggerConfig.TryGetValue("days", out var days) && days.IsNumeric ? Math.Max(1, days.ToInt32()) : SilenceScan.DefaultDays;

    private static IMongoCollection<ScanMark> Marks(TenantScope scope) => scope.Db.Collection<ScanMark>(ScanMark.Collection);

    private static string Mark(int days) => $"silence:{days}";

    /// <summary>Looks at one lead whose silence the scans may have passed. One they have yet to come to is theirs.</summary>
    private async Task LookAsync(TenantScope scope, ObjectId id, int days, CancellationToken ct)
    {
        if (await Marks(scope).FindByIdAsync(Mark(days), ct) is { } mark
            && await scope.Db.Leads.Find(l => l.Id == id && l.Status == LeadStatus.Open && l.SilentSince <= mark.Until).Project<Lead>(OfSilence).FirstOrDefaultAsync(ct) is { } lead)
        {
            await outbox.ArmAsync(scope, ct);
            await scope.Db.Leads.BulkWriteAsync([Silent(scope, lead, days, clock.GetUtcNow().UtcDateTime)], null, ct);
            outbox.Wake(scope, id);
        }
    }

    private static UpdateOneModel<Lead> Silent(TenantScope scope, Lead lead, int days, DateTime now)
    {
        var change = Outbox.Change(scope, now, null, $"Nobody in touch for {days} days", Trigger.NoContact, new BsonDocument
        {
            ["days"] = (int)(now - lead.SilentSince).TotalDays,
            ["threshold"] = days,
            ["lastContactedAt"] = lead.LastContactedAt is { } at ? at : BsonNull.Value,
        });
        // The same silence always gets the same event, so that a scan that was cut off can be repeated.
        change.Id = Ids.From(Trigger.NoContact, lead.Id.ToString(), $"{lead.SilentSince.Ticks}", $"{days}");
        return new UpdateOneModel<Lead>(
            Builders<Lead>.Filter.Where(l => l.Id == lead.Id && l.SilentSince == lead.SilentSince && l.Status == LeadStatus.Open),
            Builders<Lead>.Update.Push(l => l.Pending, change));
    }

    private async Task ScanAsync(TenantScope scope, int days, CancellationToken ct)
    {
        var from = (await Marks(scope).FindByIdAsync(Mark(days), ct))?.Until ?? DateTime.MinValue;
        var now = clock.GetUtcNow().UtcDateTime;
        var until = now.AddDays(-days);
        using var cursor = await scope.Db.Leads
            .Find(l => l.Status == LeadStatus.Open && l.SilentSince > from && l.SilentSince <= until, new FindOptions { BatchSize = Batch })
            .SortBy(l => l.SilentSince).Project<Lead>(OfSilence).ToCursorAsync(ct);
        while (await cursor.MoveNextAsync(ct))
        {
            var writes = cursor.Current.Select(lead => (lead.Id, Write: Silent(scope, lead, days, now))).ToList();
            if (writes.Count > 0)
            {
                await outbox.ArmAsync(scope, ct);
                await scope.Db.Leads.BulkWriteAsync(writes.Select(w => w.Write), new BulkWriteOptions { IsOrdered = false }, ct);
                writes.ForEach(w => outbox.Wake(scope, w.Id));
            }
        }

        await Marks(scope).UpdateOneAsync(m => m.Id == Mark(days), Builders<ScanMark>.Update.Max(m => m.Until, until), new UpdateOptions { IsUpsert = true }, ct);
    }
}
