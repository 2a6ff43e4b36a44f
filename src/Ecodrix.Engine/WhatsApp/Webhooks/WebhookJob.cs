using System.Collections.Concurrent;
using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Logging;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Works a tenant's stored webhooks off, in batches: statuses move messages forward, messages go into their conversations, the rest is kept as notices.</summary>
internal sealed class WebhookJob(
    WebhookStore store, StatusUpdates statuses, InboundMessages inbound, NewContacts strangers, InboundBatch batch, ContactChanges contacts, AccountUpdates account, TimeProvider clock, ILogger<WebhookJob> log) : IJobHandler
{
    public const string JobKind = "whatsapp.webhook";

    private const int Batch = 200;

    /// <summary>How many contacts and messages are worked on at once.</summary>
    private const int AtOnce = 16;

    /// <summary>After this many attempts what refers to a message that never came is let go.</summary>
    private const int Patience = 3;

    private const int MostAttempts = 8;

    /// <summary>The longest it waits after a failure: whoever wrote waits, too.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    public string Kind => JobKind;

    public bool MayBeCalledOff => false;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        try
        {
            return await WorkAsync(run, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log.LogWarning(e, "Webhooks of {Tenant} could not be worked off, for the {Attempt}. time", run.Scope.Code, run.Attempt);
            // Its attempts are never reset while webhooks keep coming: they must not make it wait ever longer.
            var wait = JobRunner.BackOff(run.Attempt);
            return JobResult.Later(clock.GetUtcNow().UtcDateTime + (wait < LongestWait ? wait : LongestWait), e.WordsForTenant());
        }
    }

    private async Task<JobResult> WorkAsync(JobRun run, CancellationToken ct)
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
                return await RestAsync(run, worked, ct);
            }

            worked = true;
            await WorkAsync(run.Scope, due, ct);
        }

        return JobResult.Later(clock.GetUtcNow().UtcDateTime, null, countsAsAttempt: false);
    }

    /// <summary>Waits for what is put off, and for what other nodes may have stored meanwhile; goes once nobody can count on its looking any more.</summary>
    private async Task<JobResult> RestAsync(JobRun run, bool worked, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var next = await WebhookStore.Webhooks(run.Scope).Find(w => w.RunAt < DateTime.MaxValue.AddYears(-1)).SortBy(w => w.RunAt).Limit(1).Project(w => (DateTime?)w.RunAt).FirstOrDefaultAsync(ct);
        var until = worked ? now + WebhookStore.LooksFor : WebhookStore.LooksUntil(run);
        return next is null && until <= now ? JobResult.DoneAndForgotten
            : JobResult.Later(next is { } at && (until <= now || at < until) ? at : until, null, countsAsAttempt: false);
    }

    private async Task<List<StoredWebhook>> DueAsync(TenantScope scope, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return await WebhookStore.Webhooks(scope).Find(w => w.RunAt <= now).SortBy(w => w.RunAt).ThenBy(w => w.Order).Limit(Batch).ToListAsync(ct);
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
                    readable.Add((webhook, JsonTexts.Parse(webhook.Body)));
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
        var told = new List<(StoredWebhook From, ToldStatus Told)>();
        var work = new List<Work>();
        foreach (var (webhook, change) in readable.SelectMany(r => WebhookBody.Changes(r.Json.RootElement).Select(c => (r.Webhook, c))))
        {
            if (change.Field == "messages")
            {
                Warn(scope, change.Value);
                told.AddRange(change.Value.Items("statuses").Select(s => (webhook, new ToldStatus(change.Value, s))));
            }

            work.AddRange(Read(scope, webhook, change));
        }

        await StatusesAsync(scope, told, troubles, ct);
        var known = await KnownAsync(scope, work, ct);
        IReadOnlyList<IGrouping<string, Work>> all = [.. work.GroupBy(w => w.Key)];
        var rest = known is null ? all : await UsualAsync(scope, all, known, ct);
        await Parallel.ForEachAsync(rest, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (group, token) =>
        {
            foreach (var one in group)
            {
                await TryAsync(scope, one.From, troubles, async () =>
                    await one.Do(known ?? await inbound.KnownAsync(scope, ToldIn([one]), token), token) ? null : "Waits for the message that a reaction is about.", token);
            }
        });
    }

    /// <summary>What is known of all of it; null where something in it cannot even be looked up, so that each is by itself.</summary>
    private async Task<InboundKnown?> KnownAsync(TenantScope scope, List<Work> work, CancellationToken ct)
    {
        try
        {
            return await inbound.KnownAsync(scope, ToldIn(work), ct);
        }
        catch (Exception e) when (IsOfWebhook(e, ct))
        {
            log.LogWarning(e, "Messages of {Tenant} could not be looked up together", scope.Code);
            return null;
        }
    }

    private static List<ToldMessage> ToldIn(IEnumerable<Work> work) => [.. work.Select(w => w.Told).OfType<ToldMessage>()];

    /// <summary>Whether a failure may lie in what a webhook says: not the database being away, when all of it is tried again as it is.</summary>
    private static bool IsOfWebhook(Exception e, CancellationToken ct) => !ct.IsCancellationRequested && e is not (MongoConnectionException or TimeoutException);

    /// <summary>What one change asks for, but for statuses.</summary>
    private IEnumerable<Work> Read(TenantScope scope, StoredWebhook from, WebhookChange change)
    {
        var value = change.Value;
        var lastTry = from.Attempts + 1 >= Patience;
        return change.Field switch
        {
            "messages" => value.Items("messages").Select(m => new Work(
                "m" + (m.Text("from") ?? m.Text("from_user_id")), from, (known, ct) => inbound.TakeAsync(scope, value, m, known, lastTry, ct))
            { Told = new ToldMessage(value, m) }),
            "smb_message_echoes" => value.Items("message_echoes").Select(e => new Work("m" + e.Text("to"), from, Done(ct => inbound.EchoAsync(scope, e, ct)))),
            "user_preferences" => value.Items("user_preferences").Select(p => new Work(
                "m" + (p.Text("wa_id") ?? p.Text("user_id")), from, Done(ct => contacts.TakePreferenceAsync(scope, p, clock.GetUtcNow().UtcDateTime, ct)))),
            "user_id_update" => value.Items("user_id_update").Select(u => new Work("m" + u.Text("wa_id"), from, Done(ct => contacts.TakeUserIdAsync(scope, u, ct)))),
            _ => [new Work("a" + change.Field, from, Done(ct => account.TakeAsync(scope, change.Field, value, ct)))],
        };
    }

    /// <summary>All statuses at once; where that fails one after the other, so that only what cannot be taken waits.</summary>
    private async Task StatusesAsync(TenantScope scope, List<(StoredWebhook From, ToldStatus Told)> told, ConcurrentDictionary<StoredWebhook, string> troubles, CancellationToken ct)
    {
        try
        {
            await statuses.TakeAsync(scope, told.ConvertAll(t => t.Told), ct);
        }
        catch (Exception e) when (told.Count > 1 && IsOfWebhook(e, ct))
        {
            log.LogWarning(e, "{Count} statuses of {Tenant} could not be taken together", told.Count, scope.Code);
            foreach (var (from, one) in told)
            {
                await TryAsync(scope, from, troubles, async () =>
                {
                    await statuses.TakeAsync(scope, [one], ct);
                    return null;
                }, ct);
            }
        }
        catch (Exception e) when (IsOfWebhook(e, ct))
        {
            log.LogWarning(e, "{Count} statuses of {Tenant} could not be taken", told.Count, scope.Code);
            told.ForEach(t => troubles[t.From] = e.Message);
        }
    }

    /// <summary>Takes what contacts wrote who ask for nothing special, all at once, and answers the rest, which is taken one by one.</summary>
    private async Task<IReadOnlyList<IGrouping<string, Work>>> UsualAsync(TenantScope scope, IReadOnlyList<IGrouping<string, Work>> work, InboundKnown known, CancellationToken ct)
    {
        var usual = new HashSet<IGrouping<string, Work>>();
        try
        {
            await strangers.MeetAsync(scope, work.Where(g => g.All(w => w.Told is { } told && InboundBatch.IsPlain(told, known))).Select(g => g.First().Told!.Value), known, ct);
            usual.UnionWith(work.Where(g => g.All(w => w.Told is { } told && InboundBatch.IsUsual(scope, told, known))));
            var left = await batch.TakeAsync(scope, usual.SelectMany(g => g).Select(w => w.Told!.Value), known, ct);
            usual.RemoveWhere(g => g.Any(w => left.Contains(w.Told!.Value.Message.Text("id")!)));
        }
        catch (Exception e) when (IsOfWebhook(e, ct))
        {
            log.LogWarning(e, "Messages of {Tenant} could not be taken together, so each is taken by itself", scope.Code);
            return work;
        }

        return [.. work.Where(g => !usual.Contains(g))];
    }

    private async Task TryAsync(TenantScope scope, StoredWebhook from, ConcurrentDictionary<StoredWebhook, string> troubles, Func<Task<string?>> act, CancellationToken ct)
    {
        try
        {
            if (await act() is { } trouble)
            {
                troubles.TryAdd(from, trouble);
            }
        }
        catch (Exception e) when (IsOfWebhook(e, ct))
        {
            log.LogWarning(e, "A webhook of {Tenant} could not be worked off", scope.Code);
            troubles[from] = e.Message;
        }
    }

    private static Func<InboundKnown, CancellationToken, Task<bool>> Done(Func<CancellationToken, Task> act) => async (_, ct) =>
    {
        await act(ct);
        return true;
    };

    private void Warn(TenantScope scope, JsonElement value)
    {
        foreach (var error in value.Items("errors"))
        {
            log.LogWarning("Meta reports {Error} for {Tenant}", error.GetRawText(), scope.Code);
        }
    }

    /// <summary>To be tried again later; what fails too often stays to be looked at, for a week from then.</summary>
    private async Task PutOffAsync(TenantScope scope, StoredWebhook webhook, string why, CancellationToken ct)
    {
        var attempts = webhook.Attempts + 1;
        var now = clock.GetUtcNow().UtcDateTime;
        var update = Builders<StoredWebhook>.Update.Set(w => w.Attempts, attempts).Set(w => w.Error, why);
        if (attempts >= MostAttempts)
        {
            log.LogError("A webhook of {Tenant} failed {Attempts} times and is kept aside as {Id}: {Why}", scope.Code, attempts, webhook.Id, why);
            update = update.Set(w => w.RunAt, DateTime.MaxValue).Set(w => w.At, now);
        }
        else
        {
            update = update.Set(w => w.RunAt, now + JobRunner.BackOff(attempts));
        }

        await WebhookStore.Webhooks(scope).UpdateOneAsync(w => w.Id == webhook.Id, update, null, ct);
    }

    /// <summary>One thing to do: whose it is, which webhook it came in, and how.</summary>
    private sealed record Work(string Key, StoredWebhook From, Func<InboundKnown, CancellationToken, Task<bool>> Do)
    {
        /// <summary>The message, where it is one of a contact.</summary>
        public ToldMessage? Told { get; init; }
    }
}
