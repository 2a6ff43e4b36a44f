using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>A tenant's jobs, whatever their state. One that runs finds nothing left to record its end on.</summary>
internal sealed class TenantJobs(JobQueue queue) : ITenantBelongings
{
    public Task EraseAsync(TenantScope scope, CancellationToken ct) => queue.Jobs.DeleteManyAsync(j => j.Tenant == scope.Code, ct);
}
