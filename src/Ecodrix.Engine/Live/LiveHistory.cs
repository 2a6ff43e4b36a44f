using System.Collections.Concurrent;
using System.Globalization;

namespace Ecodrix.Engine.Live;

/// <summary>The last hour of each tenant's events, as far as memory allows, each with its cursor.</summary>
internal sealed class LiveHistory(TimeProvider clock)
{
    private const int MostEach = 10_000;
    private const int MostTenants = 2_000;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Stream> _streams = new(StringComparer.Ordinal);

    // A process that starts later has greater cursors: nobody takes the new stream for the old one.
    private readonly long _epoch = clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Gives an event its cursor, keeps it and hands it on, in order.</summary>
    public void Add(LiveEvent live, Action<LiveEvent> hand)
    {
        var stream = _streams.GetOrAdd(live.Tenant, static _ => new Stream());
        var now = clock.GetUtcNow();
        lock (stream)
        {
            var placed = live with { Cursor = Cursor(++stream.Last) };
            stream.Events.Enqueue((placed, now));
            stream.Trim(now - Kept, MostEach);
            hand(placed);
        }

        if (_streams.Count > MostTenants)
        {
            Forget(now);
        }
    }

    /// <summary>The events after a cursor.</summary>
    public MissedEvents Since(string tenant, string cursor)
    {
        if (!_streams.TryGetValue(tenant, out var stream))
        {
            return new MissedEvents([], false);
        }

        lock (stream)
        {
            stream.Trim(clock.GetUtcNow() - Kept, MostEach);
            var missed = stream.Events.Where(e => string.CompareOrdinal(e.Event.Cursor, cursor) > 0).Select(e => e.Event).ToList();
            var first = stream.Last - stream.Events.Count;
            var complete = Place(cursor) is { } place && place >= first && place <= stream.Last;
            return new MissedEvents(missed, complete);
        }
    }

    private string Cursor(long place) => string.Create(CultureInfo.InvariantCulture, $"{_epoch:x12}{place:x12}");

    private long? Place(string cursor) => cursor.Length == 24 && cursor.StartsWith(_epoch.ToString("x12", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        && long.TryParse(cursor.AsSpan(12), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var place) ? place : null;

    /// <summary>Lets go what tenants long silent had; the place in their stream stays.</summary>
    private void Forget(DateTimeOffset now)
    {
        foreach (var stream in _streams.Values)
        {
            lock (stream)
            {
                stream.Trim(now - Kept, 100);
            }
        }
    }

    private sealed class Stream
    {
        public Queue<(LiveEvent Event, DateTimeOffset At)> Events { get; } = new();

        public long Last { get; set; }

        public void Trim(DateTimeOffset before, int most)
        {
            while (Events.Count > most || (Events.TryPeek(out var oldest) && oldest.At < before))
            {
                Events.Dequeue();
            }
        }
    }
}
