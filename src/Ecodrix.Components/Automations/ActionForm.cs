using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Triggers;

namespace Ecodrix.Components.Automations;

/// <summary>One field of an action's configuration.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Label">What people read.</param>
/// <param name="Kind"><c>text</c>, <c>long</c>, <c>stage</c>, <c>lines</c> (a list, one a line), <c>pairs</c> (names and values, one a line) or <c>number</c>.</param>
/// <param name="Hint">What to write.</param>
public sealed record ActionField(string Name, string Label, string Kind = "text", string? Hint = null)
{
    /// <summary>Whether its text is rendered with Liquid. A template is chosen from those there are, though its name could be made too.</summary>
    public bool TakesLiquid => Kind is "long" or "lines" or "pairs" || (Kind == "text" && Name is not ("templateName" or "language" or "method" or "field"));
}

/// <summary>An action of a rule while it is edited.</summary>
public sealed class ActionForm
{
    private static readonly Dictionary<string, (string Title, ActionField[] Fields)> ByType = new(StringComparer.Ordinal)
    {
        ["send_whatsapp"] = ("Send WhatsApp template",
        [
            new("templateName", "Template"), new("language", "Language", Hint: "en_US"),
            new("variables", "Variables", "lines", "One a line, in order, with Liquid: {{ lead.firstName | default: \"there\" }}. Leave empty to use the template's mapping."),
        ]),
        ["send_email"] = ("Send e-mail", [new("subject", "Subject"), new("htmlBody", "Body", "long", "HTML with Liquid: {{ lead.firstName }}"), new("to", "To", Hint: "the lead's address when empty")]),
        ["move_stage"] = ("Move to stage", [new("stageId", "Stage", "stage")]),
        ["assign_to"] = ("Assign to", [new("assignTo", "Person", Hint: "e-mail address or name")]),
        ["add_tag"] = ("Add tag", [new("tag", "Tag")]),
        ["remove_tag"] = ("Remove tag", [new("tag", "Tag")]),
        ["create_note"] = ("Write a note", [new("content", "Note", "long")]),
        ["set_field"] = ("Set a field", [new("field", "Field", Hint: "source, metadata.extra.plan …"), new("value", "Value")]),
        ["http_request"] = ("HTTP request", [new("url", "Address", Hint: "https://…"), new("method", "Method", Hint: "POST"), new("headers", "Headers", "pairs", "One a line: Authorization: Bearer …"), new("body", "Body", "long", "Liquid; write texts as {{ lead.firstName | json }}. Empty sends the event and its lead.")]),
        ["notify_user"] = ("Notify somebody", [new("to", "Person", Hint: "everybody when empty"), new("message", "Message")]),
        ["wait_until"] = ("Wait", [new("until", "Until", Hint: "{{ data.startTime }}"), new("offsetMinutes", "Minutes after or before", "number")]),
    };

    private JsonObject _rest = [];

    /// <summary>What it does.</summary>
    public string Type { get; set; } = "send_whatsapp";

    /// <summary>Minutes after the event.</summary>
    public int DelayMinutes { get; set; }

    /// <summary>The fields as typed.</summary>
    public Dictionary<string, string> Values { get; } = [];

    /// <summary>The fields of the type.</summary>
    public IReadOnlyList<ActionField> Fields => ByType.TryGetValue(Type, out var known) ? known.Fields : [];

    /// <summary>What waits to be done, as people read it.</summary>
    public static string Title(PendingStep step) => step.ActionType is { } type ? Title(type) : step.Trigger;

    /// <summary>A type as people read it.</summary>
    public static string Title(string type) => ByType.TryGetValue(type, out var known) ? known.Title : type.Replace('_', ' ');

    /// <summary>An action as the API writes it, for editing. What has no field here is kept as it is.</summary>
    public static ActionForm From(string type, int delayMinutes, JsonObject config)
    {
        var form = new ActionForm { Type = type, DelayMinutes = delayMinutes, _rest = (JsonObject)config.DeepClone() };
        foreach (var field in form.Fields)
        {
            if (config[field.Name] is { } value && !(field.Kind == "lines" && value is JsonObject))
            {
                form.Values[field.Name] = value switch
                {
                    JsonArray lines => string.Join('\n', lines.Select(l => l?.ToString())),
                    JsonObject pairs => string.Join('\n', pairs.Select(p => $"{p.Key}: {p.Value}")),
                    _ => value.ToString(),
                };
                form._rest.Remove(field.Name);
            }
        }

        return form;
    }

    /// <summary>The configuration as the API takes it.</summary>
    public JsonElement ToConfig()
    {
        var config = (JsonObject)_rest.DeepClone();
        foreach (var field in Fields)
        {
            var text = Values.GetValueOrDefault(field.Name);
            if (!string.IsNullOrWhiteSpace(text))
            {
                config[field.Name] = field.Kind switch
                {
                    "lines" => new JsonArray([.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonValue.Create(l.Trim()))]),
                    "pairs" => Pairs(text),
                    "number" when int.TryParse(text, out var number) => JsonValue.Create(number),
                    _ => JsonValue.Create(text),
                };
            }
        }

        return JsonSerializer.SerializeToElement(config);
    }

    private static JsonObject Pairs(string text)
    {
        var pairs = new JsonObject();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var parts = line.Split(':', 2, StringSplitOptions.TrimEntries);
            pairs[parts[0]] = parts.Length == 2 ? parts[1] : "";
        }

        return pairs;
    }
}
