using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Scoring;

internal static class ScoringSetup
{
    public static IServiceCollection AddScoring(this IServiceCollection services) => services
        .AddSingleton<ScoreRules>()
        .AddSingleton<IJobHandler, RescoreJob>()
        .AddOperation<LeadScoring>();
}
