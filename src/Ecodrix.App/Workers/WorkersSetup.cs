using Coravel;
using Coravel.Invocable;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Templates;
using Microsoft.Extensions.Options;

namespace Ecodrix.App.Workers;

internal static class WorkersSetup
{
    /// <summary>The loops that run jobs and pump outboxes, and the clock that wakes them.</summary>
    public static IServiceCollection AddWorkers(this IServiceCollection services)
    {
        services.AddScheduler();
        services.AddTransient<Sweep>();
        services.AddTransient<QueueLook>();
        services.AddTransient<Silence>();
        services.AddTransient<DailyTemplateSync>();
        services.AddHostedService<EngineLoops>();
        return services;
    }
}

/// <summary>Keeps the engine's loops going for as long as the process runs.</summary>
internal sealed class EngineLoops(JobRunner runner, OutboxPump pump, IServiceProvider services, IOptions<WorkerOptions> options, IOptions<HostOptions> host) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Workers == 0)
        {
            return Task.CompletedTask;
        }

        services.UseScheduler(schedule =>
        {
            schedule.Schedule<Sweep>().EverySecond().PreventOverlapping(nameof(Sweep));
            schedule.Schedule<QueueLook>().EveryTenSeconds().PreventOverlapping(nameof(QueueLook));
            schedule.Schedule<Silence>().Hourly().PreventOverlapping(nameof(Silence));
            schedule.Schedule<DailyTemplateSync>().DailyAt(2, 30).PreventOverlapping(nameof(DailyTemplateSync));
        });
        return Task.WhenAll(runner.RunAsync(host.Value.ShutdownTimeout / 2, stoppingToken), pump.RunAsync(stoppingToken));
    }
}

/// <summary>Each second: gives back the jobs of dead nodes and wakes the workers for what has come due.</summary>
internal sealed class Sweep(JobRunner runner) : IInvocable
{
    public Task Invoke() => runner.SweepAsync(CancellationToken.None);
}

/// <summary>Every ten seconds: looks at how full the queue is, for the meters.</summary>
internal sealed class QueueLook(QueueWatch watch) : IInvocable
{
    public Task Invoke() => watch.LookAsync(CancellationToken.None);
}

/// <summary>Each hour: has the leads nobody is in touch with looked for, in every tenant whose morning it is.</summary>
internal sealed class Silence(SilenceScan scan) : IInvocable
{
    public Task Invoke() => scan.EnqueueDueAsync(CancellationToken.None);
}

/// <summary>Once a day: has every client's templates synced, so that what Meta paused or changed is known without anybody asking.</summary>
internal sealed class DailyTemplateSync(TemplateSyncRound round) : IInvocable
{
    public Task Invoke() => round.EnqueueAsync(CancellationToken.None);
}
