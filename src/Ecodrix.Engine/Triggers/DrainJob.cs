using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>Finds and finishes what a crash left behind in one tenant, the oldest first. What one event fails with keeps no other waiting.</summary>
internal sealed class DrainJob(OutboxPump pump, EventProcessing processing, PendingWork pending, EventFeed feed, ILogger<DrainJob> log, TimeProvider clock) : IJobHandler
{
    private const int Batch = 200;

    /// <summary>How many batches one run does, so that it ends before its lease.</summary>
    private const int MostBatches = 20;

    /// <summary>How often an event that fails is taken up again.</summary>
    private const int MostTries = 5;

    private static readonly FindOneAndUpdateOptions<EventLog> After = new() { ReturnDocument = ReturnDocument.After };

    public string Kind => Outbox.DrainKind;

    public bool MayBeCalledOff => false;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var scope = run.Scope;
        var failed = new List<ObjectId>();
        for (var batch = 0; batch < MostBatches; batch++)
        {
            var repaired = await RepairAsync(scope, ct);
            var leads = await scope.Db.Leads.Find(new BsonDocument("pending._id", new BsonDocument("$gt", ObjectId.Empty))).Limit(Batch).ToListAsync(ct);
            var events = await EventsAsync(scope, failed, ct);
            if (repaired + leads.Count + events.Count == 0)
            {
                return failed.Count == 0 ? JobResult.DoneAndForgotten : throw new InvalidOperationException($"{failed.Count} events could not be worked on; the log says why.");
            }

            var carriedOut = leads.Count == 0 ? 0 : await pump.PumpAsync(scope, leads, ct);
            foreach (var received in events)
            {
                if (!await WorkAsync(scope, received, ct))
                {
                    failed.Add(received.Id);
                }
            }

            if (leads.Count > 0 && carriedOut + repaired + events.Count == 0)
            {
                // Nothing but what fails is left: it is tried again, but less and less often.
                throw new InvalidOperationException($"What {leads.Count} leads cause could not be carried out; the log says why.");
            }
        }

        return JobResult.Later(clock.GetUtcNow().UtcDateTime, null, countsAsAttempt: false);
    }

    private async Task<int> RepairAsync(TenantScope scope, CancellationToken ct)
    {
        try
        {
            return await pending.RepairAsync(scope, Batch, ct);
        }
        catch (Exception e) when (e is not (MongoConnectionException or TimeoutException) && !ct.IsCancellationRequested)
        {
            log.LogWarning(e, "What is half called off in {Tenant} stays so for now", scope.Code);
            return 0;
        }
    }

    private static Task<List<EventLog>> EventsAsync(TenantScope scope, List<ObjectId> but, CancellationToken ct) =>
        scope.Db.Events.Find(Builders<EventLog>.Filter.Eq(e => e.Status, EventStatus.Received) & Builders<EventLog>.Filter.Nin(e => e.Id, but))
            .SortBy(e => e.ReceivedAt).ThenBy(e => e.Id).Limit(Batch).ToListAsync(ct);

    /// <summary>Works on an event; answers false when it failed and shall be tried again another time.</summary>
    private async Task<bool> WorkAsync(TenantScope scope, EventLog received, CancellationToken ct)
    {
        try
        {
            await processing.ProcessAsync(scope, received, ct);
            return true;
        }
        catch (Exception e) when (e is not (MongoConnectionException or TimeoutException) && !ct.IsCancellationRequested)
        {
            log.LogWarning(e, "Event {Event} of {Tenant} could not be worked on", received.Id, scope.Code);
            var tried = await scope.Db.Events.FindOneAndUpdateAsync(
                l => l.Id == received.Id && l.Status == EventStatus.Received, Builders<EventLog>.Update.Inc(l => l.Failures, 1), After, ct);
            if (tried is null || (e is not RefusedException && tried.Failures < MostTries))
            {
                return tried is null;
            }

            var why = e is RefusedException ? e.Message : $"It could not be worked on, {MostTries} times; the platform's log says why. Replay it when the cause is gone.";
            await processing.GiveUpAsync(scope, tried, why, ct);
            await feed.UpdatedAsync(scope, tried, ct);
            return true;
        }
    }
}
