using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Timeline;

internal static class TimelineSetup
{
    public static IServiceCollection AddTimeline(this IServiceCollection services) => services
        .AddSingleton(Activity.Indexes)
        .AddSingleton(FormerPlace.Indexes)
        .AddOperation<ActivityLog>()
        .AddOperation<Notes>()
        .AddOperation<LeadTimeline>()
        .AddOperation<ActivityFeed>();
}
