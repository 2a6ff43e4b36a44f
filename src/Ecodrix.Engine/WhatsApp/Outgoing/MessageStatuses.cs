using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>What has become known of a message on its way.</summary>
/// <param name="Status">How far it got.</param>
/// <param name="At">When.</param>
/// <param name="Wamid">Meta's id of it.</param>
internal sealed record StatusNews(MessageStatus Status, DateTime At, string? Wamid)
{
    public MessageError? Error { get; init; }

    public MessagePricing? Pricing { get; init; }

    // What Meta itself calls failed has its id, whatever its code.
    public int Progress => Wamid is null && Error?.Code == MessageSending.GivenUpCode ? MessageProgress.GivenUp : MessageProgress.Of(Status);
}

/// <summary>
/// Moves the statuses of messages forward, never back; times and Meta's id are kept even when the status itself comes late. What is said
/// about an earlier attempt of a message changes nothing.
/// </summary>
internal sealed class MessageStatuses(InboxFeed feed)
{
    private static readonly FindOneAndUpdateOptions<Message> After = new() { ReturnDocument = ReturnDocument.After };
    private static readonly BulkWriteOptions Unordered = new() { IsOrdered = false };

    /// <summary>The write that moves a message, for who writes many at once of which nobody needs to hear.</summary>
    /// <param name="messageId">The message.</param>
    /// <param name="last">How far it got; if it is further by now, nothing is written.</param>
    /// <param name="news">All that is told of this attempt.</param>
    public static UpdateOneModel<Message> Moving(ObjectId messageId, StatusNews last, IReadOnlyList<StatusNews> news) =>
        new(Behind(messageId, last), Forward(last, news));

    /// <summary>Moves one message that may have any status by now.</summary>
    /// <returns>The message if its status moved, else null.</returns>
    public async Task<Message?> AdvanceAsync(TenantScope scope, ObjectId messageId, StatusNews news, CancellationToken ct)
    {
        var moved = await scope.Db.Messages.FindOneAndUpdateAsync(Behind(messageId, news), Forward(news, [news]), After, ct);
        if (moved is null)
        {
            await scope.Db.Messages.UpdateOneAsync(Same(messageId, news), Moments([news]), null, ct);
            return null;
        }

        await feed.StatusesAsync(scope, [moved], ct);
        return moved;
    }

    /// <summary>Moves many messages that were just read, all at once.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="all">Each message with what is told of one attempt of it.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Those whose status moved.</returns>
    public async Task<IReadOnlyList<Message>> AdvanceAsync(TenantScope scope, IReadOnlyList<(Message Message, IReadOnlyList<StatusNews> News)> all, CancellationToken ct)
    {
        var ahead = new List<(Message Message, StatusNews Last, IReadOnlyList<StatusNews> News)>(all.Count);
        var writes = new List<WriteModel<Message>>(all.Count);
        foreach (var (message, news) in all)
        {
            var last = news.MaxBy(n => n.Progress)!;
            if (last.Progress > message.Progress)
            {
                ahead.Add((message, last, news));
                writes.Add(Moving(message.Id, last, news));
            }
            else
            {
                writes.Add(new UpdateOneModel<Message>(Same(message.Id, last), Moments(news)));
            }
        }

        if (writes.Count == 0)
        {
            return [];
        }

        var written = await scope.Db.Messages.BulkWriteAsync(writes, Unordered, ct);
        IReadOnlyList<Message> moved = written.MatchedCount == writes.Count ? [.. ahead.Select(a => Moved(a.Message, a.Last))] : await AnewAsync(scope, ahead, ct);
        await feed.StatusesAsync(scope, moved, ct);
        return moved;
    }

    /// <summary>Some of the messages had changed since they were read: what is true now is read once more.</summary>
    private static async Task<IReadOnlyList<Message>> AnewAsync(
        TenantScope scope, List<(Message Message, StatusNews Last, IReadOnlyList<StatusNews> News)> ahead, CancellationToken ct)
    {
        if (ahead.Count == 0)
        {
            return [];
        }

        await scope.Db.Messages.BulkWriteAsync(ahead.Select(a => new UpdateOneModel<Message>(Same(a.Message.Id, a.Last), Moments(a.News))), Unordered, ct);
        return await scope.Db.Messages.Find(Builders<Message>.Filter.In("_id", ahead.Select(a => a.Message.Id))).ToListAsync(ct);
    }

    private static Message Moved(Message message, StatusNews last)
    {
        (message.Status, message.Progress, message.Wamid) = (last.Status, last.Progress, last.Wamid ?? message.Wamid);
        message.Error = last.Error;
        return message;
    }

    private static BsonDocument Same(ObjectId id, StatusNews news) => new() { ["_id"] = id, ["superseded"] = new BsonDocument("$ne", news.Wamid ?? "") };

    private static BsonDocument Behind(ObjectId id, StatusNews news) => Same(id, news).Add("progress", new BsonDocument("$lt", news.Progress));

    // Written by hand: there are thousands of these a second, and builders translate an expression for each field.
    private static BsonDocument Moments(IReadOnlyList<StatusNews> news)
    {
        var (first, set) = (new BsonDocument(), new BsonDocument());
        foreach (var one in news)
        {
            var field = Moment(one.Status);
            first[field] = first.TryGetValue(field, out var known) && known.ToUniversalTime() <= one.At ? known : new BsonDateTime(one.At);
            if (one.Wamid is not null)
            {
                set["wamid"] = one.Wamid;
            }

            if (one.Pricing is not null)
            {
                set["pricing"] = one.Pricing.ToBsonDocument();
            }
        }

        var update = new BsonDocument("$min", first);
        return set.ElementCount == 0 ? update : update.Add("$set", set);
    }

    private static BsonDocument Forward(StatusNews last, IReadOnlyList<StatusNews> news)
    {
        var update = Moments(news);
        if (!update.Contains("$set"))
        {
            update.Add("$set", new BsonDocument());
        }

        var set = update["$set"].AsBsonDocument.Add("status", last.Status.Word()).Add("progress", last.Progress);
        if (last.Error is not null)
        {
            set.Add("error", last.Error.ToBsonDocument());
        }
        else
        {
            update.Add("$unset", new BsonDocument("error", ""));
        }

        return update;
    }

    private static string Moment(MessageStatus status) => status switch
    {
        MessageStatus.Sent => "sentAt",
        MessageStatus.Delivered => "deliveredAt",
        MessageStatus.Read => "readAt",
        _ => "failedAt",
    };
}
