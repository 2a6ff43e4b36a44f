using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.People;

/// <summary>The accounts of a tenant's own people, and their sessions. What they did stays in the audit log.</summary>
internal sealed class TenantPeople(AccountStore accounts, Sessions sessions) : ITenantBelongings
{
    public async Task EraseAsync(TenantScope scope, CancellationToken ct)
    {
        foreach (var id in await accounts.Accounts.Find(a => a.TenantCode == scope.Code).Project(a => a.Id).ToListAsync(ct))
        {
            await sessions.EndAllAsync(id.ToString(), ct);
        }

        await accounts.Accounts.DeleteManyAsync(a => a.TenantCode == scope.Code, ct);
    }
}
