using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ecodrix.App.Live;

/// <summary>Tells a tenant's own programs what changes, over SignalR. A client that was away asks for what it missed with <see cref="Resume"/>.</summary>
internal sealed class LiveHub(LiveDoor door, LiveConnections connections, ILiveBus bus) : Hub
{
    public override async Task OnConnectedAsync()
    {
        try
        {
            var admitted = await door.OpenAsync(Context.GetHttpContext()!, Context.ConnectionAborted);
            Context.Items[typeof(TenantScope)] = admitted.Scope;
            connections.Add(Context, admitted);
            await base.OnConnectedAsync();
        }
        catch (RefusedException refused)
        {
            await Clients.Caller.SendAsync("refused", new { code = refused.Code, message = refused.Message });
            Context.Abort();
        }
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        connections.Remove(Context);
        return base.OnDisconnectedAsync(exception);
    }

    /// <summary>Sends what was missed since a cursor again as the same events in order, then <c>resumed</c>.</summary>
    public async Task Resume(string cursor)
    {
        if (Context.Items[typeof(TenantScope)] is not TenantScope scope)
        {
            return;
        }

        var missed = await bus.SinceAsync(scope.Code, cursor, Context.ConnectionAborted);
        var mine = missed.Events.Where(e => e.MayReach(scope.Actor)).ToList();
        foreach (var live in mine)
        {
            await Clients.Caller.SendAsync(live.Name, LiveConnections.Message(live), Context.ConnectionAborted);
        }

        // Without all of it the client must read anew instead.
        await Clients.Caller.SendAsync("resumed", new { complete = missed.Complete, count = mine.Count }, Context.ConnectionAborted);
    }
}

/// <summary>Hands every event of the bus that lasts to the hub's clients, in order, without waiting for any of them.</summary>
internal sealed class LiveForwarding(ILiveBus bus, LiveConnections connections, ILogger<LiveForwarding> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var live in bus.ListenAsync(ILiveBus.Everyone, stoppingToken))
            {
                if (!live.Passing)
                {
                    connections.Hand(live);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.LogDebug("Live forwarding stops");
        }
    }
}

internal static class LiveSetup
{
    /// <summary>The hub, and the bus between nodes when there is a Redis; else the engine's own bus of one node stays.</summary>
    public static IServiceCollection AddLive(this IServiceCollection services, string? redis)
    {
        if (!string.IsNullOrWhiteSpace(redis))
        {
            services.AddSingleton(p => new RedisLiveBus(redis, p.GetRequiredService<ILogger<RedisLiveBus>>()));
            services.AddSingleton<ISharedPace, RedisPace>();
            services.Replace(ServiceDescriptor.Singleton<ILiveBus>(p => p.GetRequiredService<RedisLiveBus>()));
        }

        services.AddSignalR().AddJsonProtocol(json => EcodrixJson.Apply(json.PayloadSerializerOptions));
        services.AddSingleton<LiveDoor>();
        services.AddSingleton<LiveConnections>();
        services.AddHostedService<LiveForwarding>();
        services.AddHostedService<LiveWatch>();
        return services;
    }

    public static void MapLive(this IEndpointRouteBuilder app) => app.MapHub<LiveHub>("/hubs/live");
}
