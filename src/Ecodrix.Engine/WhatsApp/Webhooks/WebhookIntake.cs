using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using Microsoft.Extensions.Options;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Takes Meta's webhooks: checks the signature over the raw bytes, stores them, answers; the work is done after.</summary>
public sealed class WebhookIntake
{
    private const string SignaturePrefix = "sha256=";

    /// <summary>How many numbers and accounts a webhook for all may be of. Whose they are is looked up before its signature can be checked; Meta sends of one or a few.</summary>
    private const int MostOwners = 100;

    private readonly TenantDirectory _directory;
    private readonly WebhookStore _store;
    private readonly WhatsAppOptions _options;

    internal WebhookIntake(TenantDirectory directory, WebhookStore store, IOptions<WhatsAppOptions> options)
    {
        _directory = directory;
        _store = store;
        _options = options.Value;
    }

    /// <summary>Opens the tenant by the code in an address.</summary>
    /// <exception cref="RefusedException">INVALID_SIGNATURE, so that nobody learns which codes exist.</exception>
    public async Task<TenantScope> OpenAsync(string clientCode, CancellationToken ct) => await _directory.OpenForSystemAsync(clientCode, ct) ?? throw BadSignature();

    /// <summary>Answers the handshake of the address without a client code: the token must be some client's.</summary>
    /// <exception cref="RefusedException">INVALID_VERIFY_TOKEN.</exception>
    public async Task<string> VerifyAnyAsync(string? mode, string? token, string? challenge, CancellationToken ct)
    {
        return token is { Length: > 0 } && (await _directory.OpenByVerifyTokenAsync(token, ct)).Any(s => IsToken(s, mode, token)) ? challenge ?? "" : throw BadToken();
    }

    /// <summary>Answers Meta's handshake: the challenge, if the token is the tenant's.</summary>
    /// <exception cref="RefusedException">INVALID_VERIFY_TOKEN.</exception>
    public string Verify(TenantScope scope, string? mode, string? token, string? challenge)
    {
        return IsToken(scope, mode, token) ? challenge ?? "" : throw BadToken();
    }

    /// <summary>Checks and stores a webhook for one client; processing begins right after. The same body twice is one.</summary>
    /// <exception cref="RefusedException">INVALID_SIGNATURE, and nothing is stored.</exception>
    public async Task AcceptAsync(TenantScope scope, ReadOnlyMemory<byte> body, string? signature, CancellationToken ct)
    {
        if (!IsSigned(scope, body, signature))
        {
            throw BadSignature();
        }

        await _store.AddAsync(scope, body, ct);
    }

    /// <summary>
    /// Checks and stores a webhook without a client's code: each client gets what is of its number, or of its account where no number is
    /// named; what is of nobody here is left out.
    /// </summary>
    /// <exception cref="RefusedException">
    /// INVALID_SIGNATURE, and nothing is stored: also where it is for nobody, so that nobody learns which numbers exist. VALIDATION_ERROR where it is of too many.
    /// </exception>
    public async Task AcceptSharedAsync(ReadOnlyMemory<byte> body, string? signature, CancellationToken ct)
    {
        // Each with its own secret: one client's signature says nothing for another's number.
        var shares = (await SharesAsync(body, ct)).Where(s => IsSigned(s.Scope, body, signature)).ToList();
        if (shares.Count == 0)
        {
            throw BadSignature();
        }

        foreach (var (scope, share) in shares)
        {
            await _store.AddAsync(scope, share, ct);
        }
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

    private bool IsSigned(TenantScope scope, ReadOnlyMemory<byte> body, string? signature) =>
        (scope.Secret(SecretCatalogue.WhatsAppAppSecret) ?? _options.AppSecret) is { Length: > 0 } secret && signature is not null && Signed(secret, body.Span, signature);

    /// <summary>Whose a webhook is, and what of it.</summary>
    private async Task<IReadOnlyList<(TenantScope Scope, ReadOnlyMemory<byte> Body)>> SharesAsync(ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        try
        {
            using var json = JsonTexts.Parse(body);
            var all = WebhookBody.Changes(json.RootElement).ToList();
            var shares = new Dictionary<string, (TenantScope Scope, List<WebhookChange> Changes)>(StringComparer.Ordinal);
            var groups = all.GroupBy(c => (Number: c.PhoneNumberId, Account: c.PhoneNumberId is null ? c.AccountId : null)).ToList();
            if (groups.Count > MostOwners)
            {
                throw RefusedException.Validation("entry", $"A webhook may be of at most {MostOwners} numbers and accounts; this one is of {groups.Count:N0}.");
            }

            var byNumber = await _directory.OpenByPhoneNumberIdsAsync([.. groups.Select(g => g.Key.Number).OfType<string>()], ct);
            var byAccount = await _directory.OpenByBusinessIdsAsync([.. groups.Select(g => g.Key.Account).OfType<string>()], ct);
            foreach (var together in groups)
            {
                var (number, account) = together.Key;
                foreach (var scope in number is null ? byAccount[account ?? ""] : byNumber[number])
                {
                    (shares.TryGetValue(scope.Code, out var share) ? share : shares[scope.Code] = (scope, [])).Changes.AddRange(together);
                }
            }

            return [.. shares.Values.Select(s => (s.Scope, s.Changes.Count == all.Count ? body : Share(json.RootElement, s.Changes)))];
        }
        catch (JsonException)
        {
            // Not Meta's.
            return [];
        }
    }

    /// <summary>Some of a webhook's changes, as a webhook.</summary>
    private static ReadOnlyMemory<byte> Share(JsonElement whole, List<WebhookChange> changes) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["object"] = whole.Text("object"),
        ["entry"] = new JsonArray([.. changes.Select(c => new JsonObject
        {
            ["id"] = c.AccountId,
            ["changes"] = new JsonArray(new JsonObject { ["field"] = c.Field, ["value"] = JsonObject.Create(c.Value.Clone()) }),
        })]),
    });

    private static RefusedException BadSignature() => new(
        RefusalKind.Unauthenticated, "INVALID_SIGNATURE", "X-Hub-Signature-256 does not fit the body and the app secret of this address.");
}
