using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Reads what a contact's message holds, kind by kind. A kind not known yet is kept and shown as unsupported.</summary>
internal static class InboundContent
{
    private static readonly string[] Known =
        ["text", "image", "video", "audio", "document", "sticker", "location", "contacts", "button", "interactive", "order", "system", "unsupported", "reaction", "request_welcome"];

    /// <summary>A message as it is kept, but for its conversation and times.</summary>
    public static Message Read(JsonElement message, string wamid)
    {
        var said = message.Text("type") ?? "unsupported";
        var type = Known.Contains(said) ? said : "unsupported";
        var part = message.Get(said);
        var read = new Message
        {
            Id = Ids.From("message", wamid),
            Wamid = wamid,
            Direction = MessageDirection.In,
            Type = type,
            Text = Text(said, message, part),
            Media = type is "image" or "video" or "audio" or "document" or "sticker" && part is { } media ? Media(media) : null,
            Status = MessageStatus.Received,
            Progress = MessageProgress.Of(MessageStatus.Received),
            Raw = BsonJson.ToDocumentAsItCame(message),
        };
        read.Content = type switch
        {
            "location" or "contacts" or "interactive" or "button" or "order" or "system" when part is { } content => BsonJson.ToBsonAsItCame(content),
            "unsupported" => new BsonDocument { ["type"] = said, ["errors"] = message.Get("errors") is { } errors ? BsonJson.ToBsonAsItCame(errors) : new BsonArray() },
            _ => null,
        };
        read.Referral = message.Get("referral") is { ValueKind: JsonValueKind.Object } referral ? BsonJson.ToDocumentAsItCame(referral) : null;
        read.Words = MessageWords.Of(read.Text);
        return read;
    }

    private static string? Text(string type, JsonElement message, JsonElement? part) => type switch
    {
        "text" => part?.Text("body"),
        "button" => part?.Text("text"),
        "interactive" => part?.Get("button_reply")?.Text("title") ?? part?.Get("list_reply")?.Text("title") ?? part?.Get("nfm_reply")?.Text("body"),
        "location" => part?.Text("name") ?? part?.Text("address") ?? "Location",
        "contacts" => string.Join(", ", message.Items("contacts").Select(c => c.Get("name")?.Text("formatted_name")).Where(n => n is not null)) is { Length: > 0 } names ? names : "Contact",
        "order" => part?.Text("text") is { Length: > 0 } note ? note : $"Order of {part?.Items("product_items").Count() ?? 0} products",
        "system" => part?.Text("body"),
        "request_welcome" => "Opened the chat for the first time",
        _ => part?.Text("caption"),
    };

    private static MediaPart Media(JsonElement part) => new()
    {
        State = MediaState.Pending,
        MetaId = part.Text("id"),
        MimeType = part.Text("mime_type"),
        Sha256 = part.Text("sha256"),
        FileName = part.Text("filename"),
        Voice = part.Get("voice") is { ValueKind: JsonValueKind.True },
    };
}
