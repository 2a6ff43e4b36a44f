using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
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
        services.AddSingleton<ITenantBelongings, TenantJobs>();
        // Lazily, because handlers use operations that enqueue jobs themselves.
        services.AddSingleton(p => new Lazy<IEnumerable<IJobHandler>>(p.GetServices<IJobHandler>));
        services.AddOperation<JobRunner>();
        services.AddOperation<JobMonitoring>();
        services.AddOperation<QueueWatch>();
        services.AddOperation<JobControl>();
        return services;
    }
}
