using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Planning;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>Results that a client has not fetched yet.</summary>
internal sealed class Cursor : IDisposable
{
    /// <summary>What fits into one batch: an answer may be as long as the longest document, and a little more.</summary>
    private const int BatchBytes = 16 * 1024 * 1024;

    private readonly ByteBuffer _held = new(16);
    private ResultStream _results;

    public Cursor(string database, string collection, ResultStream results, ReadOnlySpan<byte> held, bool neverExpires)
    {
        _results = results;
        _held.Write(held);
        Namespace = $"{database}.{collection}";
        NeverExpires = neverExpires;
    }

    public long Id { get; set; }

    public string Namespace { get; }

    public bool NeverExpires { get; }

    public DateTimeOffset LastUsed { get; set; }

    /// <summary>Whether it reads from the snapshot it began with.</summary>
    public bool IsLive { get; set; }

    /// <summary>Held by whoever uses the cursor.</summary>
    public SemaphoreSlim InUse { get; } = new(1, 1);

    /// <summary>Lets a scan that is still running end with the command that asks for more of it.</summary>
    public CancellationToken Cancellation
    {
        set => _results.Cancellation = value;
    }

    /// <summary>Copies what is left into memory or a file, and lets go of the snapshot.</summary>
    public void PutAside(string directory)
    {
        var live = _results;
        _results = Spool.Of(live, _held.Span, directory);
        _held.Clear();
        live.Dispose();
    }

    /// <summary>
    /// Writes up to <paramref name="limit"/> results as the items of an array; false when there are no more. A result that does not
    /// fit is held for the next batch.
    /// </summary>
    public bool WriteBatch(ByteBuffer output, long limit) => WriteBatch(_results, output, limit, _held);

    /// <summary>As above, for results that may not need a cursor at all.</summary>
    public static bool WriteBatch(ResultStream results, ByteBuffer output, long limit, ByteBuffer held)
    {
        int start = output.Length;
        for (int count = 0; count < limit; count++)
        {
            int item = output.Length;
            BsonEncoder.Index(output, MongoDB.Bson.BsonType.Document, count);
            int document = output.Length;
            if (held.Length > 0)
            {
                output.Write(held.Span);
                held.Clear();
            }
            else if (!results.Next(output))
            {
                output.Truncate(item);
                return false;
            }

            if (count > 0 && output.Length - start > BatchBytes)
            {
                held.Write(output.Span[document..]);
                output.Truncate(item);
                return true;
            }
        }

        return true;
    }

    public void Dispose()
    {
        _results.Dispose();
        _held.Dispose();
    }
}
