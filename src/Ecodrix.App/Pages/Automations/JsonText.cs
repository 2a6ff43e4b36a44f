using System.Text.Json;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.App.Pages.Automations;

/// <summary>Reads JSON that people type.</summary>
internal static class JsonText
{
    /// <summary>The object that was typed, an empty one for nothing; null when it is no JSON object.</summary>
    public static JsonElement? Read(string text)
    {
        try
        {
            var read = JsonSerializer.Deserialize<JsonElement>(string.IsNullOrWhiteSpace(text) ? "{}" : text, EcodrixJson.Options);
            return read.ValueKind == JsonValueKind.Object ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
