using System.Text.Json.Nodes;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Callbacks;

/// <summary>Writes down what a client shall be told, once for each event and occasion, and enqueues the telling.</summary>
internal sealed class CallbackOutbox(JobQueue queue, TimeProvider clock)
{
    /// <summary>Why a tenant gets no callbacks; null when it does.</summary>
    public string? Warning(TenantScope scope) => WebhookSigning.KeysOf(scope, clock.GetUtcNow().UtcDateTime).Current is null
        ? "No callback will be sent: this client has no automationWebhookSecret to sign it with, and nothing is sent unsigned."
        : null;

    /// <summary>Whether the client is told when an event has ended: it asked for that, and not only for acceptance.</summary>
    public bool Tells(TenantScope scope, EventLog log) => log.Request.GetValue("callbackOn", BsonNull.Value) != "accepted" && Address(scope, log) is not null;

    /// <summary>Tells that an event has ended, if the client wants to know.</summary>
    public Task EnqueueFinishedAsync(TenantScope scope, EventLog log, CancellationToken ct) =>
        Tells(scope, log) ? EnqueueAsync(scope, log, log.Status.Word(), ct) : Task.CompletedTask;

    /// <summary>Tells a status. Without a URL or a secret there is nothing to tell. Safe to repeat.</summary>
    public async Task EnqueueAsync(TenantScope scope, EventLog log, string status, CancellationToken ct)
    {
        if (Address(scope, log) is not { } url)
        {
            return;
        }

        var callback = new Callback
        {
            // An event that was taken up again and ended anew is told anew.
            Id = log.Reopened == 0 ? Ids.From(log.Id.ToString(), "callback") : Ids.From(log.Id.ToString(), "callback", $"{log.Reopened}"),
            EventLogId = log.Id,
            Trigger = log.Trigger,
            Url = url,
            Body = "",
            Status = CallbackStatus.Pending,
            CreatedAt = clock.GetUtcNow().UtcDateTime,
        };
        callback.Body = Body(log, callback, status);
        try
        {
            await scope.Db.Callbacks.InsertOneAsync(callback, null, ct);
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            // Written before a crash: what was signed then is what is sent.
        }

        log.Callback = new CallbackTrace { Id = callback.Id, Status = CallbackStatus.Pending.Word() };
        await queue.EnqueueAsync(scope, [Job(callback)], ct);
    }

    private string? Address(TenantScope scope, EventLog log) =>
        !log.OfSystem && log.Request.GetValue("callbackUrl", BsonNull.Value) is BsonString { Value: var url } && Warning(scope) is null ? url : null;

    /// <summary>The job that delivers a callback.</summary>
    public static NewJob Job(Callback callback) =>
        new(callback.Id, CallbackDelivery.JobKind, new BsonDocument("callback", callback.Id)) { MaxAttempts = 1000, EventLogId = callback.EventLogId };

    private static string Body(EventLog log, Callback callback, string status) => new JsonObject
    {
        ["id"] = callback.Id.ToString(),
        ["trigger"] = log.Trigger,
        ["status"] = status,
        ["eventLogId"] = log.Id.ToString(),
        ["leadId"] = log.LeadId?.ToString(),
        ["meetLink"] = log.Meet?.Link,
        ["rulesMatched"] = log.Rules.Count(r => r.Matched),
        ["actions"] = new JsonArray([.. log.Actions.Select(a => new JsonObject { ["type"] = a.Type, ["status"] = a.Status.Word(), ["error"] = a.Error })]),
        ["metadata"] = BsonJson.ToJson(log.Request.GetValue("callbackMetadata", BsonNull.Value)),
        ["occurredAt"] = Moments.Write(log.FinishedAt ?? log.ReceivedAt),
    }.ToJsonString(EcodrixJson.Options);
}
