using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Planning;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Storage;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>Databases and collections: list, create, drop.</summary>
internal static class CatalogCommands
{
    public static readonly HashSet<string> ListDatabasesFields = new(StringComparer.Ordinal) { "filter", "nameOnly", "authorizedDatabases" };

    public static readonly HashSet<string> ListCollectionsFields = new(StringComparer.Ordinal)
    {
        "filter", "nameOnly", "authorizedCollections", "cursor",
    };

    public static readonly HashSet<string> CreateFields = new(StringComparer.Ordinal)
    {
        "capped", "size", "max", "collation", "autoIndexId", "flags", "storageEngine", "idIndex", "indexOptionDefaults", "validator",
        "validationLevel", "validationAction", "viewOn", "pipeline", "timeseries", "expireAfterSeconds", "clusteredIndex",
        "changeStreamPreAndPostImages", "encryptedFields",
    };

    private static readonly HashSet<string> HarmlessCreateFields = new(StringComparer.Ordinal)
    {
        "autoIndexId", "idIndex", "collation", "flags", "validationLevel", "validationAction",
    };

    public static Task<BsonDocument?> ListDatabasesAsync(CommandContext context, CancellationToken ct)
    {
        var filter = QueryFilter.Parse(Arguments.OptionalDocument(context.Body, "filter") ?? []);
        bool nameOnly = Arguments.Flag(context.Body, "nameOnly");
        var databases = new BsonArray();
        long total = 0;
        foreach (var (name, size) in context.Store.Catalog.DatabaseSizes(withSizes: !nameOnly))
        {
            var entry = new BsonDocument("name", name);
            if (!nameOnly)
            {
                entry.Add("sizeOnDisk", size).Add("empty", false);
            }

            if (filter.Matches(entry))
            {
                databases.Add(entry);
                total += size;
            }
        }

        var reply = new BsonDocument("databases", databases);
        return Task.FromResult<BsonDocument?>(nameOnly ? reply : reply.Add("totalSize", total).Add("totalSizeMb", total / (1024 * 1024)));
    }

    public static async Task<BsonDocument?> ListCollectionsAsync(CommandContext context, CancellationToken ct)
    {
        var filter = QueryFilter.Parse(Arguments.OptionalDocument(context.Body, "filter") ?? []);
        bool nameOnly = Arguments.Flag(context.Body, "nameOnly");
        using var snapshot = await context.Store.ReadAsync(context.Database, ct).ConfigureAwait(false);
        var collections = snapshot.Catalog.Collections.Values
            .OrderBy(collection => collection.Name, StringComparer.Ordinal)
            .Select(Describe)
            .Where(filter.Matches)
            .Select(entry => nameOnly ? new BsonDocument { { "name", entry["name"] }, { "type", "collection" } } : entry);
        WriteAll(context, "$cmd.listCollections", collections);
        return null;
    }

    public static async Task<BsonDocument?> CreateAsync(CommandContext context, CancellationToken ct)
    {
        string database = Names.CheckDatabase(context.Database), name = context.Collection;
        Arguments.RefuseCollation(context.Body);
        foreach (var element in context.Body.Skip(1))
        {
            bool asked = element.Value is not (BsonNull or BsonBoolean { Value: false });
            if (asked && CreateFields.Contains(element.Name) && !HarmlessCreateFields.Contains(element.Name))
            {
                throw new MongoError(115, "CommandNotSupported", $"create option '{element.Name}' is not supported");
            }
        }

        return await context.Store.WriteAsync(session =>
        {
            if (session.Database(database).Find(name) is not null)
            {
                throw new MongoError(48, "NamespaceExists", $"Collection already exists. NS: {database}.{name}");
            }

            session.Schema.Create(database, name, []);
            return new BsonDocument();
        }, ct).ConfigureAwait(false);
    }

    public static async Task<BsonDocument?> DropAsync(CommandContext context, CancellationToken ct)
    {
        string database = context.Database, name = context.Collection;
        return await context.Store.WriteAsync(session =>
        {
            // Dropping what is not there succeeds, as it does in MongoDB since 7.0.
            if (session.Database(database).Find(name) is not { } collection)
            {
                return new BsonDocument();
            }

            session.Schema.Drop(collection);
            return new BsonDocument { { "nIndexesWas", collection.Indexes.Length }, { "ns", collection.Namespace } };
        }, ct).ConfigureAwait(false);
    }

    public static async Task<BsonDocument?> DropDatabaseAsync(CommandContext context, CancellationToken ct)
    {
        string database = context.Database;
        return await context.Store.WriteAsync(session =>
        {
            foreach (var collection in session.Database(database).Collections.Values)
            {
                session.Schema.Drop(collection);
            }

            return new BsonDocument("dropped", database);
        }, ct).ConfigureAwait(false);
    }

    /// <summary>Answers with a cursor that a client reads like any other.</summary>
    public static void WriteAll(CommandContext context, string collection, IEnumerable<BsonDocument> documents)
    {
        long? size = Arguments.OptionalDocument(context.Body, "cursor") is { } cursor ? Arguments.Count(cursor, "batchSize") : null;
        var results = new DocumentStream(documents);
        Batches.WriteFirst(context, collection, results, new BatchOptions(size ?? long.MaxValue, false, false));
    }

    private static BsonDocument Describe(CollectionInfo collection) => new()
    {
        { "name", collection.Name },
        { "type", "collection" },
        { "options", collection.Options },
        {
            "info", new BsonDocument
            {
                { "readOnly", false }, { "uuid", new BsonBinaryData(collection.Uuid.ToByteArray(bigEndian: true), BsonBinarySubType.UuidStandard) },
            }
        },
        { "idIndex", IndexDefinition.IdSpecification },
    };
}
