using Ecodrix.Sandbox.Graph.Media;
using Ecodrix.Sandbox.Graph.Templates;

namespace Ecodrix.Sandbox.Graph.Messages;

/// <summary>What Meta demands of a message's content, type by type.</summary>
internal sealed class MessageRules(SandboxOptions options, TemplateCatalogue templates, MediaShelf media)
{
    private const int TextLimit = 4096;
    private const int CaptionLimit = 1024;
    private const int ContactsLimit = 257;

    /// <summary>Refuses content that Meta would refuse. <paramref name="wabaId"/> is null for a number that sees all templates.</summary>
    public void Check(Param message, string type, string? wabaId)
    {
        message.Only(
            "messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data",
            "recipient_identity_key_hash", "message_activity_sharing", "product_policy", type);
        switch (type)
        {
            case "text":
                Text(message.Object("text"));
                break;
            case "image" or "video":
                Media(message.Object(type).Only("id", "link", "caption"), caption: true);
                break;
            case "document":
                var document = message.Object(type).Only("id", "link", "caption", "filename");
                Media(document, caption: true);
                _ = document.OptionalText("filename", 240);
                break;
            case "audio":
                var audio = message.Object(type).Only("id", "link", "voice");
                Media(audio, caption: false);
                audio.OptionalBool("voice");
                break;
            case "sticker":
                Media(message.Object(type).Only("id", "link"), caption: false);
                break;
            case "location":
                Location(message.Object(type));
                break;
            case "contacts":
                Contacts(message.List(type, 1, ContactsLimit));
                break;
            case "reaction":
                Reaction(message.Object(type));
                break;
            case "interactive":
                InteractiveRules.Check(message.Object(type), this);
                break;
            case "template":
                new TemplateRules(options, templates, this).Check(message.Object(type), wabaId);
                break;
            default:
                throw GraphErrors.Invalid(
                    "type",
                    "must be one of {AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, STICKER, TEMPLATE, TEXT, VIDEO}"
                    + $" - got \"{type}\".");
        }
    }

    /// <summary>A media object names an uploaded file or a link, never both.</summary>
    public void Media(Param file, bool caption)
    {
        if (file.Has("id") == file.Has("link"))
        {
            throw GraphErrors.Shape($"Param {file.Path} must have exactly one of id and link.");
        }

        if (file.Has("link"))
        {
            var link = file.Text("link", 2048);
            if (!Uri.TryCreate(link, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp))
            {
                throw GraphErrors.Value($"{file.PathOf("link")} is not a valid URL.");
            }
        }
        else
        {
            var id = file.Text("id", 128);
            if (!options.AcceptUnknownMedia && !media.Has(id))
            {
                throw GraphErrors.Value($"{file.PathOf("id")}: media ID {id} does not exist or has expired.");
            }
        }

        if (caption)
        {
            _ = file.OptionalText("caption", CaptionLimit);
        }
    }

    private static void Text(Param text)
    {
        text.Only("body", "preview_url");
        _ = text.Text("body", TextLimit);
        text.OptionalBool("preview_url");
    }

    private static void Location(Param location)
    {
        location.Only("latitude", "longitude", "name", "address");
        _ = location.Number("latitude", -90, 90);
        _ = location.Number("longitude", -180, 180);
        _ = location.OptionalText("name", 1000);
        _ = location.OptionalText("address", 1000);
    }

    private static void Contacts(IReadOnlyList<Param> contacts)
    {
        foreach (var contact in contacts)
        {
            contact.Only("addresses", "birthday", "emails", "name", "org", "phones", "urls");
            _ = contact.Object("name").Text("formatted_name", 1000);
            if (contact.Has("phones"))
            {
                _ = contact.List("phones", 0, 50);
            }
        }
    }

    private static void Reaction(Param reaction)
    {
        reaction.Only("message_id", "emoji");
        _ = reaction.Text("message_id", 512);

        // An empty emoji takes the reaction back, so only its absence and its type are wrong.
        if (!reaction.Has("emoji"))
        {
            throw GraphErrors.Missing(reaction.PathOf("emoji"));
        }

        if (reaction.Json.GetProperty("emoji").ValueKind != System.Text.Json.JsonValueKind.String
            || reaction.Json.GetProperty("emoji").GetString() is { Length: > 0 } emoji && !IsOneEmoji(emoji))
        {
            throw GraphErrors.Value("The emoji of a reaction must be a single emoji.");
        }
    }

    private static bool IsOneEmoji(string emoji) =>
        new System.Globalization.StringInfo(emoji).LengthInTextElements == 1 && !char.IsAsciiLetterOrDigit(emoji[^1]);
}
