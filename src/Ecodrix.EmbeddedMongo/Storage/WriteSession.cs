using Ecodrix.EmbeddedMongo.Indexes;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>The writer's connection and the transaction that runs on it. Used by the writer's thread only.</summary>
internal sealed class WriteSession : IDisposable
{
    private const int CheckpointAfterPages = 2000;

    private static readonly SqlText BeginImmediate = new("BEGIN IMMEDIATE");
    private static readonly SqlText CommitText = new("COMMIT");
    private static readonly SqlText RollbackText = new("ROLLBACK");

    private readonly Catalog _catalog;
    private readonly CountQueue _counting;
    private readonly Dictionary<string, DatabaseCatalog> _changed = new(StringComparer.Ordinal);
    private readonly HashSet<CollectionState> _touched = [];
    private readonly Dictionary<int, ulong> _multikey = [];

    public WriteSession(SqliteSession session, Catalog catalog, CountQueue counting)
    {
        _catalog = catalog;
        _counting = counting;
        Session = session;
        session.Execute($"PRAGMA wal_autocheckpoint = {CheckpointAfterPages}");
        Documents = new DocumentWrites(this);
        Schema = new SchemaWrites(this);
        Purge = new Purge(session);
    }

    public SqliteSession Session { get; }

    public DocumentWrites Documents { get; }

    public SchemaWrites Schema { get; }

    public Purge Purge { get; }

    /// <summary>Whether there is work that can wait until nobody else wants to write.</summary>
    public bool HasChores => Purge.IsDue || _counting.IsDue;

    /// <summary>A database as the running transaction has it.</summary>
    public DatabaseCatalog Database(string name) => _changed.TryGetValue(name, out var changed) ? changed : _catalog.Get(name);

    public StoreView View(string database) => new(Session, Database(database)) { Cancellation = Cancellation };

    /// <summary>The time limit of the work that is running. Looked at while it searches, never between two changes.</summary>
    public CancellationToken Cancellation { get; set; }

    /// <summary>Changes a database's catalog; readers learn of it after the commit.</summary>
    public void Change(DatabaseCatalog database) => _changed[database.Name] = database;

    /// <summary>
    /// Records that documents made an index multikey in more fields. Readers learn of it at once, and it outlives the failure of
    /// the write that found it: a mark too many is harmless, one too few is not.
    /// </summary>
    public CollectionInfo MarkMultikey(CollectionInfo collection, IndexInfo index, ulong multikey)
    {
        var current = Database(collection.Database).Find(collection.Name)!;
        var known = current.Indexes.First(candidate => candidate.Id == index.Id);
        if ((multikey & ~known.Multikey) != 0)
        {
            var marked = known with { Multikey = known.Multikey | multikey };
            _multikey[index.Id] = marked.Multikey;
            _catalog.PublishMultikey(current, marked);
            current = Catalog.WithIndex(current, marked);
            Change(Database(collection.Database).With(current));
        }

        return current;
    }

    /// <summary>Adds to the number of documents of a collection when the transaction commits.</summary>
    public void Count(CollectionState state, int added)
    {
        state.Added += added;
        _touched.Add(state);
    }

    /// <summary>Something of the collection changes with this transaction.</summary>
    public void Change(CollectionState state) => _touched.Add(state);

    /// <summary>An index entry came (1) or went (−1).</summary>
    public void CountEntry(CollectionState state, ReadOnlySpan<byte> entry, int change)
    {
        if (state.Counts.Any)
        {
            state.Counts.Note(entry, change);
        }
    }

    public void Begin() => Session.Run(BeginImmediate);

    public void Commit()
    {
        foreach (var (index, multikey) in _multikey)
        {
            CatalogTables.SetMultikey(Session, index, multikey);
        }

        // Before the commit: no reader may take an old number for that of what it sees.
        foreach (var state in _touched)
        {
            state.Remembered.ChangeAt(_counting.Commits + 1);
        }

        Session.Run(CommitText);
        _counting.Commits++;
        _multikey.Clear();
        foreach (var database in _changed.Values)
        {
            _catalog.Publish(database);
        }

        foreach (var state in _touched)
        {
            state.Count = state.Count < 0 ? -1 : state.Count + state.Added;
            state.Counts.Commit();
        }

        Forget();
    }

    /// <summary>Gives up the transaction with everything in it.</summary>
    public void Abandon()
    {
        if (!Session.IsIdle)
        {
            Session.Run(RollbackText);
        }

        foreach (var state in _touched)
        {
            state.Counts.Abandon();
        }

        Forget();
        Purge.Refresh();
    }

    /// <exception cref="InvalidOperationException">SQLite has ended the transaction by itself: the disk is full or failing.</exception>
    public void ThrowIfLost()
    {
        if (Session.IsIdle)
        {
            throw new InvalidOperationException("The transaction was rolled back: the disk is full or does not answer.");
        }
    }

    /// <summary>A small piece of the work that can wait.</summary>
    public void DoChores()
    {
        Begin();
        if (Purge.IsDue)
        {
            Purge.Step();
        }
        else
        {
            _counting.Step(Session);
        }

        Commit();
    }

    public void Dispose()
    {
        Documents.Dispose();
        Session.Dispose();
    }

    private void Forget()
    {
        _changed.Clear();
        foreach (var state in _touched)
        {
            state.Added = 0;
        }

        _touched.Clear();
    }
}
