using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Analytics;

/// <summary>The overview: key figures of a time and of the one before.</summary>
public sealed class OverviewReport
{
    private readonly TimeProvider _clock;

    internal OverviewReport(TimeProvider clock) => _clock = clock;

    /// <summary>Works the figures out, both times in one pass.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<OverviewView> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        var range = ReportRange.Read(scope, filter, _clock);
        var match = Match.Leads(scope, filter) & Builders<Lead>.Filter.Lt(l => l.CreatedAt, range.Until);
        var group = new BsonDocument("_id", BsonNull.Value);
        AddFigures(group, "now", range.From, range.Until);
        AddFigures(group, "then", range.PreviousFrom, range.From);
        var row = await scope.Db.Leads.Aggregate().Match(match).Group(group).FirstOrDefaultAsync(ct) ?? [];
        var now = Read(row, "now");
        return new OverviewView
        {
            TotalLeads = now.TotalLeads,
            NewLeads = now.NewLeads,
            OpenLeads = now.OpenLeads,
            WonLeads = now.WonLeads,
            LostLeads = now.LostLeads,
            PipelineValue = now.PipelineValue,
            WonValue = now.WonValue,
            ConversionRate = now.ConversionRate,
            AvgScore = now.AvgScore,
            Previous = Read(row, "then"),
            From = range.From,
            To = range.Until,
            TimeZone = range.Zone.Id,
        };
    }

    private static void AddFigures(BsonDocument group, string name, DateTime from, DateTime until)
    {
        var made = Expr.Before("$createdAt", until);
        // Open at a moment: made before it, and not closed until then. A lead that is open now has no closedAt, which sorts before any date.
        var open = Expr.And(made, Expr.Or(Expr.Is("$status", "open"), new BsonDocument("$gte", new BsonArray { "$closedAt", until })));
        var closed = Expr.Between("$closedAt", from, until);
        var won = Expr.And(Expr.Is("$status", "won"), closed);
        group[$"{name}Total"] = Expr.CountIf(made);
        group[$"{name}New"] = Expr.CountIf(Expr.Between("$createdAt", from, until));
        group[$"{name}Open"] = Expr.CountIf(open);
        group[$"{name}Won"] = Expr.CountIf(won);
        group[$"{name}Lost"] = Expr.CountIf(Expr.And(Expr.Is("$status", "lost"), closed));
        group[$"{name}Value"] = Expr.SumIf(open, "$dealValue");
        group[$"{name}WonValue"] = Expr.SumIf(won, "$dealValue");
        group[$"{name}Score"] = Expr.SumIf(made, "$score");
    }

    private static OverviewFigures Read(BsonDocument row, string name)
    {
        long Count(string what) => row.GetValue(name + what, 0).ToInt64();
        return new OverviewFigures
        {
            TotalLeads = Count("Total"),
            NewLeads = Count("New"),
            OpenLeads = Count("Open"),
            WonLeads = Count("Won"),
            LostLeads = Count("Lost"),
            PipelineValue = row.GetValue(name + "Value", 0).ToDecimal(),
            WonValue = row.GetValue(name + "WonValue", 0).ToDecimal(),
            ConversionRate = Rate.Of(Count("Won"), Count("Won") + Count("Lost")),
            AvgScore = Math.Round(Rate.Of(Count("Score"), Count("Total")), 2),
        };
    }
}

/// <summary>The funnel: how many leads reached each stage of a pipeline.</summary>
public sealed class FunnelReport
{
    private readonly PipelineFigures _pipelines;
    private readonly TimeProvider _clock;

    internal FunnelReport(PipelineFigures pipelines, TimeProvider clock)
    {
        _pipelines = pipelines;
        _clock = clock;
    }

    /// <summary>Leads in the pipeline, made in the time if one is given; each counts for every stage up to the furthest it entered.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, PIPELINE_NOT_FOUND.</exception>
    public async Task<FunnelView> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        var range = ReportRange.Read(scope, filter, _clock);
        var pipeline = await _pipelines.FindAsync(scope, filter.PipelineId, ct);
        var steps = pipeline.Stages.Where(s => !s.IsLost).OrderBy(s => s.Order).ToList();
        var ids = new BsonArray(steps.Select(s => s.Id));
        var match = Match.Leads(scope, filter with { PipelineId = pipeline.Id.ToString() }) & (range.Asked ? Match.Made(range) : Builders<Lead>.Filter.Empty);
        var furthest = new BsonDocument("$max", new BsonDocument("$map", new BsonDocument
        {
            ["input"] = "$stageHistory",
            ["as"] = "visit",
            ["in"] = new BsonDocument("$indexOfArray", new BsonArray { ids, "$$visit.stageId" }),
        }));
        var rows = await scope.Db.Leads.Aggregate().Match(match)
            .Group(new BsonDocument { ["_id"] = furthest, ["count"] = new BsonDocument("$sum", 1) }).ToListAsync(ct);
        var byStep = rows.Where(r => r["_id"].IsNumeric).ToDictionary(r => r["_id"].ToInt32(), r => r["count"].ToInt64());
        var counts = steps.Select((_, at) => byStep.Where(s => s.Key >= at).Sum(s => s.Value)).ToList();
        return new FunnelView(pipeline.Id.ToString(), pipeline.Name, [.. steps.Select((s, at) => new FunnelStage(
            s.Id.ToString(), s.Name, s.Color, counts[at], at == 0 ? Rate.Of(counts[0], counts[0]) : Rate.Of(counts[at], counts[at - 1]), Rate.Of(counts[at], counts[0])))]);
    }
}

