using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants;

/// <summary>One tenant's database. Features add their own collections as extension properties beside their documents.</summary>
internal sealed class TenantDb(IMongoDatabase database)
{
    /// <summary>A collection of typed documents.</summary>
    public IMongoCollection<TDocument> Collection<TDocument>(string name) => database.GetCollection<TDocument>(name);

    /// <summary>The database itself: for index work, explain and purge.</summary>
    public IMongoDatabase Database => database;
}

/// <summary>The platform's own database: tenants, people, jobs.</summary>
internal sealed class ControlDb(MongoClusters clusters)
{
    public IMongoDatabase Database { get; } = clusters.Platform.GetDatabase("ecodrix");

    public IMongoCollection<TDocument> Collection<TDocument>(string name) => Database.GetCollection<TDocument>(name);

    public IMongoCollection<Tenant> Tenants => Collection<Tenant>(Tenant.Collection);
}
