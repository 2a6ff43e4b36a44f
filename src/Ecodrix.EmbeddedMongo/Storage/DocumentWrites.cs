using Ecodrix.EmbeddedMongo.Indexes;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>Writes documents together with their index entries; each document whole or not at all.</summary>
internal sealed class DocumentWrites(WriteSession writer) : IDisposable
{
    /// <summary>MongoDB's limit on an encoded document.</summary>
    public const int MaximumLength = 16 * 1024 * 1024;

    private static readonly SqlText InsertDocument = new("INSERT INTO documents (id, body) VALUES (?1, ?2)");
    private static readonly SqlText UpdateDocument = new("UPDATE documents SET body = ?2 WHERE id = ?1");
    private static readonly SqlText DeleteDocument = new("DELETE FROM documents WHERE id = ?1");
    private static readonly SqlText LastDocument = new("SELECT max(id) FROM documents WHERE id >= ?1 AND id < ?2");
    private static readonly SqlText InsertEntry = new("INSERT INTO entries (key, record) VALUES (?1, ?2)");
    private static readonly SqlText DeleteEntry = new("DELETE FROM entries WHERE key = ?1");

    private readonly IndexKeys _before = new();
    private readonly IndexKeys _after = new();
    private readonly EntryBatch _batch = new();
    private bool _together;
    private bool _entriesLater;

    /// <summary>How many writes had better be made together at most: what a part changes is held twice until it ends.</summary>
    public const int MostTogether = 500;

    /// <summary>
    /// Makes writes to one collection as one part, which is much quicker than a part for each: SQLite copies a page when a part first
    /// changes it. Nothing may be made in <paramref name="writes"/> that is not undone with the part, such as a collection.
    /// </summary>
    /// <param name="collection">Where.</param>
    /// <param name="writes">Makes them.</param>
    /// <param name="insertsOnly">Nothing is looked up in between, so that all index entries can be added at the end, in their order.</param>
    /// <returns>False, with nothing of them kept, where one failed: then each is to be made by itself.</returns>
    public bool TryTogether(CollectionInfo collection, Action writes, bool insertsOnly = false)
    {
        var state = collection.State;
        long added = state.Added;
        var savepoint = new Savepoint(writer.Session, state.Counts);
        (_together, _entriesLater) = (true, insertsOnly);
        try
        {
            writes();
            AddBatch(collection);
            savepoint.Keep();
            return true;
        }
        catch (MongoError)
        {
            return false;
        }
        catch (SqliteFailure failure) when (failure.IsConstraint)
        {
            // Which of them it was comes out when each is made by itself.
            return false;
        }
        finally
        {
            (_together, _entriesLater) = (false, false);
            _batch.Clear();
            if (!savepoint.IsKept)
            {
                state.Added = added;
            }

            savepoint.Dispose();
        }
    }

    /// <summary>Adds a document, which has its <c>_id</c>.</summary>
    /// <exception cref="MongoError">11000: a unique index already holds one of its keys.</exception>
    public void Insert(CollectionInfo collection, ReadOnlySpan<byte> body)
    {
        CheckLength(body);
        using var savepoint = Part(collection);
        long record = NextRecord(collection);
        writer.Session.Use(InsertDocument).Bind(1, collection.RowOf(record)).Bind(2, body).Run();
        foreach (var index in collection.Indexes)
        {
            _after.Collect(index, body, record);
            for (int i = 0; i < _after.Count; i++)
            {
                if (_entriesLater)
                {
                    _batch.Add(_after[i], record);
                }
                else
                {
                    AddEntry(collection, index, _after[i], record, body);
                }
            }

            collection = NoteMultikey(collection, index);
        }

        savepoint.Keep();
        writer.Count(collection.State, 1);
    }

    /// <summary>Replaces a document by another with the same <c>_id</c>.</summary>
    /// <exception cref="MongoError">11000: a unique index already holds one of its new keys.</exception>
    public void Update(CollectionInfo collection, long record, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        CheckLength(after);
        writer.Change(collection.State);
        using var savepoint = Part(collection);
        writer.Session.Use(UpdateDocument).Bind(1, collection.RowOf(record)).Bind(2, after).Run();
        foreach (var index in collection.Indexes)
        {
            _before.Collect(index, before, record);
            _after.Collect(index, after, record);
            if (!_before.SequenceEqual(_after))
            {
                ChangeEntries(collection, index, record, after);
                collection = NoteMultikey(collection, index);
            }
        }

        savepoint.Keep();
    }

