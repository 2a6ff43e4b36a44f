using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ecodrix.Engine.Kernel;

/// <summary>How the product reads and writes JSON, at every door: camelCase, enums as snake_case words, UTC times with <c>Z</c>.</summary>
public static class EcodrixJson
{
    /// <summary>Shared options, read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>Puts the same rules into options made elsewhere (the web framework's).</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = true;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.MaxDepth = 32;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.Converters.Add(new ListOfSomething());
        options.Converters.Add(new MendedJson());
        options.Converters.Add(new MomentConverter());
        options.Converters.Add(new UtcConverter());
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Apply(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <summary>A time in a request must say its offset: without one it would silently be read in the server's zone.</summary>
    private sealed class MomentConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && Moments.TryParse(reader.GetString()!, out var moment)
                ? moment
                : throw new JsonException("must be an ISO-8601 time with an offset, for example 2026-03-15T09:30:00Z.");

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Moments.Write(value.UtcDateTime));
    }

    private sealed class UtcConverter : JsonConverter<DateTime>
    {
        public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && Moments.TryParse(reader.GetString()!, out var moment)
                ? moment.UtcDateTime
                : throw new JsonException("must be an ISO-8601 time with an offset, for example 2026-03-15T09:30:00Z.");

        public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Moments.Write(value));
    }
}

/// <summary>Times as the API reads and writes them: ISO-8601 with an offset in, UTC with <c>Z</c> and milliseconds out.</summary>
public static class Moments
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
        "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
    ];

    /// <summary>Reads a time that says its offset.</summary>
    public static bool TryParse(string text, out DateTimeOffset moment) =>
        DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment);

    /// <summary>Writes a UTC time.</summary>
    public static string Write(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
