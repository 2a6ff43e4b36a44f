using System.Collections.Concurrent;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>
/// How fast each business number may send on this node: a bucket that fills at the number's rate, and more slowly for a while
/// after Meta has said that it was too much.
/// </summary>
internal sealed class NumberPace(TimeProvider clock)
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    /// <summary>Takes up to <paramref name="want"/> sends; less when the number is busy, none when it must wait.</summary>
    /// <param name="number">The phone number id.</param>
    /// <param name="perSecond">Its rate.</param>
    /// <param name="want">How many.</param>
    /// <param name="leave">How many must be left for others: what people wait for goes before bulk.</param>
    public int Take(string number, int perSecond, int want, int leave = 0) =>
        _buckets.GetOrAdd(number, _ => new Bucket(clock)).Take(perSecond, want, leave);

    /// <summary>Returns what was taken and not used.</summary>
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
                // Half a second's worth is the most that may come at once.
                var most = Math.Max(1, perSecond / 2.0);
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
