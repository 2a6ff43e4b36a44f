using System.Collections.Concurrent;
using Ecodrix.EmbeddedMongo.Indexes;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// The catalog in memory, each database read from the file when it is first asked for, so that thousands of idle ones cost
/// nothing. Only the writer changes it, by publishing a new version of a database after its commit.
/// </summary>
internal sealed class Catalog(SqliteSession session) : IDisposable
{
    private readonly ConcurrentDictionary<string, DatabaseCatalog> _databases = new(StringComparer.Ordinal);
    private readonly Lock _loading = new();

    public DatabaseCatalog Get(string database) =>
        _databases.TryGetValue(database, out var known) ? known : Load(database);

    /// <summary>The databases there are and, if asked, about how many bytes their documents take.</summary>
    public List<(string Name, long Size)> DatabaseSizes(bool withSizes)
    {
        lock (_loading)
        {
            return CatalogTables.Databases(session).ConvertAll(name => (name, withSizes ? Size(name) : 0));
        }
    }

    public List<(string Database, string Collection, int Index)> Expiring()
    {
        lock (_loading)
        {
            return CatalogTables.Expiring(session);
        }
    }

    public void Publish(DatabaseCatalog database) => _databases[database.Name] = database;

    /// <summary>
    /// Lets readers know, ahead of the commit, that an index is about to hold several values per document: taking it for
    /// multikey too early costs them a little, too late would cost them results.
    /// </summary>
    public void PublishMultikey(CollectionInfo collection, IndexInfo index)
    {
        var database = Get(collection.Database);
        if (database.Find(collection.Name) is { } published && published.Id == collection.Id)
        {
            Publish(database.With(WithIndex(published, index)));
        }
    }

    /// <summary>The collection with another version of one of its indexes.</summary>
    public static CollectionInfo WithIndex(CollectionInfo collection, IndexInfo index)
    {
        int at = -1;
        for (int i = 0; i < collection.Indexes.Length; i++)
        {
            at = collection.Indexes[i].Id == index.Id ? i : at;
        }

        return at < 0 ? collection : collection with { Indexes = collection.Indexes.SetItem(at, index) };
    }

    public void Dispose() => session.Dispose();

    private long Size(string database) => CatalogTables.Load(session, database).Collections.Values
        .Sum(collection => CatalogTables.EstimateSize(session, collection));

    private DatabaseCatalog Load(string database)
    {
        lock (_loading)
        {
            return _databases.GetOrAdd(database, name => CatalogTables.Load(session, name));
        }
    }
}
