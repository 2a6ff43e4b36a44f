using System.Numerics;
using Ecodrix.EmbeddedMongo.Query;
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

        if (Decide(view, collection, shape.Conditions) is not { } scans)
        {
            return null;
        }

        long records = KeyCounts.SizeOf(view.Session, collection) + 1;
        return records <= MaximumRecords && IsCheaper(scans) ? Intersect(view, scans.ConvertAll(one => one.Scan), (int)records) : null;
    }

    /// <summary>
    /// Index scans that together decide all conditions, or null if there are none. A condition that most documents meet is
    /// decided together with a rarer one where an index has both, so that its own many keys are never read.
    /// </summary>
    private static List<Decided>? Decide(StoreView view, CollectionInfo collection, IReadOnlyList<FilterNode> conditions)
    {
        var decided = new List<Decided>();
        foreach (var condition in conditions)
        {
            if (ScanOf(collection, [condition]) is not { } scan)
            {
                return null;
            }

            decided.Add(new Decided([condition], scan, KeyCounts.Of(view, collection, scan)));
        }

        decided.Sort((x, y) => y.Keys.CompareTo(x.Keys));
        for (int i = 0; i < decided.Count - 1; i++)
        {
            for (int other = i + 1; other < decided.Count; other++)
            {
                FilterNode[] both = [.. decided[i].Conditions, .. decided[other].Conditions];
                if (ScanOf(collection, both) is { } scan)
                {
                    decided[other] = new Decided(both, scan, KeyCounts.Of(view, collection, scan));
                    decided.RemoveAt(i--);
                    break;
                }
            }
        }

        return decided;
    }

    private static IndexScan? ScanOf(CollectionInfo collection, FilterNode[] conditions) =>
        Planner.Useful(collection, new QueryShape(conditions, SortSpec.None, 0))
            .Select(candidate => candidate.ToScan()).FirstOrDefault(scan => !scan.NeedsFilter);

    /// <summary>Whether reading all keys takes less than reading the documents of the most selective condition.</summary>
    private static bool IsCheaper(List<Decided> scans) =>
        scans.Sum(scan => scan.Keys) <= Math.Min(scans.Min(scan => scan.Keys) * KeysPerDocument, MaximumKeys);

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

    /// <summary>Conditions, the scan that decides them, and how many keys it reads.</summary>
    private readonly record struct Decided(FilterNode[] Conditions, IndexScan Scan, long Keys);
}
