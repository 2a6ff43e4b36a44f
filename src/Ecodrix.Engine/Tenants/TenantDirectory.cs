using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Security.Cryptography;
using System.Text;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using MongoDB.Driver;
using MongoDB.Driver.Linq;

namespace Ecodrix.Engine.Tenants;

/// <summary>A client server that has shown its key.</summary>
/// <param name="Scope">The tenant's data, on behalf of the key.</param>
/// <param name="KeyId">The key's id.</param>
/// <param name="Grants">The scopes the key carries.</param>
public sealed record KeyHolder(TenantScope Scope, string KeyId, IReadOnlyCollection<string> Grants)
{
    /// <summary>Refuses unless the key carries the scope, or all of them.</summary>
    /// <exception cref="RefusedException">SCOPE_REQUIRED.</exception>
    public void Require(string scope)
    {
        if (!Grants.Contains(scope) && !Grants.Contains(ApiScope.All))
        {
            throw TenantRefusals.ScopeRequired(scope);
        }
    }
}

/// <summary>
/// Finds tenants and makes the only <see cref="TenantScope"/>s there are, after it has checked who asks. Tenants are held in
/// memory for a few seconds, so that a request costs no look-up; a change on this node is seen at once, one on another node within
/// <see cref="Freshness"/>.
/// </summary>
public sealed class TenantDirectory
{
    /// <summary>How long another node's change may go unseen.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private static readonly FilterDefinition<Tenant> Active = Builders<Tenant>.Filter.Eq(t => t.Status, TenantStatus.Active);
    private static readonly byte[] NobodysHash = SHA256.HashData("nobody"u8);

    private readonly ConcurrentDictionary<string, TenantEntry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _epochs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _keyUse = new(StringComparer.Ordinal);
    private readonly ControlDb _control;
    private readonly MongoClusters _clusters;
    private readonly SecretBox _box;
    private readonly AuditLog _audit;
    private readonly TimeProvider _clock;
    private readonly CollectionIndexes[] _indexes;
    private readonly RetainedLog[] _retained;
    private readonly string _stamp;
    private readonly Lock _noting = new();
    private Task? _noted;

    internal TenantDirectory(
        ControlDb control, MongoClusters clusters, SecretBox box, IEnumerable<CollectionIndexes> indexes, IEnumerable<RetainedLog> retained, AuditLog audit, TimeProvider clock)
    {
        _retained = [.. retained];
        _control = control;
        _clusters = clusters;
        _box = box;
        _clock = clock;
        _audit = audit;
        _indexes = [.. indexes];
        _stamp = IndexModel.Stamp(_indexes);
    }

    /// <summary>Opens a tenant for a client server that shows an API key.</summary>
    /// <exception cref="RefusedException">MISSING_CREDENTIALS, INVALID_CREDENTIALS, TENANT_SUSPENDED.</exception>
    public async Task<KeyHolder> AuthenticateAsync(string? clientCode, string? apiKey, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(clientCode) || string.IsNullOrEmpty(apiKey))
        {
            throw TenantRefusals.MissingCredentials();
        }

        var entry = await FindAsync(clientCode, ct);
        var now = _clock.GetUtcNow().UtcDateTime;
        var key = Match(entry?.Tenant, SHA256.HashData(Encoding.UTF8.GetBytes(apiKey)), now);
        if (entry is null || key is null || entry.Tenant.Status == TenantStatus.Archived)
        {
            throw TenantRefusals.InvalidCredentials();
        }

        if (entry.Tenant.Status == TenantStatus.Suspended)
        {
            throw TenantRefusals.Suspended();
        }

