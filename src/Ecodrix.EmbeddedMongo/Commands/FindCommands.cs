using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Projection;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary><c>find</c>, <c>getMore</c> and <c>killCursors</c>.</summary>
internal static class FindCommands
{
    public static readonly HashSet<string> FindFields = new(StringComparer.Ordinal)
    {
        "filter", "sort", "projection", "hint", "skip", "limit", "batchSize", "singleBatch", "collation", "let",
        "allowDiskUse", "noCursorTimeout", "allowPartialResults", "max", "min", "returnKey", "showRecordId", "tailable", "awaitData",
        "oplogReplay",
    };

    public static readonly HashSet<string> GetMoreFields = new(StringComparer.Ordinal) { "collection", "batchSize", "term", "lastKnownCommittedOpTime" };

    public static readonly HashSet<string> KillCursorsFields = new(StringComparer.Ordinal) { "cursors" };

    private static readonly string[] Unsupported = ["returnKey", "showRecordId", "tailable", "awaitData"];

    public static async Task<BsonDocument?> FindAsync(CommandContext context, CancellationToken ct)
    {
        string collection = context.Collection;
        var query = Parse(context.Body, context.Variables());
        var options = new BatchOptions(
            Arguments.Count(context.Body, "batchSize"), IsSingle(context.Body), Arguments.Flag(context.Body, "noCursorTimeout"));
        var snapshot = await context.Store.ReadAsync(context.Database, ct).ConfigureAwait(false);
        var results = new SnapshotStream(snapshot, () => new FindStream(snapshot, snapshot.Find(collection), query));
        Batches.WriteFirst(context, collection, results, options);
        return null;
    }

    public static async Task<BsonDocument?> GetMoreAsync(CommandContext context, CancellationToken ct)
    {
        long id = context.Body.GetElement(0).Value is BsonInt64 number ? number.Value
            : throw new MongoError(14, "TypeMismatch", "BSON field 'getMore.getMore' is the wrong type, expected type 'long'");
        string ns = $"{context.Database}.{Arguments.Text(context.Body, "collection")}";
        long? size = Arguments.Count(context.Body, "batchSize");
        var cursor = await context.Host.Cursors.TakeAsync(id, ct).ConfigureAwait(false) ?? throw NotFound(id);
        bool keep = true;
        try
        {
            cursor.Cancellation = ct;
            if (cursor.Namespace != ns)
            {
                throw new MongoError(13, "Unauthorized",
                    $"Requested getMore on namespace '{ns}', but cursor belongs to a different namespace {cursor.Namespace}");
            }

            Batches.WriteNext(context, cursor, size, out keep);
        }
        finally
        {
            if (keep)
            {
                context.Host.Cursors.PutBack(cursor);
            }
            else
            {
                context.Host.Cursors.Close(cursor);
            }
        }

        return null;
    }

    public static async Task<BsonDocument?> KillCursorsAsync(CommandContext context, CancellationToken ct)
    {
        var killed = new BsonArray();
        var unknown = new BsonArray();
        foreach (var id in Arguments.Array(context.Body, "cursors"))
        {
            var cursor = await context.Host.Cursors.TakeAsync(id.ToInt64(), ct).ConfigureAwait(false);
            if (cursor is not null)
            {
                context.Host.Cursors.Close(cursor);
            }

            (cursor is null ? unknown : killed).Add(id);
        }

        return new BsonDocument
        {
            { "cursorsKilled", killed }, { "cursorsNotFound", unknown }, { "cursorsAlive", new BsonArray() },
            { "cursorsUnknown", new BsonArray() },
        };
    }

    public static FindQuery Parse(BsonDocument body, Variables variables)
    {
        Arguments.RefuseCollation(body);
        foreach (string option in Unsupported)
        {
            if (Arguments.Flag(body, option))
            {
                throw new MongoError(115, "CommandNotSupported", $"find option '{option}' is not supported");
            }
        }

        if (Arguments.OptionalDocument(body, "min") is { ElementCount: > 0 } || Arguments.OptionalDocument(body, "max") is { ElementCount: > 0 })
        {
            throw new MongoError(115, "CommandNotSupported", "find options 'min' and 'max' are not supported");
        }

        var projection = Arguments.OptionalDocument(body, "projection");
        var (sort, natural) = Sorting(Arguments.OptionalDocument(body, "sort"));
        return new FindQuery
        {
            Filter = QueryFilter.Parse(Arguments.OptionalDocument(body, "filter") ?? [], variables),
            Sort = sort,
            Hint = natural ?? Arguments.Hint(body),
            Skip = Bounded(Arguments.Count(body, "skip") ?? 0),
            Limit = Bounded(Limit(body)),
            Projection = projection is { ElementCount: > 0 } ? ProjectionProgram.Parse(projection, variables) : null,
            NeedsPositional = projection is not null && projection.Names.Any(name => name.EndsWith(".$", StringComparison.Ordinal)),
        };
    }

    /// <summary>A sort by <c>$natural</c> is a hint in disguise: the order of the collection itself.</summary>
    public static (SortSpec Sort, BsonDocument? Natural) Sorting(BsonDocument? sort) =>
        sort is null or { ElementCount: 0 } ? (SortSpec.None, null)
        : sort.GetElement(0).Name == "$natural" ? (SortSpec.None, sort)
        : (SortSpec.Parse(sort), null);

    // A negative limit, which old drivers send, means: this many and no cursor.
    private static long Limit(BsonDocument body) =>
        body.TryGetValue("limit", out var limit) && Numbers.TryWhole(limit, out long count) && count < 0
            ? -count
            : Arguments.Count(body, "limit") ?? 0;

    private static bool IsSingle(BsonDocument body) =>
        Arguments.Flag(body, "singleBatch")
        || (body.TryGetValue("limit", out var limit) && Numbers.TryWhole(limit, out long count) && count < 0);

    private static int Bounded(long count) => (int)Math.Min(count, int.MaxValue);

    private static MongoError NotFound(long id) => new(43, "CursorNotFound", $"cursor id {id} not found");
}
