using System.Text.RegularExpressions;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Templates;

/// <summary>What a template may be filled from.</summary>
/// <param name="Lead">The lead's fields; empty without one.</param>
/// <param name="Event">The event's variables and data; empty without one.</param>
internal sealed record TemplateFacts(BsonDocument Lead, BsonDocument Event)
{
    public static TemplateFacts None { get; } = new([], []);
}

/// <summary>Values a caller gives outright; they go before the mapping.</summary>
internal sealed record GivenValues
{
    /// <summary>
    /// By number, for the body; or for header, body and buttons in this order when there are exactly as many as all of them. Those that
    /// <see cref="Header"/> and <see cref="Buttons"/> give do not count, nor does a header of media unless the first value is an address.
    /// </summary>
    public IReadOnlyList<string>? Positional { get; init; }

    public IReadOnlyDictionary<string, string>? Named { get; init; }

    /// <summary>The header's text, or the address of its media.</summary>
    public string? Header { get; init; }

    /// <summary>The variable of each button, or a quick reply's payload, by the button's place from 0.</summary>
    public IReadOnlyDictionary<int, string>? Buttons { get; init; }
}

/// <summary>One place of a template with what goes there.</summary>
internal sealed record FilledSlot(TemplateSlot Slot, VariableMapping? Mapping, string? Value);

/// <summary>A template filled in, or why it was not.</summary>
internal sealed record FilledTemplate(Template Template, TemplateUse Use, string Text, IReadOnlyList<FilledSlot> Slots)
{
    /// <summary>What is still empty, in words; null when nothing is.</summary>
    public string? Missing { get; init; }
}

/// <summary>The one place that fills templates, for chat, rules, broadcasts and preview alike.</summary>
internal sealed partial class TemplateFilling(MappableCollections collections)
{
    /// <summary>Fills a template. Never throws for a missing value: that is told in <see cref="FilledTemplate.Missing"/>.</summary>
    public async Task<FilledTemplate> FillAsync(TenantScope scope, Template template, TemplateFacts facts, GivenValues? given, CancellationToken ct)
    {
        var shape = TemplateShape.Of(template);
        var filled = new List<FilledSlot>(shape.Slots.Count);
        foreach (var slot in shape.Slots)
        {
            var mapping = template.Mappings.Find(m => m.Slot == slot.Key);
            var value = Clean(Given(shape, slot, given) ?? await MappedAsync(scope, mapping, facts, ct));
            if (string.IsNullOrEmpty(value) && template.OnEmptyVariable == EmptyVariable.Fallback)
            {
                value = Clean(mapping?.Fallback);
            }

            filled.Add(new FilledSlot(slot, mapping, string.IsNullOrEmpty(value) ? null : value));
        }

        return new FilledTemplate(template, Use(template, shape, filled, given?.Buttons), Body(shape, filled), filled) { Missing = Missing(filled) };
    }

    /// <summary>The body components for a template that is not known here, from values given outright.</summary>
    public static BsonArray Plain(GivenValues given)
    {
        var parameters = new BsonArray((given.Positional ?? []).Select(v => new BsonDocument { ["type"] = "text", ["text"] = Clean(v) ?? "" }));
        parameters.AddRange((given.Named ?? new Dictionary<string, string>()).Select(p => new BsonDocument { ["type"] = "text", ["parameter_name"] = p.Key, ["text"] = Clean(p.Value) ?? "" }));
        // Components without variables are left out, as Meta wants it.
        return parameters.Count == 0 ? [] : [new BsonDocument { ["type"] = "body", ["parameters"] = parameters }];
    }

    private static string? Given(TemplateShape shape, TemplateSlot slot, GivenValues? given)
    {
        if (given is null)
        {
            return null;
        }

        if (slot.Key.Component == "header" && given.Header is not null)
        {
            return given.Header;
        }

        if (slot.Key is { Component: "button", Button: { } button } && given.Buttons?.TryGetValue(button, out var text) == true)
        {
            return text;
        }

        if (slot.Key.Name is { } name && given.Named?.TryGetValue(name, out var named) == true)
        {
            return named;
        }

        if (given.Positional is not { } list)
        {
            return slot.Key.Index is { } number && given.Named?.TryGetValue($"{number}", out var byNumber) == true ? byNumber : null;
        }

        var at = InOrder(shape, given, list).IndexOf(slot);
        return at >= 0 && at < list.Count ? list[at] : null;
    }

    /// <summary>The slots that values by number go to.</summary>
    private static List<TemplateSlot> InOrder(TemplateShape shape, GivenValues given, IReadOnlyList<string> list)
    {
        var all = shape.Slots.Where(s => s.Key.Component switch
        {
            "header" => given.Header is null && (s.Kind == "text" || (list.Count > 0 && IsAddress(list[0]))),
            "button" => given.Buttons?.ContainsKey(s.Key.Button ?? -1) != true,
            _ => true,
        }).ToList();
        return list.Count == all.Count ? all : [.. all.Where(s => s.Key.Component == "body")];
    }

    private async Task<string?> MappedAsync(TenantScope scope, VariableMapping? mapping, TemplateFacts facts, CancellationToken ct) => mapping?.Source switch
    {
        null => null,
        VariableSource.Static => mapping.Value,
        VariableSource.Lead => Show(Path(facts.Lead, mapping.Field)),
        VariableSource.Event => Show(Path(facts.Event, mapping.Field)),
        VariableSource.Tenant => mapping.Field switch { "code" => scope.Code, "currency" => scope.Settings.Currency, _ => scope.Name },
        _ => Show(await collections.LookUpAsync(scope, mapping, Match(mapping, facts), ct)),
    };

