using System.Collections.Concurrent;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// About how many entries some runs of an index have, for choosing a way to them. What takes long to count is kept for a while: a
/// number that is no longer right costs time at worst, never a result.
/// </summary>
internal sealed class SampledCounts
{
    private const int Capacity = 512;
    private const int WorthKeeping = 256;
    private const int KeptMilliseconds = 10_000;

    private readonly ConcurrentDictionary<string, (long Count, long Size, long At)> _samples = new(StringComparer.Ordinal);

    /// <param name="name">What was counted.</param>
    /// <param name="size">How large the collection is now.</param>
    /// <param name="count">The number.</param>
    /// <returns>False where none is known, or the collection has grown by a tenth since.</returns>
    public bool TryGet(string name, long size, out long count)
    {
        bool known = _samples.TryGetValue(name, out var found)
            && Math.Abs(size - found.Size) <= found.Size / 10 && Environment.TickCount64 - found.At < KeptMilliseconds;
        count = found.Count;
        return known;
    }

    public void Remember(string name, long size, long count)
    {
        if (count < WorthKeeping)
        {
            return;
        }

        if (_samples.Count >= Capacity)
        {
            _samples.Clear();
        }

        _samples[name] = (count, size, Environment.TickCount64);
    }
}
