using System.Collections.Concurrent;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// Numbers of matches that took looking at many keys or documents, each right until the collection changes: whoever turns the
/// pages of a list does not have it counted anew for each.
/// </summary>
internal sealed class RememberedCounts
{
    private const int Capacity = 128;

    private readonly ConcurrentDictionary<string, (long Count, long AsOf)> _counts = new(StringComparer.Ordinal);
    private long _changedAt;

    /// <summary>The commit that is about to change the collection, or was the last to.</summary>
    public void ChangeAt(long commit) => Volatile.Write(ref _changedAt, commit);

    public bool TryGet(string query, out long count)
    {
        bool known = _counts.TryGetValue(query, out var found) && Volatile.Read(ref _changedAt) <= found.AsOf;
        count = found.Count;
        return known;
    }

    /// <param name="query">What was counted.</param>
    /// <param name="count">The number.</param>
    /// <param name="asOf">A commit that whoever counted saw, perhaps with later ones.</param>
    public void Remember(string query, long count, long asOf)
    {
        if (_counts.Count >= Capacity)
        {
            _counts.Clear();
        }

        _counts[query] = (count, asOf);
    }
}
