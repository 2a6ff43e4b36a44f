using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.SavedViews;

/// <summary>Filters to be kept.</summary>
/// <param name="Name">1–60 characters; saving under a name of one's own again replaces what it stood for.</param>
/// <param name="Query">The query of the leads table's address, without the question mark: at most 1,000 characters, and empty for all leads.</param>
public sealed record NewSavedFilter(string? Name, string? Query);

/// <summary>Filters that are kept.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Query">The query of the leads table's address, without the question mark.</param>
/// <param name="Shared">Whether all have it; otherwise it is the person's own.</param>
/// <param name="By">Who made it.</param>
public sealed record SavedFilterView(string Id, string Name, string Query, bool Shared, string By);

/// <summary>Keeps the views of the leads table: each person's own, and those that all of a tenant share.</summary>
public sealed class SavedFilters
{
    /// <summary>How many a person, or a tenant together, keeps at most.</summary>
    public const int Most = 50;

    private readonly AuditLog _audit;
    private readonly TimeProvider _clock;

    internal SavedFilters(AuditLog audit, TimeProvider clock)
    {
        _audit = audit;
        _clock = clock;
    }

    /// <summary>The acting person's own and the shared ones, by name.</summary>
    /// <exception cref="RefusedException">SIGNED_OUT, when no person acts.</exception>
    public async Task<IReadOnlyList<SavedFilterView>> ListAsync(TenantScope scope, CancellationToken ct)
    {
        string[] whose = [Me(scope), SavedFilter.Everybody];
        var found = await scope.Db.SavedFilters.Find(f => whose.Contains(f.For)).Limit(2 * Most).ToListAsync(ct);
        return [.. found.OrderBy(f => f.Name, StringComparer.OrdinalIgnoreCase).Select(View)];
    }

    /// <summary>Keeps filters for the acting person alone.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, SIGNED_OUT.</exception>
    public async Task<SavedFilterView> SaveAsync(TenantScope scope, NewSavedFilter input, CancellationToken ct)
    {
        var me = Me(scope);
        var check = new Check();
        var name = check.Required(input.Name, "name", 60);
        var query = check.Text(input.Query?.TrimStart('?'), "query", 1000) ?? "";
        check.Throw();
        await RequireRoomAsync(scope, me, name, ct);
        var update = Builders<SavedFilter>.Update.Set(f => f.Query, query).Set(f => f.By, scope.Actor.Name).Set(f => f.UpdatedAt, _clock.GetUtcNow().UtcDateTime)
            .SetOnInsert(f => f.Id, ObjectId.GenerateNewId());
        var options = new FindOneAndUpdateOptions<SavedFilter> { IsUpsert = true, ReturnDocument = ReturnDocument.After };
        try
        {
            return View(await scope.Db.SavedFilters.FindOneAndUpdateAsync<SavedFilter>(f => f.For == me && f.Name == name, update, options, ct));
        }
        catch (MongoCommandException e) when (e.Code == 11000)
        {
            // Saved in two windows at once: the other has made it by now, and this one replaces it.
            return View(await scope.Db.SavedFilters.FindOneAndUpdateAsync<SavedFilter>(f => f.For == me && f.Name == name, update, options, ct));
        }
    }

    /// <summary>Takes away one of the acting person's own.</summary>
    /// <exception cref="RefusedException">INVALID_ID, VIEW_NOT_FOUND, SIGNED_OUT.</exception>
    public async Task RemoveAsync(TenantScope scope, string id, CancellationToken ct)
    {
        var (key, me) = (Ids.Parse(id, "id"), Me(scope));
        var removed = await scope.Db.SavedFilters.DeleteOneAsync(f => f.Id == key && f.For == me, ct);
        if (removed.DeletedCount == 0)
        {
            throw NotFound(id);
        }
    }

    /// <summary>Gives one of the acting person's own to everybody in the tenant. What it finds stays what each of them may see.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, VIEW_NOT_FOUND, NAME_TAKEN, SIGNED_OUT.</exception>
    public async Task<SavedFilterView> ShareAsync(TenantScope scope, string id, CancellationToken ct)
    {
        var (key, me) = (Ids.Parse(id, "id"), Me(scope));
        var mine = await scope.Db.SavedFilters.Find(f => f.Id == key && f.For == me).FirstOrDefaultAsync(ct) ?? throw NotFound(id);
        await RequireRoomAsync(scope, SavedFilter.Everybody, mine.Name, ct);
        try
        {
            var shared = await scope.Db.SavedFilters.FindOneAndUpdateAsync<SavedFilter>(
                f => f.Id == key && f.For == me, Builders<SavedFilter>.Update.Set(f => f.For, SavedFilter.Everybody),
                new FindOneAndUpdateOptions<SavedFilter> { ReturnDocument = ReturnDocument.After }, ct) ?? throw NotFound(id);
            await _audit.NoteAsync(scope, "view.shared", shared.Name, [], ct);
            return View(shared);
        }
        catch (MongoCommandException e) when (e.Code == 11000)
        {
            throw new RefusedException(RefusalKind.Conflict, "NAME_TAKEN", $"Everybody has a view called {mine.Name} already. Save yours under another name, or remove that one.");
        }
    }

    /// <summary>Takes away one that everybody has.</summary>
    /// <exception cref="RefusedException">INVALID_ID, VIEW_NOT_FOUND.</exception>
    public async Task RemoveSharedAsync(TenantScope scope, string id, CancellationToken ct)
    {
        var key = Ids.Parse(id, "id");
        var removed = await scope.Db.SavedFilters.FindOneAndDeleteAsync<SavedFilter>(f => f.Id == key && f.For == SavedFilter.Everybody, null, ct) ?? throw NotFound(id);
        await _audit.NoteAsync(scope, "view.removed", removed.Name, [], ct);
    }

    private static async Task RequireRoomAsync(TenantScope scope, string whose, string name, CancellationToken ct)
    {
        var others = await scope.Db.SavedFilters.CountDocumentsAsync(f => f.For == whose && f.Name != name, null, ct);
        new Check().That(others < Most, "name", $"There are {Most} views already, as many as are kept. Remove one first.").Throw();
    }

    private static string Me(TenantScope scope) => scope.Actor.Id ?? throw PeopleRefusals.SignedOut();

    private static RefusedException NotFound(string id) => new(RefusalKind.NotFound, "VIEW_NOT_FOUND", $"There is no view {id} here, or it is somebody else's.");

    private static SavedFilterView View(SavedFilter filter) => new(filter.Id.ToString(), filter.Name, filter.Query, filter.For == SavedFilter.Everybody, filter.By);
}
