using System.Globalization;
using System.Text.Json;

namespace Ecodrix.Sandbox.Graph.Templates;

/// <summary>Fills a template's texts with a message's parameters.</summary>
internal static class TemplateText
{
    public static string Fill(Template template, string text, IReadOnlyList<Param> given)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < given.Count; i++)
        {
            var key = template.Named && given[i].Has("parameter_name")
                ? given[i].Text("parameter_name", 512)
                : (i + 1).ToString(CultureInfo.InvariantCulture);
            values[key] = Value(given[i].Json);
        }

        return Template.Fill(text, values);
    }

    /// <summary>What a recipient sees of one parameter.</summary>
    public static string Value(JsonElement parameter)
    {
        foreach (var name in (ReadOnlySpan<string>)["text", "payload", "coupon_code"])
        {
            if (parameter.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
            {
                return value.GetString()!;
            }
        }

        foreach (var name in (ReadOnlySpan<string>)["currency", "date_time"])
        {
            if (parameter.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
                && value.TryGetProperty("fallback_value", out var fallback))
            {
                return fallback.ToString();
            }
        }

        return "";
    }
}
