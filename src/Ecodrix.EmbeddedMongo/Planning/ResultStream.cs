using Ecodrix.EmbeddedMongo.Bson;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>The results of a query, one encoded document after the other.</summary>
internal abstract class ResultStream : IDisposable
{
    /// <summary>Appends the next result; false at the end.</summary>
    public abstract bool Next(ByteBuffer output);

    public abstract void Dispose();
}

/// <summary>Results that a pipeline makes as objects.</summary>
internal sealed class DocumentStream(IEnumerable<BsonDocument> documents) : ResultStream
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

    public override void Dispose() => _documents.Dispose();
}
