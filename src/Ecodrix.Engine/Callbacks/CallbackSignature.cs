using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Callbacks;

/// <summary>
/// Signs callbacks twice: as the seed's integration guide verifies them (<c>x-ecodrix-signature</c>, HMAC-SHA256 over the raw body with
/// the UTF-8 bytes of the 32-character secret), and as Standard Webhooks 1.0.0 does (id, timestamp and body).
/// </summary>
internal static class CallbackSignature
{
    /// <summary><c>sha256=</c> and 64 lower-case hexadecimal digits.</summary>
    public static string Seed(string secret, ReadOnlySpan<byte> body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    /// <summary><c>v1,</c> and the Base64 signature.</summary>
    public static string Standard(string secret, string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}."));
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. head, .. body]));
    }

    /// <summary>Puts all signature headers on a request.</summary>
    public static void Sign(HttpRequestMessage request, WebhookSigning keys, string id, DateTimeOffset at, byte[] body)
    {
        request.Headers.Add("x-ecodrix-signature", Seed(keys.Current!, body));
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        // While a rotation is under way the receiver may hold either secret.
        var standard = Standard(keys.Current!, id, at, body);
        request.Headers.TryAddWithoutValidation("webhook-signature", keys.Next is null ? standard : $"{standard} {Standard(keys.Next, id, at, body)}");
    }
}
