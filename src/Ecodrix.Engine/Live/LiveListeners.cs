using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Ecodrix.Engine.Live;

/// <summary>Who listens on this node, and to which tenant.</summary>
internal sealed class LiveListeners
{
    /// <summary>How many events may wait for a slow listener; all tenants together are more than one.</summary>
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
        var channel = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(tenant == ILiveBus.Everyone ? Waiting * 16 : Waiting)
        {
            FullMode = BoundedChannelFullMode.DropOldest,
            SingleReader = true,
        });
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
