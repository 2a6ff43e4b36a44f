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
                    // Not at night: what the rules do is a message to a person.
                    var local = TimeZoneInfo.ConvertTime(_clock.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById(tenant.TimeZone));
                    if (local.Hour is >= 9 and < 12 && await _directory.OpenForSystemAsync(tenant.Code, ct) is { } scope)
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

    internal Task EnqueueAsync(TenantScope scope, string day, CancellationToken ct) => _queue.EnqueueAsync(
        scope, [new NewJob(Ids.From(SilenceJob.JobKind, scope.Code, day), SilenceJob.JobKind, []) { Priority = JobPriority.Low }], ct);
}

/// <summary>Scans one tenant.</summary>
internal sealed class SilenceJob(RuleBook rules, Outbox outbox, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "leads.silence";

    private const int Batch = 500;

    public string Kind => JobKind;

    public bool MayBeCalledOff => false;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var scope = run.Scope;
        var listening = await rules.ListeningAsync(scope, Trigger.NoContact, ct);
        foreach (var days in listening.Select(Days).Distinct().Order())
        {
            await ScanAsync(scope, days, ct);
        }

        return JobResult.Done;
    }

    /// <summary>The days a rule asks for.</summary>
    public static int Days(Rule rule) =>
        rule.TriggerConfig.TryGetValue("days", out var days) && days.IsNumeric ? Math.Max(1, days.ToInt32()) : SilenceScan.DefaultDays;

    private async Task ScanAsync(TenantScope scope, int days, CancellationToken ct)
    {
        var marks = scope.Db.Collection<ScanMark>(ScanMark.Collection);
        var mark = $"silence:{days}";
        var from = (await marks.FindByIdAsync(mark, ct))?.Until ?? DateTime.MinValue;
        var now = clock.GetUtcNow().UtcDateTime;
        var until = now.AddDays(-days);
        using var cursor = await scope.Db.Leads
            .Find(l => l.Status == LeadStatus.Open && l.SilentSince > from && l.SilentSince <= until, new FindOptions { BatchSize = Batch })
            .SortBy(l => l.SilentSince).Project(l => new { l.Id, l.SilentSince, l.LastContactedAt }).ToCursorAsync(ct);
        while (await cursor.MoveNextAsync(ct))
        {
            var writes = cursor.Current.Select(lead =>
            {
                var change = Outbox.Change(scope, now, null, $"Nobody in touch for {days} days", Trigger.NoContact, new BsonDocument
                {
                    ["days"] = (int)(now - lead.SilentSince).TotalDays,
                    ["threshold"] = days,
                    ["lastContactedAt"] = lead.LastContactedAt is { } at ? at : BsonNull.Value,
                });
                // The same silence always gets the same event, so that a scan that was cut off can be repeated.
                change.Id = Ids.From(Trigger.NoContact, lead.Id.ToString(), $"{lead.SilentSince.Ticks}", $"{days}");
                return (lead.Id, Write: new UpdateOneModel<Lead>(
                    Builders<Lead>.Filter.Where(l => l.Id == lead.Id && l.SilentSince == lead.SilentSince && l.Status == LeadStatus.Open),
                    Builders<Lead>.Update.Push(l => l.Pending, change)));
            }).ToList();
            if (writes.Count > 0)
            {
                await outbox.ArmAsync(scope, ct);
                await scope.Db.Leads.BulkWriteAsync(writes.Select(w => w.Write), new BulkWriteOptions { IsOrdered = false }, ct);
                writes.ForEach(w => outbox.Wake(scope, w.Id));
            }
        }

        await marks.UpdateOneAsync(m => m.Id == mark, Builders<ScanMark>.Update.Max(m => m.Until, until), new UpdateOptions { IsUpsert = true }, ct);
    }
}
