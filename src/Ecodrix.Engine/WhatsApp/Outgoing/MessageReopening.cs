using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>Makes a failed message ready to be sent once more. Whether it may be sent is judged again when it is.</summary>
internal sealed class MessageReopening(InboxFeed feed, Reconciliation reconciliation)
{
    /// <summary>
    /// Queues a failed message again; one that has not failed stays as it is. One that was given up while nobody could tell whether Meta
    /// had it counts as being sent again, since when it was: it waits for its status webhook first.
    /// </summary>
    /// <returns>The message, or null when it has not failed.</returns>
    public async Task<Message?> ReopenAsync(TenantScope scope, ObjectId messageId, CancellationToken ct)
    {
        var failed = await scope.Db.Messages.Find(m => m.Id == messageId && m.Status == MessageStatus.Failed).FirstOrDefaultAsync(ct);
        if (failed is null)
        {
            return null;
        }

        if (failed.Error is { } error)
        {
            // Also where Meta took the message first, and told by a webhook that its file is no good.
            await GraphBody.ForgetRefusedAsync(scope, failed, error.Code, ct);
        }

        var update = Builders<Message>.Update.Set(m => m.Status, MessageStatus.Queued).Set(m => m.Progress, 0)
            .Unset(m => m.Error).Unset(m => m.SendingAt).Unset(m => m.FailedAt).Unset(m => m.SentAt).Unset(m => m.Wamid);
        update = failed.Wamid is null ? update : update.AddToSet(m => m.Superseded, failed.Wamid);
        if (reconciliation.MayArriveUntil(failed) is not null)
        {
            update = Builders<Message>.Update.Set(m => m.Status, MessageStatus.Sending).Set(m => m.Progress, MessageProgress.Of(MessageStatus.Sending)).Set(m => m.Attempts, 0).Set(m => m.TooFast, 0)
                .Unset(m => m.Error).Unset(m => m.FailedAt).Unset(m => m.SentAt);
        }

        var queued = await scope.Db.Messages.FindOneAndUpdateAsync<Message>(
            m => m.Id == messageId && m.Status == MessageStatus.Failed && m.Wamid == failed.Wamid, update, new FindOneAndUpdateOptions<Message> { ReturnDocument = ReturnDocument.After }, ct);
        if (queued is not null)
        {
            await feed.StatusAsync(scope, queued, ct);
        }

        return queued;
    }
}
