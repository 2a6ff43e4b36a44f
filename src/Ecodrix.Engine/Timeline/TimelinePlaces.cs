using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Timeline;

/// <summary>Where a note stood that was deleted, and nothing else of it: who has read a list up to it can read on.</summary>
internal sealed class FormerPlace
{
    public const string Collection = "formerPlaces";

    /// <summary>The id the note had.</summary>
    public ObjectId Id { get; set; }

    public DateTime At { get; set; }

    public DateTime DeletedAt { get; set; }

    public static CollectionIndexes Indexes { get; } = new(Collection, IndexModel.On("deletedAt").Expiring(TimeSpan.FromDays(30)));
}

/// <summary>Finds the place in a list of entries from which it is read on.</summary>
internal static class TimelinePlaces
{
    extension(TenantDb db)
    {
        private IMongoCollection<FormerPlace> FormerPlaces => db.Collection<FormerPlace>(FormerPlace.Collection);
    }

    /// <summary>What comes after an entry in a list that is newest first; a note's place is still known a month after it was deleted.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="before">The entry's id.</param>
    /// <param name="among">The list it must be on.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">INVALID_ID, ACTIVITY_NOT_FOUND.</exception>
    public static async Task<FilterDefinition<Activity>> AfterAsync(TenantScope scope, string before, FilterDefinition<Activity> among, CancellationToken ct)
    {
        var id = Ids.Parse(before, "before");
        var at = await scope.Db.Activities.Find(Builders<Activity>.Filter.Eq(a => a.Id, id) & among).Project(a => (DateTime?)a.At).FirstOrDefaultAsync(ct)
            ?? await scope.Db.FormerPlaces.Find(p => p.Id == id).Project(p => (DateTime?)p.At).FirstOrDefaultAsync(ct)
            ?? throw TimelineRefusals.EntryNotFound(before);
        return Keyset.After<Activity>(a => a.At, at, id);
    }

    /// <summary>Keeps the place of a note that is about to be deleted.</summary>
    public static Task KeepAsync(TenantScope scope, Activity note, DateTime now, CancellationToken ct) => scope.Db.FormerPlaces.ReplaceOneAsync(
        p => p.Id == note.Id, new FormerPlace { Id = note.Id, At = note.At, DeletedAt = now }, new ReplaceOptions { IsUpsert = true }, ct);
}
