using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Storage;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>Runs an access path: steps from one matching document to the next.</summary>
internal sealed class RecordScan : IDisposable
{
    private static readonly SqlText Forward = new("SELECT id, body FROM documents WHERE id >= ?1 AND id < ?2 ORDER BY id");
    private static readonly SqlText Reverse = new("SELECT id, body FROM documents WHERE id >= ?1 AND id < ?2 ORDER BY id DESC");

    private const int StepsBetweenChecks = 128;

    private readonly StoreView _view;
    private readonly CollectionInfo? _collection;
    private readonly AccessPath _path;
    private readonly QueryFilter? _filter;
    private readonly FieldNames? _reads;
    private readonly HashSet<long>? _seen;
    private readonly Statement? _rows;
    private EntryReader? _entries;
    private int _steps;

    /// <param name="view">What to read from.</param>
    /// <param name="collection">The collection; null only where there is nothing to scan.</param>
    /// <param name="path">How to go about it.</param>
    /// <param name="filter">The query.</param>
    public RecordScan(StoreView view, CollectionInfo? collection, AccessPath path, QueryFilter filter)
    {
        _view = view;
        _collection = collection;
        _path = path;
        _filter = path.NeedsFilter ? filter : null;
        _reads = FieldNames.Of(filter.Reads);
        switch (path)
        {
            case CollectionScan:
                _rows = view.Session.Use(path.Backward ? Reverse : Forward);
                _rows.Bind(1, collection!.FirstRow).Bind(2, collection.EndRow);
                break;
            case EntryPath scan:
                // A document is found once per element or branch that is in bounds.
                _seen = scan.MayRepeat ? [] : null;
                break;
        }
    }

    public long KeysExamined => _entries?.Examined ?? 0;

    public long DocumentsExamined { get; private set; }

    /// <summary>How many documents it has found to match.</summary>
    public long Matches { get; private set; }

    public PlanFigures Figures => new(KeysExamined, DocumentsExamined, Matches, 0);

    public long Record { get; private set; }

    /// <summary>The array element that the query matched, if it looked through an array.</summary>
    public int? Positional { get; private set; }

    /// <summary>The document, valid until the scan moves on.</summary>
    public ReadOnlySpan<byte> Body => _rows is not null ? _rows.Blob(1) : _entries!.Body;

    /// <summary>Moves to the next document that matches.</summary>
    public bool Next()
    {
        while (NextCandidate())
        {
            if (_filter is null || IsMatch())
            {
                Matches++;
                return true;
            }
        }

        return false;
    }

    /// <summary>Moves on without looking at the document, where the path alone decides: enough to count.</summary>
    public bool NextRecord()
    {
        if (_filter is not null || _path is not EntryPath scan)
        {
            return Next();
        }

        _entries ??= EntryReader.Of(_view.Session, scan);
        return NextEntry();
    }

    public void Dispose()
    {
        _rows?.Dispose();
        _entries?.Dispose();
    }

    private void CheckCancelled()
    {
        if (++_steps % StepsBetweenChecks == 0)
        {
            _view.Cancellation.ThrowIfCancellationRequested();
        }
    }

    private bool IsMatch()
    {
        bool matches = _filter!.Matches(BsonDecoder.Document(Body, _reads), out var positional);
        Positional = positional;
        return matches;
    }

    private bool NextCandidate()
    {
        CheckCancelled();
        if (_path is CollectionScan)
        {
            if (!_rows!.Step())
            {
                return false;
            }

            Record = _collection!.RecordOf(_rows.Integer(0));
            DocumentsExamined++;
            return true;
        }

        return _path is EntryPath scan && NextFound(scan);
    }

    private bool NextFound(EntryPath scan)
    {
        _entries ??= EntryReader.WithDocuments(_view.Session, scan, _collection!);
        if (!_entries.HasDocuments)
        {
            // Entries were skipped over before the first document was asked for.
            _entries = new EntryDocuments(_view.Session, _entries, _collection!);
        }

        if (!NextEntry())
        {
            return false;
        }

        DocumentsExamined++;
        return true;
    }

    private bool NextEntry()
    {
        while (_entries?.Next() == true)
        {
            CheckCancelled();
            Record = _entries.Record;
            if (_seen is null || _seen.Add(Record))
            {
                return true;
            }
        }

        return false;
    }
}
