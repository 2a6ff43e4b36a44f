using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Sandbox.Graph.Media;

namespace Ecodrix.Sandbox.Webhooks;

/// <summary>Invents the content of a customer's message where the caller gave none.</summary>
internal static class InboundContent
{
    // One grey pixel: enough for a receiver to fetch, store and show.
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNs+M/wHwAEgAJ/mGGqYQAAAABJRU5ErkJggg==";

    public static JsonElement Of(InboundMessage message, MediaShelf media) => JsonSerializer.SerializeToElement(Node(message, media));

    private static JsonNode Node(InboundMessage message, MediaShelf media) => message.Type switch
    {
        "text" => new JsonObject { ["body"] = message.Text ?? "" },
        "image" => Image(message.Text, media),
        "audio" => File(media, "audio/ogg; codecs=opus", "OggS"u8, null, j => j["voice"] = true),
        "video" => File(media, "video/mp4", "\0\0\0\u0018ftypmp42"u8, message.Text, _ => { }),
        "sticker" => File(media, "image/webp", "RIFF\u000c\0\0\0WEBPVP8 "u8, null, j => j["animated"] = false),
        "document" => File(media, "application/pdf", "%PDF-1.4\n%%EOF\n"u8, message.Text, j => j["filename"] = "report.pdf"),
        "location" => new JsonObject
        {
            ["latitude"] = 12.9716,
            ["longitude"] = 77.5946,
            ["name"] = message.Text ?? "MG Road",
            ["address"] = "Bengaluru",
        },
        "button" => new JsonObject { ["payload"] = message.Text ?? "Reschedule", ["text"] = message.Text ?? "Reschedule" },
        "interactive" => new JsonObject
        {
            ["type"] = "button_reply",
            ["button_reply"] = new JsonObject { ["id"] = message.Text ?? "yes", ["title"] = message.Text ?? "Yes" },
        },
        "reaction" => Reaction(message),
        "contacts" => new JsonArray(new JsonObject
        {
            ["name"] = new JsonObject { ["formatted_name"] = "Asha Rao", ["first_name"] = "Asha" },
            ["phones"] = new JsonArray(new JsonObject { ["phone"] = "+919812345678", ["wa_id"] = "919812345678", ["type"] = "CELL" }),
        }),
        "unsupported" => new JsonArray(new JsonObject
        {
            ["code"] = 131051,
            ["title"] = "Message type unknown",
            ["message"] = "Message type unknown",
            ["error_data"] = new JsonObject { ["details"] = "Message type is currently not supported." },
        }),
        _ => new JsonObject { ["body"] = message.Text ?? "" },
    };

    private static JsonObject Reaction(InboundMessage message)
    {
        var reaction = new JsonObject { ["message_id"] = message.ReplyTo ?? "" };

        // Without a text the reaction is taken back: Meta then leaves the emoji out.
        if (message.Text is { Length: > 0 } emoji)
        {
            reaction["emoji"] = emoji;
        }

        return reaction;
    }

    private static JsonObject Image(string? caption, MediaShelf media) =>
        File(media, "image/png", Convert.FromBase64String(Pixel), caption, _ => { });

    private static JsonObject File(MediaShelf media, string mimeType, ReadOnlySpan<byte> bytes, string? caption, Action<JsonObject> more)
    {
        var file = media.Add(mimeType, bytes.ToArray(), null);
        var json = new JsonObject { ["mime_type"] = file.MimeType, ["sha256"] = file.Sha256, ["id"] = file.Id };
        if (caption is not null)
        {
            json["caption"] = caption;
        }

        more(json);
        return json;
    }
}
