using System.Collections.Concurrent;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Ecodrix.Engine.WhatsApp.Templates;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Broadcasts;

/// <summary>
/// Sends to some recipients at once. What must be on record before a call (that it is being made) and what follows from it is
/// written for all together; a message that a crash left as being sent waits for its status webhook before it may be sent again.
/// </summary>
internal sealed class BroadcastSlice(
    BroadcastPlanning planning, BroadcastTally tally, MessageSending sending, GraphBody bodies, Reconciliation reconciliation, MessageReopening reopening, TimeProvider clock,
    ILogger<BroadcastSlice> log)
{
    private const int Calls = 32;

    /// <summary>As many as a chat message has.</summary>
    private const int MostAttempts = 8;

    private static readonly BulkWriteOptions Unordered = new() { IsOrdered = false };

    public async Task SendAsync(TenantScope scope, Broadcast broadcast, Template template, IReadOnlyList<BroadcastRecipient> due, CancellationToken ct)
    {
        var planned = await planning.DecideAsync(scope, template, [.. due.Select(r => new PlannedRecipient(r.Phone, r.Variables))], ct);
        var recipients = new List<UpdateOneModel<BroadcastRecipient>>();
        var toSend = await PrepareAsync(scope, broadcast, due, planned, recipients, ct);
        await WriteAsync(scope, recipients, ct);
        if (toSend.Count == 0)
        {
            return;
        }

        var ends = new ConcurrentBag<(Message Message, SendOutcome Outcome)>();
        var away = await UploadAsync(scope, toSend, ct);
        await Parallel.ForEachAsync(toSend, new ParallelOptions { MaxDegreeOfParallelism = Calls, CancellationToken = ct }, async (message, token) =>
            ends.Add((message, await SendAsync(scope, message, away, token))));
        await RecordAsync(scope, broadcast, ends, ct);
    }

    /// <summary>Has Meta take the files of headers, each once for all who get it. What it could not take is told with the reason.</summary>
    private async Task<Dictionary<ObjectId, RefusedException>> UploadAsync(TenantScope scope, IEnumerable<Message> messages, CancellationToken ct)
    {
        var away = new Dictionary<ObjectId, RefusedException>();
        foreach (var file in GraphBody.FilesOf(messages))
        {
            try
            {
                await bodies.UploadAsync(scope, file, ct);
            }
            catch (RefusedException refused)
            {
                away[file] = refused;
            }
        }

        return away;
    }

    private async Task<SendOutcome> SendAsync(TenantScope scope, Message message, Dictionary<ObjectId, RefusedException> away, CancellationToken ct)
    {
        try
        {
            var refused = GraphBody.FilesOf(message).Select(file => away.GetValueOrDefault(file)).FirstOrDefault(r => r is not null);
            return refused is null
                ? await sending.CallAsync(scope, message, await bodies.MakeAsync(scope, message, ct), ct)
                : await NotUploadedAsync(scope, message, refused, ct);
        }
        catch (RefusedException refused)
        {
            return await NotUploadedAsync(scope, message, refused, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // One that goes wrong must not keep the others' ends from being recorded: they would go out again.
            log.LogWarning(e, "The message {Message} of a broadcast could not be sent", message.Id);
            return sending.Unclear(e.Message);
        }
    }

    /// <summary>Nothing has gone out: the header's file could not be uploaded.</summary>
    private async Task<SendOutcome> NotUploadedAsync(TenantScope scope, Message message, RefusedException refused, CancellationToken ct)
    {
        var error = MessageSending.Describe(new GraphError(GraphError.NotUploaded, refused.Message, null));
        return refused.RetryAfter is { } wait
            ? (await sending.NotUploadedAsync(scope, message, wait, refused.Message, ct)) with { InTheEnd = error }
            : new SendOutcome.Failed(error);
    }

    /// <summary>Marks as being sent what shall be, and sets aside what may not or not yet.</summary>
    private async Task<List<Message>> PrepareAsync(
        TenantScope scope, Broadcast broadcast, IReadOnlyList<BroadcastRecipient> due, IReadOnlyList<PlannedRecipient> planned,
        List<UpdateOneModel<BroadcastRecipient>> recipients, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var known = (await scope.Db.Messages.Find(Builders<Message>.Filter.In(m => m.Id, due.Select(r => r.Id))).ToListAsync(ct)).ToDictionary(m => m.Id);
        var conversations = await ConversationsAsync(scope, planned, now, ct);
        var fresh = new List<Message>();
        var again = new List<Message>();
        foreach (var (recipient, plan) in due.Zip(planned))
        {
            // What became of an earlier attempt first: who has got it was not left out.
            var message = known.GetValueOrDefault(recipient.Id);
            if (message?.Status is MessageStatus.Sent or MessageStatus.Delivered or MessageStatus.Read)
            {
                // It arrived before a crash could be told so.
                var to = message.Status switch { MessageStatus.Read => RecipientStatus.Read, MessageStatus.Delivered => RecipientStatus.Delivered, _ => RecipientStatus.Sent };
                recipients.Add(Update(recipient.Id, BroadcastTally.Moved(to, message.Progress, null, now)));
            }
            else if (message is not null && reconciliation.WaitsUntil(message) is { } until)
            {
                recipients.Add(Update(recipient.Id, Builders<BroadcastRecipient>.Update.Set(r => r.RunAt, until)));
            }
            else if (plan.Filled is not { } filled)
            {
                recipients.Add(Update(recipient.Id, Builders<BroadcastRecipient>.Update.Set(r => r.Status, RecipientStatus.Skipped).Set(r => r.Reason, plan.Why).Set(r => r.UpdatedAt, now)));
                // What an earlier attempt put back is tried no more.
                await (message is null ? Task.CompletedTask : sending.GiveUpAsync(scope, message.Id, plan.Why ?? "", ct));
            }
            else if (message is null)
            {
                fresh.Add(Fresh(scope, broadcast, recipient, plan, filled, conversations[recipient.Phone], now));
            }
            else if (reconciliation.MayArriveUntil(message) is { } unclear)
            {
                await reopening.ReopenAsync(scope, message.Id, ct);
                recipients.Add(Update(recipient.Id, Builders<BroadcastRecipient>.Update.Set(r => r.RunAt, unclear)));
            }
            else
            {
                again.Add(message);
            }
        }

        await InsertAsync(scope, fresh, ct);
        var taken = await TakeAgainAsync(scope, again, now, ct);
        await NoteLastAsync(scope, fresh, ct);
        return [.. fresh, .. taken];
    }

    private static Message Fresh(TenantScope scope, Broadcast broadcast, BroadcastRecipient recipient, PlannedRecipient plan, FilledTemplate filled, ObjectId conversationId, DateTime now)
    {
        var draft = new MessageDraft(recipient.Id, new Contact(recipient.Phone, null))
        {
            Type = "template",
            Template = filled.Use,
            Text = filled.Text,
            LeadId = plan.Lead?.Id,
            SentBy = new Sender { Kind = SenderKind.Broadcast, Id = broadcast.Id.ToString(), Name = broadcast.Name },
            BroadcastId = broadcast.Id,
        };
        var message = draft.ToMessage(conversationId, now);
        (message.Status, message.Progress, message.SendingAt, message.Attempts) = (MessageStatus.Sending, MessageProgress.Of(MessageStatus.Sending), now, 1);
        return message;
    }

    private static async Task InsertAsync(TenantScope scope, List<Message> fresh, CancellationToken ct)
    {
        if (fresh.Count > 0)
        {
            await scope.Db.Messages.InsertManyAsync(fresh, new InsertManyOptions { IsOrdered = false }, ct);
        }
    }

    /// <summary>Takes messages of an earlier attempt, each from exactly the state it was read in.</summary>
    private static async Task<List<Message>> TakeAgainAsync(TenantScope scope, List<Message> again, DateTime now, CancellationToken ct)
    {
        var taken = new List<Message>(again.Count);
        foreach (var message in again)
        {
            // What failed for good and is asked for once more has all its attempts again.
            var (attempts, tooFast) = message.Status == MessageStatus.Failed ? (1, 0) : (message.Attempts + 1, message.TooFast);
            var update = Builders<Message>.Update.Set(m => m.Status, MessageStatus.Sending).Set(m => m.Progress, MessageProgress.Of(MessageStatus.Sending))
                .Set(m => m.SendingAt, now).Set(m => m.Attempts, attempts).Set(m => m.TooFast, tooFast).Unset(m => m.Error).Unset(m => m.FailedAt);
            update = message is { Status: MessageStatus.Failed, Wamid: { } wamid } ? update.AddToSet(m => m.Superseded, wamid).Unset(m => m.Wamid) : update;
            var result = await scope.Db.Messages.UpdateOneAsync(m => m.Id == message.Id && m.Status == message.Status && m.SendingAt == message.SendingAt, update, null, ct);
            if (result.ModifiedCount == 1)
            {
                (message.Attempts, message.TooFast) = (attempts, tooFast);
                taken.Add(message);
            }
        }

        return taken;
    }

    /// <summary>The conversation of each recipient; those that have none get one, all at once.</summary>
    private static async Task<Dictionary<string, ObjectId>> ConversationsAsync(TenantScope scope, IReadOnlyList<PlannedRecipient> planned, DateTime now, CancellationToken ct)
    {
        var ids = planned.Where(p => p.Conversation is not null).ToDictionary(p => p.Phone, p => p.Conversation!.Id);
        var missing = planned.Where(p => p.Filled is not null && p.Conversation is null).Select(p => new Conversation
        {
            Id = ObjectId.GenerateNewId(),
            Phone = p.Phone,
            Name = p.Lead?.FullName,
            LeadId = p.Lead?.Id,
            AssignedTo = p.Lead?.AssignedTo,
            // Nobody has to answer until the contact does.
            Status = ConversationStatus.Resolved,
            LastMessageAt = now,
            CreatedAt = now,
            SearchTerms = ContactNumbers.Terms(p.Lead?.FullName, null, p.Phone),
        }).ToList();
        if (missing.Count == 0)
        {
            return ids;
        }

        try
        {
            await scope.Db.Conversations.InsertManyAsync(missing, new InsertManyOptions { IsOrdered = false }, ct);
            missing.ForEach(c => ids[c.Phone!] = c.Id);
        }
        catch (MongoBulkWriteException<Conversation> e) when (e.WriteErrors.All(w => w.Category == ServerErrorCategory.DuplicateKey))
        {
            // Some wrote to us in this very moment, and have one now.
            var made = await scope.Db.Conversations.Find(Builders<Conversation>.Filter.In(c => c.Phone, missing.Select(c => c.Phone))).ToListAsync(ct);
            made.ForEach(c => ids[c.Phone!] = c.Id);
        }

        return ids;
    }

    private static async Task NoteLastAsync(TenantScope scope, List<Message> fresh, CancellationToken ct)
    {
        if (fresh.Count > 0)
        {
            await scope.Db.Conversations.BulkWriteAsync(
                fresh.Select(m => new UpdateOneModel<Conversation>(Builders<Conversation>.Filter.Eq(c => c.Id, m.ConversationId), Threads.Sent(m))), Unordered, ct);
        }
    }

    private async Task RecordAsync(TenantScope scope, Broadcast broadcast, IReadOnlyCollection<(Message Message, SendOutcome Outcome)> ends, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var messages = new List<UpdateOneModel<Message>>();
        var recipients = new List<UpdateOneModel<BroadcastRecipient>>();
        MessageError? stops = null;
        ends = [.. ends.Select(e => e.Outcome is SendOutcome.Later { InTheEnd: { } error } && e.Message.Attempts - e.Message.TooFast >= MostAttempts ? (e.Message, (SendOutcome)new SendOutcome.Failed(error)) : e)];
        foreach (var (message, outcome) in ends)
        {
            switch (outcome)
            {
                case SendOutcome.Sent accepted:
                    // A status may have come first; then it has set all of this already.
                    var news = new StatusNews(MessageStatus.Sent, now, accepted.Wamid);
                    messages.Add(MessageStatuses.Moving(message.Id, news, [news]));
                    recipients.Add(BroadcastTally.Moving(message.Id, RecipientStatus.Sent, news.Progress, null, now));
                    break;
                case SendOutcome.Failed failed:
                    await sending.FailedAsync(scope, message, failed.Error, ct);
                    recipients.Add(BroadcastTally.Moving(message.Id, RecipientStatus.Failed, new StatusNews(MessageStatus.Failed, now, null) { Error = failed.Error }.Progress, failed.Error, now));
                    stops = GraphError.Stops(failed.Error.Code) ? failed.Error : stops;
                    break;
                case SendOutcome.Later later:
                    recipients.Add(Update(message.Id, Builders<BroadcastRecipient>.Update.Set(r => r.RunAt, later.At).Set(r => r.Reason, later.Why)));
                    break;
            }
        }

        if (messages.Count > 0)
        {
            await scope.Db.Messages.BulkWriteAsync(messages, Unordered, ct);
        }

        await WriteAsync(scope, recipients, ct);
        await GuardAsync(scope, broadcast, ends, stops, ct);
    }

    /// <summary>Ends what was put back after the broadcast had been called off: nobody tries it again.</summary>
    private async Task CallOffAsync(TenantScope scope, IEnumerable<(Message Message, SendOutcome Outcome)> ends, CancellationToken ct)
    {
        foreach (var (message, _) in ends.Where(e => e.Outcome is SendOutcome.Later))
        {
            await sending.GiveUpAsync(scope, message.Id, Broadcast.CalledOff, ct);
        }
    }

    /// <summary>Stops a broadcast whose rest would only fail as well.</summary>
    private async Task GuardAsync(TenantScope scope, Broadcast broadcast, IReadOnlyCollection<(Message Message, SendOutcome Outcome)> ends, MessageError? stops, CancellationToken ct)
    {
        var failed = ends.Count(e => e.Outcome is SendOutcome.Failed);
        var ended = failed + ends.Count(e => e.Outcome is SendOutcome.Sent);
        var current = await scope.Db.Broadcasts.FindOneAndUpdateAsync<Broadcast>(
            b => b.Id == broadcast.Id, Builders<Broadcast>.Update.Inc(b => b.Attempted, ended).Inc(b => b.FailedAttempts, failed),
            new FindOneAndUpdateOptions<Broadcast> { ReturnDocument = ReturnDocument.After }, ct);
        if (current?.Status == BroadcastStatus.Cancelled)
        {
            await CallOffAsync(scope, ends, ct);
        }
        else if (stops is not null)
        {
            await tally.PauseAsync(scope, broadcast.Id, BroadcastTally.Stopped(stops), ct);
        }
        else if (current?.PauseIfFailureRateAbove is { } limit && BroadcastTally.TooMany(current.FailedAttempts, current.Attempted, limit))
        {
            await tally.PauseAsync(scope, broadcast.Id, BroadcastTally.StopLoss(limit), ct);
        }
    }

    private static UpdateOneModel<BroadcastRecipient> Update(ObjectId id, UpdateDefinition<BroadcastRecipient> update) => new(Builders<BroadcastRecipient>.Filter.Eq(r => r.Id, id), update);

    private static async Task WriteAsync(TenantScope scope, List<UpdateOneModel<BroadcastRecipient>> recipients, CancellationToken ct)
    {
        if (recipients.Count > 0)
        {
            await scope.Db.Recipients.BulkWriteAsync(recipients, Unordered, ct);
        }
    }
}
