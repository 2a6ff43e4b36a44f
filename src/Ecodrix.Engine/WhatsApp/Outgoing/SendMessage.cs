using System.Text.Json;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>A message to be sent: exactly one kind. Where text and a template are both given, the template is sent; with media, text is its caption.</summary>
public sealed record SendMessage
{
    /// <summary>A phone number in any common writing, or Meta's business-scoped user id.</summary>
    public string? To { get; init; }

    /// <summary>Or the conversation to send into.</summary>
    public string? ConversationId { get; init; }

    /// <summary>Free text, at most 4,096 characters.</summary>
    public string? Text { get; init; }

    /// <summary>Whether a link in the text is shown with a preview; it is unless this is false.</summary>
    public bool? PreviewUrl { get; init; }

    /// <summary>An approved template.</summary>
    public string? TemplateName { get; init; }

    /// <summary>Its language; the tenant's usual one when absent.</summary>
    public string? TemplateLanguage { get; init; }

    /// <summary>Its variables: a list by number or an object by name. Those not given come from the template's mapping.</summary>
    public JsonElement? Variables { get; init; }

    /// <summary>The text of its header's variable, or the address of its header's media.</summary>
    public string? HeaderValue { get; init; }

    /// <summary>The variable of each URL or copy-code button, or what comes back when a quick reply is pressed, by the button's place from 0.</summary>
    public IReadOnlyDictionary<string, string>? ButtonValues { get; init; }

    /// <summary>An address from the upload route, or any public https address.</summary>
    public string? MediaUrl { get; init; }

    /// <summary>image, video, audio, document or sticker.</summary>
    public string? MediaType { get; init; }

    /// <summary>At most 1,024 characters; not with audio and stickers.</summary>
    public string? Caption { get; init; }

    /// <summary>What a document is called.</summary>
    public string? FileName { get; init; }

    /// <summary>Whether audio is shown as a voice note.</summary>
    public bool? Voice { get; init; }

    /// <summary>A place.</summary>
    public LocationInput? Location { get; init; }

    /// <summary>Contact cards, in Meta's form.</summary>
    public IReadOnlyList<JsonElement>? Contacts { get; init; }

    /// <summary>Buttons, a list, or a link.</summary>
    public InteractiveInput? Interactive { get; init; }

    /// <summary>The id of the message it answers, ours or Meta's.</summary>
    public string? ReplyTo { get; init; }
}

/// <summary>A place.</summary>
/// <param name="Latitude">-90 to 90.</param>
/// <param name="Longitude">-180 to 180.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Address">Where it is.</param>
public sealed record LocationInput(double Latitude, double Longitude, string? Name = null, string? Address = null);

/// <summary>A message with something to press.</summary>
public sealed record InteractiveInput
{
    /// <summary>button, list, cta_url or location_request_message.</summary>
    public string? Type { get; init; }

    /// <summary>The text, at most 1,024 characters (4,096 with a list).</summary>
    public string? Body { get; init; }

    /// <summary>A header text, at most 60 characters.</summary>
    public string? Header { get; init; }

    /// <summary>A footer, at most 60 characters.</summary>
    public string? Footer { get; init; }

    /// <summary>For button: at most 3, titles at most 20 characters and different.</summary>
    public IReadOnlyList<ButtonInput>? Buttons { get; init; }

    /// <summary>For list: what opens it, at most 20 characters. For cta_url: what the button says.</summary>
    public string? ButtonText { get; init; }

    /// <summary>For list: at most 10 sections with 10 rows in all.</summary>
    public IReadOnlyList<SectionInput>? Sections { get; init; }

    /// <summary>For cta_url: where it leads.</summary>
    public string? Url { get; init; }
}

/// <summary>A reply button.</summary>
/// <param name="Title">At most 20 characters.</param>
/// <param name="Id">What comes back when it is pressed; made from the title when absent.</param>
public sealed record ButtonInput(string? Title, string? Id = null);

/// <summary>A part of a list.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Title">At most 24 characters; required when there are several.</param>
public sealed record SectionInput(IReadOnlyList<RowInput>? Rows, string? Title = null);

/// <summary>A row of a list.</summary>
/// <param name="Title">At most 24 characters.</param>
/// <param name="Description">At most 72.</param>
/// <param name="Id">What comes back when it is chosen; made from the title when absent.</param>
public sealed record RowInput(string? Title, string? Description = null, string? Id = null);

/// <summary>A reaction.</summary>
/// <param name="Emoji">One emoji; an empty text removes it.</param>
public sealed record ReactInput(string? Emoji);
