using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Sandbox.Graph;
using Ecodrix.Sandbox.Graph.Messages;
using Ecodrix.Sandbox.Graph.Templates;

namespace Ecodrix.Sandbox.Control;

/// <summary>What a recipient sees of a message: the phone on the page draws nothing else.</summary>
internal sealed record RenderedMessage
{
    public string? Header { get; init; }

    /// <summary>image, video, document, audio or sticker, drawn as a placeholder.</summary>
    public string? Media { get; init; }

    public string? Body { get; init; }

    public string? Footer { get; init; }

    public IReadOnlyList<RenderedButton> Buttons { get; init; } = [];

    public string? Template { get; init; }
}

/// <summary>A button under a message, and what pressing it answers.</summary>
internal sealed record RenderedButton(string Kind, string Text, string? Id = null, string? Url = null);

/// <summary>Draws accepted messages. What was accepted was checked before, so nothing here has to be.</summary>
internal sealed class MessageRendering(GraphSandbox graph)
{
    public RenderedMessage Render(SentMessage message)
    {
        using var document = JsonDocument.Parse(message.Body);
        if (!document.RootElement.TryGetProperty(message.Type, out var content))
        {
            return new RenderedMessage();
        }

        return message.Type switch
        {
            "text" => new RenderedMessage { Body = Text(content, "body") },
            "template" => FromTemplate(message, content),
            "interactive" => Interactive(content),
            "reaction" => new RenderedMessage { Body = Text(content, "emoji") is { Length: > 0 } emoji ? $"Reacted {emoji}" : "Reaction removed" },
            "location" => new RenderedMessage { Header = Text(content, "name") ?? "Location", Body = Text(content, "address") },
            "contacts" => new RenderedMessage { Header = "Contact", Body = Names(content) },
            _ => new RenderedMessage { Media = message.Type, Body = Text(content, "caption"), Footer = Text(content, "filename") },
        };
    }

    private RenderedMessage FromTemplate(SentMessage message, JsonElement content)
    {
        var (name, language) = (Text(content, "name")!, Text(content.GetProperty("language"), "code")!);
        var title = $"{name} · {language}";
        if (graph.Templates.Find(graph.Directory.Get(message.PhoneNumberId).WabaId, name, language) is not { } template)
        {
            return new RenderedMessage { Template = title, Body = "(template not in the catalogue)" };
        }

        var format = (string?)template.Part("HEADER")?["format"];
        return new RenderedMessage
        {
            Template = title,
            Header = Filled(template, content, "header", (string?)template.Part("HEADER")?["text"]),
            Media = format is null or "TEXT" ? null : format.ToLowerInvariant(),
            Body = Filled(template, content, "body", (string?)template.Part("BODY")?["text"]),
            Footer = (string?)template.Part("FOOTER")?["text"],
            Buttons = [.. template.Buttons.Select((b, i) => Button(b, content, i))],
        };
    }

    private static string? Filled(Template template, JsonElement content, string part, string? text) =>
        text is null ? null : TemplateText.Fill(template, text, Parameters(content, part, null));

    private static RenderedButton Button(JsonObject button, JsonElement content, int index)
    {
        var parameters = Parameters(content, "button", index);
        var value = parameters.Length > 0 ? TemplateText.Value(parameters[0].Json) : null;
        var (kind, text) = (((string?)button["type"] ?? "").ToLowerInvariant(), (string?)button["text"] ?? "Copy code");
        return kind switch
        {
            "quick_reply" => new RenderedButton(kind, text, value ?? text),
            "url" => new RenderedButton(kind, text, Url: ((string?)button["url"])?.Replace("{{1}}", value, StringComparison.Ordinal)),
            "copy_code" => new RenderedButton(kind, $"Copy code {value}"),
            _ => new RenderedButton(kind, text),
        };
    }

    private static Param[] Parameters(JsonElement content, string part, int? index)
    {
        foreach (var component in Items(content, "components"))
        {
            var matches = string.Equals(Text(component, "type"), part, StringComparison.OrdinalIgnoreCase)
                && (index is null || (component.TryGetProperty("index", out var at) && at.ToString() == $"{index}"));
            if (matches)
            {
                return [.. Items(component, "parameters").Select(p => new Param(p, "parameter"))];
            }
        }

        return [];
    }

    private static RenderedMessage Interactive(JsonElement content)
    {
        var header = content.TryGetProperty("header", out var h) ? h : default;
        var action = content.GetProperty("action");
        return new RenderedMessage
        {
            Header = header.ValueKind == JsonValueKind.Object ? Text(header, "text") : null,
            Media = header.ValueKind == JsonValueKind.Object && Text(header, "type") is { } kind and not "text" ? kind : null,
            Body = content.TryGetProperty("body", out var body) ? Text(body, "text") : null,
            Footer = content.TryGetProperty("footer", out var footer) ? Text(footer, "text") : null,
            Buttons = Text(content, "type") switch
            {
                "button" => [.. Items(action, "buttons").Select(b => b.GetProperty("reply"))
                    .Select(r => new RenderedButton("reply", Text(r, "title")!, Text(r, "id")))],
                "list" => [.. Items(action, "sections").SelectMany(s => Items(s, "rows"))
                    .Select(r => new RenderedButton("row", Text(r, "title")!, Text(r, "id")))],
                "cta_url" => [new RenderedButton("url", Text(action.GetProperty("parameters"), "display_text")!,
                    Url: Text(action.GetProperty("parameters"), "url"))],
                "location_request_message" => [new RenderedButton("location", "Send location")],
                var type => [new RenderedButton(type ?? "", Text(action, "name") ?? type ?? "")],
            },
        };
    }

    private static string Names(JsonElement contacts) =>
        string.Join(", ", contacts.EnumerateArray().Select(c => Text(c.GetProperty("name"), "formatted_name")));

    private static JsonElement[] Items(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
