using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Callbacks;

/// <summary>A signature to be looked into.</summary>
public sealed record SignatureInput
{
    /// <summary>The raw body, as received.</summary>
    public string? Body { get; init; }

    /// <summary>What the receiver compared: an <c>x-ecodrix-signature</c>, or one <c>webhook-signature</c>.</summary>
    public string? Signature { get; init; }

    /// <summary>The <c>webhook-id</c>, for a <c>webhook-signature</c>.</summary>
    public string? WebhookId { get; init; }

    /// <summary>The <c>webhook-timestamp</c>, for a <c>webhook-signature</c>.</summary>
    public string? WebhookTimestamp { get; init; }

    /// <summary>The secret that the receiver holds; the client's own when absent.</summary>
    public string? Secret { get; init; }
}

/// <summary>What was found out about a signature.</summary>
/// <param name="Valid">Whether it holds.</param>
/// <param name="Code">A stable word: <c>valid</c>, <c>hex_key</c>, <c>prefix_missing</c>, <c>base64</c>, <c>upper_case</c>, <c>reserialised</c>, <c>line_end</c>, <c>other_secret</c>, <c>next_secret</c>, <c>timestamp</c>, <c>headers_missing</c>, <c>unknown</c>.</param>
/// <param name="Why">What is the matter, in words.</param>
/// <param name="Remedy">What to change; null when it holds.</param>
public sealed record SignatureFinding(bool Valid, string Code, string Why, string? Remedy);

/// <summary>Says why a callback's signature does not match. The right signature is never told: it would be one to forge with.</summary>
public sealed class SignatureTester
{
    private const string Prefix = "sha256=";
    private const int Tolerance = 300;

    private static readonly JsonSerializerOptions Spaced = new() { WriteIndented = true };
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TimeProvider _clock;

    internal SignatureTester(TimeProvider clock) => _clock = clock;

    /// <summary>Compares a signature with what it should be, then with the mistakes people make.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, SECRET_MISSING.</exception>
    public SignatureFinding Test(TenantScope scope, SignatureInput input)
    {
        var check = new Check();
        var given = check.Required(input.Signature, "signature", 2000);
        check.That(!string.IsNullOrEmpty(input.Body), "body", "body is required: paste the raw body.");
        check.That(input.Body is null || input.Body.Length <= 1_000_000, "body", "body may have at most a million characters.");
        check.Throw();

        var now = _clock.GetUtcNow();
        var keys = WebhookSigning.KeysOf(scope, now.UtcDateTime);
        var current = keys.Current ?? throw TenantRefusals.SecretMissing(SecretCatalogue.WebhookSecret);
        var secret = string.IsNullOrEmpty(input.Secret) ? current : input.Secret;
        if (!Same(secret.Trim(), current) && !(keys.Next is { } next && Same(secret.Trim(), next)) && secret != $"whsec_{Convert.ToBase64String(Encoding.UTF8.GetBytes(current))}")
        {
            return No("other_secret", "The receiver holds another secret than this client's.", "Copy the client's webhook secret to the receiver, or rotate it and copy the new one.");
        }

        return given.StartsWith("v1,", StringComparison.Ordinal)
            ? Standard(given, input, current, keys.Next, now)
            : Seed(given, input.Body!, current, keys.Next);
    }

    private static SignatureFinding Seed(string given, string body, string secret, string? next)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var right = CallbackSignature.Seed(secret, bytes);
        if (Same(given, right))
        {
            return new SignatureFinding(true, "valid", "The signature holds: HMAC-SHA256 of the raw body under the client's secret.", null);
        }

        if (!given.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && Same(given.ToLowerInvariant(), right[Prefix.Length..]))
        {
            return No("prefix_missing", "The digest is right, but \"sha256=\" before it is missing.", "Compare with \"sha256=\" + the hexadecimal digest.");
        }

        if (Same(given.ToLowerInvariant(), right))
        {
            return No("upper_case", "The digest is right, but in upper case.", "Write the digest in lower-case hexadecimal.");
        }

        var digest = given.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? given[Prefix.Length..] : given;
        if (Base64Of(digest) is { } decoded && Same(Prefix + Convert.ToHexStringLower(decoded), right))
        {
            return No("base64", "The digest is right, but written in Base64.", "Write the digest in hexadecimal.");
        }

