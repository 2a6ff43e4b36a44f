using System.Globalization;
using System.Text.Json.Nodes;
using Ecodrix.Sandbox.Graph.Messages;

namespace Ecodrix.Sandbox.Graph.Templates;

/// <summary>Checks a template message against the template it names.</summary>
internal sealed class TemplateRules(SandboxOptions options, TemplateCatalogue catalogue, MessageRules rules)
{
    private const int HydratedLimit = 1024;

    public void Check(Param message, string? wabaId)
    {
        message.Only("name", "language", "components", "namespace");
        var name = message.Text("name", 512);
        var language = message.Object("language").Only("code", "policy").Text("code", 32);
        var components = message.Has("components") ? message.List("components", 0, 20) : [];
        foreach (var component in components)
        {
            Shape(component);
        }

        var template = catalogue.Find(wabaId, name, language);
        if (template is null)
        {
            if (!options.AcceptUnknownTemplates)
            {
                throw GraphErrors.NoTemplate(name, language);
            }

            return;
        }

        Sendable(template);
        Header(template, components);
        Body(template, components);
        Buttons(template, components);
    }

    private static void Sendable(Template template)
    {
        switch (template.Status)
        {
            case "APPROVED":
                return;
            case "PAUSED":
                throw new GraphRefusal(GraphErrors.TemplatePaused);
            case "DISABLED":
                throw new GraphRefusal(GraphErrors.TemplateDisabled);
            default:
                throw GraphErrors.NoTemplate(template.Name, template.Language);
        }
    }

    private void Shape(Param component)
    {
        component.Only("type", "parameters", "sub_type", "index", "cards");
        var type = Kind(component);
        if (type is not ("header" or "body" or "footer" or "button" or "carousel" or "limited_time_offer" or "tap_target_configuration"))
        {
            throw GraphErrors.Invalid(component.PathOf("type"), $"is not a template component - got \"{type}\".");
        }

        if (type == "button")
        {
            _ = component.Text("sub_type", 32);
            _ = component.Number("index", 0, 14);
        }

        foreach (var parameter in component.Has("parameters") ? component.List("parameters", 0, 100) : [])
        {
            Parameter(parameter);
        }
    }

    private void Parameter(Param parameter)
    {
        var type = parameter.Text("type", 64).ToLowerInvariant();
        switch (type)
        {
            case "text":
                var text = parameter.Text("text", 32_768);
                if (text.AsSpan().IndexOfAny("\n\r\t") >= 0 || text.Contains("     ", StringComparison.Ordinal))
                {
                    throw GraphErrors.Shape("Param text cannot have new-line/tab characters or more than 4 consecutive spaces");
                }

                break;
            case "image" or "video" or "document":
                rules.Media(parameter.Object(type), caption: false);
                break;
            case "currency" or "date_time":
                _ = parameter.Object(type).Text("fallback_value", 1024);
                break;
            case "coupon_code":
                _ = parameter.Text("coupon_code", 20);
                break;
            case "payload":
                _ = parameter.Text("payload", 256);
                break;
            case "location" or "product" or "action" or "limited_time_offer" or "order_status" or "tap_target_configuration":
                break;
            default:
                throw GraphErrors.Invalid(parameter.PathOf("type"), $"is not a template parameter type - got \"{type}\".");
        }
    }

    private static void Header(Template template, IReadOnlyList<Param> components)
    {
        var given = Parameters(components, "header");
        var header = template.Part("HEADER");
        var format = ((string?)header?["format"] ?? "TEXT").ToUpperInvariant();
        if (header is null || format == "TEXT")
        {
            Texts("header", template, (string?)header?["text"], given);
            return;
        }

        var received = given.Count == 0 ? "UNKNOWN" : given[0].Text("type", 64).ToUpperInvariant();
        if (received != format || given.Count != 1)
        {
            throw GraphErrors.ParameterFormat($"header: Format mismatch, expected {format}, received {received}");
        }
    }

    private static void Body(Template template, IReadOnlyList<Param> components)
    {
        var text = (string?)template.Part("BODY")?["text"] ?? "";
        var given = Parameters(components, "body");
        Texts("body", template, text, given);
        if (TemplateText.Fill(template, text, given).Length > HydratedLimit)
        {
            throw new GraphRefusal(new GraphError(
                132005, "Template Hydrated Text Too Long", string.Create(CultureInfo.InvariantCulture, $"body: exceeds {HydratedLimit} characters")));
        }
    }

    private static void Texts(string part, Template template, string? text, IReadOnlyList<Param> given)
    {
        var expected = Template.Variables(text);
        if (given.Count != expected.Count)
        {
            throw GraphErrors.ParameterCount(part, given.Count, expected.Count);
        }

        var names = new HashSet<string>(expected, StringComparer.Ordinal);
        foreach (var parameter in given)
        {
            var name = parameter.OptionalText("parameter_name", 512);
            if (template.Named && (name is null || !names.Remove(name)))
            {
                throw GraphErrors.ParameterFormat(name is null
                    ? $"{part}: Parameter name is missing or empty"
                    : $"{part}: Parameter name {name} is not one of the template's");
            }

            if (parameter.Text("type", 64).ToLowerInvariant() is not ("text" or "currency" or "date_time"))
            {
                throw GraphErrors.ParameterFormat($"{part}: parameters must be text");
            }
        }
    }

    private static void Buttons(Template template, IReadOnlyList<Param> components)
    {
        var given = new Dictionary<int, Param>();
        foreach (var component in components.Where(c => Kind(c) == "button"))
        {
            var index = (int)component.Number("index", 0, 14);
            if (index >= template.Buttons.Count || !given.TryAdd(index, component))
            {
                throw GraphErrors.Value(string.Create(CultureInfo.InvariantCulture, $"buttons: the template has no button at index {index}"));
            }

            var expected = SubType(template.Buttons[index]);
            if (!component.Text("sub_type", 32).Equals(expected, StringComparison.OrdinalIgnoreCase))
            {
                throw GraphErrors.ParameterFormat(string.Create(
                    CultureInfo.InvariantCulture, $"buttons: Button at index {index} is of type {expected}"));
            }
        }

        for (var i = 0; i < template.Buttons.Count; i++)
        {
            if (Needs(template.Buttons[i]) && !(given.TryGetValue(i, out var sent) && sent.Has("parameters")
                && sent.List("parameters", 0, 100).Count == 1))
            {
                throw GraphErrors.Missing(string.Create(
                    CultureInfo.InvariantCulture, $"buttons: Button at index {i} of type {SubType(template.Buttons[i])} requires a parameter;"));
            }
        }
    }

    private static IReadOnlyList<Param> Parameters(IReadOnlyList<Param> components, string kind)
    {
        var found = components.Where(c => Kind(c) == kind && c.Has("parameters")).ToArray();
        return found.Length == 0 ? [] : found[0].List("parameters", 0, 100);
    }

    private static string Kind(Param component) => component.Text("type", 64).ToLowerInvariant();

    private static bool Needs(JsonObject button) => SubType(button) switch
    {
        "url" => Template.Variables((string?)button["url"]).Count > 0,
        "copy_code" => true,
        _ => false,
    };

    private static string SubType(JsonObject button) => ((string?)button["type"] ?? "").ToLowerInvariant() switch
    {
        // An authentication template is sent with a URL button, whatever its one-time-password button is called in the catalogue.
        "otp" => "url",
        var type => type,
    };
}
