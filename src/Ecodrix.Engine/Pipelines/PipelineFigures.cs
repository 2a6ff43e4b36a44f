using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Pipelines;

/// <summary>One column of a board.</summary>
public sealed record BoardColumn(
    string StageId, string Name, string Color, int Probability, int Order, bool IsWon, bool IsLost, long Count, decimal TotalValue, decimal WeightedValue);

/// <summary>A board: its columns, and their sums.</summary>
/// <param name="PipelineId">The pipeline.</param>
/// <param name="PipelineName">Its name.</param>
/// <param name="Stages">The columns in order.</param>
/// <param name="Count">Leads on the board.</param>
/// <param name="TotalValue">Their value.</param>
/// <param name="WeightedValue">Their value, each by the probability of its stage.</param>
public sealed record BoardView(string PipelineId, string PipelineName, IReadOnlyList<BoardColumn> Stages, long Count, decimal TotalValue, decimal WeightedValue);

/// <summary>What one stage's open leads are expected to bring.</summary>
public sealed record ForecastRow(string StageId, string StageName, string Color, int Probability, long Count, decimal TotalValue, decimal ExpectedRevenue);

/// <summary>What a pipeline's open leads are expected to bring.</summary>
/// <param name="Rows">By stage, in order.</param>
/// <param name="GrandTotal">The sum of expected revenue.</param>
/// <param name="TotalPipeline">The sum of values.</param>
public sealed record ForecastView(IReadOnlyList<ForecastRow> Rows, decimal GrandTotal, decimal TotalPipeline);

/// <summary>Counts and values of a pipeline's stages, each by one aggregation.</summary>
public sealed class PipelineFigures
{
    private readonly PipelineDesign _design;

    internal PipelineFigures(PipelineDesign design) => _design = design;

    /// <summary>The board: every lead that is not archived, by stage.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PIPELINE_NOT_FOUND, VALIDATION_ERROR.</exception>
    public async Task<BoardView> BoardAsync(TenantScope scope, string pipelineId, LeadFilter filter, CancellationToken ct)
    {
        var pipeline = await FindAsync(scope, pipelineId, ct);
        var figures = await SumAsync(scope, await LeadSearch.ReadAsync(scope, filter with { PipelineId = pipeline.Id.ToString(), StageId = null }, ct), ct);
        var columns = pipeline.Stages.OrderBy(s => s.Order).Select(s =>
        {
            var (count, value) = figures.GetValueOrDefault(s.Id);
            return new BoardColumn(s.Id.ToString(), s.Name, s.Color, s.Probability, s.Order, s.IsWon, s.IsLost, count, value, value * s.Probability / 100);
        }).ToList();
        return new BoardView(pipeline.Id.ToString(), pipeline.Name, columns, columns.Sum(c => c.Count), columns.Sum(c => c.TotalValue), columns.Sum(c => c.WeightedValue));
    }

    /// <summary>The forecast: open leads only, value times probability.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="pipelineId">The pipeline; the default one when absent.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">INVALID_ID, PIPELINE_NOT_FOUND.</exception>
    public async Task<ForecastView> ForecastAsync(TenantScope scope, string? pipelineId, CancellationToken ct)
    {
        var pipeline = await FindAsync(scope, pipelineId, ct);
        var figures = await SumAsync(scope, LeadSearch.Read(scope, new LeadFilter { PipelineId = pipeline.Id.ToString(), Status = "open" }), ct);
        var rows = pipeline.Stages.OrderBy(s => s.Order).Select(s =>
        {
            var (count, value) = figures.GetValueOrDefault(s.Id);
            return new ForecastRow(s.Id.ToString(), s.Name, s.Color, s.Probability, count, value, value * s.Probability / 100);
        }).ToList();
        return new ForecastView(rows, rows.Sum(r => r.ExpectedRevenue), rows.Sum(r => r.TotalValue));
    }

    /// <summary>The pipeline with an id, or the default one.</summary>
    internal async Task<Pipeline> FindAsync(TenantScope scope, string? pipelineId, CancellationToken ct) =>
        Ids.ParseOptional(pipelineId, "pipelineId") is { } id
            ? await scope.Db.Pipelines.FindByIdAsync(id, ct) ?? throw PipelineRefusals.NotFound(pipelineId!)
            : await _design.DefaultAsync(scope, ct);

    private static async Task<Dictionary<ObjectId, (long Count, decimal Value)>> SumAsync(TenantScope scope, FilterDefinition<Lead> which, CancellationToken ct)
    {
        var rows = await scope.Db.Leads.Aggregate()
            .Match(scope.VisibleLeads() & which)
            .Group(new BsonDocument { ["_id"] = "$stageId", ["count"] = new BsonDocument("$sum", 1), ["value"] = new BsonDocument("$sum", "$dealValue") })
            .ToListAsync(ct);
        return rows.ToDictionary(r => r["_id"].AsObjectId, r => (r["count"].ToInt64(), r["value"].ToDecimal()));
    }
}
