using Ecodrix.Engine.Kernel;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants.Checklist;

/// <summary>Remembers what the last probes found, so that the health of a service agrees with its checklist.</summary>
internal sealed class ProbeMemory(TimeProvider clock)
{
    private const string Collection = "probes";
    private static readonly string[] Services = ["whatsapp", "email", "googleMeet"];

    public Task KeepAsync(TenantScope scope, IEnumerable<CheckView> found, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return Probes(scope).BulkWriteAsync(
            found.Where(c => Services.Contains(c.Name)).Select(c => new ReplaceOneModel<Probe>(
                Builders<Probe>.Filter.Eq(p => p.Id, c.Name),
                new Probe { Id = c.Name, State = c.State, Cause = c.Remedy is null ? c.Cause : $"{c.Cause} {c.Remedy}", At = now })
            { IsUpsert = true }),
            new BulkWriteOptions { IsOrdered = false },
            ct);
    }

    /// <summary>What was found, of services whose secrets have not changed since.</summary>
    public async Task<IReadOnlyDictionary<string, (CheckState State, string Cause, DateTime At)>> RecallAsync(TenantScope scope, CancellationToken ct)
    {
        var probes = await Probes(scope).Find(Builders<Probe>.Filter.In(p => p.Id, Services)).ToListAsync(ct);
        return probes.Where(p => !ChangedSince(scope, p)).ToDictionary(p => p.Id, p => (p.State, p.Cause, p.At));
    }

    private static bool ChangedSince(TenantScope scope, Probe probe)
    {
        var prefix = probe.Id switch { "email" => "smtp", "googleMeet" => "google", _ => "whatsapp" };
        return scope.Tenant.Secrets.Any(s => s.Key.StartsWith(prefix, StringComparison.Ordinal) && s.Value.UpdatedAt > probe.At)
            || (probe.Id == "googleMeet" && scope.Tenant.Google?.ConnectedAt > probe.At);
    }

    private static IMongoCollection<Probe> Probes(TenantScope scope) => scope.Db.Collection<Probe>(Collection);

    private sealed class Probe
    {
        public required string Id { get; set; }

        public CheckState State { get; set; }

        public required string Cause { get; set; }

        public DateTime At { get; set; }
    }
}
