using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;
using MongoDB.Driver;

namespace Ecodrix.Engine.Analytics;

/// <summary>What each person brought in and did.</summary>
public sealed class TeamReport
{
    private readonly Members _members;
    private readonly TimeProvider _clock;

    internal TeamReport(Members members, TimeProvider clock)
    {
        _members = members;
        _clock = clock;
    }

    /// <summary>Deals won in the time by whom they were assigned to, and what people logged in it by who did it; most revenue first.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<IReadOnlyList<TeamRow>> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        var range = ReportRange.Read(scope, filter, _clock);
        var won = Match.Leads(scope, filter) & Builders<Lead>.Filter.Where(l => l.Status == LeadStatus.Won && l.ClosedAt >= range.From && l.ClosedAt < range.Until);
        var did = scope.VisibleActivities() & ActivityFeed.ByPeople & Builders<Activity>.Filter.Gte(a => a.At, range.From) & Builders<Activity>.Filter.Lt(a => a.At, range.Until);
        if (Ids.ParseOptional(filter.PipelineId, "pipelineId") is { } pipeline)
        {
            did &= Builders<Activity>.Filter.Eq(a => a.PipelineId, pipeline);
        }

        var rows = await scope.Db.Leads.Aggregate().Match(won)
            .Project<BsonDocument>(new BsonDocument { ["_id"] = 0, ["who"] = "$assignedTo", ["won"] = new BsonDocument("$literal", 1), ["revenue"] = "$dealValue" })
            .AppendStage<BsonDocument>(new BsonDocument("$unionWith", new BsonDocument
            {
                ["coll"] = Activity.Collection,
                ["pipeline"] = new BsonArray
                {
                    new BsonDocument("$match", did.Render(new RenderArgs<Activity>(scope.Db.Activities.DocumentSerializer, BsonSerializer.SerializerRegistry))),
                    new BsonDocument("$project", new BsonDocument { ["_id"] = 0, ["who"] = "$performedBy", ["did"] = new BsonDocument("$literal", 1) }),
                },
            }))
            .Group(new BsonDocument
            {
                ["_id"] = "$who",
                ["won"] = new BsonDocument("$sum", "$won"),
                ["revenue"] = new BsonDocument("$sum", "$revenue"),
                ["did"] = new BsonDocument("$sum", "$did"),
            })
            .ToListAsync(ct);
        // Deals are assigned to an e-mail address, work is logged under a name: both are one person where the name is one member's.
        var emails = (await _members.ListAsync(scope, ct)).GroupBy(p => p.Name).Where(g => g.Count() == 1).ToDictionary(g => g.Key, g => g.Single().Email);
        return [.. rows.Where(r => r["_id"].IsString)
            .GroupBy(r => emails.GetValueOrDefault(r["_id"].AsString, r["_id"].AsString), StringComparer.OrdinalIgnoreCase)
            .Select(g => new TeamRow(g.Key, g.Sum(r => r["won"].ToInt64()), g.Sum(r => r["revenue"].ToDecimal()), g.Sum(r => r["did"].ToInt64())))
            .OrderByDescending(t => t.Revenue).ThenByDescending(t => t.WonDeals).ThenByDescending(t => t.Activities).ThenBy(t => t.AssignedTo, StringComparer.Ordinal)];
    }
}

/// <summary>How much happened on each day.</summary>
public sealed class HeatmapReport
{
    private readonly TimeProvider _clock;

    internal HeatmapReport(TimeProvider clock) => _clock = clock;

    /// <summary>All activities and notes by day in the tenant's zone, every day of the time.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<IReadOnlyList<HeatmapDay>> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        var range = ReportRange.Read(scope, filter, _clock);
        var match = scope.VisibleActivities() & Builders<Activity>.Filter.Gte(a => a.At, range.From) & Builders<Activity>.Filter.Lt(a => a.At, range.Until);
        if (Ids.ParseOptional(filter.PipelineId, "pipelineId") is { } pipeline)
        {
            match &= Builders<Activity>.Filter.Eq(a => a.PipelineId, pipeline);
        }

        var rows = await scope.Db.Activities.Aggregate().Match(match)
            .Group(new BsonDocument
            {
                ["_id"] = range.DayOf("$at"),
                ["count"] = new BsonDocument("$sum", 1),
            }).ToListAsync(ct);
        var counts = rows.ToDictionary(r => r["_id"].AsString, r => r["count"].ToInt64());
        return [.. range.Days.Select(day => $"{day:yyyy-MM-dd}").Select(day => new HeatmapDay(day, counts.GetValueOrDefault(day)))];
    }
}
