using System.Text;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Driver;

namespace Ecodrix.Engine.Callbacks;

/// <summary>Tells clients how their events went, until they have heard it or it makes no sense to go on.</summary>
internal sealed class CallbackDelivery(OutboundCalls calls, EventFeed feed, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "callback.deliver";

    /// <summary>A 4xx is the receiver's own no: it gets this many tries, not the whole schedule.</summary>
    private const int TriesForClientErrors = 3;

    private static readonly TimeSpan[] Schedule =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10),
    ];

    public string Kind => JobKind;

    public bool CallsOut => true;

    public async Task ReopenAsync(JobRun run, CancellationToken ct)
    {
        var id = run.Ref("callback");
        if (await run.Scope.Db.Callbacks.Find(c => c.Id == id && c.Status == CallbackStatus.Failed).FirstOrDefaultAsync(ct) is { } failed)
        {
            await run.Scope.Db.Callbacks.UpdateOneAsync(c => c.Id == id && c.Status == CallbackStatus.Failed, Callback.Again(failed), null, ct);
        }
    }

    public async Task CalledOffAsync(JobRun run, string why, CancellationToken ct)
    {
        var id = run.Ref("callback");
        if (await run.Scope.Db.Callbacks.FindByIdAsync(id, ct) is { Status: CallbackStatus.Pending or CallbackStatus.Retrying } callback)
        {
            await EndAsync(run.Scope, callback, null, CallbackStatus.Failed, null, why, ct);
        }
    }

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var scope = run.Scope;
        var callback = await scope.Db.Callbacks.Find(c => c.Id == run.Ref("callback")).FirstOrDefaultAsync(ct);
        if (callback is null || callback.Status is CallbackStatus.Delivered or CallbackStatus.Failed)
        {
            return JobResult.Done;
        }

        var keys = WebhookSigning.KeysOf(scope, clock.GetUtcNow().UtcDateTime);
        if (keys.Current is null)
        {
            return await EndAsync(scope, callback, null, CallbackStatus.Failed, null, "The automationWebhookSecret was removed, and nothing is sent unsigned.", ct);
        }

        var (attempt, retryAfter) = await TryAsync(callback, keys, ct);
        var next = Next(callback.Attempts.Count + 1 - callback.EarlierAttempts, attempt.StatusCode, retryAfter);
        var status = attempt.StatusCode is >= 200 and < 300 ? CallbackStatus.Delivered : next is null ? CallbackStatus.Failed : CallbackStatus.Retrying;
        return await EndAsync(scope, callback, attempt, status, next, attempt.Error ?? $"The receiver answered {attempt.StatusCode}.", ct);
    }

    /// <summary>When to try again after a failed attempt; null when not at all.</summary>
    /// <param name="made">Attempts made so far.</param>
    /// <param name="statusCode">What the receiver answered; null when it did not.</param>
    /// <param name="retryAfter">How long it asked to be left alone.</param>
    internal static TimeSpan? Wait(int made, int? statusCode, TimeSpan? retryAfter)
    {
        var passing = statusCode is null or < 400 or >= 500 or 408 or 409 or 425 or 429;
        if (statusCode == 410 || made > Schedule.Length || (!passing && made >= TriesForClientErrors))
        {
            return null;
        }

        var wait = Schedule[made - 1] * (0.8 + (Random.Shared.NextDouble() * 0.4));
        var asked = retryAfter is { } wish && wish > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : retryAfter;
        return asked > wait ? asked : wait;
    }

    private DateTime? Next(int made, int? statusCode, TimeSpan? retryAfter) => statusCode is >= 200 and < 300
        ? null
        : Wait(made, statusCode, retryAfter) is { } wait ? clock.GetUtcNow().UtcDateTime + wait : null;

    private async Task<(CallbackAttempt Attempt, TimeSpan? RetryAfter)> TryAsync(Callback callback, WebhookSigning keys, CancellationToken ct)
    {
        var at = clock.GetUtcNow().UtcDateTime;
        var answer = await calls.SendAsync(new OutboundCall(HttpMethod.Post, callback.Url, callback.Id.ToString(), Encoding.UTF8.GetBytes(callback.Body)), keys, ct);
        var attempt = new CallbackAttempt
        {
            At = at,
            StatusCode = answer.StatusCode,
            LatencyMs = answer.LatencyMs,
            Address = answer.Address,
            RequestHead = answer.Sent,
            ResponseHead = answer.Head,
            ResponseBody = answer.Body,
            Error = answer.Error,
            Fault = answer.Fault,
        };
        Telemetry.CallbackAttempts.Add(1, Telemetry.Outcome(attempt.StatusCode is { } code ? $"{code / 100}xx" : "unanswered"));
        return (attempt, answer.RetryAfter);
    }

    private async Task<JobResult> EndAsync(
        TenantScope scope, Callback callback, CallbackAttempt? attempt, CallbackStatus status, DateTime? next, string why, CancellationToken ct)
    {
        var ended = status is CallbackStatus.Delivered or CallbackStatus.Failed;
        var update = Builders<Callback>.Update.Set(c => c.Status, status).Set(c => c.NextAttemptAt, next);
        update = attempt is null ? update.Set(c => c.Note, why) : update.Push(c => c.Attempts, attempt);
        update = ended ? update.Set(c => c.FinishedAt, clock.GetUtcNow().UtcDateTime) : update;
        await scope.Db.Callbacks.UpdateOneAsync(c => c.Id == callback.Id, update, null, ct);

        var made = callback.Attempts.Count + (attempt is null ? 0 : 1);
        await scope.Db.Events.UpdateOneAsync(
            e => e.Id == callback.EventLogId,
            Builders<EventLog>.Update.Set(e => e.Callback, new CallbackTrace { Id = callback.Id, Status = status.Word(), Attempts = made }),
            null,
            ct);
        await feed.UpdatedAsync(scope, [callback.EventLogId], ct);
        return status == CallbackStatus.Delivered ? JobResult.Done : next is { } at ? JobResult.Later(at, why) : JobResult.GivenUp(why);
    }
}
