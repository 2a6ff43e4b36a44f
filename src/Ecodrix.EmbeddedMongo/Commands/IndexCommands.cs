using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary><c>createIndexes</c>, <c>listIndexes</c> and <c>dropIndexes</c>.</summary>
internal static class IndexCommands
{
    public static readonly HashSet<string> CreateFields = new(StringComparer.Ordinal) { "indexes", "commitQuorum", "ignoreUnknownIndexOptions" };

    public static readonly HashSet<string> ListFields = new(StringComparer.Ordinal) { "cursor" };

    public static readonly HashSet<string> DropFields = new(StringComparer.Ordinal) { "index" };

    private const int MostIndexes = 64;

    public static async Task<BsonDocument?> CreateAsync(CommandContext context, CancellationToken ct)
    {
        string database = Names.CheckDatabase(context.Database), name = context.Collection;
        var definitions = Arguments.Array(context.Body, "indexes")
            .Select(index => index as BsonDocument ?? throw Errors.TypeMismatch("createIndexes.indexes must be objects"))
            .Select(index => IndexDefinition.Of(IndexSpecification.Normalize(index)))
            .ToList();
        return await context.Store.WriteAsync(session => Create(session, database, name, definitions), ct).ConfigureAwait(false);
    }

    public static async Task<BsonDocument?> ListAsync(CommandContext context, CancellationToken ct)
    {
        string name = context.Collection;
        using var snapshot = await context.Store.ReadAsync(context.Database, ct).ConfigureAwait(false);
        var collection = snapshot.Find(name)
            ?? throw new MongoError(26, "NamespaceNotFound", $"ns does not exist: {context.Database}.{name}");
        CatalogCommands.WriteAll(context, name, collection.Indexes.Select(index => index.Definition.Specification));
        return null;
    }

    public static async Task<BsonDocument?> DropAsync(CommandContext context, CancellationToken ct)
    {
        string database = context.Database, name = context.Collection;
        var which = context.Body.GetValue("index", null) ?? throw Arguments.Missing("dropIndexes.index");
        return await context.Store.WriteAsync(session =>
        {
            var collection = session.Database(database).Find(name)
                ?? throw new MongoError(26, "NamespaceNotFound", $"ns not found {database}.{name}");
            foreach (var index in Chosen(collection, which))
            {
                session.Schema.DropIndex(session.Database(database).Find(name)!, index);
            }

            return new BsonDocument("nIndexesWas", collection.Indexes.Length);
        }, ct).ConfigureAwait(false);
    }

    private static BsonDocument Create(WriteSession session, string database, string name, List<IndexDefinition> definitions)
    {
        bool isNew = session.Database(database).Find(name) is null;
        var collection = session.Schema.GetOrCreate(database, name);
        int before = collection.Indexes.Length;
        foreach (var definition in definitions)
        {
            if (!Exists(collection, definition))
            {
                collection = collection.Indexes.Length < MostIndexes
                    ? session.Schema.CreateIndex(collection, definition)
                    : throw new MongoError(67, "CannotCreateIndex", $"add index fails, too many indexes for {collection.Namespace}");
            }
        }

        var reply = new BsonDocument
        {
            { "numIndexesBefore", before }, { "numIndexesAfter", collection.Indexes.Length }, { "createdCollectionAutomatically", isNew },
        };
        return collection.Indexes.Length == before ? reply.Add("note", "all indexes already exist") : reply;
    }

    /// <summary>Whether the very same index is there.</summary>
    /// <exception cref="MongoError">85 or 86: there is another one of the same name or over the same fields.</exception>
    private static bool Exists(CollectionInfo collection, IndexDefinition wanted)
    {
        foreach (var index in collection.Indexes)
        {
            var present = index.Definition;
            bool sameName = present.Name == wanted.Name;
            bool sameKey = BsonOrder.Instance.Equals(present.Key, wanted.Key)
                && BsonOrder.Instance.Equals(Filter(present), Filter(wanted));
            if (sameKey && (sameName || wanted.IsId) && SameOptions(present, wanted))
            {
                return true;
            }

            if (sameName && !BsonOrder.Instance.Equals(present.Key, wanted.Key))
            {
                throw new MongoError(86, "IndexKeySpecsConflict",
                    $"An existing index has the same name as the requested index. Requested index: {wanted.Specification}, existing index: {present.Specification}");
            }

            if (sameKey || sameName)
            {
                throw new MongoError(85, "IndexOptionsConflict",
                    $"An equivalent index already exists with a different name or options. Requested index: {wanted.Specification}, existing index: {present.Specification}");
            }
        }

        return false;
    }

    private static bool SameOptions(IndexDefinition x, IndexDefinition y) =>
        x.Unique == y.Unique && x.Sparse == y.Sparse && x.ExpireAfterSeconds == y.ExpireAfterSeconds;

    private static BsonValue Filter(IndexDefinition index) =>
        index.Specification.GetValue("partialFilterExpression", BsonNull.Value);

    private static List<IndexInfo> Chosen(CollectionInfo collection, BsonValue which)
    {
        if (which == "*")
        {
            return [.. collection.Indexes.Skip(1)];
        }

        if (which is BsonArray names)
        {
            return [.. names.SelectMany(name => Chosen(collection, name))];
        }

        var index = collection.Indexes.FirstOrDefault(candidate => which is BsonDocument key
            ? BsonOrder.Instance.Equals(candidate.Definition.Key, key)
            : candidate.Name == (which as BsonString)?.Value)
            ?? throw new MongoError(27, "IndexNotFound", $"index not found with name [{which}]");
        return index.Definition.IsId ? throw new MongoError(72, "InvalidOptions", "cannot drop _id index") : [index];
    }
}
