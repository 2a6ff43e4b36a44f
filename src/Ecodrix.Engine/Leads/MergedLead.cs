using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Which lead another one went into: work that began before the merge finds it by this, and through a chain of merges the last.</summary>
internal sealed class MergedLead
{
    public const string Collection = "mergedLeads";

    /// <summary>The lead that went. Until it is really gone this is only an intention.</summary>
    public ObjectId Id { get; set; }

    public ObjectId Into { get; set; }

    public DateTime At { get; set; }

    public static CollectionIndexes Indexes { get; } = new(Collection, IndexModel.On("at").Expiring(TimeSpan.FromDays(30)));
}

/// <summary>Follows leads through merges.</summary>
internal static class MergedLeads
{
    extension(TenantDb db)
    {
        private IMongoCollection<MergedLead> Merges => db.Collection<MergedLead>(MergedLead.Collection);
    }

    /// <summary>Notes where a lead goes, before it does.</summary>
    public static Task NoteAsync(TenantScope scope, ObjectId other, ObjectId kept, DateTime now, CancellationToken ct) => scope.Db.Merges.ReplaceOneAsync(
        m => m.Id == other, new MergedLead { Id = other, Into = kept, At = now }, new ReplaceOptions { IsUpsert = true }, ct);

    /// <summary>The leads on the way from one that may have been merged to the one that is there now, both included; one alone has gone nowhere.</summary>
    public static async Task<List<ObjectId>> WayAsync(TenantScope scope, ObjectId from, CancellationToken ct)
    {
        var way = new List<ObjectId>();
        // A lead goes once, so the way has an end; that it went round would be a fault of ours, and no reason to go on for ever.
        for (ObjectId? next = from; next is { } id && !way.Contains(id);)
        {
            way.Add(id);
            next = await scope.Db.Leads.Find(l => l.Id == id).AnyAsync(ct) ? null : await scope.Db.Merges.Find(m => m.Id == id).Project(m => (ObjectId?)m.Into).FirstOrDefaultAsync(ct);
        }

        return way;
    }
}
