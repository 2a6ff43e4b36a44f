using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
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

    /// <summary>To be tried again.</summary>
    /// <param name="At">When.</param>
    /// <param name="Why">What stood in the way.</param>
    /// <param name="CountsAsAttempt">Whether an attempt was used up.</param>
    internal sealed record Later(DateTime At, string Why, bool CountsAsAttempt) : SendOutcome
    {
        /// <summary>What it fails with after too many attempts; null where it may go on as long as it takes.</summary>
        public MessageError? InTheEnd { get; init; }
    }
}

/// <summary>
/// Sends messages: <c>queued → sending → sent</c>. Meta's API has no idempotency key, so a message whose sending was cut off is not
/// sent again before its status webhook has had time to tell that it arrived after all.
/// </summary>
internal sealed class MessageSending(
    IWhatsApp whatsApp, GraphBody bodies, NumberPace pace, ChatPreferences preferences, MessageStatuses statuses, Reconciliation reconciliation, OwnNumbers numbers,
    IOptions<WhatsAppOptions> options, TimeProvider clock)
{
    /// <summary>The error of a message that we gave up ourselves; Meta refused it in no case.</summary>
    public const int GivenUpCode = -1;

    /// <summary>What has become of a message already; null where it is still to be sent, if it may be.</summary>
    public SendOutcome? Became(Message message) => message.Status switch
    {
        MessageStatus.Sent or MessageStatus.Delivered or MessageStatus.Read => new SendOutcome.Sent(message.Wamid ?? ""),
        MessageStatus.Failed => new SendOutcome.Failed(message.Error!),
        _ when reconciliation.WaitsUntil(message) is { } until => new SendOutcome.Later(until, "Waits for Meta to tell whether the message arrived.", CountsAsAttempt: false),
        _ => null,
    };

    /// <summary>Sends a message unless it is already on its way or has arrived.</summary>
    public async Task<SendOutcome> SendAsync(TenantScope scope, Message message, CancellationToken ct)
    {
        if (Became(message) is { } became)
        {
            return became;
        }

        var now = clock.GetUtcNow().UtcDateTime;
        var number = scope.RequireSecret(SecretCatalogue.WhatsAppPhoneNumberId);
        if (await pace.TakeAsync(number, (await preferences.GetAsync(scope, ct)).MessagesPerSecond, 1, ct) == 0)
        {
            return new SendOutcome.Later(now.AddMilliseconds(200), "The number is at its limit of messages per second.", CountsAsAttempt: false);
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
        JsonObject body;
        try
        {
            body = await bodies.MakeAsync(scope, message, ct);
        }
        catch (RefusedException refused) when (refused.RetryAfter is { } wait)
        {
            return await NotUploadedAsync(scope, message, wait, refused.Message, ct);
        }
        catch (RefusedException refused)
        {
            // The file is gone or Meta does not take it.
            var error = Describe(new GraphError(GraphError.NotUploaded, refused.Message, null));
            await FailedAsync(scope, message, error, ct);
            return new SendOutcome.Failed(error);
        }

        var outcome = await CallAsync(scope, message, body, ct);
        switch (outcome)
        {
            case SendOutcome.Sent sent:
                await statuses.AdvanceAsync(scope, message.Id, new StatusNews(MessageStatus.Sent, clock.GetUtcNow().UtcDateTime, sent.Wamid), ct);
                break;
            case SendOutcome.Failed failed:
                await FailedAsync(scope, message, failed.Error, ct);
                break;
        }

        return outcome;
    }

    /// <summary>Makes the call for a message that is marked as being sent. A passing failure puts it back; the rest is for the caller to record.</summary>
    public async Task<SendOutcome> CallAsync(TenantScope scope, Message message, JsonObject body, CancellationToken ct)
    {
        var answer = await whatsApp.SendAsync(scope, body, ct);
        Telemetry.WhatsAppSends.Add(1, Telemetry.Outcome(answer.GetType().Name.ToLowerInvariant()));
        var now = clock.GetUtcNow().UtcDateTime;
        if (answer is GraphAnswer.Refused { Error.Verdict: GraphVerdict.TooFast })
        {
            pace.SlowDown(scope.RequireSecret(SecretCatalogue.WhatsAppPhoneNumberId));
        }

        if (answer is GraphAnswer.Accepted { WaId: { } waId })
        {
            await numbers.LearnAsync(scope, message, waId, ct);
        }

        if (answer is GraphAnswer.Refused { Error: { Verdict: GraphVerdict.Final } final })
        {
            await GraphBody.ForgetRefusedAsync(scope, message, final.Code, ct);
        }

        return answer switch
        {
            GraphAnswer.Accepted accepted => new SendOutcome.Sent(accepted.Wamid),
            GraphAnswer.Refused { Error.Verdict: GraphVerdict.Final } refused => new SendOutcome.Failed(Describe(refused.Error)),
            GraphAnswer.Refused passing => await BackOffAsync(scope, message, passing, ct),
            GraphAnswer.NotReached away => await RequeueAsync(scope, message, now + Jobs.JobRunner.BackOff(message.Attempts), away.Why, ct),
            GraphAnswer.Unclear unclear => Unclear(unclear.Why),
            var other => throw new InvalidOperationException($"Unknown answer {other}."),
        };
    }

    /// <summary>What follows where nobody can tell whether a message was taken: it waits for its status webhook.</summary>
    public SendOutcome.Later Unclear(string why) =>
        new(clock.GetUtcNow().UtcDateTime + options.Value.ReconcileAfter, why, CountsAsAttempt: true) { InTheEnd = GivenUp(why) };

    /// <summary>Records that a message failed for good.</summary>
    public async Task FailedAsync(TenantScope scope, Message message, MessageError error, CancellationToken ct)
    {
        await NoteContactAsync(scope, message.ConversationId, error.Code, ct);
        await statuses.AdvanceAsync(scope, message.Id, Failure(error), ct);
    }

    /// <summary>Records that nothing more will be tried.</summary>
    public Task GiveUpAsync(TenantScope scope, Message message, string why, CancellationToken ct) => statuses.AdvanceAsync(
        scope, message.Id, Failure(GivenUp(why)), ct);

    /// <summary>As above, if there is such a message and it is still on its way.</summary>
    public async Task GiveUpAsync(TenantScope scope, ObjectId messageId, string why, CancellationToken ct)
    {
        if (await scope.Db.Messages.FindByIdAsync(messageId, ct) is { Status: MessageStatus.Queued or MessageStatus.Sending } message)
        {
            await GiveUpAsync(scope, message, why, ct);
        }
    }

    /// <summary>What an error tells about the contact: that the business has blocked them, or that they want no marketing.</summary>
    public async Task NoteContactAsync(TenantScope scope, ObjectId conversationId, int code, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var update = code switch
        {
            GraphError.BlockedByBusiness => Builders<Conversation>.Update.Set(c => c.Blocked, true),
            GraphError.NoMarketing => Builders<Conversation>.Update.Set(c => c.OptOut, OptOut.Marketing).Set(c => c.OptedOutAt, now),
            _ => null,
        };
        if (update is not null)
        {
            await scope.Db.Conversations.UpdateOneAsync(c => c.Id == conversationId && c.OptOut != OptOut.All, update, null, ct);
        }
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

    private static MessageError GivenUp(string why) =>
        new() { Code = GivenUpCode, Title = "Given up", Details = why, Hint = $"{why} Send it again when the cause is gone.", Retryable = true };

    private StatusNews Failure(MessageError error) => new(MessageStatus.Failed, clock.GetUtcNow().UtcDateTime, null) { Error = error };

    private async Task<SendOutcome> BackOffAsync(TenantScope scope, Message message, GraphAnswer.Refused refused, CancellationToken ct)
    {
        var wait = refused.Error.Wait(message.Attempts);
        wait = refused.RetryAfter > wait ? refused.RetryAfter.Value : wait;
        // Too fast is the fault of all that is sent together, not of this message: it passes as the pace slows down.
        var tooFast = refused.Error.Verdict == GraphVerdict.TooFast;
        var later = await RequeueAsync(scope, message, clock.GetUtcNow().UtcDateTime + wait, $"{refused.Error.Code}: {refused.Error.Title}", ct, tooFast);
        return tooFast ? later : later with { InTheEnd = Describe(refused.Error) };
    }

    /// <summary>Its file could not be uploaded and may be later: a little later each time, as what is away for minutes uses up no more attempts than a call would.</summary>
    public Task<SendOutcome.Later> NotUploadedAsync(TenantScope scope, Message message, TimeSpan least, string why, CancellationToken ct)
    {
        var wait = Jobs.JobRunner.BackOff(message.Attempts);
        return RequeueAsync(scope, message, clock.GetUtcNow().UtcDateTime + (least > wait ? least : wait), why, ct);
    }

    /// <summary>Meta surely does not have it: it waits for its next attempt.</summary>
    private static async Task<SendOutcome.Later> RequeueAsync(TenantScope scope, Message message, DateTime at, string why, CancellationToken ct, bool tooFast = false)
    {
        await scope.Db.Messages.UpdateOneAsync(
            m => m.Id == message.Id && m.Status == MessageStatus.Sending,
            Builders<Message>.Update.Set(m => m.Status, MessageStatus.Queued).Set(m => m.Progress, 0).Unset(m => m.SendingAt).Inc(m => m.TooFast, tooFast ? 1 : 0),
            null,
            ct);
        return new SendOutcome.Later(at, why, CountsAsAttempt: true);
    }
}
