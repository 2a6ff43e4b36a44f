using System.Collections.Concurrent;
using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Logging;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Works a tenant's stored webhooks off, in batches: statuses move messages forward, messages go into their conversations, the rest is kept as notices.</summary>
internal sealed class WebhookJob(
    WebhookStore store, StatusUpdates statuses, InboundMessages inbound, ContactChanges contacts, AccountUpdates account, TimeProvider clock, ILogger<WebhookJob> log) : IJobHandler
{
    public const string JobKind = "whatsapp.webhook";

    private const int Batch = 200;

    /// <summary>How many contacts and messages are worked on at once.</summary>
    private const int AtOnce = 16;

    /// <summary>After this many attempts what refers to a message that never came is let go.</summary>
    private const int Patience = 3;

    private const int MostAttempts = 8;

    /// <summary>Other nodes may have stored something meanwhile: it is looked once more after this.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    public string Kind => JobKind;

    public bool MayBeCalledOff => false;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var worked = false;
        // One turn is a few seconds at most, so that others get theirs.
        for (var turn = 0; turn < 20; turn++)
        {
            var due = await DueAsync(run.Scope, ct);
            if (due.Count == 0)
            {
                store.Disarm(run.Scope);
                due = await DueAsync(run.Scope, ct);
            }

            if (due.Count == 0)
            {
                return await RestAsync(run.Scope, worked, ct);
            }

            worked = true;
            await WorkAsync(run.Scope, due, ct);
        }

        return JobResult.Later(clock.GetUtcNow().UtcDateTime, null, countsAsAttempt: false);
    }

    private async Task<JobResult> RestAsync(TenantScope scope, bool worked, CancellationToken ct)
    {
        var next = await WebhookStore.Webhooks(scope).Find(w => w.RunAt < DateTime.MaxValue.AddYears(-1)).SortBy(w => w.RunAt).Limit(1).Project(w => (DateTime?)w.RunAt).FirstOrDefaultAsync(ct);
        return next is { } at ? JobResult.Later(at, null, countsAsAttempt: false)
            : worked ? JobResult.Later(clock.GetUtcNow().UtcDateTime + LookAgain, null, countsAsAttempt: false)
            : JobResult.DoneAndForgotten;
    }

    private async Task<List<StoredWebhook>> DueAsync(TenantScope scope, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return await WebhookStore.Webhooks(scope).Find(w => w.RunAt <= now).SortBy(w => w.RunAt).ThenBy(w => w.Id).Limit(Batch).ToListAsync(ct);
    }

    private async Task WorkAsync(TenantScope scope, List<StoredWebhook> due, CancellationToken ct)
    {
        var readable = new List<(StoredWebhook Webhook, JsonDocument Json)>(due.Count);
        var troubles = new ConcurrentDictionary<StoredWebhook, string>();
        try
        {
            foreach (var webhook in due)
            {
                try
                {
                    readable.Add((webhook, JsonDocument.Parse(webhook.Body)));
                }
                catch (JsonException e)
                {
                    log.LogWarning("A signed webhook of {Tenant} is not JSON: {Why}", scope.Code, e.Message);
                }
            }

            await TakeAsync(scope, readable, troubles, ct);
        }
        finally
        {
            readable.ForEach(r => r.Json.Dispose());
        }

        await WebhookStore.Webhooks(scope).DeleteManyAsync(Builders<StoredWebhook>.Filter.In(w => w.Id, due.Except(troubles.Keys).Select(w => w.Id)), ct);
        foreach (var (webhook, why) in troubles)
        {
            await PutOffAsync(scope, webhook, why, ct);
        }
    }

    /// <summary>Each contact's messages and each message's statuses in the order they came; different ones side by side.</summary>
    private async Task TakeAsync(
        TenantScope scope, List<(StoredWebhook Webhook, JsonDocument Json)> readable, ConcurrentDictionary<StoredWebhook, string> troubles, CancellationToken ct)
    {
        var work = new List<(string Key, StoredWebhook From, Func<InboundKnown, CancellationToken, Task<bool>> Do)>();
        var messages = new List<(JsonElement Value, JsonElement Message)>();
        foreach (var (webhook, change) in readable.SelectMany(r => WebhookBody.Changes(r.Json.RootElement).Select(c => (r.Webhook, c))))
        {
            var value = change.Value;
            var lastTry = webhook.Attempts + 1 >= Patience;
            switch (change.Field)
            {
                case "messages":
                    Warn(scope, value);
                    work.AddRange(value.Items("statuses").Select(s => ("s" + s.Text("id"), webhook, Done((_, token) => statuses.TakeAsync(scope, value, s, token)))));
                    foreach (var message in value.Items("messages"))
                    {
                        messages.Add((value, message));
                        work.Add(("m" + (message.Text("from") ?? message.Text("from_user_id")), webhook, (known, token) => inbound.TakeAsync(scope, value, message, known, lastTry, token)));
                    }

                    break;
                case "smb_message_echoes":
                    work.AddRange(value.Items("message_echoes").Select(e => ("m" + e.Text("to"), webhook, Done((_, token) => inbound.EchoAsync(scope, e, token)))));
                    break;
                case "user_preferences":
                    work.AddRange(value.Items("user_preferences").Select(p => ("m" + (p.Text("wa_id") ?? p.Text("user_id")), webhook, Done((_, token) => contacts.TakePreferenceAsync(scope, p, clock.GetUtcNow().UtcDateTime, token)))));
                    break;
                case "user_id_update":
                    work.AddRange(value.Items("user_id_update").Select(u => ("m" + u.Text("wa_id"), webhook, Done((_, token) => contacts.TakeUserIdAsync(scope, u, token)))));
                    break;
                default:
                    work.Add(("a" + change.Field, webhook, Done((_, token) => account.TakeAsync(scope, change.Field, value, token))));
                    break;
            }
        }

        var known = await inbound.KnownAsync(scope, messages, ct);
        await Parallel.ForEachAsync(work.GroupBy(w => w.Key), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (group, token) =>
        {
            foreach (var (_, from, act) in group)
            {
                try
                {
                    if (!await act(known, token))
                    {
                        troubles.TryAdd(from, "Waits for the message that a reaction is about.");
                    }
                }
                catch (Exception e) when (!token.IsCancellationRequested)
                {
                    log.LogWarning(e, "A webhook of {Tenant} could not be worked off", scope.Code);
                    troubles[from] = e.Message;
                }
            }
        });
    }

    private static Func<InboundKnown, CancellationToken, Task<bool>> Done(Func<InboundKnown, CancellationToken, Task> act) => async (known, ct) =>
    {
        await act(known, ct);
        return true;
    };

    private void Warn(TenantScope scope, JsonElement value)
    {
        foreach (var error in value.Items("errors"))
        {
            log.LogWarning("Meta reports {Error} for {Tenant}", error.GetRawText(), scope.Code);
        }
    }

    /// <summary>To be tried again later; what fails too often stays to be looked at, for a week.</summary>
    private async Task PutOffAsync(TenantScope scope, StoredWebhook webhook, string why, CancellationToken ct)
    {
        var attempts = webhook.Attempts + 1;
        var at = attempts >= MostAttempts ? DateTime.MaxValue : clock.GetUtcNow().UtcDateTime + JobRunner.BackOff(attempts);
        await WebhookStore.Webhooks(scope).UpdateOneAsync(
            w => w.Id == webhook.Id, Builders<StoredWebhook>.Update.Set(w => w.Attempts, attempts).Set(w => w.Error, why).Set(w => w.RunAt, at), null, ct);
    }
}
