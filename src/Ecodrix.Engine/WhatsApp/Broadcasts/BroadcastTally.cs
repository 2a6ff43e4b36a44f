using System.Collections.Concurrent;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Broadcasts;

/// <summary>
/// Keeps recipients and counts up to what Meta tells. Counts are counted, not added up: a crash between two writes cannot make them
/// wrong. That happens at most every two seconds for each broadcast, however many statuses come.
/// </summary>
internal sealed class BroadcastTally(JobQueue queue, ILiveBus live, TimeProvider clock) : IJobHandler
{
    private const string JobKind = "broadcast.tally";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ObjectId, long> _asked = new();

    public string Kind => JobKind;

    public bool MayBeCalledOff => false;

    /// <summary>Moves recipients forward as their messages moved.</summary>
    public async Task NoteAsync(TenantScope scope, IReadOnlyCollection<(Message Message, StatusNews News)> all, CancellationToken ct)
    {
        if (all.Count == 0)
        {
            return;
        }

        var now = clock.GetUtcNow().UtcDateTime;
        var written = await scope.Db.Recipients.BulkWriteAsync(
            all.Select(a => Moving(a.Message.Id, Of(a.News.Status), a.News.Progress, a.News.Error, now)),
            new BulkWriteOptions { IsOrdered = false },
            ct);
        if (written.ModifiedCount > 0)
        {
            foreach (var broadcast in all.Select(a => a.Message.BroadcastId!.Value).Distinct())
            {
                await AskAsync(scope, broadcast, ct);
            }
        }

        // What is told once more, or of a message that went out before somebody mended it and let the broadcast go on, is no reason to stop again.
        foreach (var (message, news) in all.Where(a => a.News.Error is { } error && GraphError.Stops(error.Code) && a.News.Progress > a.Message.Progress).DistinctBy(a => a.Message.BroadcastId))
        {
            await PauseAsync(scope, message.BroadcastId!.Value, Stopped(news.Error!), ct, of: message.SendingAt ?? message.CreatedAt);
        }
    }

    /// <summary>Moves a recipient forward, unless it has already got that far.</summary>
    public static UpdateOneModel<BroadcastRecipient> Moving(ObjectId id, RecipientStatus to, int progress, MessageError? error, DateTime now) =>
        new(new BsonDocument { ["_id"] = id, ["progress"] = new BsonDocument("$lt", progress) }, Moved(to, progress, error, now));

    /// <summary>What a recipient that moved forward becomes.</summary>
    public static UpdateDefinition<BroadcastRecipient> Moved(RecipientStatus to, int progress, MessageError? error, DateTime now)
    {
        var set = new BsonDocument { ["status"] = to.Word(), ["progress"] = progress, ["updatedAt"] = now };
        return error is null
            ? new BsonDocument { ["$set"] = set, ["$unset"] = new BsonDocument { ["reason"] = "", ["errorCode"] = "" } }
            : new BsonDocument("$set", set.Add("reason", $"{error.Title} {error.Hint}").Add("errorCode", error.Code));
    }

    private static RecipientStatus Of(MessageStatus status) => status switch
    {
        MessageStatus.Sent => RecipientStatus.Sent,
        MessageStatus.Delivered => RecipientStatus.Delivered,
        MessageStatus.Read => RecipientStatus.Read,
        _ => RecipientStatus.Failed,
    };

    /// <summary>Has the broadcast counted soon.</summary>
    public async Task AskAsync(TenantScope scope, ObjectId broadcastId, CancellationToken ct)
    {
        var slot = (clock.GetUtcNow().Ticks / Every.Ticks) + 1;
        if (_asked.TryGetValue(broadcastId, out var asked) && asked >= slot)
        {
            return;
        }

        if (_asked.Count > 10_000)
        {
            _asked.Clear();
        }

        _asked[broadcastId] = slot;
        await queue.EnqueueAsync(
            scope,
            [new NewJob(Ids.From(JobKind, broadcastId.ToString(), $"{slot}"), JobKind, new BsonDocument("broadcast", broadcastId)) { RunAt = new DateTime(slot * Every.Ticks, DateTimeKind.Utc), Priority = JobPriority.Low }],
            ct,
            wake: false);
    }

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        if (await CountAsync(run.Scope, run.Ref("broadcast"), ct) is { Status: BroadcastStatus.Running } broadcast
            && broadcast.PauseIfFailureRateAbove is { } limit && TooMany(broadcast.Counts.Failed - broadcast.FailedBefore, broadcast.Counts.Ended - broadcast.EndedBefore, limit)
            && TooMany(await FailedSinceAsync(run.Scope, broadcast, ct), broadcast.Counts.Ended - broadcast.EndedBefore, limit))
        {
            await PauseAsync(run.Scope, broadcast.Id, StopLoss(limit), ct);
        }

