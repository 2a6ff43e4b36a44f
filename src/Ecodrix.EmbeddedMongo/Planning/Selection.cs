using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Storage;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>Finds what a write is about to change, before it changes anything: a scan must not meet its own changes.</summary>
internal static class Selection
{
    /// <summary>The first match in the query's order; its document goes into <paramref name="body"/>.</summary>
    public static Match? First(StoreView view, CollectionInfo? collection, FindQuery query, ByteBuffer body)
    {
        var path = query.Plan(view, collection);
        using var scan = new RecordScan(view, collection, path with { NeedsFilter = true }, query.Filter);
        if (!path.ProvidesSort)
        {
            return FirstSorted(view, collection, query, scan, body);
        }

        if (!scan.Next())
        {
            return null;
        }

        body.Clear();
        body.Write(scan.Body);
        return new Match(scan.Record, scan.Positional);
    }

    /// <summary>All matches, or as many as the query's limit says.</summary>
    public static List<Match> All(StoreView view, CollectionInfo? collection, FindQuery query)
    {
        var matches = new List<Match>();
        using var scan = new RecordScan(view, collection, query.Plan(view, collection) with { NeedsFilter = true }, query.Filter);
        while ((query.Limit == 0 || matches.Count < query.Limit) && scan.Next())
        {
            matches.Add(new Match(scan.Record, scan.Positional));
        }

        return matches;
    }

    /// <summary>Reads a document into <paramref name="body"/>.</summary>
    public static void Load(StoreView view, CollectionInfo collection, long record, ByteBuffer body)
    {
        using var row = view.Session.Use(StoreView.FetchDocument).Bind(1, collection.RowOf(record));
        if (!row.Step())
        {
            throw new InvalidDataException($"{collection.Namespace}: record {record} is gone");
        }

        body.Clear();
        body.Write(row.Blob(0));
    }

    private static Match? FirstSorted(StoreView view, CollectionInfo? collection, FindQuery query, RecordScan scan, ByteBuffer body)
    {
        using var sorter = new RecordSorter(query.Sort, 1);
        while (scan.Next())
        {
            sorter.Add(scan.Record, scan.Body, scan.Positional);
        }

        if (sorter.Sorted() is not [var first, ..])
        {
            return null;
        }

        Load(view, collection!, first.Record, body);
        return new Match(first.Record, first.Positional);
    }
}

/// <summary>A record that a query matched, and which array element did.</summary>
internal readonly record struct Match(long Record, int? Positional);
