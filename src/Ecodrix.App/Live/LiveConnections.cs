using System.Collections.Concurrent;
using Ecodrix.Engine.Kernel;
using Microsoft.AspNetCore.SignalR;

namespace Ecodrix.App.Live;

/// <summary>The hub's open connections of this node, and how each was let in.</summary>
internal sealed class LiveConnections(IHubContext<LiveHub> hub)
{
    private readonly ConcurrentDictionary<string, (HubCallerContext Context, LiveAdmission Admission)> _open = new(StringComparer.Ordinal);

    public void Add(HubCallerContext context, LiveAdmission admission) => _open[context.ConnectionId] = (context, admission);

    /// <summary>Whether a connection hears what happens by now: it is admitted a moment after it is made.</summary>
    public bool Hears(string connectionId) => _open.ContainsKey(connectionId);

    public void Remove(HubCallerContext context) => _open.TryRemove(context.ConnectionId, out _);

    /// <summary>Asks after each credential once, and ends the connections of those that would not be let in any more. What somebody may see does not change under a session: it ends then.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        foreach (var same in _open.Values.GroupBy(c => c.Admission.Credential))
        {
            try
            {
                await same.First().Admission.AskAgain(ct);
            }
            catch (RefusedException refused)
            {
                foreach (var (context, _) in same)
                {
                    await hub.Clients.Client(context.ConnectionId).SendAsync("refused", new { code = refused.Code, message = refused.Message }, ct);
                    context.Abort();
                }
            }
        }
    }
}

/// <summary>Looks every half minute whether those who are connected would still be let in: a connection lives longer than what it was opened with.</summary>
internal sealed class LiveWatch(LiveConnections connections, TimeProvider clock, ILogger<LiveWatch> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.LogDebug("The watch over live connections stops");
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        try
        {
            await connections.LookAsync(ct);
        }
        catch (Exception e) when (e is MongoDB.Driver.MongoException or TimeoutException or IOException)
        {
            log.LogWarning(e, "Who is connected could not be looked up; it is tried again in {Every}", Every);
        }
    }
}