        await NoteUseAsync(entry.Tenant, key, ct);
        return Holder(entry, key);
    }

    /// <summary>Opens a tenant again for a client server that has shown its key before and is still connected.</summary>
    /// <exception cref="RefusedException">INVALID_CREDENTIALS once the key does not work any more, TENANT_SUSPENDED.</exception>
    public async Task<KeyHolder> ReopenAsync(KeyHolder holder, CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        var entry = await FindAsync(holder.Scope.Code, ct);
        return entry is null || entry.Tenant.Status == TenantStatus.Archived || entry.Tenant.Keys.Find(k => k.Id.ToString() == holder.KeyId && k.WorksAt(now)) is not { } key
            ? throw TenantRefusals.InvalidCredentials()
            : entry.Tenant.Status == TenantStatus.Suspended ? throw TenantRefusals.Suspended() : Holder(entry, key);
    }

    /// <summary>Opens a tenant for the platform's administration, whatever its status.</summary>
    /// <exception cref="RefusedException">CLIENT_NOT_FOUND.</exception>
    public async Task<TenantScope> OpenAsync(PlatformScope platform, string code, CancellationToken ct)
    {
        var entry = await FindAsync(code, ct) ?? throw TenantRefusals.NotFound(code);
        return new TenantScope(entry, platform.Actor);
    }

    /// <summary>Opens a tenant for one of its own people; the caller has checked that they belong to it.</summary>
    internal async Task<TenantScope> OpenForMemberAsync(string code, Actor member, CancellationToken ct)
    {
        var entry = await FindAsync(code, ct) ?? throw TenantRefusals.NotFound(code);
        return entry.Tenant.Status == TenantStatus.Active ? new TenantScope(entry, member) : throw TenantRefusals.Suspended();
    }

    /// <summary>Whether a tenant lets only people with a second factor in; false when there is none of the code.</summary>
    internal async Task<bool> RequiresTwoFactorAsync(string code, CancellationToken ct) => (await FindAsync(code, ct))?.Tenant.RequireTwoFactor == true;

    /// <summary>Opens a tenant for the platform's own work (a job, a scan, a webhook); null when it is gone.</summary>
    internal async Task<TenantScope?> OpenForSystemAsync(string code, CancellationToken ct) =>
        await FindAsync(code, ct) is { } entry && entry.Tenant.Status != TenantStatus.Archived ? new TenantScope(entry, Actor.System) : null;

    /// <summary>Finds the tenants whose WhatsApp numbers these are, one of each number; those that are nobody's are not among them.</summary>
    internal async Task<ILookup<string, TenantScope>> OpenByPhoneNumberIdsAsync(IReadOnlyCollection<string> phoneNumberIds, CancellationToken ct)
    {
        var owners = phoneNumberIds.Count == 0 ? [] : await OwnersAsync(Builders<Tenant>.Filter.In(t => t.PhoneNumberId, phoneNumberIds), t => t.PhoneNumberId, ct);
        return await OpenAsync(owners.DistinctBy(o => o.Key), ct);
    }

    /// <summary>Finds the tenants whose WhatsApp Business accounts these are: several may have a number each in one account.</summary>
    internal async Task<ILookup<string, TenantScope>> OpenByBusinessIdsAsync(IReadOnlyCollection<string> businessIds, CancellationToken ct)
    {
        if (businessIds.Count == 0)
        {
            return await OpenAsync([], ct);
        }

        await NoteInClearAsync(ct);
        return await OpenAsync(await OwnersAsync(Builders<Tenant>.Filter.In(t => t.BusinessId, businessIds), t => t.BusinessId, ct), ct);
    }

    /// <summary>Finds the tenants that have a verify token, without opening any other.</summary>
    internal async Task<IEnumerable<TenantScope>> OpenByVerifyTokenAsync(string token, CancellationToken ct)
    {
        await NoteInClearAsync(ct);
        var hash = Tenant.HashOf(token);
        return (await OpenAsync(await OwnersAsync(Builders<Tenant>.Filter.Eq(t => t.VerifyTokenHash, hash), t => t.VerifyTokenHash, ct), ct))[hash];
    }

    /// <summary>The codes of active tenants, each with what it was found by.</summary>
    private async Task<List<(string Key, string Code)>> OwnersAsync(FilterDefinition<Tenant> which, Func<Tenant, string?> key, CancellationToken ct)
    {
        var found = await _control.Tenants.Find(Active & which)
            .Project<Tenant>(Builders<Tenant>.Projection.Include(t => t.Code).Include(t => t.PhoneNumberId).Include(t => t.BusinessId).Include(t => t.VerifyTokenHash)).ToListAsync(ct);
        return [.. found.Select(t => (key(t)!, t.Code))];
    }

    private async Task<ILookup<string, TenantScope>> OpenAsync(IEnumerable<(string Key, string Code)> owners, CancellationToken ct)
    {
        var opened = new List<(string Key, TenantScope Scope)>();
        foreach (var (key, code) in owners)
        {
            if (await OpenForSystemAsync(code, ct) is { } scope)
            {
                opened.Add((key, scope));
            }
        }

        return opened.ToLookup(o => o.Key, o => o.Scope, StringComparer.Ordinal);
    }

    /// <summary>Tenants set up before the account's id and the verify token's hash were kept have them in their secrets only.</summary>
    private Task NoteInClearAsync(CancellationToken ct)
    {
        // Strangers ask for it too: once is enough, however many of them ask at once.
        lock (_noting)
        {
            _noted = _noted is null or { IsFaulted: true } ? NoteInClearAsync() : _noted;
            return _noted.WaitAsync(ct);
        }
    }

    private async Task NoteInClearAsync()
    {
        await NoteAsync(SecretCatalogue.WhatsAppBusinessId, t => t.BusinessId, static id => id);
        await NoteAsync(SecretCatalogue.WhatsAppWebhookToken, t => t.VerifyTokenHash, Tenant.HashOf);
    }

    private async Task NoteAsync(string secret, Expression<Func<Tenant, string?>> field, Func<string, string> of)
    {
        var absent = Builders<Tenant>.Filter.Eq(field, null);
        var codes = await _control.Tenants.Find(Active & absent & Builders<Tenant>.Filter.Exists($"secrets.{secret}")).Project(t => t.Code).ToListAsync();
        foreach (var code in codes)
        {
            if (await TryOpenAsync(code, CancellationToken.None) is { } scope && IsReadable(scope, secret))
            {
                await _control.Tenants.UpdateOneAsync(Builders<Tenant>.Filter.Eq(t => t.Code, code) & absent, Builders<Tenant>.Update.Set(field, of(scope.Secret(secret)!)));
                Forget(code);
            }
        }
    }

    private async Task<TenantScope?> TryOpenAsync(string code, CancellationToken ct)
    {
        try
        {
            return await OpenForSystemAsync(code, ct);
        }
        catch (Exception e) when (e is CryptographicException or MongoException or TimeoutException)
        {
            // Its own database is away, or its address cannot be read.
            return null;
        }
    }

    private static bool IsReadable(TenantScope scope, string name)
    {
        try
        {
            return scope.Secret(name) is not null;
        }
        catch (CryptographicException)
        {
            // The tenant's checklist and health say so, and it must not stop what comes for all.
            return false;
        }
    }

    /// <summary>Whether any tenant lets browsers call from this origin: what a preflight may ask before it shows a key.</summary>
    public async Task<bool> AnyAllowsOriginAsync(string origin, CancellationToken ct) =>
        await _control.Tenants.Find(t => t.Origins.Contains(origin) && t.Status == TenantStatus.Active).Project(t => t.Code).AnyAsync(ct);

    /// <summary>Drops what is held of a tenant, so that its next use reads it again.</summary>
    internal void Forget(string code)
    {
        _epochs.AddOrUpdate(code, 1, (_, epoch) => epoch + 1);
        _entries.TryRemove(code, out _);
    }

    /// <summary>Brings a database's indexes up to the declarations.</summary>
    internal Task EnsureIndexesAsync(IMongoDatabase database, CancellationToken ct) => IndexModel.EnsureAsync(database, _indexes, ct);

    /// <summary>The database a tenant's settings name.</summary>
    internal IMongoDatabase DatabaseOf(Tenant tenant)
    {
        var client = tenant.DatasourceUri is { } cipher
            ? _clusters.For(_box.Open(tenant.Code, TenantDatasource.SecretName, cipher))
            : _clusters.Platform;
        return client.GetDatabase(tenant.Database);
    }

    private async Task<TenantEntry?> FindAsync(string code, CancellationToken ct)
    {
        if (_entries.TryGetValue(code, out var held) && _clock.GetUtcNow() - held.LoadedAt < Freshness)
        {
            return held;
        }

        var epoch = _epochs.GetValueOrDefault(code);
        var tenant = await _control.Tenants.Find(t => t.Code == code).FirstOrDefaultAsync(ct);
        if (tenant is null)
        {
            _entries.TryRemove(code, out _);
            return null;
        }

        await EnsureIndexesAsync(tenant, ct);

        var entry = new TenantEntry(tenant, new TenantDb(DatabaseOf(tenant)), _box, _clock);
        // What was read before a change must not be held after it.
        if (_epochs.GetValueOrDefault(code) == epoch)
        {
            _entries[code] = entry;
        }

        return entry;
    }

    private async Task EnsureIndexesAsync(Tenant tenant, CancellationToken ct)
    {
        var settings = TenantRetention.SettingsOf(tenant);
        var stamp = $"{_stamp} {TenantRetention.Stamp(_retained, settings)}";
        if (tenant.IndexStamp == stamp || tenant.Status == TenantStatus.Archived)
        {
            return;
        }

        var database = DatabaseOf(tenant);
        await EnsureIndexesAsync(database, ct);
        await TenantRetention.EnsureAsync(database, _retained, settings, ct);
        await _control.Tenants.UpdateOneAsync(t => t.Id == tenant.Id, Builders<Tenant>.Update.Set(t => t.IndexStamp, stamp), null, ct);
    }

    private static KeyHolder Holder(TenantEntry entry, StoredKey key)
    {
        var id = key.Id.ToString();
        return new KeyHolder(new TenantScope(entry, new Actor(ActorKind.ApiKey, id, key.Name)), id, key.Scopes);
    }

    private static StoredKey? Match(Tenant? tenant, byte[] hash, DateTime now)
    {
        StoredKey? match = null;
        // Every key is compared, in constant time, and somebody's hash even where there is no tenant.
        foreach (var key in tenant?.Keys ?? [])
        {
            if (CryptographicOperations.FixedTimeEquals(key.Hash, hash) && key.WorksAt(now))
            {
                match = key;
            }
        }

        _ = tenant is null && CryptographicOperations.FixedTimeEquals(NobodysHash, hash);
        return match;
    }

    private async Task NoteUseAsync(Tenant tenant, StoredKey key, CancellationToken ct)
    {
        var now = _clock.GetUtcNow();
        var id = key.Id.ToString();
        // Once a minute is exact enough to find unused keys by, and keeps a write off every request.
        if (_keyUse.TryGetValue(id, out var noted) && now - noted < TimeSpan.FromMinutes(1))
        {
            return;
        }

        _keyUse[id] = now;
        if (key.LastUsedAt is not { } last || last.Date < now.UtcDateTime.Date)
        {
            await _audit.NoteAsync(tenant.Code, new Actor(ActorKind.ApiKey, id, key.Name), "key.used", $"{key.Prefix}…", [new AuditChange("lastUsed", key.LastUsedAt is { } before ? Moments.Write(before) : null, Moments.Write(now.UtcDateTime))], ct);
        }

        await _control.Tenants.UpdateOneAsync(
            Builders<Tenant>.Filter.Eq(t => t.Id, tenant.Id) & Builders<Tenant>.Filter.ElemMatch(t => t.Keys, k => k.Id == key.Id),
            Builders<Tenant>.Update.Set(t => t.Keys.FirstMatchingElement().LastUsedAt, now.UtcDateTime),
            null,
            ct);
    }
}
