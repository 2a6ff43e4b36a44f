using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.SavedViews;

/// <summary>Filters of the leads table, kept under a name by a person for themselves or by an admin for all.</summary>
internal sealed class SavedFilter
{
    public const string Collection = "savedViews";

    /// <summary>What <see cref="For"/> is for a view that all may use.</summary>
    public const string Everybody = "everybody";

    public ObjectId Id { get; set; }

    /// <summary>The account it belongs to, or <see cref="Everybody"/>.</summary>
    public required string For { get; set; }

    public required string Name { get; set; }

    /// <summary>The query of the table's address, without the question mark.</summary>
    public required string Query { get; set; }

    /// <summary>Who made it, as people read it.</summary>
    public required string By { get; set; }

    public DateTime UpdatedAt { get; set; }

    public static CollectionIndexes Indexes { get; } = new(Collection, IndexModel.On("for", "name").Unique());
}

internal static class SavedFilterCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<SavedFilter> SavedFilters => db.Collection<SavedFilter>(SavedFilter.Collection);
    }
}
