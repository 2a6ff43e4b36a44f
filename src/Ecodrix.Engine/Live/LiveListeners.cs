using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Ecodrix.Engine.Live;

/// <summary>Who listens on this node, and to which tenant.</summary>
internal sealed class LiveListeners
{
    /// <summary>How many events of a tenant may wait for a slow listener. Who listens to all must not wait for anybody, and so misses nothing.</summary>
    private const int Waiting = 1024;

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Guid, Channel<LiveEvent>>> _listeners = new(StringComparer.Ordinal);

    /// <summary>Hands an event to everybody who listens to its tenant, without waiting.</summary>
    public void Hand(LiveEvent live)
    {
        Hand(live.Tenant, live);
        Hand(ILiveBus.Everyone, live);
    }

    /// <summary>Listens to one tenant, or to all with <see cref="ILiveBus.Everyone"/>.</summary>
    public async IAsyncEnumerable<LiveEvent> ListenAsync(string tenant, [EnumeratorCancellation] CancellationToken ct)
    {
        var channel = tenant == ILiveBus.Everyone
            ? Channel.CreateUnbounded<LiveEvent>(new UnboundedChannelOptions { SingleReader = true })
            : Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        var listeners = _listeners.GetOrAdd(tenant, _ => new());
        var id = Guid.NewGuid();
        listeners[id] = channel;
        try
        {
            await foreach (var live in channel.Reader.ReadAllAsync(ct))
            {
                yield return live;
            }
        }
        finally
        {
            listeners.TryRemove(id, out _);
        }
    }

    private void Hand(string tenant, LiveEvent live)
    {
        if (_listeners.TryGetValue(tenant, out var listeners))
        {
            foreach (var channel in listeners.Values)
            {
                channel.Writer.TryWrite(live);
            }
        }
    }
}
