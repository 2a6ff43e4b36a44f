using System.Collections.Concurrent;
using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Broadcasts;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Moves messages forward by Meta's statuses, whatever order they come in, and tells whoever waits for them.</summary>
internal sealed class StatusUpdates(
    MessageSending sending, EventProgress progress, BroadcastTally tally, Threads threads, TimeProvider clock, ILogger<StatusUpdates> log)
{
    private const int MostLearnt = 100_000;

    private readonly ConcurrentDictionary<(string, string), bool> _learnt = new();

    public async Task TakeAsync(TenantScope scope, JsonElement value, JsonElement status, CancellationToken ct)
    {
        var wamid = status.Text("id");
        if (Read(status.Text("status")) is not { } to)
        {
            log.LogInformation("A status {Status} of {Wamid} is of a kind not kept", status.Text("status"), wamid);
            return;
        }

        if (await FindAsync(scope, status, wamid, ct) is not { } message)
        {
            log.LogInformation("A status came for {Wamid}, which was not sent from here", wamid);
            return;
        }

        var at = status.Time("timestamp") ?? clock.GetUtcNow().UtcDateTime;
        var messageId = message.Id;
        var error = to == MessageStatus.Failed ? Error(status) : null;
        if (message.BroadcastId is { } broadcastId && !message.Superseded.Contains(wamid ?? ""))
        {
            // Whether or not it is news for the message: a crash may have come between the two writes.
            await tally.NoteAsync(scope, broadcastId, messageId, to, error, ct);
        }

        if (Knows(message, to, at, wamid, Pricing(status) is not null))
        {
            return;
        }

        var moved = await sending.AdvanceAsync(scope, messageId, to, at, wamid, error, ct, Pricing(status));
        await LearnAsync(scope, value, status, ct);
        if (moved is null)
        {
            return;
        }

        if (error is not null)
        {
            await sending.NoteContactAsync(scope, moved.ConversationId, error.Code, ct);
        }

        if (moved.EventLogId is { } eventId)
        {
            await progress.NoteMessageAsync(scope, eventId, messageId, to.Word(), ct);
        }
    }

    /// <summary>A status that names both number and user id tells which belong together.</summary>
    private async Task LearnAsync(TenantScope scope, JsonElement value, JsonElement status, CancellationToken ct)
    {
        var card = value.Items("contacts").FirstOrDefault();
        var userId = status.Text("recipient_user_id") ?? card.Text("user_id");
        var waId = status.Text("recipient_id") ?? card.Text("wa_id");
        if (userId is null || waId is null || !_learnt.TryAdd((scope.Code, userId), true))
        {
            return;
        }

        if (_learnt.Count > MostLearnt)
        {
            _learnt.Clear();
        }

        var contact = new Contact(ContactNumbers.Of(waId, scope.Settings.Country), userId);
        if (await threads.FindAsync(scope, contact, ct) is { } found && found.UserId != userId)
        {
            await threads.FindOrMakeAsync(scope, contact, null, null, ct);
        }
    }

    /// <summary>By our own id, which Meta gives back even for a send whose answer was lost; else by Meta's.</summary>
    private static async Task<Message?> FindAsync(TenantScope scope, JsonElement status, string? wamid, CancellationToken ct)
    {
        var known = ObjectId.TryParse(status.Text("biz_opaque_callback_data"), out var id)
            ? await scope.Db.Messages.FindByIdAsync(id, ct)
            : null;
        return known ?? (wamid is null ? null : await scope.Db.Messages.Find(m => m.Wamid == wamid).FirstOrDefaultAsync(ct));
    }

    /// <summary>Whether all of it is on record: Meta repeats itself often, and what is known needs no writing.</summary>
    private static bool Knows(Message message, MessageStatus to, DateTime at, string? wamid, bool priced)
    {
        var noted = to switch
        {
            MessageStatus.Sent => message.SentAt,
            MessageStatus.Delivered => message.DeliveredAt,
            MessageStatus.Read => message.ReadAt,
            _ => message.FailedAt,
        };
        return message.Progress >= MessageProgress.Of(to) && noted <= at && message.Wamid == wamid && (message.Pricing is not null || !priced);
    }

    private static MessageStatus? Read(string? word) => word switch
    {
        "sent" => MessageStatus.Sent,
        "delivered" => MessageStatus.Delivered,
        "read" or "played" => MessageStatus.Read,
        "failed" => MessageStatus.Failed,
        _ => null,
    };

    private static MessagePricing? Pricing(JsonElement status) => status.Get("pricing") is { ValueKind: JsonValueKind.Object } pricing
        ? new MessagePricing { Category = pricing.Text("category"), Type = pricing.Text("type"), Model = pricing.Text("pricing_model") }
        : null;

    private static MessageError Error(JsonElement status)
    {
        var error = status.Items("errors").FirstOrDefault();
        var code = error.Get("code") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : -1;
        return MessageSending.Describe(new GraphError(code, error.Text("title") ?? error.Text("message") ?? "Meta gave no reason.", error.Get("error_data")?.Text("details")));
    }
}
