using System.Collections.Concurrent;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>The pace that several nodes keep together. Without one each node keeps its own.</summary>
public interface ISharedPace
{
    /// <summary>Takes up to <paramref name="want"/> sends from what all nodes share; all of them while it cannot be asked.</summary>
    /// <param name="number">The phone number id.</param>
    /// <param name="perSecond">Its rate.</param>
    /// <param name="most">How many may come at once.</param>
    /// <param name="want">How many.</param>
    /// <param name="leave">How many must be left for others.</param>
    /// <param name="ct">Cancels.</param>
    Task<int> TakeAsync(string number, int perSecond, double most, int want, double leave, CancellationToken ct);
}

/// <summary>
/// How fast each business number may send: a bucket of this node that fills at the number's rate, and more slowly for a while
/// after Meta has said that it was too much; and where there are several nodes, one for all of them behind it.
/// </summary>
internal sealed class NumberPace(TimeProvider clock, IEnumerable<ISharedPace> shared)
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly ISharedPace? _shared = shared.FirstOrDefault();

    /// <summary>Takes up to <paramref name="want"/> sends; less when the number is busy, none when it must wait.</summary>
    /// <param name="number">The phone number id.</param>
    /// <param name="perSecond">Its rate.</param>
    /// <param name="want">How many.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="leave">How many must be left for others: what people wait for goes before bulk.</param>
    public async Task<int> TakeAsync(string number, int perSecond, int want, CancellationToken ct, int leave = 0)
    {
        var here = TakeHere(number, perSecond, want, leave);
        if (_shared is null || here == 0)
        {
            return here;
        }

        var most = Most(perSecond);
        var granted = await _shared.TakeAsync(number, perSecond, most, here, Math.Min(leave, most / 2), ct);
        GiveBack(number, here - granted);
        return granted;
    }

    /// <summary>As <see cref="TakeAsync"/>, for a pace that is this node's alone.</summary>
    public int TakeHere(string number, int perSecond, int want, int leave = 0) =>
        _buckets.GetOrAdd(number, _ => new Bucket(clock)).Take(perSecond, want, leave);

    /// <summary>Half a second's worth is the most that may come at once.</summary>
    private static double Most(int perSecond) => Math.Max(1, perSecond / 2.0);

    /// <summary>Returns what was taken from this node's own and not used.</summary>
    public void GiveBack(string number, int count) => _buckets.GetOrAdd(number, _ => new Bucket(clock)).GiveBack(count);

    /// <summary>Meta said that it was too fast.</summary>
    public void SlowDown(string number) => _buckets.GetOrAdd(number, _ => new Bucket(clock)).SlowDown();

    private sealed class Bucket(TimeProvider clock)
    {
        private readonly Lock _lock = new();
        private double _tokens = double.NaN;
        private double _share = 1;
        private long _at = clock.GetTimestamp();
        private long _slowedAt;

        public int Take(int perSecond, int want, int leave)
        {
            lock (_lock)
            {
                var now = clock.GetTimestamp();
                var most = Most(perSecond);
                Recover(now);
                _tokens = double.IsNaN(_tokens) ? most : Math.Min(most, _tokens + (clock.GetElapsedTime(_at, now).TotalSeconds * perSecond * _share));
                _at = now;
                var taken = Math.Max(0, Math.Min(want, (int)(_tokens - Math.Min(leave, most / 2))));
                _tokens -= taken;
                return taken;
            }
        }

        public void GiveBack(int count)
        {
            lock (_lock)
            {
                _tokens += count;
            }
        }

        public void SlowDown()
        {
            lock (_lock)
            {
                var now = clock.GetTimestamp();
                // Many sends under way are refused together: that is one signal.
                if (_slowedAt == 0 || clock.GetElapsedTime(_slowedAt, now) > TimeSpan.FromSeconds(1))
                {
                    _share = Math.Max(1 / 16.0, _share / 2);
                    _slowedAt = now;
                }

                _tokens = 0;
            }
        }

        private void Recover(long now)
        {
            while (_share < 1 && clock.GetElapsedTime(_slowedAt, now) > Recovery)
            {
                _share = Math.Min(1, _share * 2);
                _slowedAt += (long)(Recovery.TotalSeconds * clock.TimestampFrequency);
            }
        }
    }
}
