using System.Security.Cryptography;
using System.Text;
using Ecodrix.Engine.Kernel;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants;

/// <summary>An API key to be made.</summary>
public sealed record NewKey
{
    /// <summary>What it is for, 1–60 characters.</summary>
    public string? Name { get; init; }

    /// <summary>What it may do (<see cref="ApiScope"/>); everything when absent.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>When it stops working; never when absent.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>How a key is replaced.</summary>
/// <param name="OverlapHours">For how long the old one still works: 0–720, 24 when absent.</param>
public sealed record RotateKey(int? OverlapHours = null);

/// <summary>An API key without its secret.</summary>
public sealed record KeyView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>Its first characters.</summary>
    public required string Prefix { get; init; }

    /// <summary>What it may do.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>When it was last used, to the minute.</summary>
    public DateTime? LastUsedAt { get; init; }

    /// <summary>When it stops working.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>When it was revoked.</summary>
    public DateTime? RevokedAt { get; init; }

    /// <summary>The whole key, only in the answer that made it.</summary>
    public string? Key { get; init; }

    internal static KeyView Of(StoredKey key, string? text = null) => new()
    {
        Id = key.Id.ToString(),
        Name = key.Name,
        Prefix = key.Prefix,
        Scopes = key.Scopes,
        CreatedAt = key.CreatedAt,
        LastUsedAt = key.LastUsedAt,
        ExpiresAt = key.ExpiresAt,
        RevokedAt = key.RevokedAt,
        Key = text,
    };
}

/// <summary>Makes, lists, rotates and revokes a tenant's API keys.</summary>
public sealed class TenantKeys
{
    private const int MostKeys = 50;

    private readonly TenantOnboarding _onboarding;
    private readonly TimeProvider _clock;

    internal TenantKeys(TenantOnboarding onboarding, TimeProvider clock)
    {
        _onboarding = onboarding;
        _clock = clock;
    }

    /// <summary>All keys, newest first.</summary>
    public Task<IReadOnlyList<KeyView>> ListAsync(TenantScope scope, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<KeyView>>([.. scope.Tenant.Keys.OrderByDescending(k => k.Id).Select(k => KeyView.Of(k))]);
    }

    /// <summary>Makes a key; its text is in this answer and nowhere else.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public async Task<KeyView> CreateAsync(TenantScope scope, NewKey input, CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        var check = new Check();
        var name = check.Required(input.Name, "name", 60);
        var scopes = input.Scopes ?? [ApiScope.All];
        check.That(scopes.Count > 0 && scopes.All(ApiScope.Known.Contains), "scopes", $"scopes must be some of {string.Join(", ", ApiScope.Known)}.");
        check.That(input.ExpiresAt is null || input.ExpiresAt.Value.UtcDateTime > now, "expiresAt", "expiresAt must lie in the future.");
        check.That(scope.Tenant.Keys.Count(k => k.WorksAt(now)) < MostKeys, "name", $"A client may have at most {MostKeys} working keys. Revoke one first.");
        check.Throw();

        var (text, key) = Make(name, [.. scopes.Distinct()], now, input.ExpiresAt?.UtcDateTime);
        await _onboarding.UpdateAsync(scope, Builders<Tenant>.Update.Push(t => t.Keys, key), ct);
        return KeyView.Of(key, text);
    }

    /// <summary>Stops a key from working, at once.</summary>
    /// <exception cref="RefusedException">KEY_NOT_FOUND.</exception>
    public async Task<KeyView> RevokeAsync(TenantScope scope, string keyId, CancellationToken ct)
    {
        var key = Find(scope, keyId);
        key.RevokedAt ??= _clock.GetUtcNow().UtcDateTime;
        await ReplaceAsync(scope, key, Builders<Tenant>.Update.Combine(), ct);
        return KeyView.Of(key);
    }

    /// <summary>Makes a key with the same name and scopes, and lets the old one expire.</summary>
    /// <exception cref="RefusedException">KEY_NOT_FOUND, VALIDATION_ERROR.</exception>
    public async Task<KeyView> RotateAsync(TenantScope scope, string keyId, RotateKey how, CancellationToken ct)
    {
        var check = new Check();
        check.Range(how.OverlapHours, "overlapHours", 0, 720);
        check.Throw();

        var old = Find(scope, keyId);
        var now = _clock.GetUtcNow().UtcDateTime;
        var (text, key) = Make(old.Name, old.Scopes, now, null);
        var end = now.AddHours(how.OverlapHours ?? 24);
        // Rotation never lengthens a life.
        old.ExpiresAt = old.ExpiresAt is { } earlier && earlier < end ? earlier : end;
        await ReplaceAsync(scope, old, Builders<Tenant>.Update.Combine(), ct);
        await _onboarding.UpdateAsync(scope, Builders<Tenant>.Update.Push(t => t.Keys, key), ct);
        return KeyView.Of(key, text);
    }

    internal static (string Text, StoredKey Key) Make(string name, List<string> scopes, DateTime now, DateTime? expiresAt)
    {
        var text = KeyText.New("eck");
        return (text, new StoredKey
        {
            Id = ObjectId.GenerateNewId(),
            Name = name,
            Hash = SHA256.HashData(Encoding.UTF8.GetBytes(text)),
            Prefix = KeyText.VisiblePrefix(text),
            Scopes = scopes,
            CreatedAt = now,
            ExpiresAt = expiresAt,
        });
    }

    private static StoredKey Find(TenantScope scope, string keyId)
    {
        var id = Ids.Parse(keyId, "keyId");
        return scope.Tenant.Keys.Find(k => k.Id == id) ?? throw TenantRefusals.KeyNotFound(keyId);
    }

    private Task ReplaceAsync(TenantScope scope, StoredKey key, UpdateDefinition<Tenant> also, CancellationToken ct)
    {
        var at = scope.Tenant.Keys.FindIndex(k => k.Id == key.Id);
        // Keys are only ever appended, so a position stays the key's own.
        return _onboarding.UpdateAsync(
            scope,
            Builders<Tenant>.Update.Combine(also, Builders<Tenant>.Update
                .Set($"keys.{at}.revokedAt", key.RevokedAt).Set($"keys.{at}.expiresAt", key.ExpiresAt)),
            ct);
    }
}