        return JobResult.DoneAndForgotten;
    }

    /// <summary>How many failed of those sent since it was last let go on: what went out before may still be told to have failed.</summary>
    private static async Task<long> FailedSinceAsync(TenantScope scope, Broadcast broadcast, CancellationToken ct)
    {
        if (broadcast.ResumedAt is not { } since)
        {
            return broadcast.Counts.Failed;
        }

        var failed = await scope.Db.Recipients.Find(r => r.BroadcastId == broadcast.Id && r.Status == RecipientStatus.Failed && r.UpdatedAt >= since).Project(r => r.Id).ToListAsync(ct);
        var count = 0L;
        foreach (var some in failed.Chunk(1_000))
        {
            count += await scope.Db.Messages.CountDocumentsAsync(Builders<Message>.Filter.In(m => m.Id, some) & Builders<Message>.Filter.Gte(m => m.SendingAt, since), null, ct);
        }

        return count;
    }

    /// <summary>
    /// A broadcast with its counts of now; null when there is none. Nothing is written and nobody is told: a listener that reads anew at each
    /// <c>broadcast.progress</c> would make the next. What was not known yet is left to the job that tells.
    /// </summary>
    public async Task<Broadcast?> CountedAsync(TenantScope scope, ObjectId broadcastId, CancellationToken ct)
    {
        var counts = await TallyAsync(scope, broadcastId, ct);
        var broadcast = await scope.Db.Broadcasts.FindByIdAsync(broadcastId, ct);
        if (broadcast is not null && broadcast.Counts != counts)
        {
            broadcast.Counts = counts;
            await AskAsync(scope, broadcastId, ct);
        }

        return broadcast;
    }

    /// <summary>Counts a broadcast, keeps the counts and tells listeners; null when there is none.</summary>
    public async Task<Broadcast?> CountAsync(TenantScope scope, ObjectId broadcastId, CancellationToken ct)
    {
        var counts = await TallyAsync(scope, broadcastId, ct);
        var broadcast = await scope.Db.Broadcasts.FindOneAndUpdateAsync<Broadcast>(
            b => b.Id == broadcastId, Builders<Broadcast>.Update.Set(b => b.Counts, counts), new FindOneAndUpdateOptions<Broadcast> { ReturnDocument = ReturnDocument.After }, ct);
        if (broadcast is not null)
        {
            live.Publish(scope.Code, "broadcast.progress", new { id = broadcastId.ToString(), status = broadcast.Status, reason = broadcast.Reason, counts = BroadcastCounts.Of(broadcast) });
        }

        return broadcast;
    }

    private static async Task<BroadcastTallied> TallyAsync(TenantScope scope, ObjectId broadcastId, CancellationToken ct)
    {
        var groups = await scope.Db.Recipients.Aggregate().Match(r => r.BroadcastId == broadcastId)
            .Group(new BsonDocument { ["_id"] = "$status", ["count"] = new BsonDocument("$sum", 1) }).ToListAsync(ct);
        var by = groups.ToDictionary(g => g["_id"].AsString, g => g["count"].ToInt64());
        long Of(RecipientStatus status) => by.GetValueOrDefault(status.Word());
        return new BroadcastTallied
        {
            Queued = Of(RecipientStatus.Queued),
            Sent = Of(RecipientStatus.Sent),
            Delivered = Of(RecipientStatus.Delivered),
            Read = Of(RecipientStatus.Read),
            Failed = Of(RecipientStatus.Failed),
            Skipped = Of(RecipientStatus.Skipped),
            Cancelled = Of(RecipientStatus.Cancelled),
        };
    }

    /// <summary>Stops a broadcast that had better not go on.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="broadcastId">Which.</param>
    /// <param name="why">The reason, in words.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="of">When what went wrong was sent: one that has been let go on since goes on. Null is now.</param>
    public async Task PauseAsync(TenantScope scope, ObjectId broadcastId, string why, CancellationToken ct, DateTime? of = null)
    {
        var sent = of ?? DateTime.MaxValue;
        await scope.Db.Broadcasts.UpdateOneAsync(
            b => b.Id == broadcastId && (b.Status == BroadcastStatus.Running || b.Status == BroadcastStatus.Queued) && !(b.ResumedAt > sent),
            Builders<Broadcast>.Update.Set(b => b.Status, BroadcastStatus.Paused).Set(b => b.Reason, why), null, ct);
        await CountAsync(scope, broadcastId, ct);
    }

    /// <summary>Whether the share of failures is over the limit; a handful says nothing yet.</summary>
    public static bool TooMany(long failed, long attempted, double limit) => attempted >= 20 && failed > attempted * limit;

    /// <summary>Why a broadcast stops when its account or template is what is wrong.</summary>
    public static string Stopped(MessageError error) => $"{error.Title} ({error.Code}). {error.Hint} Then resume and retry those that failed.";

    public static string StopLoss(double limit) => $"More than {limit:P0} of the messages failed. See the recipients for why, then resume or cancel.";
}
