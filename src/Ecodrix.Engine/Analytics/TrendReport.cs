using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Analytics;

/// <summary>The overview's figures day by day: how they came about.</summary>
public sealed class TrendReport
{
    private readonly TimeProvider _clock;

    internal TrendReport(TimeProvider clock) => _clock = clock;

    /// <summary>Leads made, won and lost on each day in the tenant's zone, every day of the time; archived ones left out.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<IReadOnlyList<TrendDay>> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        var range = ReportRange.Read(scope, filter, _clock);
        var leads = Match.Leads(scope, filter);
        var closed = Builders<Lead>.Filter.Gte(l => l.ClosedAt, range.From) & Builders<Lead>.Filter.Lt(l => l.ClosedAt, range.Until);
        var made = await scope.Db.Leads.Aggregate().Match(leads & Match.Made(range))
            .Group(new BsonDocument { ["_id"] = range.DayOf("$createdAt"), ["made"] = new BsonDocument("$sum", 1) }).ToListAsync(ct);
        var ended = await scope.Db.Leads.Aggregate().Match(leads & closed)
            .Group(new BsonDocument
            {
                ["_id"] = range.DayOf("$closedAt"),
                ["won"] = Expr.CountIf(Expr.Is("$status", "won")),
                ["lost"] = Expr.CountIf(Expr.Is("$status", "lost")),
                ["value"] = Expr.SumIf(Expr.Is("$status", "won"), "$dealValue"),
            }).ToListAsync(ct);
        var madeOn = made.ToDictionary(r => r["_id"].AsString);
        var endedOn = ended.ToDictionary(r => r["_id"].AsString);
        return [.. range.Days.Select(day => $"{day:yyyy-MM-dd}").Select(day =>
        {
            var (came, went) = (madeOn.GetValueOrDefault(day, []), endedOn.GetValueOrDefault(day, []));
            return new TrendDay(day, came.GetValue("made", 0).ToInt64(), went.GetValue("won", 0).ToInt64(), went.GetValue("lost", 0).ToInt64(), went.GetValue("value", 0).ToDecimal());
        })];
    }
}
