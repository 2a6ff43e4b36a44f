using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Works a stored webhook off: statuses move messages forward, messages go into their conversations.</summary>
internal sealed class WebhookJob(MessageSending sending, InboundMessages inbound, EventProgress progress, TimeProvider clock, ILogger<WebhookJob> log) : IJobHandler
{
    public const string JobKind = "whatsapp.webhook";

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
            foreach (var change in WebhookBody.Changes(json.RootElement).Where(c => c.Field == "messages"))
            {
                foreach (var status in change.Value.Items("statuses"))
                {
                    await StatusAsync(run.Scope, status, ct);
                }

                foreach (var message in change.Value.Items("messages"))
                {
                    await inbound.TakeAsync(run.Scope, change.Value, message, ct);
                }
            }
        }

        return JobResult.DoneAndForgotten;
    }

    private async Task StatusAsync(TenantScope scope, JsonElement status, CancellationToken ct)
    {
        var wamid = status.Text("id");
        if (Read(status.Text("status")) is not { } to)
        {
            log.LogInformation("A status {Status} of {Wamid} is of a kind not kept", status.Text("status"), wamid);
            return;
        }

        if (await FindAsync(scope, status, wamid, ct) is not { } messageId)
        {
            log.LogInformation("A status came for {Wamid}, which was not sent from here", wamid);
            return;
        }

        var error = to == MessageStatus.Failed ? Error(status) : null;
        var moved = await sending.AdvanceAsync(scope, messageId, to, status.Time("timestamp") ?? clock.GetUtcNow().UtcDateTime, wamid, error, ct);
        if (moved?.EventLogId is { } eventId)
        {
            await progress.NoteMessageAsync(scope, eventId, messageId, Kernel.EnumWords.Word(to), ct);
        }
    }

    /// <summary>By our own id, which Meta gives back even for a send whose answer was lost; else by Meta's.</summary>
    private static async Task<ObjectId?> FindAsync(TenantScope scope, JsonElement status, string? wamid, CancellationToken ct)
    {
        var known = ObjectId.TryParse(status.Text("biz_opaque_callback_data"), out var id)
            ? await scope.Db.Messages.Find(m => m.Id == id).Project(m => (ObjectId?)m.Id).FirstOrDefaultAsync(ct)
            : null;
        return known ?? (wamid is null ? null : await scope.Db.Messages.Find(m => m.Wamid == wamid).Project(m => (ObjectId?)m.Id).FirstOrDefaultAsync(ct));
    }

    private static MessageStatus? Read(string? word) => word switch
    {
        "sent" => MessageStatus.Sent,
        "delivered" => MessageStatus.Delivered,
        "read" or "played" => MessageStatus.Read,
        "failed" => MessageStatus.Failed,
        _ => null,
    };

    private static MessageError Error(JsonElement status)
    {
        var error = status.Items("errors").FirstOrDefault();
        var code = error.Get("code") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : -1;
        return MessageSending.Describe(new GraphError(code, error.Text("title") ?? error.Text("message") ?? "Meta gave no reason.", error.Get("error_data")?.Text("details")));
    }
}
