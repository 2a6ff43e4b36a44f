using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
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

        /// <summary>Whether a lead that has been read may be seen.</summary>
        public bool Sees(Lead lead) => scope.Actor.OnlyAssignedTo is not { } mine || lead.AssignedTo == mine;

        /// <summary>The lead with an id, if it may be seen.</summary>
        /// <exception cref="RefusedException">INVALID_ID, LEAD_NOT_FOUND.</exception>
        public async Task<Lead> RequireLeadAsync(string leadId, CancellationToken ct)
        {
            var id = Ids.Parse(leadId, "leadId");
            return await scope.Db.Leads.Find(scope.VisibleLeads() & Builders<Lead>.Filter.Eq(l => l.Id, id)).FirstOrDefaultAsync(ct)
                ?? throw LeadRefusals.NotFound(leadId);
        }

        /// <summary>Refuses an agent limited to their own something that is about everybody's records.</summary>
        /// <param name="what">What it is, at the beginning of a sentence: "The list of events".</param>
        /// <exception cref="RefusedException">NOT_PERMITTED.</exception>
        public void RequireSeesAll(string what)
        {
            if (scope.Actor.OnlyAssignedTo is not null)
            {
                throw new RefusedException(
                    RefusalKind.Forbidden, "NOT_PERMITTED", $"{what} is for people who see every lead, and this account sees its own only. Open a lead of your own, or ask an admin.");
            }
        }

        /// <summary>Whether the lead is there and may be seen.</summary>
        public async Task<bool> SeesLeadAsync(ObjectId id, CancellationToken ct) =>
            await scope.Db.Leads.Find(scope.VisibleLeads() & Builders<Lead>.Filter.Eq(l => l.Id, id)).Project(l => l.Id).AnyAsync(ct);
    }
}
