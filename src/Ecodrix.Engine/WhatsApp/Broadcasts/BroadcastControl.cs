using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Broadcasts;

/// <summary>Stops broadcasts, lets them go on, calls them off and tries again what failed.</summary>
public sealed class BroadcastControl
{
    private static readonly FindOneAndUpdateOptions<Broadcast> After = new() { ReturnDocument = ReturnDocument.After };
    private static readonly BroadcastStatus[] Pausable = [BroadcastStatus.Scheduled, BroadcastStatus.Queued, BroadcastStatus.Running];
    private static readonly BroadcastStatus[] Open = [.. Pausable, BroadcastStatus.Paused];

    private readonly BroadcastTally _tally;
    private readonly MessageSending _sending;
    private readonly JobQueue _queue;
    private readonly ILiveBus _live;
    private readonly TimeProvider _clock;
    private readonly AuditLog _audit;

    internal BroadcastControl(BroadcastTally tally, MessageSending sending, JobQueue queue, ILiveBus live, TimeProvider clock, AuditLog audit)
    {
        _audit = audit;
        _tally = tally;
        _sending = sending;
        _queue = queue;
        _live = live;
        _clock = clock;
    }

    /// <summary>Stops a broadcast; what is on its way still arrives.</summary>
    /// <exception cref="RefusedException">INVALID_ID, BROADCAST_NOT_FOUND, BROADCAST_STATE.</exception>
    public Task<BroadcastView> PauseAsync(TenantScope scope, string id, CancellationToken ct) =>
        ChangeAsync(scope, id, "paused", Pausable, Builders<Broadcast>.Update.Set(b => b.Status, BroadcastStatus.Paused).Unset(b => b.Reason), ct);

    /// <summary>Lets a paused one go on.</summary>
    /// <exception cref="RefusedException">INVALID_ID, BROADCAST_NOT_FOUND, BROADCAST_STATE.</exception>
    public async Task<BroadcastView> ResumeAsync(TenantScope scope, string id, CancellationToken ct)
    {
        var broadcast = await NeedAsync(scope, id, ct);
        var later = broadcast.ScheduledAt > _clock.GetUtcNow().UtcDateTime && broadcast.StartedAt is null;
        return await GoOnAsync(scope, broadcast, "resumed", [BroadcastStatus.Paused], later ? BroadcastStatus.Scheduled : BroadcastStatus.Queued, ct);
    }

    /// <summary>Calls off what has not been sent.</summary>
    /// <exception cref="RefusedException">INVALID_ID, BROADCAST_NOT_FOUND, BROADCAST_STATE.</exception>
    public async Task<BroadcastView> CancelAsync(TenantScope scope, string id, CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        await ChangeAsync(scope, id, "cancelled", Open, Builders<Broadcast>.Update.Set(b => b.Status, BroadcastStatus.Cancelled).Set(b => b.FinishedAt, now).Unset(b => b.Reason), ct);
        var key = Ids.Parse(id, "id");
        await scope.Db.Recipients.UpdateManyAsync(
            r => r.BroadcastId == key && r.Status == RecipientStatus.Queued,
            Builders<BroadcastRecipient>.Update.Set(r => r.Status, RecipientStatus.Cancelled).Set(r => r.UpdatedAt, now), null, ct);
        await EndMessagesAsync(scope, key, ct);
        return BroadcastView.Of(await _tally.CountAsync(scope, key, ct) ?? throw BroadcastRefusals.NotFound(id));
    }

    /// <summary>Ends the messages that were tried and put back. One of which nobody knows whether it arrived still moves on by its status webhook.</summary>
    private async Task EndMessagesAsync(TenantScope scope, ObjectId broadcastId, CancellationToken ct)
    {
        var cancelled = await scope.Db.Recipients.Find(r => r.BroadcastId == broadcastId && r.Status == RecipientStatus.Cancelled).Project(r => r.Id).ToListAsync(ct);
        foreach (var some in cancelled.Chunk(1_000))
        {
            var open = Builders<Message>.Filter.In(m => m.Id, some) & Builders<Message>.Filter.In(m => m.Status, [MessageStatus.Queued, MessageStatus.Sending]);
            foreach (var message in await scope.Db.Messages.Find(open).ToListAsync(ct))
            {
                await _sending.GiveUpAsync(scope, message, Broadcast.CalledOff, ct);
            }
        }
    }

