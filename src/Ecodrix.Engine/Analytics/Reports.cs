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
    private const int Before = 1;
    private const int InRange = 2;

    private readonly TimeProvider _clock;

    internal OverviewReport(TimeProvider clock) => _clock = clock;

    /// <summary>Works the figures out, both times in one pass.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<OverviewView> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        var range = ReportRange.Read(scope, filter, _clock);
        var match = Match.Leads(scope, filter) & Builders<Lead>.Filter.Lt(l => l.CreatedAt, range.Until);
        // Grouped by which time a lead was made and closed in; the figures of both times are sums over those few groups.
        var rows = await scope.Db.Leads.Aggregate().Match(match).Group(new BsonDocument
        {
            ["_id"] = new BsonDocument { ["status"] = "$status", ["made"] = Part("$createdAt", range), ["closed"] = Part("$closedAt", range) },
            ["count"] = new BsonDocument("$sum", 1),
            ["value"] = new BsonDocument("$sum", "$dealValue"),
            ["score"] = new BsonDocument("$sum", "$score"),
        }).ToListAsync(ct);
        var groups = rows.ConvertAll(r => new Group(
            r["_id"]["status"].AsString, r["_id"]["made"].ToInt32(), r["_id"]["closed"].ToInt32(), r["count"].ToInt64(), r["value"].ToDecimal(), r["score"].ToInt64()));
        var now = Figures(groups, InRange);
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
            Previous = Figures(groups, Before),
            From = range.From,
            To = range.Until,
            TimeZone = range.Zone.Id,
        };
    }

    /// <summary>0 before both times and for no date at all, which sorts before any; 1 in the earlier, 2 in the later, 3 after both.</summary>
    private static BsonDocument Part(string field, ReportRange range)
    {
        BsonDocument Until(DateTime end, int part, BsonValue later) => new("$cond", new BsonArray { Expr.Before(field, end), part, later });
        return Until(range.PreviousFrom, 0, Until(range.From, Before, Until(range.Until, InRange, InRange + 1)));
    }

    private static OverviewFigures Figures(List<Group> groups, int part)
    {
        var made = groups.FindAll(g => g.Made <= part);
        // Open at the end of the time: not closed until then.
        var open = made.FindAll(g => g.Status == "open" || g.Closed > part);
        var won = groups.FindAll(g => g.Status == "won" && g.Closed == part);
        var lost = groups.Where(g => g.Status == "lost" && g.Closed == part).Sum(g => g.Count);
        var (all, wins) = (made.Sum(g => g.Count), won.Sum(g => g.Count));
        return new OverviewFigures
        {
            TotalLeads = all,
            NewLeads = made.Where(g => g.Made == part).Sum(g => g.Count),
            OpenLeads = open.Sum(g => g.Count),
            WonLeads = wins,
            LostLeads = lost,
            PipelineValue = open.Sum(g => g.Value),
            WonValue = won.Sum(g => g.Value),
            ConversionRate = Rate.Of(wins, wins + lost),
            AvgScore = Math.Round(Rate.Of(made.Sum(g => g.Score), all), 2),
        };
    }

    private sealed record Group(string Status, int Made, int Closed, long Count, decimal Value, long Score);
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
        var ended = range.Asked ? Expr.Between("$stageHistory.leftAt", range.From, range.Until) : new BsonDocument("$gt", new BsonArray { "$stageHistory.leftAt", BsonNull.Value });
        var hours = new BsonDocument("$divide", new BsonArray { new BsonDocument("$subtract", new BsonArray { "$stageHistory.leftAt", "$stageHistory.enteredAt" }), 3_600_000.0 });
        // How many stays were how long: the middle of that is the median ($median itself is newer than 4.4), and no list of all stays is held.
        var rows = await scope.Db.Leads.Aggregate()
            .Match(Match.Leads(scope, filter with { PipelineId = pipeline.Id.ToString() }))
            .Unwind(l => l.StageHistory)
            .AppendStage<BsonDocument>(new BsonDocument("$group", new BsonDocument
            {
                ["_id"] = new BsonDocument
                {
                    ["stage"] = "$stageHistory.stageId",
                    ["hours"] = new BsonDocument("$cond", new BsonArray { ended, new BsonDocument("$round", new BsonArray { hours, 2 }), BsonNull.Value }),
                },
                ["count"] = new BsonDocument("$sum", 1),
                ["hours"] = Expr.SumIf(ended, hours),
                ["open"] = Expr.CountIf(new BsonDocument("$lte", new BsonArray { "$stageHistory.leftAt", BsonNull.Value })),
            })).ToListAsync(ct);
        var byStage = rows.ToLookup(r => r["_id"]["stage"].AsObjectId);
        return [.. pipeline.Stages.OrderBy(s => s.Order).Select(s => Row(s, byStage[s.Id]))];
    }

    private static StageTimeRow Row(Stage stage, IEnumerable<BsonDocument> rows)
    {
        var (open, completed, sum) = (0L, 0L, 0.0);
        var stays = new SortedDictionary<double, long>();
        foreach (var row in rows)
        {
            open += row["open"].ToInt64();
            if (row["_id"]["hours"] is { IsNumeric: true } hours)
            {
                var count = row["count"].ToInt64();
                stays[hours.ToDouble()] = stays.GetValueOrDefault(hours.ToDouble()) + count;
                completed += count;
                sum += row["hours"].ToDouble();
            }
        }

        var median = completed == 0 ? 0 : (At(stays, (completed - 1) / 2) + At(stays, completed / 2)) / 2;
        return new StageTimeRow(stage.Id.ToString(), stage.Name, completed == 0 ? 0 : Math.Round(sum / completed, 2), Math.Round(median, 2), completed, open);
    }

    /// <summary>The value at a place among all, the least at 0.</summary>
    private static double At(SortedDictionary<double, long> counts, long place)
    {
        foreach (var (value, count) in counts)
        {
            if ((place -= count) < 0)
            {
                return value;
            }
        }

        return 0;
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

    public static BsonDocument CountIf(BsonValue condition) => new("$sum", new BsonDocument("$cond", new BsonArray { condition, 1, 0 }));

    public static BsonDocument SumIf(BsonDocument condition, BsonValue value) => new("$sum", new BsonDocument("$cond", new BsonArray { condition, value, 0 }));
}
