using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Puts what contacts write into their conversations, and makes leads of those who are new.</summary>
internal sealed class InboundMessages(LeadIntake leads, Threads threads, ILiveBus live, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>Takes one message of a webhook; one that is already there changes nothing.</summary>
    public async Task TakeAsync(TenantScope scope, JsonElement value, JsonElement message, CancellationToken ct)
    {
        var phone = message.Text("from") is { } from ? Kernel.PhoneNumbers.Normalise("+" + from.TrimStart('+'), scope.Settings.Country) : null;
        if (message.Text("id") is not { } wamid || phone is null || await scope.Db.Messages.Find(m => m.Wamid == wamid).AnyAsync(ct))
        {
            return;
        }

        var name = value.Items("contacts").Select(c => c.Get("profile")?.Text("name")).FirstOrDefault(n => !string.IsNullOrWhiteSpace(n));
        var lead = await leads.FindOrMakeAsync(scope, phone, null, new NewLead { FirstName = name, Source = "whatsapp" }, Ids.From("inbound", phone), ct);
        var now = clock.GetUtcNow().UtcDateTime;
        var at = message.Time("timestamp") ?? now;
        var text = Text(message);
        var conversation = await threads.TouchAsync(scope, phone, lead?.Lead.Id, name, text ?? $"[{message.Text("type")}]", at + Window, ct);
        try
        {
            await scope.Db.Messages.InsertOneAsync(
                new Message
                {
                    Id = Ids.From("message", wamid),
                    ConversationId = conversation.Id,
                    Wamid = wamid,
                    Direction = MessageDirection.In,
                    Type = message.Text("type") ?? "unsupported",
                    Text = text,
                    Phone = phone,
                    Status = MessageStatus.Received,
                    Progress = MessageProgress.Of(MessageStatus.Received),
                    Raw = BsonJson.ToDocument(message),
                    CreatedAt = now,
                    SentAt = at,
                },
                null,
                ct);
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            return;
        }

        live.Publish(scope.Code, "message.received", new { conversationId = conversation.Id.ToString(), wamid });
    }

    private static string? Text(JsonElement message) =>
        message.Get("text")?.Text("body") ?? message.Get("button")?.Text("text")
        ?? message.Get("interactive")?.Get("button_reply")?.Text("title") ?? message.Get("interactive")?.Get("list_reply")?.Text("title")
        ?? message.Get(message.Text("type") ?? "")?.Text("caption");
}
