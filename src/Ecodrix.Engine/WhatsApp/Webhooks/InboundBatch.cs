using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Scoring;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>A contact's message as Meta wrote it, and the value it stood in.</summary>
internal readonly record struct ToldMessage(JsonElement Value, JsonElement Message);

/// <summary>
/// Puts messages of contacts who are known into their conversations, all at once: a handful of commands however many they are. Most
/// messages are such. The steps and their order are those of <see cref="InboundMessages"/>, and every one may be repeated.
/// </summary>
internal sealed class InboundBatch(LeadWrites leads, ScoreRules scores, Threads threads, OptOuts optOuts, JobQueue queue, InboxFeed feed, TimeProvider clock)
{
    private static readonly BulkWriteOptions Unordered = new() { IsOrdered = false };

    /// <summary>Whether a message is new, and asks for nothing but to be put into a conversation.</summary>
    public static bool IsPlain(ToldMessage told, InboundKnown known) =>
        told.Message.Text("id") is { } wamid && !known.Wamids.ContainsKey(wamid) && told.Message.Text("type") is not ("reaction" or "system");

    /// <summary>Whether a message asks for nothing but to be put into a conversation that is complete.</summary>
    public static bool IsUsual(TenantScope scope, ToldMessage told, InboundKnown known) =>
        IsPlain(told, known)
        && InboundMessages.Sender(scope, told.Value, told.Message) is { Phone: { } phone } contact
        && known.Leads.TryGetValue(phone, out var lead) && lead.Status != LeadStatus.Archived
        && known.Conversations.TryGetValue(phone, out var conversation) && Threads.IsComplete(conversation, contact, lead);

