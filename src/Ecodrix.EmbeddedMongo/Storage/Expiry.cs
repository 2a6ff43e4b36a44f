using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Query;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>Deletes the documents whose time is over, as their TTL indexes say.</summary>
/// <remarks>https://www.mongodb.com/docs/manual/core/index-ttl/</remarks>
internal sealed class Expiry : IAsyncDisposable
{
    private const int PerTransaction = 500;

    private readonly Store _store;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stopping = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _running;

    public Expiry(Store store, TimeProvider clock, TimeSpan interval)
    {
        _store = store;
        _clock = clock;
        _timer = new PeriodicTimer(interval, clock);
        _running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _timer.Dispose();
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            foreach (var (database, collection, index) in _store.Catalog.Expiring())
            {
                await ExpireAsync(database, collection, index).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Works in small transactions, so that other writers get their turn.</summary>
    private async Task ExpireAsync(string database, string collection, int index)
    {
        try
        {
            while (!_stopping.IsCancellationRequested
                && await _store.WriteAsync(session => Expire(session, database, collection, index)).ConfigureAwait(false) == PerTransaction)
            {
            }
        }
        catch (MongoError)
        {
            // The store is stopping, or the disk is full: the next round tries again.
        }
    }

    private int Expire(WriteSession session, string database, string name, int indexId)
    {
        var view = session.View(database);
        var collection = view.Find(name);
        if (collection?.Indexes.FirstOrDefault(index => index.Id == indexId) is not { Definition.ExpireAfterSeconds: { } seconds } index)
        {
            return 0;
        }

        var oldest = new BsonDateTime(_clock.GetUtcNow().UtcDateTime.AddSeconds(-seconds));
        var query = new FindQuery
        {
            Filter = QueryFilter.Parse(new BsonDocument(index.Definition.Fields[0].Path, new BsonDocument("$lte", oldest))),
            Hint = index.Name,
            Limit = PerTransaction,
        };
        var matches = Selection.All(view, collection, query);
        using var body = new ByteBuffer();
        foreach (var match in matches)
        {
            Selection.Load(view, collection, match.Record, body);
            session.Documents.Delete(collection, match.Record, body.Span);
        }

        return matches.Count;
    }
}
