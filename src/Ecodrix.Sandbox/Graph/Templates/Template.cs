using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Ecodrix.Sandbox.Graph.Templates;

/// <summary>A message template. Name and language together identify it within an account.</summary>
internal sealed partial record Template
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Language { get; init; }

    public required string Category { get; init; }

    public required string Status { get; init; }

    public bool Named { get; init; }

    public required JsonArray Components { get; init; }

    public string? RejectedReason { get; init; }

    public string? Quality { get; init; }

    /// <summary>The component of this type (HEADER, BODY, FOOTER, BUTTONS), or null.</summary>
    public JsonObject? Part(string type) =>
        Components.OfType<JsonObject>().FirstOrDefault(c => string.Equals((string?)c["type"], type, StringComparison.OrdinalIgnoreCase));

    public IReadOnlyList<JsonObject> Buttons =>
        Part("BUTTONS")?["buttons"] is JsonArray buttons ? [.. buttons.OfType<JsonObject>()] : [];

    /// <summary>The distinct variables of a text, in order of appearance.</summary>
    public static IReadOnlyList<string> Variables(string? text) =>
        text is null ? [] : [.. Placeholder().Matches(text).Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal)];

    /// <summary>The text with its variables filled in; one without a value stays visible.</summary>
    public static string Fill(string text, IReadOnlyDictionary<string, string> values) =>
        Placeholder().Replace(text, m => values.GetValueOrDefault(m.Groups[1].Value, m.Value));

    /// <summary>The template as the management API lists it.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["name"] = Name,
            ["parameter_format"] = Named ? "NAMED" : "POSITIONAL",
            ["components"] = Components.DeepClone(),
            ["language"] = Language,
            ["status"] = Status,
            ["category"] = Category,
            ["id"] = Id,
        };
        if (RejectedReason is not null)
        {
            json["rejected_reason"] = RejectedReason;
        }

        if (Quality is not null)
        {
            json["quality_score"] = new JsonObject { ["score"] = Quality };
        }

        return json;
    }

    [GeneratedRegex(@"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")]
    private static partial Regex Placeholder();
}
