using System.Globalization;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Templates;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>Reads a message to be sent, but for its template: its kind, its content and what it answers.</summary>
internal static class MessageReading
{
    private const int LongestPayload = 256;
    private const int LongestValue = 2000;

    private static readonly string[] MediaTypes = ["image", "video", "audio", "document", "sticker"];

    /// <summary>Notes all faults and fills the draft with everything but the template.</summary>
    public static async Task<MessageDraft> ReadAsync(TenantScope scope, Check check, SendMessage input, MessageDraft draft, CancellationToken ct)
    {
        var kinds = new[] { input.TemplateName is not null, input.MediaUrl is not null, input.Location is not null, input.Contacts is not null, input.Interactive is not null };
        var given = kinds.Count(k => k);
        check.That(given <= 1, "", "Send exactly one kind of message: text, template, media, location, contacts or interactive.");
        check.That(given > 0 || input.Text is not null, "text", "Send text, templateName, mediaUrl, location, contacts or interactive.");
        // With media the text is the caption; beside a template it is what was written before the window closed.
        check.That(
            input.Text is null || (input.Location is null && input.Contacts is null && input.Interactive is null), "text",
            "WhatsApp takes no text beside location, contacts or interactive: send it as a message of its own.");
        if (input.TemplateName is not null)
        {
            check.Required(input.TemplateName, "templateName", 512);
            check.That(MappingReading.Reads(input.Variables), "variables", $"variables {MappingReading.HowGiven}");
            return draft with { Type = "template" };
        }

        if (input.MediaUrl is not null)
        {
            return await MediaAsync(scope, check, input, draft, ct);
        }

        if (input.Location is { } place)
        {
            check.That(place.Latitude is >= -90 and <= 90, "location.latitude", "location.latitude must be between -90 and 90.");
            check.That(place.Longitude is >= -180 and <= 180, "location.longitude", "location.longitude must be between -180 and 180.");
            var content = new BsonDocument { ["latitude"] = place.Latitude, ["longitude"] = place.Longitude };
            Add(content, "name", check.Text(place.Name, "location.name", 1000));
            Add(content, "address", check.Text(place.Address, "location.address", 1000));
            return draft with { Type = "location", Content = content, Text = place.Name ?? place.Address };
        }

        if (input.Contacts is { } cards)
        {
            return draft with { Type = "contacts", Content = Cards(check, cards), Text = null };
        }

        if (input.Interactive is { } interactive)
        {
            var content = InteractiveReading.Read(check, interactive);
            return draft with { Type = "interactive", Content = content, Text = interactive.Body?.Trim() };
        }

        return draft with { Type = "text", Text = check.Required(input.Text, "text", 4096), PreviewUrl = input.PreviewUrl != false };
    }

    /// <summary>What the buttons of a template get, by their places.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public static Dictionary<int, string>? Buttons(Template template, IReadOnlyDictionary<string, string>? values)
    {
        if (values is null)
        {
            return null;
        }

        var shape = TemplateShape.Of(template);
        var check = new Check();
        var read = new Dictionary<int, string>();
        foreach (var (key, value) in values)
        {
            var at = $"buttonValues.{key}";
            var button = int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && $"{place}" == key ? shape.Buttons.ElementAtOrDefault(place) : null;
            check.That(button is not null, at, $"{at}: the template {template.Name} has {shape.Buttons.Count} buttons, counted from 0.");
            check.That(
                button is null || button.Kind == "quick_reply" || shape.Slots.Exists(s => s.Key.Button == place), at,
                $"{at}: the button {button?.Text} takes no value. A link with a variable, a code to copy and a quick reply do.");
            check.That((value?.Length ?? 0) <= (button?.Kind == "quick_reply" ? LongestPayload : LongestValue), at, $"{at} is too long.");
            read[place] = value ?? "";
        }

        check.Throw();
        return read;
    }

    /// <summary>The message that an id, ours or Meta's, names in a conversation.</summary>
    public static async Task<ReplyRef?> ReplyAsync(TenantScope scope, Check check, string? id, ObjectId? conversationId, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(id))
        {
            return null;
        }

