using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Which leads someone may see: the one place that decides it. Every query and every change of leads goes through it.</summary>
internal static class LeadVisibility
{
    extension(TenantScope scope)
    {
        /// <summary>All leads, or for an agent limited to their own those assigned to them.</summary>
        public FilterDefinition<Lead> VisibleLeads() => scope.Actor.OnlyAssignedTo is { } mine
            ? Builders<Lead>.Filter.Eq(l => l.AssignedTo, mine)
            : Builders<Lead>.Filter.Empty;
    }
}
