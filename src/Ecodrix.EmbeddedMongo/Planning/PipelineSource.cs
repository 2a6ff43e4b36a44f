using Ecodrix.EmbeddedMongo.Aggregation;
using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Storage;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>
/// Runs a pipeline over a collection: its leading match, sort and limit as a query that may use an index, the rest over the
/// documents this finds, of which only the fields that the rest reads are decoded.
/// </summary>
internal sealed class PipelineSource : IPipelineCollections, IDisposable
{
    private readonly StoreView _view;
    private readonly PipelineSplit _split;
    private readonly FindStream _source;

    public PipelineSource(StoreView view, CollectionInfo? collection, PipelineSplit split, BsonValue? hint)
    {
        _view = view;
        _split = split;
        _source = new FindStream(view, collection, QueryOf(split, hint));
    }

    public static FindQuery QueryOf(PipelineSplit split, BsonValue? hint) => new()
    {
        Filter = split.Query,
        Sort = split.Sort,
        Skip = (int)Math.Min(split.Skip, int.MaxValue),
        Limit = (int)Math.Min(split.Limit ?? 0, int.MaxValue),
        Hint = hint,
        AnyOrder = split.Sort.IsEmpty && split.Skip == 0 && split.Limit is null && split.Rest.IgnoresOrder,
    };

    public IEnumerable<BsonDocument> Run(CancellationToken ct)
    {
        var context = new PipelineContext(this, ct);
        return _split.Rest.BeginsByCounting ? _split.Rest.RunOver(_source.Count, context) : _split.Rest.Run(Documents(), context);
    }

    public IEnumerable<BsonDocument> Read(string collection, BsonDocument filter)
    {
        var query = new FindQuery { Filter = QueryFilter.Parse(filter) };
        using var stream = new FindStream(_view, _view.Find(collection), query);
        using var document = new ByteBuffer();
        while (stream.Next(document))
        {
            yield return BsonDecoder.Document(document.Span);
            document.Clear();
        }
    }

    public void Dispose() => _source.Dispose();

    private IEnumerable<BsonDocument> Documents()
    {
        var reads = FieldNames.Of(_split.Rest.Reads);
        if (reads is not null && _split.Rest.BeginsByGrouping)
        {
            return Passing(reads);
        }

        return Decoded(reads);
    }

    private IEnumerable<BsonDocument> Decoded(FieldNames? reads)
    {
        while (Next(reads) is { } document)
        {
            yield return document;
        }
    }

    // Nothing keeps a document that is only grouped, so that one object does for all of them.
    private IEnumerable<BsonDocument> Passing(FieldNames reads)
    {
        var values = new ValueTable();
        var document = new BsonDocument(allowDuplicateNames: true);
        while (Next(document, reads, values))
        {
            yield return document;
        }
    }

    // The document of an index or collection scan is decoded where it lies.
    private BsonDocument? Next(FieldNames? reads) => _source.TryNext(out var body) ? BsonDecoder.Document(body, reads) : null;

    private bool Next(BsonDocument document, FieldNames reads, ValueTable values)
    {
        if (!_source.TryNext(out var body))
        {
            return false;
        }

        BsonDecoder.Into(document, body, reads, values);
        return true;
    }
}
