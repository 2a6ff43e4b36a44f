using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>A message to be sent. Its id is derived from what causes it, so that a repeat is the same message.</summary>
/// <param name="Id">Its id, which Meta gives back with every status.</param>
/// <param name="Phone">E.164.</param>
internal sealed record MessageDraft(ObjectId Id, string Phone)
{
    public string? Text { get; init; }

    public TemplateUse? Template { get; init; }

    public ObjectId? LeadId { get; init; }

    public string? ContactName { get; init; }

    public required Sender SentBy { get; init; }

    public ObjectId? EventLogId { get; init; }
}

/// <summary>Writes messages into their conversations before they are sent.</summary>
internal sealed class MessageDrafts(Threads threads, TimeProvider clock)
{
    /// <summary>Puts a message into its conversation as queued. Safe to repeat.</summary>
    public async Task<Message> PutAsync(TenantScope scope, MessageDraft draft, CancellationToken ct)
    {
        if (await scope.Db.Messages.Find(m => m.Id == draft.Id).FirstOrDefaultAsync(ct) is { } put)
        {
            return put;
        }

        var snippet = draft.Text ?? $"[template] {draft.Template!.Name}";
        var conversation = await threads.TouchAsync(scope, draft.Phone, draft.LeadId, draft.ContactName, snippet, null, ct);
        var message = new Message
        {
            Id = draft.Id,
            ConversationId = conversation.Id,
            Direction = MessageDirection.Out,
            Type = draft.Template is null ? "text" : "template",
            Text = draft.Text,
            Template = draft.Template,
            Phone = draft.Phone,
            Status = MessageStatus.Queued,
            SentBy = draft.SentBy,
            EventLogId = draft.EventLogId,
            CreatedAt = clock.GetUtcNow().UtcDateTime,
        };
        try
        {
            await scope.Db.Messages.InsertOneAsync(message, null, ct);
            return message;
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            return await scope.Db.Messages.Find(m => m.Id == draft.Id).FirstAsync(ct);
        }
    }

    /// <summary>The body Meta takes, with our id to come back in its statuses. Always with a plus: else Meta puts the business's country before it.</summary>
    public static JsonObject GraphBody(Message message)
    {
        var body = new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["recipient_type"] = "individual",
            ["to"] = message.Phone,
            ["type"] = message.Type,
            ["biz_opaque_callback_data"] = message.Id.ToString(),
        };
        if (message.Template is { } template)
        {
            var use = new JsonObject { ["name"] = template.Name, ["language"] = new JsonObject { ["code"] = template.Language } };
            if (template.Components.Count > 0)
            {
                use["components"] = BsonJson.ToJson(template.Components);
            }

            body["template"] = use;
        }
        else
        {
            body["text"] = new JsonObject { ["body"] = message.Text, ["preview_url"] = true };
        }

        return body;
    }
}
