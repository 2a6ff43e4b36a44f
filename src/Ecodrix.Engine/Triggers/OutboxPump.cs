using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>Carries out what changes of leads must cause: timeline entries and system triggers.</summary>
public sealed class OutboxPump
{
    private const int Readers = 4;

    /// <summary>How many leads are read, and written, by one command.</summary>
    private const int Batch = 100;

    private readonly OutboxSignal _signal;
    private readonly TenantDirectory _directory;
    private readonly EventProcessing _processing;
    private readonly RuleBook _rules;
    private readonly ConversationOwners _owners;
    private readonly EventFeed _feed;
    private readonly ILogger<OutboxPump> _log;

    internal OutboxPump(
        OutboxSignal signal, TenantDirectory directory, EventProcessing processing, RuleBook rules, ConversationOwners owners, EventFeed feed, ILogger<OutboxPump> log)
    {
        _signal = signal;
        _directory = directory;
        _processing = processing;
        _rules = rules;
        _owners = owners;
        _feed = feed;
        _log = log;
    }

    /// <summary>Pumps until told to stop.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => ReadAsync(stop)));

    /// <summary>Pumps what this node knows of now. For stepping the pump without its loop.</summary>
    /// <returns>How many leads it looked at.</returns>
    public async Task<int> RunDueAsync(CancellationToken ct)
    {
        var done = 0;
        while (_signal.Leads.TryRead(out var next))
        {
            done += await PumpWithOthersAsync(next, ct);
        }

        return done;
    }

    /// <summary>Carries out what leads have pending. Answers of how many it did; what one lead fails with keeps no other waiting.</summary>
    internal async Task<int> PumpAsync(TenantScope scope, IReadOnlyCollection<Lead> leads, CancellationToken ct)
    {
        await InsertAsync(scope, [.. leads.SelectMany(lead => lead.Pending.Where(p => p.Activity is not null).Select(p => Entry(lead, p)))], ct);
        var done = new List<Lead>(leads.Count);
        foreach (var lead in leads)
        {
            try
            {
                await CauseAsync(scope, lead, ct);
                done.Add(lead);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                _log.LogWarning(e, "What lead {Lead} of {Tenant} causes waits for the drain", lead.Id, scope.Code);
            }
        }

        if (done.Count > 0)
        {
            await scope.Db.Leads.UpdateManyAsync(
                Builders<Lead>.Filter.In(l => l.Id, done.Select(l => l.Id)),
                Builders<Lead>.Update.PullFilter(l => l.Pending, Builders<PendingChange>.Filter.In(p => p.Id, done.SelectMany(l => l.Pending).Select(p => p.Id))),
                null,
                ct);
        }

        return done.Count;
    }

    private async Task CauseAsync(TenantScope scope, Lead lead, CancellationToken ct)
    {
        foreach (var given in lead.Pending.Where(p => p.Activity == ActivityType.Assigned))
        {
            await _owners.FollowAsync(scope, lead.Id, Owner(given, "from"), Owner(given, "to"), ct);
        }

        foreach (var change in lead.Pending.Where(p => p.Trigger is not null))
        {
            if ((await _rules.ListeningAsync(scope, change.Trigger!, ct)).Count > 0)
            {
                await FireAsync(scope, lead, change, ct);
            }
        }
    }

    private async Task ReadAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var next in _signal.Leads.ReadAllAsync(stop))
            {
                await PumpWithOthersAsync(next, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop; the drain finds the rest.
        }
    }

    /// <summary>Carries out what a lead has pending, together with those that wait behind it. Answers how many it looked at.</summary>
    private async Task<int> PumpWithOthersAsync((string Tenant, ObjectId Lead) next, CancellationToken ct)
    {
        List<(string Tenant, ObjectId Lead)> told = [next];
        while (told.Count < Batch && _signal.Leads.TryRead(out var other))
        {
            told.Add(other);
        }

        foreach (var tenant in told.Distinct().GroupBy(t => t.Tenant, t => t.Lead))
        {
            try
            {
                if (await _directory.OpenForSystemAsync(tenant.Key, ct) is { } scope)
                {
                    var pending = Builders<Lead>.Filter.In(l => l.Id, tenant) & Builders<Lead>.Filter.SizeGt(l => l.Pending, 0);
                    await PumpAsync(scope, await scope.Db.Leads.Find(pending).ToListAsync(ct), ct);
                }
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                _log.LogWarning(e, "What leads of {Tenant} cause waits for the drain", tenant.Key);
            }
        }

        return told.Count;
    }

    private async Task FireAsync(TenantScope scope, Lead lead, PendingChange change, CancellationToken ct)
    {
        using var activity = Telemetry.Activities.StartActivity($"event {change.Trigger}", System.Diagnostics.ActivityKind.Internal, change.TraceParent);
        var log = new EventLog
        {
            Id = change.Id,
            Trigger = change.Trigger!,
            Source = EventSource.System,
            Status = EventStatus.Received,
            Phone = lead.Phone,
            Email = lead.Email,
            LeadId = lead.Id,
            Request = change.Data ?? [],
            FiredBy = change.By,
            CausedBy = change.CausedBy,
            Depth = change.Depth,
            Chain = change.Chain ?? [],
            ReceivedAt = change.At,
        };
        try
        {
            await scope.Db.Events.InsertOneAsync(log, null, ct);
            log.CountAccepted();
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            var known = await scope.Db.Events.Find(l => l.Id == log.Id).FirstAsync(ct);
            if (known.Status != EventStatus.Received)
            {
                return;
            }
        }

        await _processing.ProcessAsync(scope, log, ct);
        await _feed.UpdatedAsync(scope, log, ct);
    }

    private static string? Owner(PendingChange given, string side) =>
        given.Data?.GetValue(side, BsonNull.Value) is BsonString { Value.Length: > 0 } name ? name.Value : null;

    private static Activity Entry(Lead lead, PendingChange change) => new()
    {
        Id = change.Id,
        LeadId = lead.Id,
        PipelineId = lead.PipelineId,
        Type = change.Activity!.Value,
        Title = change.Title,
        Data = change.Data,
        PerformedBy = change.By,
        ActorKind = change.ByKind,
        Noted = true,
        EventLogId = change.CausedBy,
        At = change.At,
    };

    private static async Task InsertAsync(TenantScope scope, List<Activity> activities, CancellationToken ct)
    {
        if (activities.Count == 0)
        {
            return;
        }

        try
        {
            await scope.Db.Activities.InsertManyAsync(activities, new InsertManyOptions { IsOrdered = false }, ct);
        }
        catch (MongoBulkWriteException<Activity> e) when (e.WriteErrors.All(w => w.Category == ServerErrorCategory.DuplicateKey))
        {
            // Entered before a crash.
        }
    }
}
