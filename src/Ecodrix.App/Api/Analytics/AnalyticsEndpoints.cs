using Ecodrix.Engine.Analytics;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Analytics;

internal static class AnalyticsEndpoints
{
    /// <summary>Maps <c>/api/crm/analytics</c>.</summary>
    public static void MapAnalytics(this IEndpointRouteBuilder crm)
    {
        var analytics = crm.MapGroup("/analytics").WithTags("Analytics");

        analytics.MapGet("/overview", OverviewAsync).WithSummary("Key figures and those of the time before").Refuses("VALIDATION_ERROR", "INVALID_ID").RequireScope(ApiScope.CrmRead);
        analytics.MapGet("/trend", TrendAsync).WithSummary("Leads made, won and lost by day").Refuses("VALIDATION_ERROR", "INVALID_ID").RequireScope(ApiScope.CrmRead);
        analytics.MapGet("/funnel", FunnelAsync).WithSummary("How many leads reached each stage")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "PIPELINE_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        analytics.MapGet("/forecast", ForecastAsync).WithSummary("Value times probability of open leads").Refuses("VALIDATION_ERROR", "INVALID_ID", "PIPELINE_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        analytics.MapGet("/sources", SourcesAsync).WithSummary("Sources and what became of their leads").Refuses("VALIDATION_ERROR", "INVALID_ID").RequireScope(ApiScope.CrmRead);
        analytics.MapGet("/team", TeamAsync).WithSummary("Won deals, revenue and activities by person").Refuses("VALIDATION_ERROR", "INVALID_ID").RequireScope(ApiScope.CrmRead);
        analytics.MapGet("/heatmap", HeatmapAsync).WithSummary("Activities by day").Refuses("VALIDATION_ERROR", "INVALID_ID").RequireScope(ApiScope.CrmRead);
        analytics.MapGet("/scores", ScoresAsync).WithSummary("Distribution of scores").Refuses("VALIDATION_ERROR", "INVALID_ID").RequireScope(ApiScope.CrmRead);
        analytics.MapGet("/stage-time", StageTimeAsync).WithSummary("How long leads stay in each stage")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "PIPELINE_NOT_FOUND").RequireScope(ApiScope.CrmRead);
    }

    private static async Task<Ok<Envelope<OverviewView>>> OverviewAsync([AsParameters] ReportFilter filter, Caller caller, OverviewReport report, CancellationToken ct) =>
        Answer.Ok(await report.GetAsync(caller.Scope, filter, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<TrendDay>>>> TrendAsync([AsParameters] ReportFilter filter, Caller caller, TrendReport report, CancellationToken ct) =>
        Answer.Ok(await report.GetAsync(caller.Scope, filter, ct));

    private static async Task<Ok<Envelope<FunnelView>>> FunnelAsync([AsParameters] ReportFilter filter, Caller caller, FunnelReport report, CancellationToken ct) =>
        Answer.Ok(await report.GetAsync(caller.Scope, filter, ct));

    private static async Task<Ok<Envelope<ForecastView>>> ForecastAsync([AsParameters] ReportFilter filter, Caller caller, ForecastReport report, CancellationToken ct) =>
        Answer.Ok(await report.GetAsync(caller.Scope, filter, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<SourceRow>>>> SourcesAsync([AsParameters] ReportFilter filter, Caller caller, SourceReport report, CancellationToken ct) =>
        Answer.Ok(await report.GetAsync(caller.Scope, filter, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<TeamRow>>>> TeamAsync([AsParameters] ReportFilter filter, Caller caller, TeamReport report, CancellationToken ct) =>
        Answer.Ok(await report.GetAsync(caller.Scope, filter, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<HeatmapDay>>>> HeatmapAsync([AsParameters] ReportFilter filter, Caller caller, HeatmapReport report, CancellationToken ct) =>
        Answer.Ok(await report.GetAsync(caller.Scope, filter, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<ScoreBucket>>>> ScoresAsync([AsParameters] ReportFilter filter, Caller caller, ScoreReport report, CancellationToken ct) =>
        Answer.Ok(await report.GetAsync(caller.Scope, filter, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<StageTimeRow>>>> StageTimeAsync([AsParameters] ReportFilter filter, Caller caller, StageTimeReport report, CancellationToken ct) =>
        Answer.Ok(await report.GetAsync(caller.Scope, filter, ct));
}
