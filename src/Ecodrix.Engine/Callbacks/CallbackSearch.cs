using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Callbacks;

/// <summary>One attempt at a callback.</summary>
/// <param name="At">When.</param>
/// <param name="StatusCode">What the receiver answered; null when it did not.</param>
/// <param name="LatencyMs">How long it took, in milliseconds.</param>
/// <param name="ResponseHead">Status line and headers.</param>
/// <param name="ResponseBody">The beginning of the answer.</param>
/// <param name="Error">Why there was no answer.</param>
public sealed record CallbackAttemptView(DateTime At, int? StatusCode, int LatencyMs, string? ResponseHead, string? ResponseBody, string? Error);

/// <summary>A callback with its attempts.</summary>
/// <param name="Id">Its id, also the <c>webhook-id</c>.</param>
/// <param name="EventLogId">The event it tells of.</param>
/// <param name="Trigger">The event's trigger.</param>
/// <param name="Url">Where it goes.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Body">What is sent, byte for byte.</param>
/// <param name="Attempts">The attempts so far, oldest first.</param>
/// <param name="NextAttemptAt">When it is tried again.</param>
/// <param name="CreatedAt">When it was written.</param>
/// <param name="FinishedAt">When it ended.</param>
public sealed record CallbackView(
    string Id, string EventLogId, string Trigger, string Url, CallbackStatus Status, string Body, IReadOnlyList<CallbackAttemptView> Attempts,
    DateTime? NextAttemptAt, DateTime CreatedAt, DateTime? FinishedAt)
{
    internal static CallbackView Of(Callback callback) => new(
        callback.Id.ToString(), callback.EventLogId.ToString(), callback.Trigger, callback.Url, callback.Status, callback.Body,
        [.. callback.Attempts.Select(a => new CallbackAttemptView(a.At, a.StatusCode, a.LatencyMs, a.ResponseHead, a.ResponseBody, a.Error))],
        callback.NextAttemptAt, callback.CreatedAt, callback.FinishedAt);
}

/// <summary>Shows what clients were told and whether they heard it.</summary>
public sealed class CallbackSearch
{
    /// <summary>Callbacks, newest first.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="status">One status; all when absent.</param>
    /// <param name="range">The days wanted.</param>
    /// <param name="before">The id of a callback: only those that come after it in the list, whatever has been written since; null from the first.</param>
    /// <param name="paging">Which page.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, CALLBACK_NOT_FOUND; NOT_PERMITTED for an agent limited to their own.</exception>
    public async Task<Page<CallbackView>> ListAsync(TenantScope scope, string? status, DateRange range, string? before, Paging paging, CancellationToken ct)
    {
        scope.RequireSeesAll("The list of callbacks");
        var filter = range.On<Callback>(c => c.CreatedAt);
        if (EnumWords.Parse<CallbackStatus>(status, "status") is { } wanted)
        {
            filter &= Builders<Callback>.Filter.Eq(c => c.Status, wanted);
        }

        var total = await scope.Db.Callbacks.CountAsync(filter, ct);
        if (Ids.ParseOptional(before, "before") is { } id)
        {
            var edge = await scope.Db.Callbacks.FindByIdAsync(id, ct) ?? throw CallbackRefusals.NotFound(before!);
            filter &= Keyset.After<Callback>(c => c.CreatedAt, edge.CreatedAt, id);
        }

        var rows = await scope.Db.Callbacks.Find(filter).SortByDescending(c => c.CreatedAt).ThenByDescending(c => c.Id)
            .Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        return new Page<CallbackView>([.. rows.Select(CallbackView.Of)], total, paging);
    }

    /// <summary>The callback of an event, for its trace; null when there is none.</summary>
    internal static async Task<CallbackView?> OfEventAsync(TenantScope scope, MongoDB.Bson.ObjectId eventId, CancellationToken ct) =>
        await scope.Db.Callbacks.Find(c => c.EventLogId == eventId).SortByDescending(c => c.CreatedAt).FirstOrDefaultAsync(ct) is { } callback ? CallbackView.Of(callback) : null;
}
