using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>Something that waits to be done for a lead.</summary>
/// <param name="LeadId">The lead.</param>
/// <param name="EventId">The event it belongs to.</param>
/// <param name="Trigger">That event's trigger.</param>
/// <param name="ActionId">The action that waits; null where the event itself waits for its time.</param>
/// <param name="ActionType">What the action does.</param>
/// <param name="At">When it is to run, UTC; passed where a worker or its predecessor is waited for.</param>
public sealed record PendingStep(string LeadId, string EventId, string Trigger, string? ActionId, string? ActionType, DateTime At);

/// <summary>What waits to be done for leads: events that wait for their time, and actions that have not ended.</summary>
public sealed class PendingSteps
{
    private const int MostSteps = 100;

    private static readonly BsonArray OpenActions = [ActionStatus.Queued.Word(), ActionStatus.Retrying.Word()];

    /// <summary>What waits for one lead, the next first.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="leadId">The lead.</param>
    /// <param name="limit">At most so many, 1 to 100.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<IReadOnlyList<PendingStep>> OfLeadAsync(TenantScope scope, string leadId, int limit, CancellationToken ct)
    {
        var lead = await scope.RequireLeadAsync(leadId, ct);
        var rows = await Waiting(scope, [lead.Id]).Limit(Math.Clamp(limit, 1, MostSteps)).ToListAsync(ct);
        return [.. rows.Select(Read)];
    }

    /// <summary>What comes next for each of these leads, by the lead's id, read at once; a lead that nothing waits for, or that may not be seen, is not in it.</summary>
    /// <exception cref="RefusedException">INVALID_ID.</exception>
    public async Task<IReadOnlyDictionary<string, PendingStep>> NextOfLeadsAsync(TenantScope scope, IReadOnlyCollection<string> leadIds, CancellationToken ct)
    {
        var ids = leadIds.Select(id => Ids.Parse(id, "leadId")).ToList();
        if (ids.Count > 0 && scope.Actor.OnlyAssignedTo is not null)
        {
            ids = await scope.Db.Leads.Find(scope.VisibleLeads() & Builders<Lead>.Filter.In(l => l.Id, ids)).Project(l => l.Id).ToListAsync(ct);
        }

        var rows = ids.Count == 0 ? [] : await Waiting(scope, ids).Group(new BsonDocument { ["_id"] = "$leadId", ["next"] = new BsonDocument("$first", "$$ROOT") }).ToListAsync(ct);
        return rows.Select(r => Read(r["next"].AsBsonDocument)).ToDictionary(s => s.LeadId, StringComparer.Ordinal);
    }

    /// <summary>One document for each step, the next first. Nothing of the payloads leaves the database.</summary>
    private static IAggregateFluent<BsonDocument> Waiting(TenantScope scope, IReadOnlyCollection<ObjectId> leads)
    {
        var itself = new BsonDocument("at", new BsonDocument("$ifNull", new BsonArray { "$runAt", "$receivedAt" }));
        var actions = new BsonDocument("$filter", new BsonDocument { ["input"] = "$actions", ["as"] = "a", ["cond"] = new BsonDocument("$in", new BsonArray { "$$a.status", OpenActions }) });
        var open = new BsonDocument("$map", new BsonDocument
        {
            ["input"] = actions,
            ["as"] = "a",
            ["in"] = new BsonDocument { ["id"] = "$$a._id", ["type"] = "$$a.type", ["index"] = "$$a.index", ["at"] = "$$a.runAt" },
        });
        var waits = new BsonDocument("$eq", new BsonArray { "$status", EventStatus.Scheduled.Word() });
        return scope.Db.Events.Aggregate()
            .Match(new BsonDocument { ["leadId"] = new BsonDocument("$in", new BsonArray(leads)), ["status"] = new BsonDocument("$in", EventLog.Waiting) })
            .Project(new BsonDocument { ["leadId"] = 1, ["trigger"] = 1, ["step"] = new BsonDocument("$cond", new BsonArray { waits, new BsonArray { itself }, open }) })
            .Unwind("step")
            .Sort(new BsonDocument { ["step.at"] = 1, ["_id"] = 1, ["step.index"] = 1 });
    }

    private static PendingStep Read(BsonDocument row)
    {
        var step = row["step"].AsBsonDocument;
        return new PendingStep(
            row["leadId"].AsObjectId.ToString(), row["_id"].AsObjectId.ToString(), row["trigger"].AsString,
            step.TryGetValue("id", out var id) ? id.AsObjectId.ToString() : null, step.TryGetValue("type", out var type) ? type.AsString : null,
            step["at"].ToUniversalTime());
    }
}
