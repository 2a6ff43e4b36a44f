using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Timeline;

internal static class TimelineSetup
{
    public static IServiceCollection AddTimeline(this IServiceCollection services) => services.AddSingleton(Activity.Indexes);
}