/// <summary>Where leads come from and what becomes of them.</summary>
public sealed class SourceReport
{
    private readonly TimeProvider _clock;

    internal SourceReport(TimeProvider clock) => _clock = clock;

    /// <summary>Leads made in the time, by source; the most first.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<IReadOnlyList<SourceRow>> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        var range = ReportRange.Read(scope, filter, _clock);
        var rows = await scope.Db.Leads.Aggregate().Match(Match.Leads(scope, filter) & Match.Made(range))
            .Group(new BsonDocument
            {
                ["_id"] = new BsonDocument("$ifNull", new BsonArray { "$source", LeadSearch.UnknownSource }),
                ["count"] = new BsonDocument("$sum", 1),
                ["won"] = Expr.CountIf(Expr.Is("$status", "won")),
                ["lost"] = Expr.CountIf(Expr.Is("$status", "lost")),
                ["value"] = new BsonDocument("$sum", "$dealValue"),
            })
            .Sort(new BsonDocument { ["count"] = -1, ["_id"] = 1 }).ToListAsync(ct);
        return [.. rows.Select(r => new SourceRow(
            r["_id"].AsString, r["count"].ToInt64(), r["won"].ToInt64(), r["lost"].ToInt64(),
            Rate.Of(r["won"].ToInt64(), r["won"].ToInt64() + r["lost"].ToInt64()), r["value"].ToDecimal()))];
    }
}

/// <summary>How many leads have which score.</summary>
public sealed class ScoreReport
{
    private readonly TimeProvider _clock;

    internal ScoreReport(TimeProvider clock) => _clock = clock;

    /// <summary>Leads that are not archived, made in the time if one is given, in five ranges of scores.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<IReadOnlyList<ScoreBucket>> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        var range = ReportRange.Read(scope, filter, _clock);
        var rows = await scope.Db.Leads.Aggregate().Match(Match.Leads(scope, filter) & (range.Asked ? Match.Made(range) : Builders<Lead>.Filter.Empty))
            .Group(new BsonDocument
            {
                ["_id"] = new BsonDocument("$min", new BsonArray { new BsonDocument("$floor", new BsonDocument("$divide", new BsonArray { "$score", 20 })), 4 }),
                ["count"] = new BsonDocument("$sum", 1),
            }).ToListAsync(ct);
        var counts = rows.ToDictionary(r => r["_id"].ToInt32(), r => r["count"].ToInt64());
        return [.. Enumerable.Range(0, 5).Select(i => new ScoreBucket($"{i * 20}-{(i + 1) * 20}", i * 20, (i + 1) * 20, counts.GetValueOrDefault(i)))];
    }
}

/// <summary>How long leads stay in each stage: where they get stuck.</summary>
public sealed class StageTimeReport
{
    private readonly PipelineFigures _pipelines;
    private readonly TimeProvider _clock;

    internal StageTimeReport(PipelineFigures pipelines, TimeProvider clock)
    {
        _pipelines = pipelines;
        _clock = clock;
    }

