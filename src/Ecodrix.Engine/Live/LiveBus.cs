using System.Collections.Concurrent;
using System.Threading.Channels;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Live;

/// <summary>Something that changed. It says what; the engine says what is true now.</summary>
/// <param name="Tenant">The client code.</param>
/// <param name="Name">For example <c>event.updated</c>.</param>
/// <param name="Data">Ids and the like; never a secret.</param>
/// <param name="Owner">Whose record changed (its <c>assignedTo</c>), for listeners who may see only their own; null is nobody's.</param>
public sealed record LiveEvent(string Tenant, string Name, object Data, string? Owner = null)
{
    /// <summary>Whether someone may be told: all who see everything, and the owner.</summary>
    public bool MayReach(Actor actor) => actor.OnlyAssignedTo is null || actor.OnlyAssignedTo == Owner;
}

/// <summary>Carries live events from the engine to whoever shows them. One node: in process. Several: over Redis.</summary>
public interface ILiveBus
{
    /// <summary>Tells everybody who listens to the tenant; never waits and never fails the work that publishes.</summary>
    /// <param name="tenant">The client code.</param>
    /// <param name="name">For example <c>lead.updated</c>.</param>
    /// <param name="data">Ids and the like; never a secret.</param>
    /// <param name="owner">Whose record changed: its <c>assignedTo</c>.</param>
    void Publish(string tenant, string name, object data, string? owner = null);

    /// <summary>Listens to one tenant, or to all with <c>*</c>. A listener too slow to keep up misses events rather than holding others up.</summary>
    /// <param name="tenant">The client code, or <c>*</c>.</param>
    /// <param name="ct">Ends the listening.</param>
    IAsyncEnumerable<LiveEvent> ListenAsync(string tenant, CancellationToken ct);
}

/// <summary>The bus of a single node.</summary>
public sealed class InProcessLiveBus : ILiveBus
{
    /// <summary>Listens to every tenant.</summary>
    public const string Everyone = "*";

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Guid, Channel<LiveEvent>>> _listeners = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public void Publish(string tenant, string name, object data, string? owner = null)
    {
        var live = new LiveEvent(tenant, name, data, owner);
        Hand(tenant, live);
        Hand(Everyone, live);
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<LiveEvent> ListenAsync(string tenant, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var channel = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
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