    public void Delete(CollectionInfo collection, long record, ReadOnlySpan<byte> body)
    {
        using var savepoint = Part(collection);
        foreach (var index in collection.Indexes)
        {
            _before.Collect(index, body, record);
            for (int i = 0; i < _before.Count; i++)
            {
                RemoveEntry(collection, _before[i]);
            }
        }

        writer.Session.Use(DeleteDocument).Bind(1, collection.RowOf(record)).Run();
        savepoint.Keep();
        writer.Count(collection.State, -1);
    }

    /// <summary>Adds a document that is already there to an index that is new.</summary>
    public CollectionInfo AddToIndex(CollectionInfo collection, IndexInfo index, long record, ReadOnlySpan<byte> body)
    {
        _after.Collect(index, body, record);
        for (int i = 0; i < _after.Count; i++)
        {
            AddEntry(collection, index, _after[i], record, body);
        }

        return NoteMultikey(collection, index);
    }

    public void Dispose()
    {
        _before.Dispose();
        _after.Dispose();
        _batch.Dispose();
    }

    private Savepoint Part(CollectionInfo collection) => _together ? default : new Savepoint(writer.Session, collection.State.Counts);

    private void ChangeEntries(CollectionInfo collection, IndexInfo index, long record, ReadOnlySpan<byte> after)
    {
        for (int i = 0; i < _before.Count; i++)
        {
            if (!_after.Contains(_before[i]))
            {
                RemoveEntry(collection, _before[i]);
            }
        }

        for (int i = 0; i < _after.Count; i++)
        {
            if (!_before.Contains(_after[i]))
            {
                AddEntry(collection, index, _after[i], record, after);
            }
        }
    }

    private void AddEntry(CollectionInfo collection, IndexInfo index, ReadOnlySpan<byte> key, long record, ReadOnlySpan<byte> body)
    {
        try
        {
            writer.Session.Use(InsertEntry).Bind(1, key).Bind(2, record).Run();
            writer.CountEntry(collection.State, key, 1);
        }
        catch (SqliteFailure failure) when (failure.IsConstraint)
        {
            throw DuplicateKey.Of(collection, index.Definition, body);
        }
    }

    private void AddBatch(CollectionInfo collection)
    {
        _batch.Sort();
        for (int i = 0; i < _batch.Count; i++)
        {
            writer.Session.Use(InsertEntry).Bind(1, _batch.KeyAt(i)).Bind(2, _batch.RecordAt(i)).Run();
            writer.CountEntry(collection.State, _batch.KeyAt(i), 1);
        }
    }

    private void RemoveEntry(CollectionInfo collection, ReadOnlySpan<byte> key)
    {
        writer.Session.Use(DeleteEntry).Bind(1, key).Run();
        writer.CountEntry(collection.State, key, -1);
    }

    /// <summary>Marks the index as multikey where the entries just collected say so for the first time.</summary>
    private CollectionInfo NoteMultikey(CollectionInfo collection, IndexInfo index) =>
        (_after.Multikey & ~index.Multikey) == 0 ? collection : writer.MarkMultikey(collection, index, _after.Multikey);

    private long NextRecord(CollectionInfo collection)
    {
        var state = collection.State;
        if (state.NextRecord == 0)
        {
            using var last = writer.Session.Use(LastDocument).Bind(1, collection.FirstRow).Bind(2, collection.EndRow);
            state.NextRecord = last.Step() && !last.IsNull(0) ? collection.RecordOf(last.Integer(0)) + 1 : 1;
        }

        return state.NextRecord++;
    }

    private static void CheckLength(ReadOnlySpan<byte> body)
    {
        if (body.Length > MaximumLength)
        {
            throw new MongoError(10334, "BSONObjectTooLarge",
                $"BSONObj size: {body.Length} is invalid. Size must be between 0 and {MaximumLength}");
        }
    }
}
