using System.Buffers.Binary;
using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Indexes;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>What was found wrong, and how many entries each index has.</summary>
internal sealed record ValidationReport(long Documents, long InvalidDocuments, IReadOnlyDictionary<string, long> Keys, IReadOnlyList<string> Errors);

/// <summary>
/// Checks a collection against its indexes: each document's entries are there and lead to it, and there is no entry besides.
/// </summary>
internal static class Validation
{
    private const int MaximumErrors = 20;

    private static readonly SqlText Documents = new("SELECT id, body FROM documents WHERE id >= ?1 AND id < ?2 ORDER BY id");
    private static readonly SqlText Entry = new("SELECT record FROM entries WHERE key = ?1");
    private static readonly SqlText Entries = new("SELECT count(*) FROM entries WHERE key >= ?1 AND key < ?2");

    public static ValidationReport Run(StoreView view, CollectionInfo collection)
    {
        var errors = new List<string>();
        long[] expected = new long[collection.Indexes.Length];
        long documents = 0, invalid = 0;
        using var keys = new IndexKeys();
        using (var rows = view.Session.Use(Documents).Bind(1, collection.FirstRow).Bind(2, collection.EndRow))
        {
            while (rows.Step())
            {
                view.Cancellation.ThrowIfCancellationRequested();
                documents++;
                long record = collection.RecordOf(rows.Integer(0));
                if (!IsWhole(rows.Blob(1)))
                {
                    invalid++;
                    Add(errors, $"record {record} is not a whole document");
                    continue;
                }

                for (int i = 0; i < expected.Length; i++)
                {
                    keys.Collect(collection.Indexes[i], rows.Blob(1), record);
                    expected[i] += keys.Count;
                    Check(view.Session, collection.Indexes[i], keys, record, errors);
                }
            }
        }

        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        for (int i = 0; i < expected.Length; i++)
        {
            long found = CountEntries(view.Session, collection.Indexes[i].Id);
            counts.Add(collection.Indexes[i].Name, found);
            if (found != expected[i])
            {
                Add(errors, $"index {collection.Indexes[i].Name} has {found} entries for {expected[i]} keys");
            }
        }

        return new ValidationReport(documents, invalid, counts, errors);
    }

    private static void Check(SqliteSession session, IndexInfo index, IndexKeys keys, long record, List<string> errors)
    {
        if ((keys.Multikey & ~index.Multikey) != 0)
        {
            Add(errors, $"index {index.Name} is not marked as multikey although record {record} makes it so");
        }

        for (int i = 0; i < keys.Count; i++)
        {
            using var row = session.Use(Entry).Bind(1, keys[i]);
            if (!row.Step() || row.Integer(0) != record)
            {
                Add(errors, $"index {index.Name} lacks a key of record {record}");
            }
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> body)
    {
        try
        {
            RawValidation.Check(body);
            return true;
        }
        catch (MongoError)
        {
            return false;
        }
    }

    private static long CountEntries(SqliteSession session, int index)
    {
        Span<byte> bounds = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(bounds, index);
        BinaryPrimitives.WriteInt32BigEndian(bounds[4..], index + 1);
        using var row = session.Use(Entries).Bind(1, bounds[..4]).Bind(2, bounds[4..]);
        row.Step();
        return row.Integer(0);
    }

    private static void Add(List<string> errors, string error)
    {
        if (errors.Count < MaximumErrors)
        {
            errors.Add(error);
        }
    }
}
