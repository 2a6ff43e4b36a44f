using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Triggers;

internal static class TriggersSetup
{
    public static IServiceCollection AddTriggers(this IServiceCollection services) => services
        .AddSingleton(EventLog.Indexes)
        .AddSingleton(new RetainedLog(EventLog.Collection, "finishedAt", settings => settings.EventDays))
        .AddSingleton<OutboxSignal>()
        .AddSingleton<Outbox>()
        .AddSingleton<TriggerReading>()
        .AddSingleton<EventFeed>()
        .AddSingleton<EventProcessing>()
        .AddSingleton<EventProgress>()
        .AddSingleton(p => new Lazy<EventProgress>(p.GetRequiredService<EventProgress>))
        .AddSingleton<PendingWork>()
        .AddSingleton<IJobHandler, DrainJob>()
        .AddSingleton<IJobHandler, FireJob>()
        .AddOperation<TriggerIntake>()
        .AddOperation<OutboxPump>()
        .AddOperation<EventCancelling>()
        .AddOperation<EventReplay>()
        .AddOperation<Simulation>()
        .AddOperation<EventSearch>()
        .AddOperation<PendingSteps>()
        .AddOperation<EventStats>();
}
