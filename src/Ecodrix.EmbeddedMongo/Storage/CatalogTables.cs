using System.Collections.Immutable;
using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Indexes;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>The catalog in the file: which collections and indexes there are, and what dropped ones left to clear away.</summary>
internal static class CatalogTables
{
    private static readonly SqlText SelectCollections =
        new("SELECT id, name, options, uuid FROM collections WHERE database = ?1");

    private static readonly SqlText SelectIndexes =
        new("SELECT id, specification, multikey FROM indexes WHERE collection = ?1 ORDER BY id");

    private static readonly SqlText SelectDatabases = new("SELECT DISTINCT database FROM collections ORDER BY database");

    private static readonly SqlText SelectExpiring = new("""
        SELECT c.database, c.name, i.id FROM indexes i JOIN collections c ON c.id = i.collection WHERE i.expires IS NOT NULL
        """);

    private static readonly SqlText SampleSize = new("""
        SELECT (SELECT max(id) FROM documents WHERE id >= ?1 AND id < ?2) - ?1,
            (SELECT avg(length(body)) FROM (SELECT body FROM documents WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 20))
        """);

    private static readonly SqlText InsertCollectionRow =
        new("INSERT INTO collections (database, name, options, uuid) VALUES (?1, ?2, ?3, ?4) RETURNING id");

    private static readonly SqlText InsertIndexRow =
        new("INSERT INTO indexes (collection, name, specification, expires) VALUES (?1, ?2, ?3, ?4) RETURNING id");

    private static readonly SqlText UpdateMultikey = new("UPDATE indexes SET multikey = ?2 WHERE id = ?1");
    private static readonly SqlText UpdateSpecification = new("UPDATE indexes SET specification = ?2, expires = ?3 WHERE id = ?1");
    private static readonly SqlText DeleteCollectionRow = new("DELETE FROM collections WHERE id = ?1");
    private static readonly SqlText DeleteIndexRow = new("DELETE FROM indexes WHERE id = ?1");

    public static DatabaseCatalog Load(SqliteSession session, string database)
    {
        var collections = ImmutableDictionary.CreateBuilder<string, CollectionInfo>(StringComparer.Ordinal);
        using var rows = session.Use(SelectCollections).Bind(1, database);
        while (rows.Step())
        {
            int id = (int)rows.Integer(0);
            var info = new CollectionInfo(
                id, database, rows.String(1), BsonDecoder.Document(rows.Blob(2)), new Guid(rows.Blob(3)), LoadIndexes(session, id), new());
            collections.Add(info.Name, info);
        }

        return new DatabaseCatalog(database, collections.ToImmutable());
    }

    public static List<string> Databases(SqliteSession session)
    {
        var names = new List<string>();
        using var rows = session.Use(SelectDatabases);
        while (rows.Step())
        {
            names.Add(rows.String(0));
        }

        return names;
    }

    /// <summary>The TTL indexes of all databases.</summary>
    public static List<(string Database, string Collection, int Index)> Expiring(SqliteSession session)
    {
        var found = new List<(string, string, int)>();
        using var rows = session.Use(SelectExpiring);
        while (rows.Step())
        {
            found.Add((rows.String(0), rows.String(1), (int)rows.Integer(2)));
        }

        return found;
    }

    /// <summary>A guess: the greatest record number times the length of the first few documents.</summary>
    public static long EstimateSize(SqliteSession session, CollectionInfo collection)
    {
        using var row = session.Use(SampleSize).Bind(1, collection.FirstRow).Bind(2, collection.EndRow);
        return row.Step() ? row.Integer(0) * row.Integer(1) : 0;
    }

    public static int InsertCollection(SqliteSession session, string database, string name, BsonDocument options, Guid uuid)
    {
        using var row = session.Use(InsertCollectionRow);
        row.Bind(1, database).Bind(2, name).Bind(3, BsonEncoder.ToBytes(options)).Bind(4, uuid.ToByteArray());
        row.Step();
        return (int)row.Integer(0);
    }

    public static int InsertIndex(SqliteSession session, int collection, IndexDefinition definition)
    {
        using var row = session.Use(InsertIndexRow);
        row.Bind(1, collection).Bind(2, definition.Name).Bind(3, BsonEncoder.ToBytes(definition.Specification));
        BindExpiry(row, 4, definition);
        row.Step();
        return (int)row.Integer(0);
    }

    public static void SetMultikey(SqliteSession session, int index, ulong multikey) =>
        session.Use(UpdateMultikey).Bind(1, index).Bind(2, (long)multikey).Run();

    public static void SetSpecification(SqliteSession session, int index, IndexDefinition definition)
    {
        var row = session.Use(UpdateSpecification).Bind(1, index).Bind(2, BsonEncoder.ToBytes(definition.Specification));
        BindExpiry(row, 3, definition);
        row.Run();
    }

    public static void DeleteCollection(SqliteSession session, int collection) =>
        session.Use(DeleteCollectionRow).Bind(1, collection).Run();

    public static void DeleteIndex(SqliteSession session, int index) => session.Use(DeleteIndexRow).Bind(1, index).Run();

    private static void BindExpiry(Statement row, int parameter, IndexDefinition definition)
    {
        if (definition.ExpireAfterSeconds is { } seconds)
        {
            row.Bind(parameter, seconds);
        }
        else
        {
            row.BindNull(parameter);
        }
    }

    private static ImmutableArray<IndexInfo> LoadIndexes(SqliteSession session, int collection)
    {
        var indexes = ImmutableArray.CreateBuilder<IndexInfo>();
        using var rows = session.Use(SelectIndexes).Bind(1, collection);
        while (rows.Step())
        {
            var definition = IndexDefinition.Of(BsonDecoder.Document(rows.Blob(1)));
            indexes.Add(new IndexInfo((int)rows.Integer(0), definition, (ulong)rows.Integer(2)));
        }

        return indexes.ToImmutable();
    }
}
