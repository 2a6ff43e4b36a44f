using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary><c>count</c> and <c>distinct</c>.</summary>
internal static class CountCommands
{
    public static readonly HashSet<string> CountFields = new(StringComparer.Ordinal)
    {
        "query", "limit", "skip", "hint", "collation", "fields",
    };

    public static readonly HashSet<string> DistinctFields = new(StringComparer.Ordinal) { "key", "query", "collation", "hint" };

    public static async Task<BsonDocument?> CountAsync(CommandContext context, CancellationToken ct)
    {
        string name = context.Collection;
        Arguments.RefuseCollation(context.Body);
        var query = ParseCount(context.Body, context.Variables());
        if (!query.Filter.IsEmpty || query.Hint is not null)
        {
            return new BsonDocument("n", Number(await CountMatchesAsync(context, name, query, ct).ConfigureAwait(false)));
        }

        long all = await CountAllAsync(context.Store, context.Database, name, ct).ConfigureAwait(false);
        long count = Math.Max(0, all - query.Skip);
        return new BsonDocument("n", Number(query.Limit > 0 ? Math.Min(count, query.Limit) : count));
    }

    public static FindQuery ParseCount(BsonDocument body, Variables variables) => new()
    {
        Filter = QueryFilter.Parse(Arguments.OptionalDocument(body, "query") ?? [], variables),
        Skip = (int)Math.Min(Arguments.Count(body, "skip") ?? 0, int.MaxValue),
        Limit = (int)Math.Min(Limit(body), int.MaxValue),
        Hint = Arguments.Hint(body),
    };

    public static FindQuery ParseDistinct(BsonDocument body, Variables variables) => new()
    {
        Filter = QueryFilter.Parse(Arguments.OptionalDocument(body, "query") ?? [], variables),
        Hint = Arguments.Hint(body),
    };

    public static async Task<BsonDocument?> DistinctAsync(CommandContext context, CancellationToken ct)
    {
        string name = context.Collection;
        Arguments.RefuseCollation(context.Body);
        var path = DistinctKey(context.Body);
        var query = ParseDistinct(context.Body, context.Variables());
        using var snapshot = await context.Store.ReadAsync(context.Database, ct).ConfigureAwait(false);
        var collection = snapshot.Find(name);
        var seen = new HashSet<BsonValue>(BsonOrder.Instance);
        if (DistinctScan.Choose(collection, path, query) is { } index)
        {
            DistinctScan.Collect(snapshot, collection!, index, path, seen);
        }
        else
        {
            using var scan = new RecordScan(snapshot, collection, query.Plan(snapshot, collection), query.Filter);
            var reads = FieldNames.Of([path.Head]);
            while (scan.Next())
            {
                DistinctValues.Collect(BsonDecoder.Document(scan.Body, reads), path, seen);
            }
        }

        return new BsonDocument("values", new BsonArray(seen.Order(BsonOrder.Instance)));
    }

    public static FieldPath DistinctKey(BsonDocument body) => FieldPath.Parse(Arguments.Text(body, "key"));

    /// <summary>How many documents a collection has: counted once over its smallest index, and kept up to date from then on.</summary>
    public static async Task<long> CountAllAsync(Store store, string database, string name, CancellationToken ct)
    {
        if (store.Catalog.Get(database).Find(name) is not { } collection)
        {
            return 0;
        }

        ct.ThrowIfCancellationRequested();
        return collection.State.Count is >= 0 and var known
            ? known
            : await store.WriteAsync(session => CountNow(session, database, name), ct).ConfigureAwait(false);
    }

    // On the writer, so that no write slips in between the count and its first change.
    private static long CountNow(WriteSession session, string database, string name)
    {
        var view = session.View(database);
        if (view.Find(name) is not { } collection)
        {
            return 0;
        }

        if (collection.State.Count < 0)
        {
            var whole = new FindQuery { Filter = QueryFilter.All, Hint = IdHint };
            using var scan = new RecordScan(view, collection, whole.Plan(view, collection), whole.Filter);
            long count = 0;
            while (scan.NextRecord())
            {
                count++;
            }

            // The running transaction adds its own part when it commits.
            collection.State.Count = count - collection.State.Added;
        }

        return collection.State.Count + collection.State.Added;
    }

    private static async Task<long> CountMatchesAsync(
        CommandContext context, string name, FindQuery query, CancellationToken ct)
    {
        using var snapshot = await context.Store.ReadAsync(context.Database, ct).ConfigureAwait(false);
        using var matches = new FindStream(snapshot, snapshot.Find(name), query);
        return matches.Count();
    }

    private static BsonString IdHint { get; } = new(Indexes.IndexDefinition.IdName);

    private static long Limit(BsonDocument body) =>
        body.TryGetValue("limit", out var limit) && Numbers.TryWhole(limit, out long count) && count < 0
            ? -count
            : Arguments.Count(body, "limit") ?? 0;

    private static BsonValue Number(long count) => count <= int.MaxValue ? (int)count : count;
}
