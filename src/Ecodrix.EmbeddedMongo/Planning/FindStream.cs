using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Storage;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>The results of a find. Without a projection they are copied as they are stored, never decoded.</summary>
internal sealed class FindStream : ResultStream
{
    private readonly StoreView _view;
    private readonly CollectionInfo? _collection;
    private readonly FindQuery _query;
    private readonly AccessPath _path;
    private readonly RecordScan _scan;
    private readonly FieldNames? _reads;
    private IReadOnlyList<RecordSorter.Entry>? _sorted;
    private Statement? _fetch;
    private int _at;
    private int _returned;
    private bool _started;

    public FindStream(StoreView view, CollectionInfo? collection, FindQuery query)
    {
        _view = view;
        _collection = collection;
        _query = query;
        _path = query.Plan(view, collection) is var plan && query.AnyOrder && plan is IndexScan scan ? scan.AlongTime() : plan;
        // A projected position is found by matching, even where the index alone decides.
        var path = query.NeedsPositional ? _path with { NeedsFilter = true } : _path;
        _scan = new RecordScan(view, collection, path, query.Filter);
        _reads = FieldNames.Of(query.Projection?.Reads);
    }

    /// <summary>What it has looked at so far.</summary>
    public PlanFigures Figures => _scan.Figures;

    public override bool Next(ByteBuffer output)
    {
        if (!TryNext(out var body, out var positional))
        {
            return false;
        }

        Write(output, body, positional);
        return true;
    }

    /// <summary>The next result as it is stored, valid until the one after it.</summary>
    public bool TryNext(out ReadOnlySpan<byte> body) => TryNext(out body, out _);

    /// <summary>How many results there are, in place of reading them.</summary>
    public long Count()
    {
        long all = CountMatches(_query.Limit == 0 ? long.MaxValue : (long)_query.Limit + _query.Skip);
        long count = Math.Max(0, all - _query.Skip);
        return _query.Limit == 0 ? count : Math.Min(count, _query.Limit);
    }

    public override void Dispose()
    {
        _scan.Dispose();
        _fetch?.Dispose();
    }

    private long CountMatches(long atMost)
    {
        if (KeyCounts.CountMatches(_path))
        {
            return KeyCounts.Of(_view, _collection!, (IndexScan)_path);
        }

        if (atMost < long.MaxValue || _collection is null || _view.Counting is null || _query.Filter.Text() is not { } query)
        {
            return CountNow(atMost);
        }

        if (!_collection.State.Remembered.TryGet(query, out long count))
        {
            count = CountNow(atMost);
            _collection.State.Remembered.Remember(query, count, _view.AsOf);
        }

        return count;
    }

    private long CountNow(long atMost)
    {
        if (_path is EntryPath { NeedsFilter: true } && KeyIntersection.Count(_view, _collection!, _query) is { } counted)
        {
            return counted;
        }

        long count = 0;
        while (count < atMost && _scan.NextRecord())
        {
            count++;
        }

        return count;
    }

    private void Start()
    {
        _started = true;
        if (!_path.ProvidesSort)
        {
            Sort();
            _at = _query.Skip;
            return;
        }

        for (int i = 0; i < _query.Skip && _scan.NextRecord(); i++)
        {
        }
    }

    private void Sort()
    {
        long wanted = _query.Limit == 0 ? 0 : (long)_query.Limit + _query.Skip;
        using var sorter = new RecordSorter(_query.Sort, wanted > int.MaxValue ? 0 : (int)wanted);
        while (_scan.Next())
        {
            sorter.Add(_scan.Record, _scan.Body, _scan.Positional);
        }

        _sorted = sorter.Sorted();
        _fetch = _view.Session.Use(StoreView.FetchDocument);
    }

    private bool TryNext(out ReadOnlySpan<byte> body, out int? positional)
    {
        if (!_started)
        {
            Start();
        }

        bool found = (_query.Limit == 0 || _returned < _query.Limit) && (_sorted is null ? _scan.Next() : FetchSorted());
        body = !found ? default : _sorted is null ? _scan.Body : _fetch!.Blob(0);
        positional = !found ? null : _sorted is null ? _scan.Positional : _sorted[_at - 1].Positional;
        _returned += found ? 1 : 0;
        return found;
    }

    private bool FetchSorted()
    {
        if (_at >= _sorted!.Count)
        {
            return false;
        }

        var entry = _sorted[_at++];
        _fetch!.Reset();
        return _fetch.Bind(1, _collection!.RowOf(entry.Record)).Step()
            ? true
            : throw new InvalidDataException($"{_collection.Namespace}: an index entry leads to no document");
    }

    private void Write(ByteBuffer output, ReadOnlySpan<byte> body, int? positional)
    {
        if (_query.Projection is null)
        {
            output.Write(body);
        }
        else
        {
            BsonEncoder.Document(output, _query.Projection.Apply(BsonDecoder.Document(body, _reads), positional));
        }
    }
}
