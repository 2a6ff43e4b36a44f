using System.Security.Cryptography;
using System.Text;

namespace Ecodrix.Sandbox.Webhooks;

/// <summary>The signature of Meta's webhooks: HMAC-SHA256 of the raw bytes under the app secret.</summary>
internal static class WebhookSignature
{
    public const string Header = "X-Hub-Signature-256";

    public static string Of(ReadOnlySpan<byte> body, string appSecret) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(appSecret), body));
}