    /// <summary>Takes usual messages in the order they came; the same one twice among them counts once.</summary>
    /// <returns>The wamids of those that are still to be taken: their conversation has gone since it was looked up, deleted or into another.</returns>
    public async Task<IReadOnlySet<string>> TakeAsync(TenantScope scope, IEnumerable<ToldMessage> usual, InboundKnown known, CancellationToken ct)
    {
        var told = usual.DistinctBy(u => u.Message.Text("id")).ToList();
        if (told.Count == 0)
        {
            return new HashSet<string>();
        }

        var now = clock.GetUtcNow().UtcDateTime;
        var messages = told.ConvertAll(t => Read(scope, t, known, now));
        KeepOrder(messages, known, now);
        await ReplyToAsync(scope, told, messages, ct);

        // Before the messages themselves: after a crash between the two the repeat counts them no second time.
        var conversations = await threads.ReceivedAsync(scope, messages, ct);
        var left = messages.FindAll(m => !conversations.ContainsKey(m.ConversationId));
        left.ForEach(m => known.Forget(m.Phone));
        await KeepAsync(scope, messages.FindAll(m => conversations.ContainsKey(m.ConversationId)), conversations, known, ct);
        return left.Select(m => m.Wamid!).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Keeps messages that are noted on their conversations, and does what follows from them.</summary>
    private async Task KeepAsync(TenantScope scope, List<Message> messages, Dictionary<ObjectId, Conversation> conversations, InboundKnown known, CancellationToken ct)
    {
        if (messages.Count == 0)
        {
            return;
        }

        await NoteContactAsync(scope, messages, known, ct);
        var isNew = await InsertAsync(scope, messages, ct);
        await queue.EnqueueAsync(scope, [.. messages.Where(m => m.Media?.MetaId is not null).Select(InboundMediaJob.For)], ct);
        foreach (var message in messages)
        {
            var conversation = conversations[message.ConversationId];
            if (isNew.Contains(message.Id))
            {
                if (message.Type is "text" or "button" && await optOuts.ReadAsync(scope, message.Text, ct) is { } wish)
                {
                    conversation = conversations[conversation.Id] = await optOuts.SetAsync(scope, conversation, wish, message.SentAt!.Value, ct);
                }

                feed.Received(scope, conversation, message);
            }

            known.Met(message.Phone, conversation);
            // Last: where this is cut off, each is taken by itself, and what follows from it done again.
            known.Wamids[message.Wamid!] = true;
        }

        foreach (var id in messages.Where(m => isNew.Contains(m.Id)).Select(m => m.ConversationId).Distinct())
        {
            feed.Changed(scope, conversations[id], "message");
        }
    }

    private static Message Read(TenantScope scope, ToldMessage told, InboundKnown known, DateTime now)
    {
        var contact = InboundMessages.Sender(scope, told.Value, told.Message)!;
        var writtenAt = told.Message.Time("timestamp") ?? now;
        var read = InboundContent.Read(told.Message, told.Message.Text("id")!);
        read.ConversationId = known.Conversations[contact.Phone!].Id;
        read.Phone = contact.Phone;
        (read.CreatedAt, read.SentAt) = (now, writtenAt);
        return read;
    }

    /// <summary>What would have the same place in a thread is read in the order it came: after those of an earlier batch, and each after the one before it.</summary>
    private static void KeepOrder(List<Message> messages, InboundKnown known, DateTime now)
    {
        var taken = new HashSet<(ObjectId, DateTime)>();
        foreach (var message in messages)
        {
            message.At = InboundMessages.Place(message.SentAt!.Value, now, known.Conversations[message.Phone!]);
            while (!taken.Add((message.ConversationId, message.At)))
            {
                message.At = message.At.AddMilliseconds(1);
            }
        }
    }

    private static async Task ReplyToAsync(TenantScope scope, List<ToldMessage> told, List<Message> messages, CancellationToken ct)
    {
        var replies = told.Zip(messages).Select(p => (Wamid: p.First.Message.Get("context")?.Text("id"), Reply: p.Second)).Where(p => p.Wamid is not null).ToList();
        if (replies.Count == 0)
        {
            return;
        }

        var among = messages.ToDictionary(m => m.Wamid!, StringComparer.Ordinal);
        foreach (var found in await scope.Db.Messages.Find(Builders<Message>.Filter.In("wamid", replies.Select(r => r.Wamid).Distinct())).ToListAsync(ct))
        {
            among[found.Wamid!] = found;
        }

        foreach (var (wamid, reply) in replies)
        {
            reply.ReplyTo = InboundMessages.Reply(wamid!, among.GetValueOrDefault(wamid!));
        }
    }

    private async Task NoteContactAsync(TenantScope scope, List<Message> messages, InboundKnown known, CancellationToken ct)
    {
        var counts = await scores.CountContactAsync(scope, ct);
        var writes = new List<UpdateOneModel<Lead>>();
        foreach (var one in messages.GroupBy(m => m.Phone!))
        {
            var (lead, last) = (known.Leads[one.Key], one.Max(m => m.SentAt!.Value));
            if (InboundMessages.IsContact(lead, last))
            {
                lead.LastContactedAt = last;
                if (counts)
                {
                    await leads.TouchAsync(scope, lead.Id, last, ct);
                    continue;
                }

                var contact = new BsonDocument { ["lastContactedAt"] = last, ["silentSince"] = last };
                writes.Add(new UpdateOneModel<Lead>(new BsonDocument("_id", lead.Id), new BsonDocument("$max", contact)));
            }
        }

        if (writes.Count > 0)
        {
            await scope.Db.Leads.BulkWriteAsync(writes, Unordered, ct);
        }
    }

    /// <summary>Keeps the messages, and answers which of them were not here before.</summary>
    private static async Task<HashSet<ObjectId>> InsertAsync(TenantScope scope, List<Message> messages, CancellationToken ct)
    {
        var isNew = messages.Select(m => m.Id).ToHashSet();
        try
        {
            await scope.Db.Messages.InsertManyAsync(messages, new InsertManyOptions { IsOrdered = false }, ct);
        }
        catch (MongoBulkWriteException<Message> e) when (e.WriteConcernError is null && e.WriteErrors.All(w => w.Category == ServerErrorCategory.DuplicateKey))
        {
            foreach (var error in e.WriteErrors)
            {
                isNew.Remove(messages[error.Index].Id);
            }
        }

        return isNew;
    }
}
