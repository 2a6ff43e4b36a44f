using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Media;

/// <summary>Erases files for good, wherever they lie.</summary>
internal sealed class MediaErasure(FileStores store)
{
    /// <summary>Erases files; one that is gone already counts for nothing. The file first, its entry second, so that a repeat finds what is left.</summary>
    /// <returns>How many were erased.</returns>
    /// <exception cref="Kernel.RefusedException">UPSTREAM_ERROR, when a store cannot be asked.</exception>
    public async Task<long> EraseAsync(TenantScope scope, IReadOnlyCollection<ObjectId> ids, CancellationToken ct)
    {
        if (ids.Count == 0)
        {
            return 0;
        }

        var which = Builders<MediaFile>.Filter.In(f => f.Id, ids);
        try
        {
            foreach (var file in await scope.Db.Media.Find(which).ToListAsync(ct))
            {
                await store.DeleteAsync(scope, file, ct);
            }
        }
        catch (FileStoreException e)
        {
            throw MediaRefusals.Store(e);
        }

        return (await scope.Db.Media.DeleteManyAsync(which, ct)).DeletedCount;
    }
}
