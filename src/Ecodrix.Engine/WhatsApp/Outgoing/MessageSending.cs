using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.Extensions.Options;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>How an attempt to send ended.</summary>
internal abstract record SendOutcome
{
    private SendOutcome()
    {
    }

    internal sealed record Sent(string Wamid) : SendOutcome;

    internal sealed record Failed(MessageError Error) : SendOutcome;

    internal sealed record Later(DateTime At, string Why, bool CountsAsAttempt) : SendOutcome;
}

/// <summary>
/// Sends messages: <c>queued → sending → sent</c>. Meta's API has no idempotency key, so a message whose sending was cut off is not
/// sent again before its status webhook has had time to tell that it arrived after all.
/// </summary>
internal sealed class MessageSending(IWhatsApp whatsApp, ILiveBus live, IOptions<WhatsAppOptions> options, TimeProvider clock)
{
    /// <summary>Sends a message unless it is already on its way or has arrived.</summary>
    public async Task<SendOutcome> SendAsync(TenantScope scope, Message message, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        switch (message.Status)
        {
            case MessageStatus.Sent or MessageStatus.Delivered or MessageStatus.Read:
                return new SendOutcome.Sent(message.Wamid ?? "");
            case MessageStatus.Failed:
                return new SendOutcome.Failed(message.Error!);
            case MessageStatus.Sending when message.SendingAt + options.Value.ReconcileAfter > now:
                return new SendOutcome.Later(message.SendingAt!.Value + options.Value.ReconcileAfter, "Waits for Meta to tell whether the message arrived.", CountsAsAttempt: false);
        }

        // Taken from exactly the state that was read: two workers cannot both be sending it.
        var taken = await scope.Db.Messages.UpdateOneAsync(
            m => m.Id == message.Id && m.Status == message.Status && m.SendingAt == message.SendingAt,
            Builders<Message>.Update.Set(m => m.Status, MessageStatus.Sending).Set(m => m.Progress, MessageProgress.Of(MessageStatus.Sending))
                .Set(m => m.SendingAt, now).Inc(m => m.Attempts, 1),
            null,
            ct);
        if (taken.ModifiedCount == 0)
        {
            return new SendOutcome.Later(now.AddSeconds(1), "The message changed meanwhile.", CountsAsAttempt: false);
        }

        message.Attempts++;
        return await whatsApp.SendAsync(scope, MessageDrafts.GraphBody(message), ct) switch
        {
            GraphAnswer.Accepted accepted => await AcceptedAsync(scope, message, accepted, ct),
            GraphAnswer.Refused { Error.Verdict: GraphVerdict.Final } refused => await FailAsync(scope, message, refused.Error, ct),
            GraphAnswer.Refused passing => await BackOffAsync(scope, message, passing, ct),
            GraphAnswer.NotReached away => await RequeueAsync(scope, message, now + Jobs.JobRunner.BackOff(message.Attempts), away.Why, ct),
            GraphAnswer.Unclear unclear => new SendOutcome.Later(now + options.Value.ReconcileAfter, unclear.Why, CountsAsAttempt: true),
            var other => throw new InvalidOperationException($"Unknown answer {other}."),
        };
    }

    /// <summary>Records that a message failed for good.</summary>
    public async Task<SendOutcome> FailAsync(TenantScope scope, Message message, GraphError error, CancellationToken ct)
    {
        var record = Describe(error);
        await AdvanceAsync(scope, message.Id, MessageStatus.Failed, clock.GetUtcNow().UtcDateTime, null, record, ct);
        return new SendOutcome.Failed(record);
    }

    /// <summary>Meta's error as messages keep it.</summary>
    public static MessageError Describe(GraphError error) => new()
    {
        Code = error.Code,
        Title = error.Title,
        Details = error.Details,
        Hint = error.Hint,
        Retryable = error.Verdict != GraphVerdict.Final,
    };

    /// <summary>
    /// Moves a message's status forward, never back; times and Meta's id are kept even when the status itself comes late.
    /// </summary>
    /// <returns>The message if its status moved, else null.</returns>
    public async Task<Message?> AdvanceAsync(
        TenantScope scope, ObjectId messageId, MessageStatus status, DateTime at, string? wamid, MessageError? error, CancellationToken ct)
    {
        var moment = Builders<Message>.Update.Combine(Moment(status, at), wamid is null ? Builders<Message>.Update.Combine() : Builders<Message>.Update.Set(m => m.Wamid, wamid));
        var progress = MessageProgress.Of(status);
        var forward = Builders<Message>.Update.Combine(moment, Builders<Message>.Update.Set(m => m.Status, status).Set(m => m.Progress, progress));
        forward = error is not null ? forward.Set(m => m.Error, error) : progress > MessageProgress.Of(MessageStatus.Failed) ? forward.Unset(m => m.Error) : forward;
        var moved = await scope.Db.Messages.FindOneAndUpdateAsync<Message>(
            m => m.Id == messageId && m.Progress < progress, forward, new FindOneAndUpdateOptions<Message> { ReturnDocument = ReturnDocument.After }, ct);
        if (moved is null)
        {
            await scope.Db.Messages.UpdateOneAsync(m => m.Id == messageId, moment, null, ct);
            return null;
        }

        live.Publish(scope.Code, "message.status", new { id = messageId.ToString(), conversationId = moved.ConversationId.ToString(), status });
        return moved;
    }

    private static UpdateDefinition<Message> Moment(MessageStatus status, DateTime at) => status switch
    {
        MessageStatus.Sent => Builders<Message>.Update.Min(m => m.SentAt, at),
        MessageStatus.Delivered => Builders<Message>.Update.Min(m => m.DeliveredAt, at),
        MessageStatus.Read => Builders<Message>.Update.Min(m => m.ReadAt, at),
        _ => Builders<Message>.Update.Min(m => m.FailedAt, at),
    };

    private async Task<SendOutcome> AcceptedAsync(TenantScope scope, Message message, GraphAnswer.Accepted accepted, CancellationToken ct)
    {
        await AdvanceAsync(scope, message.Id, MessageStatus.Sent, clock.GetUtcNow().UtcDateTime, accepted.Wamid, null, ct);
        return new SendOutcome.Sent(accepted.Wamid);
    }

    private Task<SendOutcome> BackOffAsync(TenantScope scope, Message message, GraphAnswer.Refused refused, CancellationToken ct)
    {
        var wait = refused.Error.Wait(message.Attempts);
        wait = refused.RetryAfter > wait ? refused.RetryAfter.Value : wait;
        return RequeueAsync(scope, message, clock.GetUtcNow().UtcDateTime + wait, $"{refused.Error.Code}: {refused.Error.Title}", ct);
    }

    /// <summary>Meta surely does not have it: it waits for its next attempt.</summary>
    private static async Task<SendOutcome> RequeueAsync(TenantScope scope, Message message, DateTime at, string why, CancellationToken ct)
    {
        await scope.Db.Messages.UpdateOneAsync(
            m => m.Id == message.Id && m.Status == MessageStatus.Sending,
            Builders<Message>.Update.Set(m => m.Status, MessageStatus.Queued).Set(m => m.Progress, 0).Unset(m => m.SendingAt),
            null,
            ct);
        return new SendOutcome.Later(at, why, CountsAsAttempt: true);
    }
}
