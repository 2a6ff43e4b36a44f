using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Analytics;

internal static class AnalyticsSetup
{
    public static IServiceCollection AddAnalytics(this IServiceCollection services) => services
        .AddOperation<OverviewReport>()
        .AddOperation<TrendReport>()
        .AddOperation<FunnelReport>()
        .AddOperation<ForecastReport>()
        .AddOperation<SourceReport>()
        .AddOperation<TeamReport>()
        .AddOperation<HeatmapReport>()
        .AddOperation<ScoreReport>()
        .AddOperation<StageTimeReport>();
}
