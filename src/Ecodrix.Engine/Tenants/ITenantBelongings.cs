namespace Ecodrix.Engine.Tenants;

/// <summary>
/// What a part of the product keeps of tenants outside their own databases: people, jobs, files. It goes when a tenant is purged, so that
/// nothing of it is there for whoever gets the same client code later.
/// </summary>
internal interface ITenantBelongings
{
    /// <summary>Erases it. Safe to repeat.</summary>
    Task EraseAsync(TenantScope scope, CancellationToken ct);
}
