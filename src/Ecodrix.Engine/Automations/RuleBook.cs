using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Automations;

/// <summary>The enabled rules of a tenant by trigger, held in memory as long as the tenant is, because every event asks for them.</summary>
internal sealed class RuleBook
{
    /// <summary>The enabled rules that listen to a trigger, oldest first.</summary>
    public async Task<IReadOnlyList<Rule>> ListeningAsync(TenantScope scope, string trigger, CancellationToken ct)
    {
        var held = scope.Cached(() => new Held());
        var rules = held.ByTrigger;
        if (rules is null)
        {
            var enabled = await scope.Db.Rules.Find(r => r.Enabled).SortBy(r => r.Id).ToListAsync(ct);
            rules = held.ByTrigger = enabled.ToLookup(r => r.Trigger);
        }

        return [.. rules[trigger]];
    }

    private sealed class Held
    {
        public ILookup<string, Rule>? ByTrigger { get; set; }
    }
}
