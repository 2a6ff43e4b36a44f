using System.Text.Json;

namespace Ecodrix.App.Pages.Automations;

/// <summary>Reads JSON that people type.</summary>
internal static class JsonText
{
    /// <summary>The object that was typed, an empty one for nothing; null when it is no JSON object.</summary>
    public static JsonElement? Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(string.IsNullOrWhiteSpace(text) ? "{}" : text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
