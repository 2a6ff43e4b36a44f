using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Storage;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>Counts index entries inside of SQLite, many times faster than stepping through them.</summary>
internal static class KeyCounts
{
    private const int WorthKeeping = 2_000;

    private static readonly SqlText All = new("SELECT count(*) FROM entries WHERE key >= ?1 AND key < ?2");

    private static readonly SqlText Some =
        new("SELECT count(*) FROM (SELECT 1 FROM entries WHERE key >= ?1 AND key < ?2 LIMIT ?3)");

    private static readonly SqlText LastRow = new("SELECT max(id) FROM documents WHERE id >= ?1 AND id < ?2");

    /// <summary>Whether the entries of a path are as many as its matches.</summary>
    public static bool CountMatches(AccessPath path) => path is IndexScan { NeedsFilter: false, MayRepeat: false };

    /// <summary>How many entries a scan meets. Where that is many, the store is asked to keep the number from now on.</summary>
    public static long Of(StoreView view, CollectionInfo collection, IndexScan scan)
    {
        if (view.Counting is null)
        {
            return Count(view.Session, scan.Ranges);
        }

        string key = NameOf(scan.Ranges);
        if (collection.State.Counts.TryGet(key, out long kept))
        {
            return kept;
        }

        long count = Count(view.Session, scan.Ranges);
        if (count >= WorthKeeping)
        {
            view.Counting.Ask(collection.State.Counts, key, scan.Ranges);
        }

        return count;
    }

    /// <summary>What runs of keys are called where something is kept of them.</summary>
    public static string NameOf(IEnumerable<KeyRange> ranges) =>
        string.Join('|', ranges.Select(range => $"{Convert.ToHexString(range.Start)}-{Convert.ToHexString(range.End)}"));

    /// <summary>How many entries there are, but no more than <paramref name="cap"/>.</summary>
    public static long UpTo(SqliteSession session, IEnumerable<KeyRange> ranges, int cap)
    {
        long count = 0;
        foreach (var range in ranges)
        {
            if (count >= cap)
            {
                break;
            }

            using var row = session.Use(Some).Bind(1, range.Start).Bind(2, range.End).Bind(3, cap - count);
            row.Step();
            count += row.Integer(0);
        }

        return count;
    }

    private static long Count(SqliteSession session, IEnumerable<KeyRange> ranges)
    {
        long count = 0;
        foreach (var range in ranges)
        {
            using var row = session.Use(All).Bind(1, range.Start).Bind(2, range.End);
            row.Step();
            count += row.Integer(0);
        }

        return count;
    }

    /// <summary>How many documents a collection has at most: the number of its last record.</summary>
    public static long SizeOf(SqliteSession session, CollectionInfo collection)
    {
        using var row = session.Use(LastRow).Bind(1, collection.FirstRow).Bind(2, collection.EndRow);
        return row.Step() && !row.IsNull(0) ? collection.RecordOf(row.Integer(0)) : 0;
    }
}
