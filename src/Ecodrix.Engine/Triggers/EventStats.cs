using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>How the events of one trigger went.</summary>
/// <param name="Trigger">The trigger.</param>
/// <param name="Count">Events.</param>
/// <param name="SuccessRate">Completed among those that ended, 0–1; 1 when none has ended.</param>
public sealed record TriggerCount(string Trigger, long Count, double SuccessRate);

/// <summary>How many events stand so.</summary>
/// <param name="Status">The status.</param>
/// <param name="Count">Events.</param>
public sealed record StatusCount(EventStatus Status, long Count);

/// <summary>Events counted.</summary>
/// <param name="TotalEvents">All of them.</param>
/// <param name="ByTrigger">By trigger, most first.</param>
/// <param name="ByStatus">By status, most first.</param>
public sealed record EventStatsView(long TotalEvents, IReadOnlyList<TriggerCount> ByTrigger, IReadOnlyList<StatusCount> ByStatus);

/// <summary>Counts events.</summary>
public sealed class EventStats
{
    /// <summary>Counts the events of a range of time in one pass.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public async Task<EventStatsView> CountAsync(TenantScope scope, string? startDate, string? endDate, CancellationToken ct)
    {
        var range = DateRange.Read(startDate, endDate, scope.Settings.TimeZone).On<EventLog>(e => e.ReceivedAt);
        var cells = await scope.Db.Events.Aggregate().Match(range)
            .Group<Cell>(new BsonDocument
            {
                ["_id"] = new BsonDocument { ["trigger"] = "$trigger", ["status"] = "$status" },
                ["count"] = new BsonDocument("$sum", 1),
            })
            .ToListAsync(ct);
        var counts = cells.Select(c => (c.Id.Trigger, c.Id.Status, Count: (long)c.Count)).ToList();
        return new EventStatsView(
            counts.Sum(c => c.Count),
            [.. counts.GroupBy(c => c.Trigger).Select(g => new TriggerCount(g.Key, g.Sum(c => c.Count), Rate(g))).OrderByDescending(t => t.Count).ThenBy(t => t.Trigger, StringComparer.Ordinal)],
            [.. counts.GroupBy(c => c.Status).Select(g => new StatusCount(g.Key, g.Sum(c => c.Count))).OrderByDescending(s => s.Count)]);
    }

    /// <summary>
    /// How many of the events that each of these rules acted on ended with a failed action of that rule, by the rule's id; a rule that has
    /// none is not in it. Read from the events with failures: they are few where a rule's runs are many.
    /// </summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="ruleIds">The rules.</param>
    /// <param name="since">Events received from then on, UTC.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">INVALID_ID; NOT_PERMITTED for an agent limited to their own.</exception>
    public async Task<IReadOnlyDictionary<string, long>> FailingByRuleAsync(TenantScope scope, IReadOnlyCollection<string> ruleIds, DateTime since, CancellationToken ct)
    {
        scope.RequireSeesAll("The failures of rules");
        var ids = ruleIds.Select(id => Ids.Parse(id, "ruleId")).ToList();
        if (ids.Count == 0)
        {
            return new Dictionary<string, long>();
        }

        var rows = await scope.Db.Events.Aggregate()
            .Match(Builders<EventLog>.Filter.In(e => e.Status, EventLog.WithFailures) & Builders<EventLog>.Filter.Gte(e => e.ReceivedAt, since))
            .Project(new BsonDocument { ["actions.ruleId"] = 1, ["actions.status"] = 1 })
            .Unwind("actions")
            .Match(new BsonDocument { ["actions.status"] = ActionStatus.Failed.Word(), [EventLog.ActingRule] = new BsonDocument("$in", new BsonArray(ids)) })
            // A run with two failed actions is one.
            .Group(new BsonDocument("_id", new BsonDocument { ["rule"] = $"${EventLog.ActingRule}", ["event"] = "$_id" }))
            .Group(new BsonDocument { ["_id"] = "$_id.rule", ["runs"] = new BsonDocument("$sum", 1) })
            .ToListAsync(ct);
        return rows.ToDictionary(r => r["_id"].AsObjectId.ToString(), r => r["runs"].ToInt64(), StringComparer.Ordinal);
    }

    private static double Rate(IEnumerable<(string Trigger, EventStatus Status, long Count)> counts)
    {
        // What waits or was called off says nothing about success; what had no reason to run did what was asked.
        var ended = counts.Where(c => c.Status is EventStatus.Completed or EventStatus.Skipped or EventStatus.Partial or EventStatus.Failed).ToList();
        var all = ended.Sum(c => c.Count);
        var good = ended.Where(c => c.Status is EventStatus.Completed or EventStatus.Skipped).Sum(c => c.Count);
        return all == 0 ? 1 : Math.Round((double)good / all, 4);
    }

    private sealed class Cell
    {
        public required CellKey Id { get; set; }

        public int Count { get; set; }
    }

    private sealed class CellKey
    {
        public required string Trigger { get; set; }

        public EventStatus Status { get; set; }
    }
}
