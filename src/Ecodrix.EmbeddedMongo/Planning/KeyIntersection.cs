using System.Numerics;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Values;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>
/// Counts what meets several conditions of which each has an index that decides it: by the records that all of them lead to,
/// without a look at any document.
/// </summary>
internal static class KeyIntersection
{
    private const int MaximumConditions = 5;
    private const int FirstLook = 5_000;
    private const int MaximumKeys = 1_000_000;
    private const long MaximumRecords = 64_000_000;

    /// <summary>How many keys may be read where otherwise one document would be.</summary>
    private const long KeysPerDocument = 30;

    /// <summary>The number of matches, or null if that is not the way to find it.</summary>
    public static long? Count(StoreView view, CollectionInfo collection, FindQuery query)
    {
        var shape = new QueryShape([query.Filter.Root], SortSpec.None, 0);
        if (query.Hint is not null || shape.Conditions.Count is < 2 or > MaximumConditions)
        {
            return null;
        }

        var scans = new List<IndexScan>();
        foreach (var condition in shape.Conditions)
        {
            var candidates = Planner.Useful(collection, new QueryShape([condition], SortSpec.None, 0));
            if (candidates.Select(candidate => candidate.ToScan()).FirstOrDefault(scan => !scan.NeedsFilter) is not { } scan)
            {
                return null;
            }

            scans.Add(scan);
        }

        long records = KeyCounts.SizeOf(view.Session, collection) + 1;
        return records <= MaximumRecords && IsCheaper(view, scans) ? Intersect(view, scans, (int)records) : null;
    }

    /// <summary>Whether reading all keys takes less than reading the documents of the most selective condition.</summary>
    private static bool IsCheaper(StoreView view, List<IndexScan> scans)
    {
        long fewest = scans.Min(scan => KeyCounts.UpTo(view.Session, scan.Ranges, FirstLook));
        long affordable = fewest < FirstLook ? fewest * KeysPerDocument : MaximumKeys;
        return scans.Sum(scan => KeyCounts.UpTo(view.Session, scan.Ranges, (int)affordable + 1)) <= affordable;
    }

    private static long Intersect(StoreView view, List<IndexScan> scans, int records)
    {
        ulong[]? common = null;
        foreach (var scan in scans)
        {
            view.Cancellation.ThrowIfCancellationRequested();
            // A bit for each record.
            ulong[] found = new ulong[(records >> 6) + 1];
            using var entries = EntryReader.Of(view.Session, scan);
            while (entries.Next())
            {
                found[entries.Record >> 6] |= 1UL << (int)(entries.Record & 63);
            }

            for (int i = 0; common is not null && i < found.Length; i++)
            {
                found[i] &= common[i];
            }

            common = found;
        }

        return common!.Sum(word => (long)BitOperations.PopCount(word));
    }
}
