using System.Globalization;
using System.Text.Json;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>One change of Meta's envelope.</summary>
/// <param name="Field">What kind, for example <c>messages</c>.</param>
/// <param name="Value">What changed.</param>
/// <param name="AccountId">The WhatsApp Business account it is of.</param>
internal readonly record struct WebhookChange(string Field, JsonElement Value, string? AccountId)
{
    public string? PhoneNumberId => Value.Get("metadata")?.Text("phone_number_id");
}

/// <summary>Reads Meta's webhooks tolerantly: what is not there or not of the expected kind is absent, never an exception.</summary>
internal static class WebhookBody
{
    /// <summary>All changes, in order.</summary>
    public static IEnumerable<WebhookChange> Changes(JsonElement root)
    {
        foreach (var entry in root.Items("entry"))
        {
            foreach (var change in entry.Items("changes"))
            {
                if (change.Text("field") is { } field && change.Get("value") is { ValueKind: JsonValueKind.Object } value)
                {
                    yield return new WebhookChange(field, value, entry.Text("id"));
                }
            }
        }
    }

    public static JsonElement? Get(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Get(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    public static string? Text(this JsonElement element, string name) =>
        element.Get(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>Meta writes times as texts of Unix seconds, in places as numbers.</summary>
    public static DateTime? Time(this JsonElement element, string name)
    {
        long seconds = 0;
        var read = element.Get(name) switch
        {
            { ValueKind: JsonValueKind.Number } number => number.TryGetInt64(out seconds),
            { ValueKind: JsonValueKind.String } text => long.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out seconds),
            _ => false,
        };
        return read && seconds is > 0 and < 253402300800 ? DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime : null;
    }
}