        digest = Prefix + digest.ToLowerInvariant();
        if (Same(digest, Hex(Convert.FromHexString(secret), bytes)))
        {
            return No("hex_key", "The secret was decoded from hexadecimal before it was used as the key.", "Use the 32 characters themselves (their UTF-8 bytes) as the key.");
        }

        if (next is not null && Same(digest, CallbackSignature.Seed(next, bytes)))
        {
            return No("next_secret", "It was computed with the next secret of a rotation under way.", "x-ecodrix-signature keeps the current secret until the next takes over.");
        }

        if (LineEnds(body).Any(form => Same(digest, CallbackSignature.Seed(secret, Encoding.UTF8.GetBytes(form)))))
        {
            return No("line_end", "The body has other line ends, or one more or less at its end, than what was signed.", "Compute it over the bytes as they came, before anything trims or converts them.");
        }

        return Rewritten(body).Any(form => Same(digest, CallbackSignature.Seed(secret, Encoding.UTF8.GetBytes(form))))
            ? No("reserialised", "The JSON was parsed and written again, which changed its bytes (spaces or escapes).", "Read the raw body first, compute over it, then parse it.")
            : No("unknown", "Neither this body under this secret nor any of the usual mistakes gives this signature.", "The body was changed on its way, or another secret was used: log the raw bytes and the secret's length at the receiver.");
    }

    private static SignatureFinding Standard(string given, SignatureInput input, string secret, string? next, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(input.WebhookId) || !long.TryParse(input.WebhookTimestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return No("headers_missing", "A webhook-signature covers webhook-id and webhook-timestamp too; one is missing or is not a number of seconds.", "Paste both headers beside it.");
        }

        var at = DateTimeOffset.FromUnixTimeSeconds(seconds);
        var bytes = Encoding.UTF8.GetBytes(input.Body!);
        var parts = given.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (!parts.Any(p => Same(p, CallbackSignature.Standard(secret, input.WebhookId.Trim(), at, bytes)) || (next is not null && Same(p, CallbackSignature.Standard(next, input.WebhookId.Trim(), at, bytes)))))
        {
            return parts.Any(p => Same(p, "v1," + Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), bytes))))
                ? No("headers_missing", "Only the body was signed.", "Sign \"id.timestamp.body\".")
                : No("unknown", "It is not the signature of \"id.timestamp.body\" under this secret.", "Check that all three are as received, and that the key is what whsec_ decodes to.");
        }

        var off = now - at;
        return Math.Abs(off.TotalSeconds) <= Tolerance
            ? new SignatureFinding(true, "valid", "The Standard Webhooks signature holds.", null)
            : No("timestamp", $"The signature holds, but its timestamp is {Math.Abs(off.TotalSeconds):0} seconds {(off > TimeSpan.Zero ? "old" : "ahead")}; receivers allow {Tolerance}.", "Check the receiver's clock, and verify when the callback comes rather than later.");
    }

    private static SignatureFinding No(string code, string why, string remedy) => new(false, code, why, remedy);

    private static IEnumerable<string> LineEnds(string body)
    {
        var trimmed = body.TrimEnd('\r', '\n');
        return [trimmed, trimmed + "\n", trimmed + "\r\n", body.ReplaceLineEndings("\n"), body.ReplaceLineEndings("\r\n"), body.TrimStart('\uFEFF')];
    }

    private static IEnumerable<string> Rewritten(string body)
    {
        try
        {
            var json = JsonSerializer.Deserialize<JsonElement>(body, EcodrixJson.Options);
            return [JsonSerializer.Serialize(json), JsonSerializer.Serialize(json, Spaced), JsonSerializer.Serialize(json, Relaxed), JsonSerializer.Serialize(json, EcodrixJson.Options)];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static byte[]? Base64Of(string text)
    {
        var buffer = new byte[text.Length];
        return Convert.TryFromBase64String(text, buffer, out var length) && length == 32 ? buffer[..32] : null;
    }

    private static string Hex(byte[] key, byte[] body) => Prefix + Convert.ToHexStringLower(HMACSHA256.HashData(key, body));

    private static bool Same(string left, string right) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));
}