    /// <summary>Sends again to those for whom it failed, and to nobody else.</summary>
    /// <exception cref="RefusedException">INVALID_ID, BROADCAST_NOT_FOUND, BROADCAST_STATE.</exception>
    public async Task<BroadcastView> RetryFailedAsync(TenantScope scope, string id, CancellationToken ct)
    {
        var broadcast = await NeedAsync(scope, id, ct);
        if (broadcast.Status is not (BroadcastStatus.Completed or BroadcastStatus.Paused or BroadcastStatus.Running))
        {
            throw BroadcastRefusals.WrongState("retried", broadcast.Status);
        }

        var now = _clock.GetUtcNow().UtcDateTime;
        await scope.Db.Recipients.UpdateManyAsync(
            r => r.BroadcastId == broadcast.Id && r.Status == RecipientStatus.Failed && r.Phone != BroadcastRecipient.Erased,
            Builders<BroadcastRecipient>.Update.Set(r => r.Status, RecipientStatus.Queued).Set(r => r.Progress, 0).Set(r => r.RunAt, now).Set(r => r.UpdatedAt, now)
                .Unset(r => r.Reason).Unset(r => r.ErrorCode), null, ct);
        return await GoOnAsync(scope, broadcast, "retried", [broadcast.Status], BroadcastStatus.Queued, ct);
    }

    private async Task<BroadcastView> GoOnAsync(TenantScope scope, Broadcast broadcast, string what, BroadcastStatus[] from, BroadcastStatus to, CancellationToken ct)
    {
        var id = broadcast.Id.ToString();
        var counted = await _tally.CountAsync(scope, broadcast.Id, ct) ?? throw BroadcastRefusals.NotFound(id);
        (counted.Status, counted.Round) = (to, broadcast.Round + 1);
        // The job first, as at launch; and what failed before is no reason to stop again.
        await _queue.EnqueueAsync(scope, [BroadcastRun.For(counted)], ct, wake: false);
        var goOn = Builders<Broadcast>.Update.Set(b => b.Status, to).Unset(b => b.Reason).Unset(b => b.FinishedAt).Set(b => b.Round, counted.Round)
            .Set(b => b.Attempted, 0).Set(b => b.FailedAttempts, 0).Set(b => b.EndedBefore, counted.Counts.Ended).Set(b => b.FailedBefore, counted.Counts.Failed)
            .Set(b => b.ResumedAt, _clock.GetUtcNow().UtcDateTime);
        var changed = await ChangeAsync(scope, id, what, from, goOn, ct, round: broadcast.Round);
        _queue.Wake();
        return changed;
    }

    private async Task<BroadcastView> ChangeAsync(TenantScope scope, string id, string what, BroadcastStatus[] from, UpdateDefinition<Broadcast> update, CancellationToken ct, int? round = null)
    {
        scope.RequireSeesAll(Broadcast.Theirs);
        var key = Ids.Parse(id, "id");
        var where = Builders<Broadcast>.Filter;
        var inTime = round is { } was ? where.Eq(b => b.Round, was) : where.Empty;
        var changed = await scope.Db.Broadcasts.FindOneAndUpdateAsync(where.Eq(b => b.Id, key) & where.In(b => b.Status, from) & inTime, update, After, ct);
        if (changed is null)
        {
            throw BroadcastRefusals.WrongState(what, (await NeedAsync(scope, id, ct)).Status);
        }

        _live.Publish(scope.Code, "broadcast.progress", new { id, status = changed.Status, counts = BroadcastCounts.Of(changed) });
        await _audit.NoteAsync(scope, $"broadcast.{what}", changed.Name, [], ct);
        return BroadcastView.Of(changed);
    }

    private static async Task<Broadcast> NeedAsync(TenantScope scope, string id, CancellationToken ct)
    {
        scope.RequireSeesAll(Broadcast.Theirs);
        var key = Ids.Parse(id, "id");
        return await scope.Db.Broadcasts.FindByIdAsync(key, ct) ?? throw BroadcastRefusals.NotFound(id);
    }
}
