using System.Globalization;
using System.Text.RegularExpressions;
using MongoDB.Bson;

namespace Ecodrix.Engine.WhatsApp.Templates;

/// <summary>Which variable of a template: its part, which button, and its number or name.</summary>
internal sealed record SlotKey
{
    /// <summary>header, body or button.</summary>
    public required string Component { get; init; }

    /// <summary>Which button, from 0.</summary>
    public int? Button { get; init; }

    /// <summary>Its number, from 1, where variables go by number.</summary>
    public int? Index { get; init; }

    /// <summary>Its name, where they go by name.</summary>
    public string? Name { get; init; }

    /// <summary>As people read it: <c>body {{1}}</c>.</summary>
    public string Label => Component + (Button is { } button ? $" {button + 1}" : "") + (Name is not null ? $" {{{{{Name}}}}}" : Index is { } index ? $" {{{{{index}}}}}" : "");
}

/// <summary>A place in a template that wants a value.</summary>
/// <param name="Key">Which.</param>
/// <param name="Kind">text, image, video, document, location or coupon_code.</param>
/// <param name="Example">Meta's example for it.</param>
internal sealed record TemplateSlot(SlotKey Key, string Kind, string? Example);

/// <summary>What a template's components ask for, and how they read once filled in.</summary>
internal sealed partial class TemplateShape
{
    private TemplateShape(Template template)
    {
        foreach (var component in template.Components.OfType<BsonDocument>())
        {
            switch (Word(component, "type"))
            {
                case "header":
                    ReadHeader(component, template.Named);
                    break;
                case "body":
                    Body = Text(component, "text");
                    Slots.AddRange(Variables("body", Body, null, template.Named, BodyExamples(component)));
                    break;
                case "footer":
                    Footer = Text(component, "text");
                    break;
                case "buttons":
                    ReadButtons(component);
                    break;
            }
        }
    }

    public string? Header { get; private set; }

    /// <summary>text, image, video, document or location; null without a header.</summary>
    public string? HeaderKind { get; private set; }

    public string? Body { get; }

    public string? Footer { get; }

    public List<TemplateButton> Buttons { get; } = [];

    public List<TemplateSlot> Slots { get; } = [];

    public static TemplateShape Of(Template template) => new(template);

    /// <summary>A text with its variables replaced.</summary>
    public static string? Fill(string? text, Func<string, string?> value) => text is null ? null : Variable().Replace(text, m => value(m.Groups[1].Value) ?? m.Value);

    private void ReadHeader(BsonDocument component, bool named)
    {
        HeaderKind = Word(component, "format") ?? "text";
        if (HeaderKind == "text")
        {
            Header = Text(component, "text");
            var examples = component.GetValue("example", BsonNull.Value) is BsonDocument example && example.GetValue("header_text", BsonNull.Value) is BsonArray texts
                ? texts.Select(t => t.ToString()).ToList() : [];
            Slots.AddRange(Variables("header", Header, null, named, examples));
        }
        else
        {
            var handle = component.GetValue("example", BsonNull.Value) is BsonDocument example && example.GetValue("header_handle", BsonNull.Value) is BsonArray { Count: > 0 } handles
                ? handles[0].ToString() : null;
            Slots.Add(new TemplateSlot(new SlotKey { Component = "header" }, HeaderKind, handle));
        }
    }

    private void ReadButtons(BsonDocument component)
    {
        if (component.GetValue("buttons", BsonNull.Value) is not BsonArray buttons)
        {
            return;
        }

        foreach (var (index, button) in buttons.OfType<BsonDocument>().Index())
        {
            var kind = Word(button, "type") ?? "quick_reply";
            var url = Text(button, "url");
            Buttons.Add(new TemplateButton(kind, Text(button, "text") ?? (kind == "copy_code" ? "Copy code" : kind), url));
            var example = button.GetValue("example", BsonNull.Value) switch
            {
                BsonArray { Count: > 0 } list => list[0].ToString(),
                BsonString text => text.Value,
                _ => null,
            };
            if (kind == "url" && url is not null && Variable().IsMatch(url))
            {
                Slots.Add(new TemplateSlot(new SlotKey { Component = "button", Button = index, Index = 1 }, "text", example));
            }
            else if (kind == "copy_code")
            {
                Slots.Add(new TemplateSlot(new SlotKey { Component = "button", Button = index, Index = 1 }, "coupon_code", example));
            }
        }
    }

    private static IEnumerable<TemplateSlot> Variables(string component, string? text, int? button, bool named, IReadOnlyList<string?> examples)
    {
        var names = Variable().Matches(text ?? "").Select(m => m.Groups[1].Value).Distinct().ToList();
        var positional = !named && names.All(n => int.TryParse(n, CultureInfo.InvariantCulture, out _));
        foreach (var (at, name) in names.OrderBy(n => positional ? int.Parse(n, CultureInfo.InvariantCulture) : 0).Index())
        {
            yield return new TemplateSlot(
                positional
                    ? new SlotKey { Component = component, Button = button, Index = int.Parse(name, CultureInfo.InvariantCulture) }
                    : new SlotKey { Component = component, Button = button, Name = name },
                "text",
                at < examples.Count ? examples[at] : null);
        }
    }

    private static List<string?> BodyExamples(BsonDocument component)
    {
        if (component.GetValue("example", BsonNull.Value) is not BsonDocument example)
        {
            return [];
        }

        if (example.GetValue("body_text_named_params", BsonNull.Value) is BsonArray named)
        {
            return [.. named.OfType<BsonDocument>().Select(p => p.GetValue("example", "").ToString())];
        }

        return example.GetValue("body_text", BsonNull.Value) is BsonArray { Count: > 0 } rows && rows[0] is BsonArray first ? [.. first.Select(t => t.ToString())] : [];
    }

    private static string? Text(BsonDocument document, string name) => document.GetValue(name, BsonNull.Value) is BsonString text ? text.Value : null;

    private static string? Word(BsonDocument document, string name) => Text(document, name)?.ToLowerInvariant();

    [GeneratedRegex(@"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")]
    private static partial Regex Variable();
}

/// <summary>A button of a template.</summary>
internal sealed record TemplateButton(string Kind, string Text, string? Url);
