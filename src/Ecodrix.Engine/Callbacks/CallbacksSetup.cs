using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Callbacks;

internal static class CallbacksSetup
{
    public static IServiceCollection AddCallbacks(this IServiceCollection services)
    {
        services.AddOptions<CallbackOptions>().BindConfiguration("Ecodrix:Callbacks");
        services.AddSingleton(Callback.Indexes);
        services.AddSingleton(new RetainedLog(Callback.Collection, "finishedAt", settings => settings.CallbackDays));
        services.AddOperation<OutboundAddresses>();
        services.AddSingleton<OutboundCalls>();
        services.AddSingleton<CallbackOutbox>();
        services.AddSingleton<IJobHandler, CallbackDelivery>();
        services.AddOperation<CallbackSearch>();
        services.AddOperation<SignatureTester>();
        services.AddOperation<CallbackRedelivery>();
        services.AddSingleton<IJobHandler, RedeliveryJob>();
        services.AddHttpClient(OutboundCalls.HttpName, client => client.Timeout = TimeSpan.FromSeconds(10))
            .ConfigurePrimaryHttpMessageHandler(p => p.GetRequiredService<OutboundAddresses>().Handler())
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        return services;
    }
}
