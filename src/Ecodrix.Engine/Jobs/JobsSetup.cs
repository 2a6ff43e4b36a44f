using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Jobs;

internal static class JobsSetup
{
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddOptions<WorkerOptions>().BindConfiguration("Ecodrix").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(Job.Indexes);
        services.AddSingleton<JobSignal>();
        services.AddSingleton<JobClaims>();
        services.AddSingleton<JobQueue>();
        services.AddSingleton<AutomationGate>();
        services.AddSingleton<IJobHandler, ResumeJob>();
        // Lazily, because handlers use operations that enqueue jobs themselves.
        services.AddSingleton(p => new Lazy<IEnumerable<IJobHandler>>(p.GetServices<IJobHandler>));
        services.AddOperation<JobRunner>();
        services.AddOperation<JobMonitoring>();
        services.AddOperation<JobControl>();
        services.AddOperation<QueueWatch>();
        return services;
    }
}
