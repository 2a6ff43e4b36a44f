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

    /// <summary>When a file store that did not answer is asked again.</summary>
    private static readonly TimeSpan StoreAway = TimeSpan.FromSeconds(10);

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

    /// <summary>The files of ours that messages carry, each once.</summary>
    public static IReadOnlyList<ObjectId> FilesOf(IEnumerable<Message> messages) => [.. messages.SelectMany(FilesOf).Distinct()];

    /// <summary>The files of ours that a message carries, as a template's header too.</summary>
    public static IEnumerable<ObjectId> FilesOf(Message message) =>
        (message.Media?.FileId is { } file ? [file] : Array.Empty<ObjectId>())
            .Concat((message.Template?.Components ?? []).OfType<BsonDocument>().SelectMany(c => c["parameters"].AsBsonArray).OfType<BsonDocument>().Select(FileOf).OfType<ObjectId>());

    private static ObjectId? FileOf(BsonDocument parameter) =>
        parameter.GetValue(parameter["type"].AsString, BsonNull.Value) is BsonDocument media && media.TryGetValue("fileId", out var id) ? id.AsObjectId : null;

    private async Task<JsonObject> TemplateAsync(TenantScope scope, TemplateUse template, CancellationToken ct)
    {
        var use = new JsonObject { ["name"] = template.Name, ["language"] = new JsonObject { ["code"] = template.Language } };
        if (template.Components.Count > 0)
        {
            var components = (BsonArray)template.Components.DeepClone();
            foreach (var parameter in components.OfType<BsonDocument>().SelectMany(c => c["parameters"].AsBsonArray).OfType<BsonDocument>())
            {
                if (FileOf(parameter) is { } file)
                {
                    parameter[parameter["type"].AsString] = new BsonDocument("id", await UploadAsync(scope, file, ct));
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
            body["id"] = await UploadAsync(scope, fileId, ct);
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

    /// <summary>Forgets Meta's ids of a message's files where it refused the message and one of them may be why: the next attempt uploads them anew.</summary>
    public static async Task ForgetRefusedAsync(TenantScope scope, Message message, int code, CancellationToken ct)
    {
        if (code is GraphError.BadParameter or GraphError.BadValue or GraphError.NotFetched or GraphError.NotUploaded && FilesOf(message).ToList() is { Count: > 0 } files)
        {
            await scope.Db.Media.UpdateManyAsync(
                Builders<MediaFile>.Filter.In(f => f.Id, files), Builders<MediaFile>.Update.Unset(f => f.MetaId).Unset(f => f.MetaIdUntil), null, ct);
        }
    }

    /// <summary>Meta's id of a file of ours, uploading it unless that was done for this number in the last 29 days.</summary>
    /// <exception cref="RefusedException">MEDIA_NOT_FOUND, UPSTREAM_ERROR; with <c>RetryAfter</c> where trying again may help.</exception>
    public async Task<string> UploadAsync(TenantScope scope, ObjectId fileId, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var file = await scope.Db.Media.FindByIdAsync(fileId, ct) ?? throw MediaRefusals.NotFound();
        var number = scope.RequireSecret(SecretCatalogue.WhatsAppPhoneNumberId);
        if (file.MetaId is { } known && file.MetaIdUntil > now && (file.MetaNumber ?? number) == number)
        {
            return known;
        }

        var id = await UploadAsync(scope, file, ct);
        await scope.Db.Media.UpdateOneAsync(
            f => f.Id == fileId, Builders<MediaFile>.Update.Set(f => f.MetaId, id).Set(f => f.MetaIdUntil, now + MetaKeeps).Set(f => f.MetaNumber, number), null, ct);
        return id;
    }

    private async Task<string> UploadAsync(TenantScope scope, MediaFile file, CancellationToken ct)
    {
        var mime = file.MimeType == "audio/ogg" ? "audio/ogg; codecs=opus" : file.MimeType;
        try
        {
            await using var content = await store.OpenAsync(scope, file, 0, file.Size, ct);
            return await whatsApp.UploadAsync(scope, content, mime, file.FileName, ct);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw MediaRefusals.NotFound();
        }
        catch (IOException e)
        {
            throw new RefusedException(RefusalKind.Upstream, "UPSTREAM_ERROR", $"The file {file.FileName} could not be read: {e.Message}") { RetryAfter = StoreAway };
        }
    }
}