    /// <summary>Stays in the stages of a pipeline that ended (in the time if one is given), and how many are in each now.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, PIPELINE_NOT_FOUND.</exception>
    public async Task<IReadOnlyList<StageTimeRow>> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        var range = ReportRange.Read(scope, filter, _clock);
        var pipeline = await _pipelines.FindAsync(scope, filter.PipelineId, ct);
        var counted = range.Asked ? Expr.Between("$visit.leftAt", range.From, range.Until) : new BsonDocument("$gt", new BsonArray { "$visit.leftAt", BsonNull.Value });
        var rows = await scope.Db.Leads.Aggregate()
            .Match(Match.Leads(scope, filter with { PipelineId = pipeline.Id.ToString() }))
            .Project<BsonDocument>(new BsonDocument { ["_id"] = 0, ["visit"] = "$stageHistory" })
            .Unwind("visit")
            .Project<BsonDocument>(new BsonDocument
            {
                ["stage"] = "$visit.stageId",
                ["open"] = new BsonDocument("$lte", new BsonArray { "$visit.leftAt", BsonNull.Value }),
                ["hours"] = new BsonDocument("$cond", new BsonArray
                {
                    counted,
                    new BsonDocument("$divide", new BsonArray { new BsonDocument("$subtract", new BsonArray { "$visit.leftAt", "$visit.enteredAt" }), 3_600_000.0 }),
                    BsonNull.Value,
                }),
            })
            // Sorted before they are put together, so that the middle of the list is the median: $median itself is newer than 4.4.
            .Sort(new BsonDocument("hours", 1))
            .Group(new BsonDocument
            {
                ["_id"] = "$stage",
                ["avg"] = new BsonDocument("$avg", "$hours"),
                ["current"] = Expr.CountIf("$open"),
                ["all"] = new BsonDocument("$push", "$hours"),
            })
            .Project<BsonDocument>(new BsonDocument
            {
                ["avg"] = 1,
                ["current"] = 1,
                ["all"] = new BsonDocument("$filter", new BsonDocument { ["input"] = "$all", ["as"] = "h", ["cond"] = new BsonDocument("$gte", new BsonArray { "$$h", 0 }) }),
            })
            .Project<BsonDocument>(new BsonDocument
            {
                ["avg"] = 1,
                ["current"] = 1,
                ["completed"] = new BsonDocument("$size", "$all"),
                ["low"] = Middle(-1),
                ["high"] = Middle(0),
            }).ToListAsync(ct);
        var byStage = rows.ToDictionary(r => r["_id"].AsObjectId);
        return [.. pipeline.Stages.OrderBy(s => s.Order).Select(s => Row(s, byStage.GetValueOrDefault(s.Id)))];
    }

    private static StageTimeRow Row(Stage stage, BsonDocument? row)
    {
        double Number(string name) => row?.GetValue(name, BsonNull.Value) is { IsNumeric: true } value ? value.ToDouble() : 0;
        return new StageTimeRow(stage.Id.ToString(), stage.Name, Math.Round(Number("avg"), 2), Math.Round((Number("low") + Number("high")) / 2, 2), (long)Number("completed"), (long)Number("current"));
    }

    /// <summary>One of the two middle elements: the same where their number is odd.</summary>
    private static BsonDocument Middle(int shift)
    {
        var half = shift == 0
            ? new BsonDocument("$floor", new BsonDocument("$divide", new BsonArray { new BsonDocument("$size", "$all"), 2 }))
            : new BsonDocument("$floor", new BsonDocument("$divide", new BsonArray { new BsonDocument("$subtract", new BsonArray { new BsonDocument("$size", "$all"), 1 }), 2 }));
        return new BsonDocument("$arrayElemAt", new BsonArray { "$all", new BsonDocument("$toInt", new BsonDocument("$max", new BsonArray { half, 0 })) });
    }
}

/// <summary>A part of a whole.</summary>
internal static class Rate
{
    /// <summary>0–1, rounded to four places; 0 of nothing.</summary>
    public static double Of(double part, double whole) => whole == 0 ? 0 : Math.Round(part / whole, 4);
}

/// <summary>What reports read.</summary>
internal static class Match
{
    /// <summary>Leads that are not archived, of one pipeline if that is asked for.</summary>
    public static FilterDefinition<Lead> Leads(TenantScope scope, ReportFilter filter)
    {
        var leads = scope.VisibleLeads() & Builders<Lead>.Filter.In(l => l.Status, [LeadStatus.Open, LeadStatus.Won, LeadStatus.Lost]);
        return Ids.ParseOptional(filter.PipelineId, "pipelineId") is { } id ? leads & Builders<Lead>.Filter.Eq(l => l.PipelineId, id) : leads;
    }

    /// <summary>Leads made in a time.</summary>
    public static FilterDefinition<Lead> Made(ReportRange range) => Builders<Lead>.Filter.Gte(l => l.CreatedAt, range.From) & Builders<Lead>.Filter.Lt(l => l.CreatedAt, range.Until);
}

/// <summary>Expressions of aggregations, written briefly.</summary>
internal static class Expr
{
    public static BsonDocument Is(string field, string word) => new("$eq", new BsonArray { field, word });

    public static BsonDocument Before(string field, DateTime time) => new("$lt", new BsonArray { field, time });

    public static BsonDocument Between(string field, DateTime from, DateTime until) => And(new BsonDocument("$gte", new BsonArray { field, from }), Before(field, until));

    public static BsonDocument And(params ReadOnlySpan<BsonDocument> all) => new("$and", new BsonArray(all.ToArray()));

    public static BsonDocument Or(params ReadOnlySpan<BsonDocument> all) => new("$or", new BsonArray(all.ToArray()));

    public static BsonDocument CountIf(BsonValue condition) => new("$sum", new BsonDocument("$cond", new BsonArray { condition, 1, 0 }));

    public static BsonDocument SumIf(BsonDocument condition, string field) => new("$sum", new BsonDocument("$cond", new BsonArray { condition, field, 0 }));
}
