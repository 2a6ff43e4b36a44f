using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Logging;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Works a stored webhook off: statuses move messages forward, messages go into their conversations, the rest is kept as notices.</summary>
internal sealed class WebhookJob(
    StatusUpdates statuses, InboundMessages inbound, ContactChanges contacts, AccountUpdates account, TimeProvider clock, ILogger<WebhookJob> log) : IJobHandler
{
    public const string JobKind = "whatsapp.webhook";

    /// <summary>How many contacts of one webhook are worked on at once.</summary>
    private const int AtOnce = 8;

    /// <summary>After this many attempts what refers to a message that never came is let go.</summary>
    private const int Patience = 3;

    public string Kind => JobKind;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(run.Payload["body"].AsByteArray);
        }
        catch (JsonException e)
        {
            return JobResult.GivenUp($"The webhook is not JSON: {e.Message}");
        }

        using (json)
        {
            var done = true;
            foreach (var change in WebhookBody.Changes(json.RootElement))
            {
                done &= await TakeAsync(run.Scope, change, run.Attempt >= Patience, ct);
            }

            return done ? JobResult.DoneAndForgotten : JobResult.Later(clock.GetUtcNow().UtcDateTime.AddSeconds(2 * run.Attempt), "Waits for the message that a reaction is about.");
        }
    }

    private async Task<bool> TakeAsync(TenantScope scope, WebhookChange change, bool lastTry, CancellationToken ct)
    {
        var value = change.Value;
        switch (change.Field)
        {
            case "messages":
                return await MessagesAsync(scope, value, lastTry, ct);
            case "smb_message_echoes":
                foreach (var echo in value.Items("message_echoes"))
                {
                    await inbound.EchoAsync(scope, echo, ct);
                }

                return true;
            case "user_preferences":
                foreach (var preference in value.Items("user_preferences"))
                {
                    await contacts.TakePreferenceAsync(scope, preference, clock.GetUtcNow().UtcDateTime, ct);
                }

                return true;
            case "user_id_update":
                foreach (var update in value.Items("user_id_update"))
                {
                    await contacts.TakeUserIdAsync(scope, update, ct);
                }

                return true;
            default:
                await account.TakeAsync(scope, change.Field, value, ct);
                return true;
        }
    }

    private async Task<bool> MessagesAsync(TenantScope scope, JsonElement value, bool lastTry, CancellationToken ct)
    {
        foreach (var error in value.Items("errors"))
        {
            log.LogWarning("Meta reports {Error} for {Tenant}", error.GetRawText(), scope.Code);
        }

        // Each contact's in order; contacts do not wait for each other.
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(value.Items("statuses").GroupBy(s => s.Text("id")), options, async (group, token) =>
        {
            foreach (var status in group)
            {
                await statuses.TakeAsync(scope, value, status, token);
            }
        });
        var done = 1;
        await Parallel.ForEachAsync(value.Items("messages").GroupBy(m => m.Text("from") ?? m.Text("from_user_id")), options, async (group, token) =>
        {
            foreach (var message in group)
            {
                if (!await inbound.TakeAsync(scope, value, message, lastTry, token))
                {
                    Interlocked.Exchange(ref done, 0);
                }
            }
        });
        return done == 1;
    }
}
