using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using Microsoft.Extensions.Options;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Takes Meta's webhooks: checks the signature over the raw bytes, stores them, answers; the work is done after.</summary>
public sealed class WebhookIntake
{
    private const string SignaturePrefix = "sha256=";

    private readonly TenantDirectory _directory;
    private readonly WebhookStore _store;
    private readonly WhatsAppOptions _options;

    internal WebhookIntake(TenantDirectory directory, WebhookStore store, IOptions<WhatsAppOptions> options)
    {
        _directory = directory;
        _store = store;
        _options = options.Value;
    }

    /// <summary>Opens the tenant a webhook is for: by the code in its address, else by the phone number id in its body.</summary>
    /// <exception cref="RefusedException">INVALID_SIGNATURE, so that nobody learns which codes and numbers exist.</exception>
    public async Task<TenantScope> OpenAsync(string? clientCode, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        if (clientCode is not null)
        {
            return await _directory.OpenForSystemAsync(clientCode, ct) ?? throw BadSignature();
        }

        return PhoneNumberId(body) is { } number && await _directory.OpenByPhoneNumberIdAsync(number, ct) is { } scope ? scope : throw BadSignature();
    }

    /// <summary>Answers the handshake of the address without a client code: the token must be some client's.</summary>
    /// <exception cref="RefusedException">INVALID_VERIFY_TOKEN.</exception>
    public async Task<string> VerifyAnyAsync(string? mode, string? token, string? challenge, CancellationToken ct)
    {
        // Once per subscription, by hand: going through the clients is quick enough, and tokens stay encrypted.
        await foreach (var scope in _directory.WithSecretAsync(SecretCatalogue.WhatsAppWebhookToken, ct))
        {
            if (IsToken(scope, mode, token))
            {
                return challenge ?? "";
            }
        }

        throw BadToken();
    }

    /// <summary>Answers Meta's handshake: the challenge, if the token is the tenant's.</summary>
    /// <exception cref="RefusedException">INVALID_VERIFY_TOKEN.</exception>
    public string Verify(TenantScope scope, string? mode, string? token, string? challenge)
    {
        return IsToken(scope, mode, token) ? challenge ?? "" : throw BadToken();
    }

    /// <summary>Checks and stores a webhook; processing begins right after. The same body twice is one.</summary>
    /// <exception cref="RefusedException">INVALID_SIGNATURE, and nothing is stored.</exception>
    public async Task AcceptAsync(TenantScope scope, ReadOnlyMemory<byte> body, string? signature, CancellationToken ct)
    {
        var secret = scope.Secret(SecretCatalogue.WhatsAppAppSecret) ?? _options.AppSecret;
        if (secret.Length == 0 || signature is null || !Signed(secret, body.Span, signature))
        {
            throw BadSignature();
        }

        await _store.AddAsync(scope, body, ct);
    }

    private static bool IsToken(TenantScope scope, string? mode, string? token)
    {
        var expected = scope.Secret(SecretCatalogue.WhatsAppWebhookToken);
        return mode == "subscribe" && expected is not null && token is not null
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(token));
    }

    private static RefusedException BadToken() => new(
        RefusalKind.Forbidden, "INVALID_VERIFY_TOKEN", "The verify token is not this client's whatsappWebhookToken.");

    private static bool Signed(string secret, ReadOnlySpan<byte> body, string signature)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, expected);
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return signature.Length == SignaturePrefix.Length + (given.Length * 2)
            && signature.StartsWith(SignaturePrefix, StringComparison.Ordinal)
            && Convert.FromHexString(signature.AsSpan(SignaturePrefix.Length), given, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(expected, given);
    }

    private static string? PhoneNumberId(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonTexts.Parse(body);
            foreach (var change in WebhookBody.Changes(json.RootElement))
            {
                if (change.PhoneNumberId is { } number)
                {
                    return number;
                }
            }
        }
        catch (JsonException)
        {
            // Not Meta's.
        }

        return null;
    }

    private static RefusedException BadSignature() => new(
        RefusalKind.Unauthenticated, "INVALID_SIGNATURE", "X-Hub-Signature-256 does not fit the body and the app secret of this address.");
}
