using System.Globalization;

namespace Ecodrix.Engine.Live;

/// <summary>The last hour of all tenants' events, each with its cursor; of more than memory shall hold the oldest go first, whoever's they are.</summary>
internal sealed class LiveHistory(TimeProvider clock)
{
    /// <summary>All tenants together: the hour of some broadcasts to ten thousand people each, in about thirty megabytes.</summary>
    private const int MostInAll = 65_000;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();

    // A silent tenant's stays, with nothing in it but its place: what comes next must have a greater cursor.
    private readonly Dictionary<string, Stream> _streams = new(StringComparer.Ordinal);

    /// <summary>Whose the events are that are kept, oldest first: each is let go once, whatever else there is.</summary>
    private readonly Queue<(Stream Stream, DateTimeOffset At)> _order = new();

    // A process that starts later has greater cursors: nobody takes the new stream for the old one.
    private readonly long _epoch = clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Gives an event its cursor, keeps it and hands it on, in order.</summary>
    public void Add(LiveEvent live, Action<LiveEvent> hand)
    {
        lock (_gate)
        {
            if (!_streams.TryGetValue(live.Tenant, out var stream))
            {
                _streams[live.Tenant] = stream = new Stream();
            }

            var now = clock.GetUtcNow();
            var placed = live with { Cursor = Cursor(++stream.Last) };
            stream.Events.Enqueue(placed);
            _order.Enqueue((stream, now));
            Trim(now - Kept);
            hand(placed);
        }
    }

    /// <summary>The events after a cursor.</summary>
    public MissedEvents Since(string tenant, string cursor)
    {
        LiveEvent[] kept;
        long last;
        lock (_gate)
        {
            Trim(clock.GetUtcNow() - Kept);
            if (!_streams.TryGetValue(tenant, out var stream))
            {
                return new MissedEvents([], false);
            }

            (kept, last) = ([.. stream.Events], stream.Last);
        }

        var complete = Place(cursor) is { } place && place >= last - kept.Length && place <= last;
        return new MissedEvents([.. kept.Where(e => string.CompareOrdinal(e.Cursor, cursor) > 0)], complete);
    }

    private string Cursor(long place) => string.Create(CultureInfo.InvariantCulture, $"{_epoch:x12}{place:x12}");

    private long? Place(string cursor) => cursor.Length == 24 && cursor.StartsWith(_epoch.ToString("x12", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        && long.TryParse(cursor.AsSpan(12), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var place) ? place : null;

    private void Trim(DateTimeOffset before)
    {
        while (_order.TryPeek(out var oldest) && (oldest.At < before || _order.Count > MostInAll))
        {
            _order.Dequeue();
            oldest.Stream.Events.Dequeue();
            if (oldest.Stream.Events.Count == 0)
            {
                oldest.Stream.Events.TrimExcess();
            }
        }
    }

    private sealed class Stream
    {
        public Queue<LiveEvent> Events { get; } = new();

        public long Last { get; set; }
    }
}
