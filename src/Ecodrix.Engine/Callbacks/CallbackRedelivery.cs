using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Callbacks;

/// <summary>Which callbacks to send again.</summary>
public sealed record RedeliveryRequest
{
    /// <summary><c>failed</c>, <c>delivered</c> or <c>retrying</c>; <c>failed</c> when absent.</summary>
    public string? Status { get; init; }

    /// <summary>Callbacks made on or after this day or time.</summary>
    public string? StartDate { get; init; }

    /// <summary>Callbacks made up to and including this day or time.</summary>
    public string? EndDate { get; init; }

    /// <summary>Absent or false only counts; true sends.</summary>
    public bool? Confirm { get; init; }
}

/// <summary>How many callbacks a filter means, and the job that sends them.</summary>
/// <param name="Count">Callbacks that match now.</param>
/// <param name="JobId">The job; null while nothing was confirmed, or nothing matches.</param>
/// <param name="Message">What to do next.</param>
public sealed record RedeliveryView(long Count, string? JobId, string Message);

/// <summary>Sends callbacks again: the same body under the same <c>webhook-id</c>, so that a receiver that had it can tell.</summary>
public sealed class CallbackRedelivery
{
    private readonly CallbackOutbox _outbox;
    private readonly JobQueue _queue;
    private readonly EventFeed _feed;

    internal CallbackRedelivery(CallbackOutbox outbox, JobQueue queue, EventFeed feed)
    {
        _outbox = outbox;
        _queue = queue;
        _feed = feed;
    }

    /// <summary>Sends one callback again, now, with a whole schedule of tries.</summary>
    /// <exception cref="RefusedException">INVALID_ID, CALLBACK_NOT_FOUND, WEBHOOK_SECRET_MISSING.</exception>
    public async Task<CallbackView> RedeliverAsync(TenantScope scope, string callbackId, CancellationToken ct)
    {
        var callback = await CallbackSearch.RequireAsync(scope, callbackId, ct);
        RequireSecret(scope);
        // Once it is begun it is carried through, whether or not who asked still waits: halfway it would be pending, and nothing would deliver it.
        return CallbackView.Of(await AgainAsync(scope, callback, ObjectId.GenerateNewId(), CancellationToken.None));
    }

    /// <summary>Counts what a filter means; when confirmed, sends all of it again in the background.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, WEBHOOK_SECRET_MISSING.</exception>
    public async Task<RedeliveryView> RedeliverAllAsync(TenantScope scope, RedeliveryRequest request, CancellationToken ct)
    {
        scope.RequireSeesAll("Sending many callbacks again");
        var status = EnumWords.Parse<CallbackStatus>(request.Status, "status") ?? CallbackStatus.Failed;
        if (status == CallbackStatus.Pending)
        {
            throw RefusedException.Validation("status", "Pending callbacks are on their way. Choose failed, retrying or delivered.");
        }

        var range = DateRange.Read(request.StartDate, request.EndDate, scope.Settings.TimeZone);
        var count = await scope.Db.Callbacks.CountDocumentsAsync(RedeliveryJob.Which(status, range), null, ct);
        if (count == 0)
        {
            return new RedeliveryView(0, null, "No callback matches; there is nothing to send.");
        }

        if (request.Confirm != true)
        {
            return new RedeliveryView(count, null, "Nothing was sent yet. Send the same request with confirm: true to send them again.");
        }

        RequireSecret(scope);
        var payload = new BsonDocument
        {
            ["status"] = status.Word(),
            ["from"] = range.From is { } from ? from : BsonNull.Value,
            ["until"] = range.Until is { } until ? until : BsonNull.Value,
        };
        var job = new NewJob(ObjectId.GenerateNewId(), RedeliveryJob.JobKind, payload) { Priority = JobPriority.Low };
        await _queue.EnqueueAsync(scope, [job], ct);
        return new RedeliveryView(count, job.Id.ToString(), "They are being sent again; the job tells how far it is.");
    }

