using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Callbacks;

/// <summary>One attempt at a callback.</summary>
/// <param name="At">When.</param>
/// <param name="StatusCode">What the receiver answered; null when it did not.</param>
/// <param name="LatencyMs">How long it took, in milliseconds.</param>
/// <param name="ResponseHead">Status line and headers.</param>
/// <param name="ResponseBody">The beginning of the answer; null in lists.</param>
/// <param name="Error">What went wrong; null when the receiver took it.</param>
public sealed record CallbackAttemptView(DateTime At, int? StatusCode, int LatencyMs, string? ResponseHead, string? ResponseBody, string? Error)
{
    /// <summary>What to do about the error; null where nothing is to be done.</summary>
    public string? Remedy { get; init; }

    /// <summary>The IP address it was sent to; null when there was no connection.</summary>
    public string? Address { get; init; }

    /// <summary>Request line and headers as sent, with the <c>webhook-id</c>, its timestamp and the signatures of this attempt.</summary>
    public string? RequestHead { get; init; }

    internal static CallbackAttemptView Of(CallbackAttempt attempt) =>
        new(attempt.At, attempt.StatusCode, attempt.LatencyMs, attempt.ResponseHead, attempt.ResponseBody, CallbackWords.Error(attempt))
        {
            Remedy = CallbackWords.Remedy(attempt),
            Address = attempt.Address,
            RequestHead = attempt.RequestHead,
        };
}

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
    /// <summary>Why it ended where no attempt says so: it was called off, or there was nothing to sign it with.</summary>
    public string? Note { get; init; }

    internal static CallbackView Of(Callback callback) => new(
        callback.Id.ToString(), callback.EventLogId.ToString(), callback.Trigger, callback.Url, callback.Status, callback.Body,
        [.. callback.Attempts.Select(CallbackAttemptView.Of)],
        callback.NextAttemptAt, callback.CreatedAt, callback.FinishedAt)
    { Note = callback.Note };
}

/// <summary>What a list of callbacks is narrowed by.</summary>
public sealed record CallbackFilter
{
    /// <summary>One status.</summary>
    public string? Status { get; init; }

    /// <summary>How its address begins, with or without <c>https://</c>; or the whole id of its event, or its own.</summary>
    public string? Search { get; init; }

    /// <summary>From this day or time on.</summary>
    public string? StartDate { get; init; }

    /// <summary>Up to this day or time, inclusive.</summary>
    public string? EndDate { get; init; }

    /// <summary>The id of a callback: only those that come after it in the list, whatever has been written since.</summary>
    public string? Before { get; init; }
}

/// <summary>Shows what clients were told and whether they heard it.</summary>
public sealed class CallbackSearch
{
    private const int LongestSearch = 2048;

    /// <summary>Callbacks, newest first, without what receivers answered.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, CALLBACK_NOT_FOUND; NOT_PERMITTED for an agent limited to their own.</exception>
    public async Task<Page<CallbackView>> ListAsync(TenantScope scope, CallbackFilter wanted, Paging paging, CancellationToken ct)
    {
        scope.RequireSeesAll("The list of callbacks");
        var filter = Read(scope, wanted);
        var total = await scope.Db.Callbacks.CountAsync(filter, ct);
        if (Ids.ParseOptional(wanted.Before, "before") is { } id)
        {
            var edge = await scope.Db.Callbacks.Find(c => c.Id == id).Project(c => (DateTime?)c.CreatedAt).FirstOrDefaultAsync(ct) ?? throw CallbackRefusals.NotFound(wanted.Before!);
            filter &= Keyset.After<Callback>(c => c.CreatedAt, edge, id);
        }

        var rows = await scope.Db.Callbacks.Find(filter).SortByDescending(c => c.CreatedAt).ThenByDescending(c => c.Id)
            .Skip(paging.Skip).Limit(paging.Limit).Project(Callback.Brief).ToListAsync(ct);
        return new Page<CallbackView>([.. rows.Select(CallbackView.Of)], total, paging);
    }

    /// <summary>One callback with its attempts.</summary>
    /// <exception cref="RefusedException">INVALID_ID, CALLBACK_NOT_FOUND.</exception>
    public async Task<CallbackView> GetAsync(TenantScope scope, string callbackId, CancellationToken ct) => CallbackView.Of(await RequireAsync(scope, callbackId, ct));

    /// <summary>The callback with an id, if its event may be seen.</summary>
    /// <exception cref="RefusedException">INVALID_ID, CALLBACK_NOT_FOUND.</exception>
    internal static async Task<Callback> RequireAsync(TenantScope scope, string callbackId, CancellationToken ct)
    {
        var callback = await scope.Db.Callbacks.FindByIdAsync(Ids.Parse(callbackId, "callbackId"), ct) ?? throw CallbackRefusals.NotFound(callbackId);
        return scope.Actor.OnlyAssignedTo is null || await scope.SeesEventAsync(callback.EventLogId, ct) ? callback : throw CallbackRefusals.NotFound(callbackId);
    }

    private static FilterDefinition<Callback> Read(TenantScope scope, CallbackFilter wanted)
    {
        var where = Builders<Callback>.Filter;
        var filter = DateRange.Read(wanted.StartDate, wanted.EndDate, scope.Settings.TimeZone).On<Callback>(c => c.CreatedAt);
        filter = EnumWords.Parse<CallbackStatus>(wanted.Status, "status") is { } status ? filter & where.Eq(c => c.Status, status) : filter;
        if (wanted.Search?.Trim() is not { Length: > 0 } search)
        {
            return filter;
        }

        var check = new Check();
        check.That(search.Length <= LongestSearch, "search", $"search may have at most {LongestSearch} characters.");
        check.Throw();
        if (ObjectId.TryParse(search, out var id))
        {
            return filter & (where.Eq(c => c.Id, id) | where.Eq(c => c.EventLogId, id));
        }

        return filter & (search.Contains("://", StringComparison.Ordinal) ? Begins(search) : Begins($"https://{search}") | Begins($"http://{search}"));
    }

    /// <summary>As a range, which an index serves whatever characters the text has.</summary>
    private static FilterDefinition<Callback> Begins(string url) =>
        Builders<Callback>.Filter.Gte(c => c.Url, url) & Builders<Callback>.Filter.Lt(c => c.Url, url + '\uffff');

    /// <summary>The callback of an event, for its trace; null when there is none.</summary>
    internal static async Task<CallbackView?> OfEventAsync(TenantScope scope, ObjectId eventId, CancellationToken ct) =>
        await scope.Db.Callbacks.Find(c => c.EventLogId == eventId).SortByDescending(c => c.CreatedAt).FirstOrDefaultAsync(ct) is { } callback ? CallbackView.Of(callback) : null;
}
