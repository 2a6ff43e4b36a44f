using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>
/// Finds the values that a field has by an index that begins with it: one seek and one document for each value, however many
/// documents have it.
/// </summary>
internal static class DistinctScan
{
    private static readonly SqlText FirstEntry = new("SELECT key, record FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT 1");

    /// <summary>The index that serves; null where there is none, or where a query leaves documents out that the index leads to.</summary>
    public static IndexInfo? Choose(CollectionInfo? collection, FieldPath field, FindQuery query) =>
        query.Filter.IsEmpty && query.Hint is null or BsonNull && field.Count == 1
            ? collection?.Indexes.FirstOrDefault(index =>
                index.Definition is { Sparse: false, PartialFilter: null } definition && definition.Fields[0].Path == field.Text)
            : null;

    /// <summary>Adds each value of the field to <paramref name="values"/>; an array counts as its elements.</summary>
    public static PlanFigures Collect(StoreView view, CollectionInfo collection, IndexInfo index, FieldPath field, ISet<BsonValue> values)
    {
        using var next = new ByteBuffer(256);
        IndexKeys.WritePrefix(next, index.Id);
        byte[] from = next.Span.ToArray();
        byte[] end = KeyRange.After(from);
        using var entry = view.Session.Use(FirstEntry);
        using var fetch = view.Session.Use(StoreView.FetchDocument);
        var reads = FieldNames.Of([field.Head]);
        var found = new HashSet<BsonValue>(BsonOrder.Instance);
        for (long seeks = 0; ; seeks++)
        {
            view.Cancellation.ThrowIfCancellationRequested();
            entry.Reset();
            if (!entry.Bind(1, from).Bind(2, end).Step())
            {
                return new PlanFigures(seeks, seeks, seeks, values.Count);
            }

            fetch.Reset();
            fetch.Bind(1, collection.RowOf(entry.Integer(1))).Step();
            found.Clear();
            DistinctValues.Collect(BsonDecoder.Document(fetch.Blob(0), reads), field, found);
            values.UnionWith(found);
            var key = entry.Blob(0);
            from = KeyRange.After(key[..(IndexKeys.PrefixLength + LengthOfFirst(key[IndexKeys.PrefixLength..], found, index.Definition.Fields[0].Descending))]);
        }
    }

    /// <summary>How many bytes the entry's first field takes: those of one of the document's values, or the tag alone of an empty array.</summary>
    private static int LengthOfFirst(ReadOnlySpan<byte> key, HashSet<BsonValue> values, bool descending)
    {
        foreach (var value in values)
        {
            byte[] encoded = KeyEncoder.Of(value);
            if (descending)
            {
                KeyEncoder.Invert(encoded);
            }

            if (key.StartsWith(encoded))
            {
                return encoded.Length;
            }
        }

        // Documents without the field lie among those that have a null, of which one may still come: they are passed one at a time.
        return (descending ? (byte)~key[0] : key[0]) == KeyTag.EmptyArray ? 1 : key.Length;
    }
}