    /// <summary>Puts a callback back to its beginning and has it delivered.</summary>
    internal async Task<Callback> AgainAsync(TenantScope scope, Callback callback, ObjectId round, CancellationToken ct)
    {
        // The callback first, its job second: a crash in between leaves a pending callback of this round, which the round looks for when it begins again.
        var again = await scope.Db.Callbacks.FindOneAndUpdateAsync<Callback>(
            c => c.Id == callback.Id,
            Callback.Again(callback).Set(c => c.Round, round),
            new FindOneAndUpdateOptions<Callback> { ReturnDocument = ReturnDocument.After },
            ct) ?? throw CallbackRefusals.NotFound(callback.Id.ToString());
        await _queue.RestartAsync(scope, CallbackOutbox.Job(again), ct);
        await scope.Db.Events.UpdateOneAsync(
            e => e.Id == again.EventLogId,
            Builders<EventLog>.Update.Set(e => e.Callback, new CallbackTrace { Id = again.Id, Status = CallbackStatus.Pending.Word(), Attempts = again.Attempts.Count }),
            null,
            ct);
        await _feed.UpdatedAsync(scope, [again.EventLogId], ct);
        return again;
    }

    private void RequireSecret(TenantScope scope)
    {
        if (_outbox.Warning(scope) is { } warning)
        {
            throw CallbackRefusals.NoSecret(warning);
        }
    }
}

/// <summary>Sends many callbacks again, newest first, and says how far it is.</summary>
internal sealed class RedeliveryJob(CallbackRedelivery redelivery, JobQueue queue) : IJobHandler
{
    public const string JobKind = "callback.redeliver";

    private const int Batch = 200;

    /// <summary>What it takes to send one again: which it is, and how many attempts there were.</summary>
    private static readonly ProjectionDefinition<Callback, Callback> Needed = Builders<Callback>.Projection.Include(c => c.EventLogId).Include("attempts.at");

    public string Kind => JobKind;

    /// <summary>The callbacks of a status made in a range.</summary>
    public static FilterDefinition<Callback> Which(CallbackStatus status, DateRange range) =>
        Builders<Callback>.Filter.Eq(c => c.Status, status) & range.On<Callback>(c => c.CreatedAt);

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var (scope, payload) = (run.Scope, run.Payload);
        var range = new DateRange(payload["from"].ToNullableUniversalTime(), payload["until"].ToNullableUniversalTime());
        var which = Which(EnumWords.Parse<CallbackStatus>(payload["status"].AsString, "status")!.Value, range);
        var total = Math.Max(1, await scope.Db.Callbacks.CountDocumentsAsync(which, null, ct));
        if (run.Attempt > 1)
        {
            await RestartAsync(scope, run.Id, ct);
        }

        // What was sent again may match again before the round is over, so the round itself is what passes it over.
        var rest = which & Builders<Callback>.Filter.Ne(c => c.Round, run.Id);
        for (var done = 0L; ;)
        {
            var batch = await scope.Db.Callbacks.Find(rest).SortByDescending(c => c.CreatedAt).ThenByDescending(c => c.Id).Limit(Batch).Project(Needed).ToListAsync(ct);
            if (batch.Count == 0)
            {
                return JobResult.Done;
            }

            foreach (var callback in batch)
            {
                await redelivery.AgainAsync(scope, callback, run.Id, ct);
            }

            done += batch.Count;
            await queue.ReportAsync(run.Id, (double)done / total, new BsonDocument("redelivered", done), ct);
        }
    }

    private async Task RestartAsync(TenantScope scope, ObjectId round, CancellationToken ct)
    {
        using var begun = await scope.Db.Callbacks.Find(c => c.Status == CallbackStatus.Pending && c.Round == round).Project(Needed).ToCursorAsync(ct);
        while (await begun.MoveNextAsync(ct))
        {
            foreach (var callback in begun.Current)
            {
                await queue.RestartAsync(scope, CallbackOutbox.Job(callback), ct);
            }
        }
    }
}