        var found = ObjectId.TryParse(id, out var ours)
            ? await scope.Db.Messages.FindByIdAsync(ours, ct)
            : await scope.Db.Messages.Find(m => m.Wamid == id).FirstOrDefaultAsync(ct);
        check.That(found?.Wamid is not null && found.ConversationId == conversationId, "replyTo", "replyTo names no message of this conversation that WhatsApp knows.");
        return found?.Wamid is null ? null : new ReplyRef { Wamid = found.Wamid, MessageId = found.Id, Text = Threads.Snippet(found.Text ?? $"[{found.Type}]") };
    }

    private static async Task<MessageDraft> MediaAsync(TenantScope scope, Check check, SendMessage input, MessageDraft draft, CancellationToken ct)
    {
        check.OneOf(input.MediaType, "mediaType", MediaTypes);
        var caption = check.Text(input.Caption ?? input.Text, "caption", 1024);
        var media = new MediaPart { FileName = check.Text(input.FileName, "fileName", 240), Voice = input.Voice == true };
        var kind = input.MediaType;
        if (MediaLinks.FileIdOf(input.MediaUrl) is { } fileId)
        {
            var file = await scope.Db.Media.FindByIdAsync(fileId, ct);
            check.That(file is not null, "mediaUrl", "mediaUrl names no uploaded file of yours.");
            if (file is not null)
            {
                (media.State, media.FileId, media.MimeType, media.Size, media.FileName) = (MediaState.Stored, file.Id, file.MimeType, file.Size, media.FileName ?? file.FileName);
                kind ??= file.Kind;
                check.That(Fits(file, kind), "mediaType", Misfit(file, kind));
                media.Voice = input.Voice ?? (kind == "audio" && file.Voice);
            }
        }
        else
        {
            var good = Uri.TryCreate(input.MediaUrl, UriKind.Absolute, out var uri) && uri.Scheme == "https" && input.MediaUrl!.Length <= 2048;
            check.That(good, "mediaUrl", "mediaUrl must be an address from the upload route or a public https address.");
            check.That(kind is not null, "mediaType", "mediaType is required with an address of your own.");
            (media.State, media.Link) = (MediaState.External, input.MediaUrl);
        }

        check.That(caption is null || kind is not ("audio" or "sticker"), "caption", $"WhatsApp takes no caption with {kind}.");
        return draft with { Type = kind ?? "document", Media = media, Text = caption };
    }

    private static bool Fits(MediaFile file, string? kind) => kind switch
    {
        "document" => true,
        "sticker" => file.MimeType == "image/webp" && file.Size <= ImagePress.LargestSticker,
        "image" => file.MimeType is "image/jpeg" or "image/png",
        _ => kind == file.Kind,
    };

    private static string Misfit(MediaFile file, string? kind) => kind switch
    {
        "sticker" => "WhatsApp takes as a sticker only a WebP of 512 × 512 pixels, of at most 100 KB, or 500 KB where it moves.",
        "image" when file.MimeType == "image/webp" => "WhatsApp takes JPEG and PNG as an image. Send this WebP as a sticker or as a document.",
        _ => $"The uploaded file is of the kind {file.Kind} and cannot be sent as {kind}.",
    };

    private static BsonArray Cards(Check check, IReadOnlyList<System.Text.Json.JsonElement> cards)
    {
        check.That(cards.Count is >= 1 and <= 257, "contacts", "contacts must have 1 to 257 cards.");
        var read = new BsonArray();
        foreach (var (index, card) in cards.Index())
        {
            var document = BsonJson.ToDocument(card);
            var name = document.GetValue("name", BsonNull.Value) as BsonDocument;
            check.That(name?.GetValue("formatted_name", BsonNull.Value) is BsonString { Value.Length: > 0 }, $"contacts[{index}].name", $"contacts[{index}].name.formatted_name is required.");
            read.Add(document);
        }

        return read;
    }

    private static void Add(BsonDocument document, string name, string? value)
    {
        if (value is not null)
        {
            document[name] = value;
        }
    }
}