    private static BsonValue Match(VariableMapping mapping, TemplateFacts facts)
    {
        var (source, path) = (mapping.MatchWith ?? "lead.phone").Split('.', 2) is [var first, var rest] ? (first, rest) : ("lead", mapping.MatchWith!);
        return Path(source == "event" ? facts.Event : facts.Lead, path);
    }

    /// <summary>The value at a dotted path. An event's variables and data are found by their bare name too.</summary>
    internal static BsonValue Path(BsonDocument from, string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return BsonNull.Value;
        }

        BsonValue at = from;
        foreach (var step in path.Split('.'))
        {
            at = at is BsonDocument document && document.TryGetValue(step, out var next) ? next : BsonNull.Value;
        }

        if (!at.IsBsonNull)
        {
            return at;
        }

        foreach (var nested in (ReadOnlySpan<string>)["variables", "data", "metadata"])
        {
            if (from.TryGetValue(nested, out var inner) && inner is BsonDocument document && !path.StartsWith(nested, StringComparison.Ordinal)
                && Path(document, path) is { IsBsonNull: false } found)
            {
                return found;
            }
        }

        return BsonNull.Value;
    }

    private static string? Show(BsonValue value) => value switch
    {
        BsonNull => null,
        BsonString text => text.Value,
        BsonDateTime time => Moments.Write(time.ToUniversalTime()),
        BsonArray list => string.Join(", ", list.Select(Show)),
        BsonDocument => null,
        _ => BsonJson.ToJson(value)?.ToString(),
    };

    /// <summary>Meta refuses line breaks, tabs and more than four spaces in a value.</summary>
    private static string? Clean(string? value) => value is null ? null : Gaps().Replace(value.Trim(), " ");

    private static string? Missing(List<FilledSlot> filled)
    {
        var empty = filled.Where(f => f.Value is null).ToList();
        return empty.Count == 0
            ? null
            : string.Join("; ", empty.Select(f => f.Mapping is null
                ? $"{f.Slot.Key.Label} is not mapped"
                : $"{f.Slot.Key.Label} came out empty ({f.Mapping.Source.Word()}{(f.Mapping.Field is null ? "" : "." + f.Mapping.Field)})"));
    }

    private static string Body(TemplateShape shape, List<FilledSlot> filled) => TemplateShape.Fill(shape.Body, Value("body", filled)) ?? "";

    private static Func<string, string?> Value(string component, List<FilledSlot> filled) => name =>
        filled.Find(f => f.Slot.Key.Component == component && (f.Slot.Key.Name == name || $"{f.Slot.Key.Index}" == name))?.Value;

    private static TemplateUse Use(Template template, TemplateShape shape, List<FilledSlot> filled, IReadOnlyDictionary<int, string>? buttons)
    {
        var components = new BsonArray();
        Add(components, "header", filled, null);
        Add(components, "body", filled, null);
        foreach (var (index, button) in shape.Buttons.Index())
        {
            if (button.Kind == "quick_reply" && buttons?.GetValueOrDefault(index) is { Length: > 0 } payload)
            {
                components.Add(new BsonDocument
                {
                    ["type"] = "button",
                    ["sub_type"] = "quick_reply",
                    ["index"] = $"{index}",
                    ["parameters"] = new BsonArray { new BsonDocument { ["type"] = "payload", ["payload"] = payload } },
                });
            }
            else
            {
                Add(components, "button", filled, (index, button.Kind == "copy_code" ? "copy_code" : "url"));
            }
        }

        return new TemplateUse
        {
            Name = template.Name,
            Language = template.Language,
            Components = components,
            Header = shape.HeaderKind is null or "text" ? TemplateShape.Fill(shape.Header, Value("header", filled)) : $"[{shape.HeaderKind}]",
            Footer = shape.Footer,
            Buttons = [.. shape.Buttons.Select(b => b.Text)],
        };
    }

    private static void Add(BsonArray components, string type, List<FilledSlot> filled, (int Index, string SubType)? button)
    {
        var parameters = new BsonArray(filled
            .Where(f => f.Value is not null && f.Slot.Key.Component == type && f.Slot.Key.Button == button?.Index)
            .Select(f => Parameter(f.Slot, f.Value!)));
        if (parameters.Count == 0)
        {
            return;
        }

        var component = new BsonDocument("type", type);
        if (button is { } which)
        {
            component["sub_type"] = which.SubType;
            component["index"] = $"{which.Index}";
        }

        component["parameters"] = parameters;
        components.Add(component);
    }

    private static BsonDocument Parameter(TemplateSlot slot, string value)
    {
        switch (slot.Kind)
        {
            case "coupon_code":
                return new BsonDocument { ["type"] = "coupon_code", ["coupon_code"] = value };
            case "image" or "video" or "document":
                return new BsonDocument { ["type"] = slot.Kind, [slot.Kind] = MediaOf(value) };
            case "location" when value.Split(',') is [var latitude, var longitude, ..]:
                return new BsonDocument { ["type"] = "location", ["location"] = new BsonDocument { ["latitude"] = latitude.Trim(), ["longitude"] = longitude.Trim() } };
            default:
                var text = new BsonDocument { ["type"] = "text", ["text"] = value };
                if (slot.Key.Name is { } name)
                {
                    text["parameter_name"] = name;
                }

                return text;
        }
    }

    /// <summary>An address, a file of ours, or an id of Meta's.</summary>
    private static BsonDocument MediaOf(string value) =>
        MediaLinks.FileIdOf(value) is { } file ? new BsonDocument("fileId", file) : IsLink(value) ? new BsonDocument("link", value) : new BsonDocument("id", value);

    private static bool IsAddress(string value) => IsLink(value) || MediaLinks.FileIdOf(value) is not null;

    private static bool IsLink(string value) => value.StartsWith("http", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"[\r\n\t\u2028\u2029]+| {4,}")]
    private static partial Regex Gaps();
}
