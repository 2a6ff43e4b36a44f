using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace Ecodrix.Engine.Kernel;

/// <summary>
/// Reads JSON whose texts are broken: half a surrogate pair (<c>"\ud83d"</c>, what is left of an emoji that somebody cut) and bytes that
/// are no UTF-8 become U+FFFD. Syntax allows the first, but no such text can be read or stored.
/// </summary>
internal static class JsonTexts
{
    private const int EscapeLength = 6;

    /// <summary>Parses a document, mended where needed.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json) => JsonDocument.Parse(Mend(json.Span) is { } mended ? mended : json);

    /// <summary>The JSON with its texts mended; null where all of them are whole.</summary>
    public static byte[]? Mend(ReadOnlySpan<byte> json)
    {
        var copy = Utf8.IsValid(json) ? null : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        var text = copy is null ? json : copy;
        for (var at = 0; text[at..].IndexOf((byte)'\\') is >= 0 and var next;)
        {
            at += next;
            if (Escape(text[at..]) is not { } unit)
            {
                at += 2;
                if (at >= text.Length)
                {
                    break;
                }
            }
            else if (char.IsHighSurrogate(unit) && Escape(text[(at + EscapeLength)..]) is { } second && char.IsLowSurrogate(second))
            {
                at += 2 * EscapeLength;
            }
            else
            {
                if (char.IsSurrogate(unit))
                {
                    // As long as what it replaces.
                    copy ??= json.ToArray();
                    text = copy;
                    "\\ufffd"u8.CopyTo(copy.AsSpan(at));
                }

                at += EscapeLength;
            }
        }

        return copy;
    }

    private static char? Escape(ReadOnlySpan<byte> text) =>
        text.StartsWith("\\u"u8) && text.Length >= EscapeLength
        && ushort.TryParse(text[2..EscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit) ? (char)unit : null;
}

/// <summary>Mends the texts in free JSON (variables, data, metadata): they are read long after the body was, where a fault would be ours.</summary>
internal sealed class MendedJson : JsonConverter<JsonElement>
{
    public override bool HandleNull => true;

    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var element = JsonElement.ParseValue(ref reader);
        return JsonTexts.Mend(JsonMarshal.GetRawUtf8Value(element)) is { } mended ? JsonElement.Parse(mended) : element;
    }

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => value.WriteTo(writer);
}
