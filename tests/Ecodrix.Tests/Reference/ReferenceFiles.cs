using System.Text.Json;
using NJsonSchema;

namespace Ecodrix.Tests.Reference;

/// <summary>Meta's published schemas and samples, in the folder that the environment names.</summary>
internal static class ReferenceFiles
{
    public const string Missing = "Set ECODRIX_REFERENCE to the folder with Meta's schemas and samples to run this.";

    public static string? Folder { get; } = Environment.GetEnvironmentVariable("ECODRIX_REFERENCE") is { Length: > 0 } folder ? folder : null;

    public static string Path(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Folder!, "meta", .. parts]);

    public static JsonElement Json(params ReadOnlySpan<string> parts) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(Path(parts)));

    public static Task<JsonSchema> SchemaAsync(string name) => JsonSchema.FromJsonAsync(File.ReadAllText(Path(name)));

    public static IEnumerable<string> Examples(string kind) =>
        Directory.EnumerateFiles(Path("examples", kind), "*.json").Order(StringComparer.Ordinal);
}
