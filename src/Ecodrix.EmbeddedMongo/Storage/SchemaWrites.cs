using Ecodrix.EmbeddedMongo.Indexes;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>Makes and drops collections and indexes.</summary>
internal sealed class SchemaWrites(WriteSession writer)
{
    private static readonly SqlText AllDocuments = new("SELECT id, body FROM documents WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3");

    private const int BuildChunk = 256;

    /// <summary>The collection, made without options if there is none.</summary>
    public CollectionInfo GetOrCreate(string database, string name) =>
        writer.Database(database).Find(name) ?? Create(database, name, []);

    public CollectionInfo Create(string database, string name, BsonDocument options)
    {
        var uuid = Guid.NewGuid();
        int id = CatalogTables.InsertCollection(writer.Session, database, name, options, uuid);
        var idIndex = IndexDefinition.Of(IndexDefinition.IdSpecification);
        int index = CatalogTables.InsertIndex(writer.Session, id, idIndex);
        // A new collection is empty: its count is known without counting.
        var info = new CollectionInfo(
            id, database, name, options, uuid, [new IndexInfo(index, idIndex, 0)], new CollectionState { Count = 0, NextRecord = 1 });
        writer.Change(writer.Database(database).With(info));
        return info;
    }

    public void Drop(CollectionInfo collection)
    {
        foreach (var index in collection.Indexes)
        {
            CatalogTables.DeleteIndex(writer.Session, index.Id);
            writer.Purge.AddIndex(index.Id);
        }

        CatalogTables.DeleteCollection(writer.Session, collection.Id);
        writer.Purge.AddCollection(collection.Id);
        writer.Change(writer.Database(collection.Database).Without(collection.Name));
    }

    /// <summary>Makes an index and fills it from the documents there are: all of it or, if one of them does not fit, nothing.</summary>
    /// <exception cref="MongoError">11000 or 171: documents that this index cannot hold.</exception>
    public CollectionInfo CreateIndex(CollectionInfo collection, IndexDefinition definition)
    {
        var known = writer.Database(collection.Database);
        using var savepoint = new Savepoint(writer.Session);
        try
        {
            int id = CatalogTables.InsertIndex(writer.Session, collection.Id, definition);
            var changed = collection with { Indexes = collection.Indexes.Add(new IndexInfo(id, definition, 0)) };
            writer.Change(known.With(changed));
            changed = Fill(changed);
            savepoint.Keep();
            return changed;
        }
        catch
        {
            writer.Change(known);
            throw;
        }
    }

    public CollectionInfo DropIndex(CollectionInfo collection, IndexInfo index)
    {
        CatalogTables.DeleteIndex(writer.Session, index.Id);
        writer.Purge.AddIndex(index.Id);
        var changed = collection with { Indexes = collection.Indexes.Remove(index) };
        writer.Change(writer.Database(collection.Database).With(changed));
        return changed;
    }

    /// <summary>Fills the last of the collection's indexes.</summary>
    private CollectionInfo Fill(CollectionInfo collection)
    {
        long from = collection.FirstRow;
        var rows = new List<(long Row, byte[] Body)>(BuildChunk);
        do
        {
            ReadChunk(collection, from, rows);
            foreach (var (row, body) in rows)
            {
                collection = writer.Documents.AddToIndex(collection, collection.Indexes[^1], collection.RecordOf(row), body);
                from = row + 1;
            }
        }
        while (rows.Count > 0);

        return collection;
    }

    private void ReadChunk(CollectionInfo collection, long from, List<(long Row, byte[] Body)> rows)
    {
        rows.Clear();
        using var chunk = writer.Session.Use(AllDocuments).Bind(1, from).Bind(2, collection.EndRow).Bind(3, BuildChunk);
        while (chunk.Step())
        {
            rows.Add((chunk.Integer(0), chunk.Blob(1).ToArray()));
        }
    }
}
