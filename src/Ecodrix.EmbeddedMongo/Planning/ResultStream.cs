using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Storage;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>The results of a query, one encoded document after the other.</summary>
internal abstract class ResultStream : IDisposable
{
    /// <summary>Ends the search for the next result.</summary>
    public virtual CancellationToken Cancellation
    {
        set { }
    }

    /// <summary>Appends the next result; false at the end.</summary>
    public abstract bool Next(ByteBuffer output);

    public abstract void Dispose();
}

/// <summary>Results that are made as objects, perhaps of a source that ends with them.</summary>
internal sealed class DocumentStream(IEnumerable<BsonDocument> documents, IDisposable? source = null) : ResultStream
{
    private readonly IEnumerator<BsonDocument> _documents = documents.GetEnumerator();

    public override bool Next(ByteBuffer output)
    {
        if (!_documents.MoveNext())
        {
            return false;
        }

        BsonEncoder.Document(output, _documents.Current);
        return true;
    }

    public override void Dispose()
    {
        _documents.Dispose();
        source?.Dispose();
    }
}

/// <summary>Results together with the snapshot that they are read from.</summary>
internal sealed class SnapshotStream : ResultStream
{
    private readonly Snapshot _snapshot;
    private readonly ResultStream _results;
    private bool _disposed;

    /// <param name="snapshot">The snapshot, which this owns from now on.</param>
    /// <param name="open">Makes the results.</param>
    public SnapshotStream(Snapshot snapshot, Func<ResultStream> open)
    {
        _snapshot = snapshot;
        try
        {
            _results = open();
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    public override CancellationToken Cancellation
    {
        set => _snapshot.Cancellation = value;
    }

    public override bool Next(ByteBuffer output) => _results.Next(output);

    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _results.Dispose();
            _snapshot.Dispose();
        }
    }
}
