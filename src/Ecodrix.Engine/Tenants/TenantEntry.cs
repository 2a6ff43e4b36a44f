using System.Collections.Concurrent;

namespace Ecodrix.Engine.Tenants;

/// <summary>A tenant as this node holds it in memory: its document, its database and what was derived from them.</summary>
internal sealed class TenantEntry(Tenant tenant, TenantDb db, SecretBox box, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, string> _revealed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Type, Lazy<object>> _cached = new();

    public Tenant Tenant { get; } = tenant;

    public TenantDb Db { get; } = db;

    public DateTimeOffset LoadedAt { get; } = clock.GetUtcNow();

    public TenantSettings Settings { get; } =
        TenantRetention.SettingsOf(tenant);

    public string? Secret(string name)
    {
        if (!Tenant.Secrets.TryGetValue(name, out var stored))
        {
            return null;
        }

        return _revealed.GetOrAdd(name, n => box.Open(Tenant.Code, n, stored.Cipher));
    }

    public T Cached<T>(Func<T> make)
        where T : class => (T)_cached.GetOrAdd(typeof(T), _ => new Lazy<object>(make)).Value;
}
