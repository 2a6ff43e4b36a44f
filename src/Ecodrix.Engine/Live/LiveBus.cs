using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Live;

/// <summary>Something that changed. It says what; the engine says what is true now.</summary>
/// <param name="Tenant">The client code.</param>
/// <param name="Name">For example <c>event.updated</c>.</param>
/// <param name="Data">Ids and the like; never a secret.</param>
/// <param name="Owner">Whose record changed (its <c>assignedTo</c>), for listeners who may see only their own; null is nobody's.</param>
public sealed record LiveEvent(string Tenant, string Name, object Data, string? Owner = null)
{
    /// <summary>Its place in the tenant's stream: opaque, and greater than that of every event before it.</summary>
    public string Cursor { get; init; } = "";

    /// <summary>True only for seconds, such as who is writing: told to the dashboard's pages as it happens, and never again.</summary>
    public bool Passing { get; init; }

    /// <summary>When this node heard of it, as <see cref="System.Diagnostics.Stopwatch"/> tells time: what is read later holds the change.</summary>
    public long HeardAt { get; } = System.Diagnostics.Stopwatch.GetTimestamp();

    /// <summary>Whether someone may be told: all who see everything, and the owner.</summary>
    public bool MayReach(Actor actor) => actor.MaySee(Owner);

    /// <summary>Whether its data names one of some records, by its id.</summary>
    public bool Mentions(params IEnumerable<string> ids) => Mentioned(ids).Any();

    /// <summary>Those of some records that its data names, by their ids.</summary>
    /// <remarks>The data is an object of the node that published it, and JSON on any other: both say their values as text.</remarks>
    public IEnumerable<string> Mentioned(IEnumerable<string> ids)
    {
        var said = Data.ToString() ?? "";
        return ids.Where(id => said.Contains(id, StringComparison.Ordinal));
    }
}

/// <summary>Carries live events from the engine to whoever shows them. One node: in process. Several: over Redis.</summary>
public interface ILiveBus
{
    /// <summary>Listens to every tenant: misses nothing, so what comes must be handed on without waiting for anybody.</summary>
    const string Everyone = "*";

    /// <summary>Tells everybody who listens to the tenant; never waits and never fails the work that publishes.</summary>
    /// <param name="tenant">The client code.</param>
    /// <param name="name">For example <c>lead.updated</c>.</param>
    /// <param name="data">Ids and the like; never a secret.</param>
    /// <param name="owner">Whose record changed: its <c>assignedTo</c>.</param>
    void Publish(string tenant, string name, object data, string? owner = null);

    /// <summary>Tells those who listen at this moment something that is true only for seconds: it is not kept, and has no cursor.</summary>
    /// <param name="tenant">The client code.</param>
    /// <param name="name">For example <c>conversation.presence</c>.</param>
    /// <param name="data">Ids and the like; never a secret.</param>
    /// <param name="owner">Whose record it concerns: its <c>assignedTo</c>.</param>
    void Pass(string tenant, string name, object data, string? owner = null);

    /// <summary>Listens to one tenant, or to all with <c>*</c>. A listener to one that is too slow to keep up misses events rather than holding others up.</summary>
    /// <param name="tenant">The client code, or <c>*</c>.</param>
    /// <param name="ct">Ends the listening.</param>
    IAsyncEnumerable<LiveEvent> ListenAsync(string tenant, CancellationToken ct);

    /// <summary>What a listener has missed since an event it knows, in order.</summary>
    /// <param name="tenant">The client code.</param>
    /// <param name="cursor">The cursor of the last event it got.</param>
    /// <param name="ct">Cancels.</param>
    Task<MissedEvents> SinceAsync(string tenant, string cursor, CancellationToken ct);
}

/// <summary>What a listener has missed.</summary>
/// <param name="Events">The events, in order.</param>
/// <param name="Complete">Whether these are all; if not, the listener had better read anew.</param>
public sealed record MissedEvents(IReadOnlyList<LiveEvent> Events, bool Complete);

/// <summary>The bus of a single node, with an hour of history for those who were away.</summary>
public sealed class InProcessLiveBus(TimeProvider clock) : ILiveBus
{
    private readonly LiveListeners _listeners = new();
    private readonly LiveHistory _history = new(clock);

    /// <inheritdoc />
    public void Publish(string tenant, string name, object data, string? owner = null) =>
        // Handed on under the history's lock, so that every listener gets events in the order of their cursors.
        _history.Add(new LiveEvent(tenant, name, data, owner), _listeners.Hand);

    /// <inheritdoc />
    public void Pass(string tenant, string name, object data, string? owner = null) =>
        _listeners.Hand(new LiveEvent(tenant, name, data, owner) { Passing = true });

    /// <inheritdoc />
    public Task<MissedEvents> SinceAsync(string tenant, string cursor, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(_history.Since(tenant, cursor));
    }

    /// <inheritdoc />
    public IAsyncEnumerable<LiveEvent> ListenAsync(string tenant, CancellationToken ct) => _listeners.ListenAsync(tenant, ct);
}
