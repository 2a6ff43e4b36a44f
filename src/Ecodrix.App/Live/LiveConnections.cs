using System.Collections.Concurrent;
using System.Threading.Channels;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Microsoft.AspNetCore.SignalR;

namespace Ecodrix.App.Live;

/// <summary>
/// The hub's open connections of this node, and how each was let in. Each has a queue of its own, so that a client that does not read holds
/// up nobody; one whose queue is full is cut off, and asks for what it missed when it comes back.
/// </summary>
internal sealed class LiveConnections(IHubContext<LiveHub> hub, TimeProvider clock, ILogger<LiveConnections> log)
{
    /// <summary>How many events may wait for one client: what a burst of a tenant's makes at once, and more.</summary>
    private const int Waiting = 10_000;

    /// <summary>How long a client that is refused may take to hear why.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Connection> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, Connection>> _ofTenants = new(StringComparer.Ordinal);

    public void Add(HubCallerContext context, LiveAdmission admission)
    {
        var connection = new Connection(context, admission, Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(Waiting) { SingleReader = true }));
        _ofTenants.GetOrAdd(admission.Scope.Code, static _ => new(StringComparer.Ordinal))[context.ConnectionId] = connection;
        _open[context.ConnectionId] = connection;
        _ = CarryAsync(connection);
    }

    /// <summary>Whether a connection hears what happens by now: it is admitted a moment after it is made.</summary>
    public bool Hears(string connectionId) => _open.ContainsKey(connectionId);

    public void Remove(HubCallerContext context)
    {
        if (_open.TryRemove(context.ConnectionId, out var gone))
        {
            _ofTenants[gone.Admission.Scope.Code].TryRemove(context.ConnectionId, out _);
            gone.Events.Writer.TryComplete();
        }
    }

    /// <summary>Hands an event to those who may hear of it.</summary>
    public void Hand(LiveEvent live)
    {
        if (!_ofTenants.TryGetValue(live.Tenant, out var listening))
        {
            return;
        }

        foreach (var connection in listening.Values)
        {
            if (live.MayReach(connection.Admission.Scope.Actor) && !connection.Events.Writer.TryWrite(live))
            {
                // Nothing may be missing in between: what it gets it gets in order, and the rest by its last cursor.
                connection.Events.Writer.TryComplete();
                connection.Context.Abort();
            }
        }
    }

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
                await Task.WhenAll(same.Select(c => EndAsync(c.Context, refused, ct)));
            }
        }
    }

    /// <summary>How an event looks on the wire.</summary>
    public static object Message(LiveEvent live) => new { cursor = live.Cursor, data = live.Data };

    private async Task EndAsync(HubCallerContext context, RefusedException refused, CancellationToken ct)
    {
        try
        {
            await hub.Clients.Client(context.ConnectionId).SendAsync("refused", new { code = refused.Code, message = refused.Message }, ct).WaitAsync(Patience, clock, ct);
        }
        catch (TimeoutException)
        {
            log.LogDebug("A client that is refused does not read why");
        }

        context.Abort();
    }

    private async Task CarryAsync(Connection connection)
    {
        var gone = connection.Context.ConnectionAborted;
        try
        {
            await foreach (var live in connection.Events.Reader.ReadAllAsync(gone))
            {
                await hub.Clients.Client(connection.Context.ConnectionId).SendAsync(live.Name, Message(live), gone);
            }
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            log.LogDebug("A client of the hub has gone");
        }
        catch (Exception e)
        {
            // Whatever it was, what follows must not follow a gap.
            log.LogWarning(e, "A client of the hub is cut off: an event could not be sent to it");
            connection.Context.Abort();
        }
    }

    private sealed record Connection(HubCallerContext Context, LiveAdmission Admission, Channel<LiveEvent> Events);
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
