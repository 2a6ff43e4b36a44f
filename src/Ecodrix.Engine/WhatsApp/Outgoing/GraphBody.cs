using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>Writes messages as Meta takes them, with our id to come back in its statuses; uploads files that Meta does not have yet.</summary>
internal sealed class GraphBody(IWhatsApp whatsApp, FileStores store, TimeProvider clock)
{
    /// <summary>Meta keeps an upload for 30 days; a day of it is left for the way.</summary>
    private static readonly TimeSpan MetaKeeps = TimeSpan.FromDays(29);

    /// <summary>The body of a message.</summary>
    /// <exception cref="RefusedException">MEDIA_NOT_FOUND, UPSTREAM_ERROR.</exception>
    public async Task<JsonObject> MakeAsync(TenantScope scope, Message message, CancellationToken ct)
    {
        var body = new JsonObject { ["messaging_product"] = "whatsapp", ["recipient_type"] = "individual" };
        // Always with a plus: else Meta puts the business's country before the number.
        body[message.Phone is null ? "recipient" : "to"] = message.Phone ?? message.UserId;
        body["type"] = message.Type;
        body["biz_opaque_callback_data"] = message.Id.ToString();
        if (message.ReplyTo?.Wamid is { } wamid)
        {
            body["context"] = new JsonObject { ["message_id"] = wamid };
        }

        body[message.Type] = message switch
        {
            { Type: "template", Template: { } template } => await TemplateAsync(scope, template, ct),
            { Type: "text" } => new JsonObject { ["body"] = message.Text, ["preview_url"] = message.Content is null },
            { Media: { } media } => await MediaAsync(scope, message, media, ct),
            _ => BsonJson.ToJson(message.Content ?? BsonNull.Value),
        };
        return body;
    }

    private async Task<JsonObject> TemplateAsync(TenantScope scope, TemplateUse template, CancellationToken ct)
    {
        var use = new JsonObject { ["name"] = template.Name, ["language"] = new JsonObject { ["code"] = template.Language } };
        if (template.Components.Count > 0)
        {
            var components = (BsonArray)template.Components.DeepClone();
            foreach (var parameter in components.OfType<BsonDocument>().SelectMany(c => c["parameters"].AsBsonArray).OfType<BsonDocument>())
            {
                if (parameter["type"].AsString is var kind && parameter.GetValue(kind, BsonNull.Value) is BsonDocument media && media.TryGetValue("fileId", out var fileId))
                {
                    parameter[kind] = new BsonDocument("id", await IdAsync(scope, fileId.AsObjectId, ct));
                }
            }

            use["components"] = BsonJson.ToJson(components);
        }

        return use;
    }

    private async Task<JsonObject> MediaAsync(TenantScope scope, Message message, MediaPart media, CancellationToken ct)
    {
        var body = new JsonObject();
        if (media.FileId is { } fileId)
        {
            body["id"] = await IdAsync(scope, fileId, ct);
        }
        else
        {
            body["link"] = media.Link;
        }

        if (message.Text is { } caption && message.Type is "image" or "video" or "document")
        {
            body["caption"] = message.Text;
        }

        if (message.Type == "document" && media.FileName is { } name)
        {
            body["filename"] = name;
        }

        if (message.Type == "audio" && media.Voice)
        {
            body["voice"] = true;
        }

        return body;
    }

    /// <summary>Meta's id of a file of ours, uploading it unless that was done in the last 29 days.</summary>
    private async Task<string> IdAsync(TenantScope scope, ObjectId fileId, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var file = await scope.Db.Media.FindByIdAsync(fileId, ct) ?? throw MediaRefusals.NotFound();
        if (file.MetaId is { } known && file.MetaIdUntil > now)
        {
            return known;
        }

        await using var content = await store.OpenAsync(scope, file, 0, file.Size, ct);
        var mime = file.MimeType == "audio/ogg" ? "audio/ogg; codecs=opus" : file.MimeType;
        var id = await whatsApp.UploadAsync(scope, content, mime, file.FileName, ct);
        await scope.Db.Media.UpdateOneAsync(
            f => f.Id == fileId, Builders<MediaFile>.Update.Set(f => f.MetaId, id).Set(f => f.MetaIdUntil, now + MetaKeeps), null, ct);
        return id;
    }
}
