using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ecodrix.Engine.Kernel;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants;

/// <summary>A secret by name, never by value.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Masked">Dots and its last characters, to recognise it by.</param>
/// <param name="UpdatedAt">When it was last set.</param>
public sealed record SecretView(string Name, string Masked, DateTime UpdatedAt);

/// <summary>A webhook secret just made, shown this once.</summary>
/// <param name="Secret">The 32 hexadecimal characters that sign <c>x-ecodrix-signature</c>.</param>
/// <param name="Whsec">The same key in the form Standard Webhooks' libraries take.</param>
/// <param name="CurrentValidUntil">Until when the one before it stays in force; null when there was none.</param>
public sealed record WebhookSecretView(string Secret, string Whsec, DateTime? CurrentValidUntil);

/// <summary>Sets and lists a tenant's secrets. Values go in and never come out.</summary>
public sealed class TenantSecrets
{
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    private readonly TenantOnboarding _onboarding;
    private readonly SecretBox _box;
    private readonly TimeProvider _clock;

    internal TenantSecrets(TenantOnboarding onboarding, SecretBox box, TimeProvider clock)
    {
        _onboarding = onboarding;
        _box = box;
        _clock = clock;
    }

    /// <summary>Sets the given secrets; those not named stay.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, naming each unknown name and bad value.</exception>
    public async Task<IReadOnlyList<SecretView>> MergeAsync(TenantScope scope, IReadOnlyDictionary<string, JsonElement> secrets, CancellationToken ct)
    {
        var check = new Check();
        check.That(secrets.Count > 0, "secrets", "Send at least one secret by name.");
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, element) in secrets)
        {
            // Ports are often sent as numbers.
            var value = element.ValueKind is JsonValueKind.String ? element.GetString()!.Trim() : element.ValueKind is JsonValueKind.Number ? element.GetRawText() : null;
            SecretCatalogue.Check(check, name, value);
            values[name] = value ?? "";
        }

        check.Throw();
        await StoreAsync(scope, values, ct);
        return Names(scope.Tenant.Secrets.Keys.Union(values.Keys), scope, values);
    }

    /// <summary>The secrets that are set.</summary>
    public Task<IReadOnlyList<SecretView>> ListAsync(TenantScope scope, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(Names(scope.Tenant.Secrets.Keys, scope, []));
    }

    /// <summary>When the next webhook secret takes over; null when none waits to.</summary>
    public DateTime? NextTakesOver(TenantScope scope) =>
        scope.Tenant.Secrets.TryGetValue(SecretCatalogue.NextWebhookSecret, out var next) && next.EffectiveAt > _clock.GetUtcNow().UtcDateTime ? next.EffectiveAt : null;

    /// <summary>Forgets one secret.</summary>
    /// <exception cref="RefusedException">SECRET_NOT_FOUND.</exception>
    public async Task<IReadOnlyList<SecretView>> DeleteAsync(TenantScope scope, string name, CancellationToken ct)
    {
        if (!SecretCatalogue.Knows(name) || !scope.Tenant.Secrets.ContainsKey(name))
        {
            throw TenantRefusals.SecretNotFound(name);
        }

        var update = Builders<Tenant>.Update.Unset($"secrets.{name}");
        if (name == SecretCatalogue.WhatsAppPhoneNumberId)
        {
            update = update.Unset(t => t.PhoneNumberId);
        }
        else if (name == SecretCatalogue.WhatsAppBusinessId)
        {
            update = update.Unset(t => t.BusinessId);
        }
        else if (name == SecretCatalogue.WhatsAppWebhookToken)
        {
            update = update.Unset(t => t.VerifyTokenHash);
        }

        await _onboarding.UpdateAsync(scope, update, ct);
        return Names(scope.Tenant.Secrets.Keys.Where(n => n != name), scope, []);
    }

    /// <summary>
    /// Makes the next webhook secret. For 24 hours the seed's signature keeps the current one while the Standard Webhooks header
    /// carries both; then the next takes over. Without a current one it takes over at once.
    /// </summary>
    public async Task<WebhookSecretView> RotateWebhookAsync(TenantScope scope, CancellationToken ct)
    {
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var whsec = "whsec_" + Convert.ToBase64String(Encoding.UTF8.GetBytes(secret));
        var now = _clock.GetUtcNow().UtcDateTime;
        if (WebhookSigning.KeysOf(scope, now).Current is null)
        {
            await StoreAsync(scope, new Dictionary<string, string> { [SecretCatalogue.WebhookSecret] = secret }, ct);
            return new WebhookSecretView(secret, whsec, null);
        }

        await SettleAsync(scope, now, ct);
        var until = now + Overlap;
        var next = Seal(scope, SecretCatalogue.NextWebhookSecret, secret, now);
        next.EffectiveAt = until;
        await _onboarding.UpdateAsync(scope, Builders<Tenant>.Update.Set($"secrets.{SecretCatalogue.NextWebhookSecret}", next), ct);
        return new WebhookSecretView(secret, whsec, until);
    }

    /// <summary>Lets the next webhook secret take over now.</summary>
    /// <exception cref="RefusedException">SECRET_NOT_FOUND, when no rotation is under way.</exception>
    public async Task<IReadOnlyList<SecretView>> PromoteWebhookAsync(TenantScope scope, CancellationToken ct)
    {
        if (!await SettleAsync(scope, DateTime.MaxValue, ct))
        {
            throw TenantRefusals.SecretNotFound(SecretCatalogue.NextWebhookSecret);
        }

        return Names(scope.Tenant.Secrets.Keys, scope, []);
    }

    /// <summary>Makes a next secret whose time has come the current one.</summary>
    private async Task<bool> SettleAsync(TenantScope scope, DateTime now, CancellationToken ct)
    {
        if (!scope.Tenant.Secrets.TryGetValue(SecretCatalogue.NextWebhookSecret, out var next) || next.EffectiveAt > now)
        {
            return false;
        }

        var current = Seal(scope, SecretCatalogue.WebhookSecret, scope.RequireSecret(SecretCatalogue.NextWebhookSecret), next.UpdatedAt);
        await _onboarding.UpdateAsync(
            scope,
            Builders<Tenant>.Update.Set($"secrets.{SecretCatalogue.WebhookSecret}", current).Unset($"secrets.{SecretCatalogue.NextWebhookSecret}"),
            ct);
        return true;
    }

    private async Task StoreAsync(TenantScope scope, Dictionary<string, string> values, CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        var update = Builders<Tenant>.Update.Set(t => t.UpdatedAt, now);
        foreach (var (name, value) in values)
        {
            update = update.Set($"secrets.{name}", Seal(scope, name, value, now));
        }

        if (values.TryGetValue(SecretCatalogue.WhatsAppPhoneNumberId, out var phoneNumberId))
        {
            update = update.Set(t => t.PhoneNumberId, phoneNumberId);
        }

        if (values.TryGetValue(SecretCatalogue.WhatsAppBusinessId, out var businessId))
        {
            update = update.Set(t => t.BusinessId, businessId);
        }

        if (values.TryGetValue(SecretCatalogue.WhatsAppWebhookToken, out var verifyToken))
        {
            update = update.Set(t => t.VerifyTokenHash, Tenant.HashOf(verifyToken));
        }

        if (values.ContainsKey(SecretCatalogue.WebhookSecret))
        {
            // Setting the secret outright ends a rotation.
            update = update.Unset($"secrets.{SecretCatalogue.NextWebhookSecret}");
        }

        await _onboarding.UpdateAsync(scope, update, ct);
    }

    private StoredSecret Seal(TenantScope scope, string name, string value, DateTime now) => new()
    {
        Cipher = _box.Seal(scope.Code, name, value),
        Tail = Tail(value),
        UpdatedAt = now,
    };

    // Four characters of a short secret would give too much of it away.
    private static string Tail(string value) => value.Length >= 12 ? value[^4..] : "";

    private IReadOnlyList<SecretView> Names(IEnumerable<string> names, TenantScope scope, Dictionary<string, string> fresh) =>
    [
        .. names.Where(n => n != SecretCatalogue.NextWebhookSecret).Order(StringComparer.Ordinal).Select(n => fresh.TryGetValue(n, out var value)
            ? new SecretView(n, "••••" + Tail(value), _clock.GetUtcNow().UtcDateTime)
            : new SecretView(n, "••••" + scope.Tenant.Secrets[n].Tail, scope.Tenant.Secrets[n].UpdatedAt)),
    ];
}

/// <summary>The keys that sign a tenant's callbacks at a moment.</summary>
/// <param name="Current">The 32 hexadecimal characters in force; null when none is set.</param>
/// <param name="Next">The one that takes over later, while a rotation is under way.</param>
internal sealed record WebhookSigning(string? Current, string? Next)
{
    public static WebhookSigning KeysOf(TenantScope scope, DateTime now)
    {
        var current = scope.Secret(SecretCatalogue.WebhookSecret);
        if (!scope.Tenant.Secrets.TryGetValue(SecretCatalogue.NextWebhookSecret, out var stored))
        {
            return new WebhookSigning(current, null);
        }

        var next = scope.Secret(SecretCatalogue.NextWebhookSecret);
        return stored.EffectiveAt <= now ? new WebhookSigning(next, null) : new WebhookSigning(current, next);
    }
}
