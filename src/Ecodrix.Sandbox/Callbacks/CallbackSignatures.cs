using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ecodrix.Sandbox.Callbacks;

/// <summary>Checks callback signatures, and finds out why one does not hold: that is where integrations lose their hours.</summary>
public static class CallbackSignatures
{
    private const string Prefix = "sha256=";
    private const int HeaderLength = 71;
    private const int ToleranceSeconds = 300;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The value of <c>x-ecodrix-signature</c>: the key is the secret's UTF-8 bytes, whatever they look like.</summary>
    public static string Sign(ReadOnlySpan<byte> body, string secret) => Prefix + Hex(Encoding.UTF8.GetBytes(secret), body);

    /// <summary>Checks <c>x-ecodrix-signature</c>.</summary>
    /// <param name="body">The raw bytes of the body.</param>
    /// <param name="header">The header, or null.</param>
    /// <param name="secret">The secret of the receiver, or null if it is not known.</param>
    /// <param name="others">Other secrets that the sender may have taken by mistake, by name.</param>
    public static SignatureVerdict Check(
        ReadOnlySpan<byte> body, string? header, string? secret, IEnumerable<KeyValuePair<string, string>>? others = null)
    {
        if (string.IsNullOrEmpty(header))
        {
            return SignatureVerdict.Absent("There is no x-ecodrix-signature header.");
        }

        if (string.IsNullOrEmpty(secret))
        {
            return SignatureVerdict.Unchecked("No secret is set for this name, so the signature could not be checked.");
        }

        var expected = Sign(body, secret);
        if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(expected)))
        {
            return SignatureVerdict.Valid("HMAC-SHA256 of the raw body under the secret, as promised.");
        }

        return SignatureVerdict.Invalid(Form(header, expected) ?? Key(body, header, secret, others) ?? Content(body, header, secret)
            ?? "Another secret was used, or the body was changed on its way.");
    }

    /// <summary>Checks the Standard Webhooks headers, with <c>whsec_…</c> or plain secrets.</summary>
    public static SignatureVerdict CheckStandard(
        ReadOnlySpan<byte> body, string? id, string? timestamp, string? signature, string? secret, DateTimeOffset now)
    {
        if (id is null && timestamp is null && signature is null)
        {
            return SignatureVerdict.Absent("There are no webhook-id, webhook-timestamp and webhook-signature headers.");
        }

        if (string.IsNullOrEmpty(id) || string.IsNullOrEmpty(timestamp) || string.IsNullOrEmpty(signature))
        {
            return SignatureVerdict.Invalid("Of webhook-id, webhook-timestamp and webhook-signature, one is missing.");
        }

        if (string.IsNullOrEmpty(secret))
        {
            return SignatureVerdict.Unchecked("No secret is set for this name, so the signature could not be checked.");
        }

        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return SignatureVerdict.Invalid("webhook-timestamp is not a number of seconds.");
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var expected = "v1," + Convert.ToBase64String(HMACSHA256.HashData(StandardKey(secret), signed));
        if (!signature.Split(' ').Contains(expected, StringComparer.Ordinal))
        {
            return SignatureVerdict.Invalid(signature.Contains("v1,", StringComparison.Ordinal)
                ? "The signature is not that of \"id.timestamp.body\" under the secret."
                : "webhook-signature has no v1, part.");
        }

        var skew = now.ToUnixTimeSeconds() - seconds;
        return Math.Abs(skew) <= ToleranceSeconds
            ? SignatureVerdict.Valid("Standard Webhooks v1 signature holds.")
            : SignatureVerdict.Invalid(string.Create(
                CultureInfo.InvariantCulture,
                $"The signature holds, but the timestamp is {Math.Abs(skew)} s {(skew > 0 ? "old" : "ahead")}; receivers allow {ToleranceSeconds} s."));
    }

    private static string? Form(string header, string expected)
    {
        if (!header.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return header.Equals(expected[Prefix.Length..], StringComparison.OrdinalIgnoreCase)
                ? "The digest is right, but \"sha256=\" before it is missing."
                : "The header does not start with \"sha256=\".";
        }

        if (header.Length != HeaderLength)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"The header has {header.Length} characters; sha256= and 64 hex digits are {HeaderLength}.");
        }

        return header.Equals(expected, StringComparison.OrdinalIgnoreCase)
            ? "The digest is right, but in upper case: a byte comparison at the receiver fails."
            : null;
    }

    private static string? Key(
        ReadOnlySpan<byte> body, string header, string secret, IEnumerable<KeyValuePair<string, string>>? others)
    {
        if (secret.Length % 2 == 0 && secret.All(char.IsAsciiHexDigit) && Matches(header, Convert.FromHexString(secret), body))
        {
            return "The secret was decoded from hex; its characters themselves are the key.";
        }

        foreach (var (name, other) in others ?? [])
        {
            if (other != secret && Matches(header, Encoding.UTF8.GetBytes(other), body))
            {
                return $"It was signed with the secret of \"{name}\".";
            }
        }

        return Matches(header, Encoding.UTF8.GetBytes(secret.Trim()), body) || Matches(header, Encoding.UTF8.GetBytes(secret + "\n"), body)
            ? "The secret was used with blanks or a line break around it."
            : null;
    }

    private static string? Content(ReadOnlySpan<byte> body, string header, string secret)
    {
        var key = Encoding.UTF8.GetBytes(secret);
        var text = Encoding.UTF8.GetString(body);
        if (Matches(header, key, Encoding.UTF8.GetBytes(text.TrimEnd('\r', '\n'))) || Matches(header, key, [.. body, (byte)'\n'])
            || Matches(header, key, [.. body, .. "\r\n"u8]))
        {
            return "The body was signed with a different line break at its end.";
        }

        if (Matches(header, key, Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n")))
            || Matches(header, key, Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n"))))
        {
            return "The body was signed with other line endings than it was sent with.";
        }

        if (body.StartsWith(Encoding.UTF8.Preamble) && Matches(header, key, body[Encoding.UTF8.Preamble.Length..]))
        {
            return "The body was sent with a byte order mark that was not signed.";
        }

        return Rewritten(text).Any(form => Matches(header, Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(form)))
            ? "The JSON was written anew after signing (other spaces or escapes): sign the bytes that are sent."
            : null;
    }

    private static IEnumerable<string> Rewritten(string text)
    {
        JsonElement json;
        try
        {
            json = JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException)
        {
            return [];
        }

        return [JsonSerializer.Serialize(json), JsonSerializer.Serialize(json, Indented), JsonSerializer.Serialize(json, Unescaped)];
    }

    private static bool Matches(string header, ReadOnlySpan<byte> key, ReadOnlySpan<byte> body) =>
        header.Equals(Prefix + Hex(key, body), StringComparison.OrdinalIgnoreCase);

    private static string Hex(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body) => Convert.ToHexStringLower(HMACSHA256.HashData(key, body));

    private static byte[] StandardKey(string secret)
    {
        if (!secret.StartsWith("whsec_", StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetBytes(secret);
        }

        var buffer = new byte[secret.Length];
        return Convert.TryFromBase64String(secret["whsec_".Length..], buffer, out var length) ? buffer[..length] : [];
    }
}
