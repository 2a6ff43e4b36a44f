using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Analytics;

internal static class AnalyticsSetup
{
    public static IServiceCollection AddAnalytics(this IServiceCollection services) => services
        .AddOperation<OverviewReport>()
        .AddOperation<FunnelReport>()
        .AddOperation<SourceReport>()
        .AddOperation<TeamReport>()
        .AddOperation<HeatmapReport>()
        .AddOperation<ScoreReport>()
        .AddOperation<StageTimeReport>();
}
