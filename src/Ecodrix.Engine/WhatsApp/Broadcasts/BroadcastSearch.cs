using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Broadcasts;

/// <summary>Looks at broadcasts and their recipients.</summary>
public sealed class BroadcastSearch
{
    private readonly BroadcastTally _tally;

    internal BroadcastSearch(BroadcastTally tally) => _tally = tally;

    /// <summary>One page of broadcasts, newest first.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public async Task<Page<BroadcastView>> ListAsync(TenantScope scope, string? status, Paging paging, CancellationToken ct)
    {
        scope.RequireSeesAll(Broadcast.Theirs);
        var where = Builders<Broadcast>.Filter;
        var matching = EnumWords.Parse<BroadcastStatus>(status, "status") is { } wanted ? where.Eq(b => b.Status, wanted) : where.Empty;
        var total = await scope.Db.Broadcasts.CountAsync(matching, ct);
        var page = await scope.Db.Broadcasts.Find(matching).SortByDescending(b => b.Id).Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        return new Page<BroadcastView>([.. page.Select(BroadcastView.Of)], total, paging);
    }

    /// <summary>One broadcast, counted now.</summary>
    /// <exception cref="RefusedException">INVALID_ID, BROADCAST_NOT_FOUND.</exception>
    public async Task<BroadcastView> GetAsync(TenantScope scope, string id, CancellationToken ct)
    {
        scope.RequireSeesAll(Broadcast.Theirs);
        return BroadcastView.Of(await _tally.CountedAsync(scope, Ids.Parse(id, "id"), ct) ?? throw BroadcastRefusals.NotFound(id));
    }

    /// <summary>One broadcast with its counts as last known, a few seconds old at most.</summary>
    /// <exception cref="RefusedException">INVALID_ID, BROADCAST_NOT_FOUND.</exception>
    public async Task<BroadcastView> LookAsync(TenantScope scope, string id, CancellationToken ct)
    {
        scope.RequireSeesAll(Broadcast.Theirs);
        var key = Ids.Parse(id, "id");
        return BroadcastView.Of(await scope.Db.Broadcasts.FindByIdAsync(key, ct) ?? throw BroadcastRefusals.NotFound(id));
    }

    /// <summary>One page of recipients.</summary>
    /// <exception cref="RefusedException">INVALID_ID, BROADCAST_NOT_FOUND, VALIDATION_ERROR.</exception>
    public async Task<Page<RecipientView>> RecipientsAsync(TenantScope scope, string id, string? status, Paging paging, CancellationToken ct)
    {
        var matching = await MatchingAsync(scope, id, status, ct);
        var total = await scope.Db.Recipients.CountDocumentsAsync(matching, null, ct);
        var page = await scope.Db.Recipients.Find(matching).SortBy(r => r.Id).Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        return new Page<RecipientView>([.. page.Select(RecipientView.Of)], total, paging);
    }

    /// <summary>All recipients, read as they are needed.</summary>
    /// <exception cref="RefusedException">INVALID_ID, BROADCAST_NOT_FOUND, VALIDATION_ERROR.</exception>
    public async Task<IAsyncEnumerable<RecipientView>> AllRecipientsAsync(TenantScope scope, string id, string? status, CancellationToken ct) =>
        Stream(scope, await MatchingAsync(scope, id, status, ct), ct);

    /// <summary>Forgets a person's numbers and variables in broadcasts, and leaves them out of what is still to be sent or could be once more.</summary>
    internal static async Task<long> ForgetAsync(TenantScope scope, IReadOnlyCollection<string> phones, CancellationToken ct)
    {
        var theirs = Builders<BroadcastRecipient>.Filter.In(r => r.Phone, phones);
        await scope.Db.Recipients.UpdateManyAsync(
            theirs & Builders<BroadcastRecipient>.Filter.In(r => r.Status, [RecipientStatus.Queued, RecipientStatus.Failed]),
            Builders<BroadcastRecipient>.Update.Set(r => r.Status, RecipientStatus.Skipped).Set(r => r.Reason, "The person was erased."),
            null,
            ct);
        var blanked = await scope.Db.Recipients.UpdateManyAsync(
            theirs, Builders<BroadcastRecipient>.Update.Set(r => r.Phone, BroadcastRecipient.Erased).Unset(r => r.Variables), null, ct);
        return blanked.ModifiedCount;
    }

    private static async IAsyncEnumerable<RecipientView> Stream(
        TenantScope scope, FilterDefinition<BroadcastRecipient> matching, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        using var cursor = await scope.Db.Recipients.Find(matching, new FindOptions { BatchSize = BroadcastPlanning.Chunk }).SortBy(r => r.Id).ToCursorAsync(ct);
        while (await cursor.MoveNextAsync(ct))
        {
            foreach (var recipient in cursor.Current)
            {
                yield return RecipientView.Of(recipient);
            }
        }
    }

    private static async Task<FilterDefinition<BroadcastRecipient>> MatchingAsync(TenantScope scope, string id, string? status, CancellationToken ct)
    {
        scope.RequireSeesAll(Broadcast.Theirs);
        var key = Ids.Parse(id, "id");
        if (!await scope.Db.Broadcasts.Find(b => b.Id == key).AnyAsync(ct))
        {
            throw BroadcastRefusals.NotFound(id);
        }

        var where = Builders<BroadcastRecipient>.Filter;
        return EnumWords.Parse<RecipientStatus>(status, "status") is { } wanted
            ? where.Eq(r => r.BroadcastId, key) & where.Eq(r => r.Status, wanted) : where.Eq(r => r.BroadcastId, key);
    }
}
