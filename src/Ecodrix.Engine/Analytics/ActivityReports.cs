using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Analytics;

/// <summary>What each person brought in and did.</summary>
public sealed class TeamReport
{
    private static readonly BsonArray ByPeople =
        [.. new[] { ActivityType.Call, ActivityType.Meeting, ActivityType.Email, ActivityType.Whatsapp, ActivityType.NoteAdded, ActivityType.Custom }.Select(t => t.Word())];

    private readonly TimeProvider _clock;

    internal TeamReport(TimeProvider clock) => _clock = clock;

    /// <summary>Deals won in the time by whom they were assigned to, and what people logged in it by who did it; most revenue first.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<IReadOnlyList<TeamRow>> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        var range = ReportRange.Read(scope, filter, _clock);
        var won = Match.Leads(scope, filter) & Builders<Lead>.Filter.Where(l => l.Status == LeadStatus.Won && l.ClosedAt >= range.From && l.ClosedAt < range.Until);
        var did = new BsonDocument
        {
            ["at"] = new BsonDocument { ["$gte"] = range.From, ["$lt"] = range.Until },
            ["type"] = new BsonDocument("$in", ByPeople),
            ["actorKind"] = new BsonDocument("$in", new BsonArray { ActorKind.Agent.Word(), ActorKind.Staff.Word(), ActorKind.ApiKey.Word() }),
        };
        if (Ids.ParseOptional(filter.PipelineId, "pipelineId") is { } pipeline)
        {
            did["pipelineId"] = pipeline;
        }

        if (scope.Actor.OnlyAssignedTo is { } mine)
        {
            did["performedBy"] = new BsonDocument("$in", new BsonArray { mine, scope.Actor.Name });
        }

        var rows = await scope.Db.Leads.Aggregate().Match(won)
            .Project<BsonDocument>(new BsonDocument { ["_id"] = 0, ["who"] = "$assignedTo", ["won"] = new BsonDocument("$literal", 1), ["revenue"] = "$dealValue" })
            .AppendStage<BsonDocument>(new BsonDocument("$unionWith", new BsonDocument
            {
                ["coll"] = Activity.Collection,
                ["pipeline"] = new BsonArray
                {
                    new BsonDocument("$match", did),
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
            .Sort(new BsonDocument { ["revenue"] = -1, ["won"] = -1, ["did"] = -1, ["_id"] = 1 }).ToListAsync(ct);
        return [.. rows.Where(r => r["_id"].IsString).Select(r => new TeamRow(r["_id"].AsString, r["won"].ToInt64(), r["revenue"].ToDecimal(), r["did"].ToInt64()))];
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
        var match = Builders<Activity>.Filter.Gte(a => a.At, range.From) & Builders<Activity>.Filter.Lt(a => a.At, range.Until);
        if (Ids.ParseOptional(filter.PipelineId, "pipelineId") is { } pipeline)
        {
            match &= Builders<Activity>.Filter.Eq(a => a.PipelineId, pipeline);
        }

        var rows = await scope.Db.Activities.Aggregate().Match(match)
            .Group(new BsonDocument
            {
                ["_id"] = new BsonDocument("$dateToString", new BsonDocument { ["format"] = "%Y-%m-%d", ["date"] = "$at", ["timezone"] = range.Zone.Id }),
                ["count"] = new BsonDocument("$sum", 1),
            }).ToListAsync(ct);
        var counts = rows.ToDictionary(r => r["_id"].AsString, r => r["count"].ToInt64());
        return [.. range.Days.Select(day => $"{day:yyyy-MM-dd}").Select(day => new HeatmapDay(day, counts.GetValueOrDefault(day)))];
    }
}
