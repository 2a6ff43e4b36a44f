using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Puts what contacts write into their conversations, and makes leads of those who are new. Every step may be repeated.</summary>
internal sealed class InboundMessages(LeadIntake leads, LeadWrites writes, Threads threads, OptOuts optOuts, ContactChanges contacts, JobQueue queue, InboxFeed feed, TimeProvider clock)
{
    private static readonly TimeSpan JustNow = TimeSpan.FromSeconds(5);

    /// <summary>Days are counted from the last contact, so a minute is exact enough, and saves a write for each message of a lively chat.</summary>
    private static readonly TimeSpan ContactedNoted = TimeSpan.FromMinutes(1);

    /// <summary>Looks up at once what many messages will ask for one by one.</summary>
    public async Task<InboundKnown> KnownAsync(TenantScope scope, IReadOnlyCollection<ToldMessage> messages, CancellationToken ct)
    {
        var known = new InboundKnown();
        if (messages.Count == 0)
        {
            return known;
        }

        var wamids = messages.Select(m => m.Message.Text("id")).OfType<string>().Distinct().ToList();
        var phones = messages.Select(m => Sender(scope, m.Value, m.Message)?.Phone).OfType<string>().Distinct().ToList();
        foreach (var wamid in await scope.Db.Messages.Find(Builders<Message>.Filter.In("wamid", wamids)).Project<BsonDocument>(new BsonDocument { ["_id"] = 0, ["wamid"] = 1 }).ToListAsync(ct))
        {
            known.Wamids[wamid["wamid"].AsString] = false;
        }

        var variants = ContactNumbers.AllVariants(phones);
        var theirs = (await scope.Db.Leads.Find(Builders<Lead>.Filter.In("phone", variants)).ToListAsync(ct)).ToDictionary(l => l.Phone!, StringComparer.Ordinal);
        foreach (var phone in phones)
        {
            known.Looked.Add(phone);
            if (ContactNumbers.Among(theirs, phone).FirstOrDefault() is { } lead)
            {
                known.Leads[phone] = lead;
            }
        }

        await KnowByOtherPhonesAsync(scope, [.. phones.Where(p => !known.Leads.ContainsKey(p))], known, ct);
        var conversations = (await scope.Db.Conversations.Find(Builders<Conversation>.Filter.In("phone", variants)).ToListAsync(ct)).ToDictionary(c => c.Phone!, StringComparer.Ordinal);
        var unmet = new List<string>();
        foreach (var phone in phones)
        {
            switch (ContactNumbers.Among(conversations, phone).ToList())
            {
                case []:
                    unmet.Add(phone);
                    break;
                case [var conversation]:
                    // Two in different writings of one number become one where it is looked up by itself.
                    known.Conversations[phone] = conversation;
                    break;
            }
        }

        await MeetByOtherPhonesAsync(scope, unmet, known, ct);
        return known;
    }

    /// <summary>The conversations whose contact has a number beside the first one; and notes who has none at all.</summary>
    private static async Task MeetByOtherPhonesAsync(TenantScope scope, List<string> phones, InboundKnown known, CancellationToken ct)
    {
        if (phones.Count == 0)
        {
            return;
        }

        var found = await scope.Db.Conversations.Find(Builders<Conversation>.Filter.AnyIn(c => c.OtherPhones, ContactNumbers.AllVariants(phones))).ToListAsync(ct);
        foreach (var phone in phones)
        {
            switch (found.FindAll(c => c.HasPhone(phone)))
            {
                case []:
                    known.Unmet.Add(phone);
                    break;
                case [var conversation]:
                    known.Conversations[phone] = conversation;
                    break;
            }
        }
    }

    /// <summary>The leads that took a number over: see <see cref="LeadIntake.ByAnyPhoneAsync"/>.</summary>
    private static async Task KnowByOtherPhonesAsync(TenantScope scope, List<string> phones, InboundKnown known, CancellationToken ct)
    {
        if (phones.Count == 0)
        {
            return;
        }

        foreach (var lead in await scope.Db.Leads.Find(Builders<Lead>.Filter.AnyIn(l => l.OtherPhones, ContactNumbers.AllVariants(phones))).ToListAsync(ct))
        {
            foreach (var phone in phones.Where(p => ContactNumbers.Variants(p).Any(lead.OtherPhones.Contains)))
            {
                known.Leads.TryAdd(phone, lead);
            }
        }
    }

    /// <summary>The id of the lead that is made of a contact.</summary>
    public static ObjectId LeadId(string phone) => Ids.From("inbound", phone);

    /// <summary>What the lead of a contact is made from.</summary>
    public static NewLead NewLead(TenantScope scope, Contact contact) =>
        new() { FirstName = contact.Name, Phone = ContactNumbers.Dialled(contact.Phone!, scope.Settings.Country), Source = "whatsapp" };

    /// <summary>Takes one message of a webhook; one that is already there changes nothing.</summary>
    /// <returns>False where it must be tried again, because what it refers to is not here yet.</returns>
    public async Task<bool> TakeAsync(TenantScope scope, JsonElement value, JsonElement message, InboundKnown known, bool lastTry, CancellationToken ct)
    {
        if (message.Text("id") is not { } wamid || Sender(scope, value, message) is not { } contact)
        {
            return true;
        }

        if (message.Text("type") == "reaction")
        {
            return await ReactionAsync(scope, contact, message, lastTry, ct);
        }

        if (!known.Wamids.TryGetValue(wamid, out var settled))
        {
            await PutAsync(scope, contact, message, wamid, known, ct);
        }
        else if (!settled)
        {
            await FollowUpAsync(scope, wamid, ct);
        }

        known.Wamids[wamid] = true;

        if (message.Text("type") == "system")
        {
            // After it is kept: it belongs to the conversation under its old name.
            await contacts.TakeAsync(scope, contact, message, ct);
            known.Forget(contact.Phone);
        }

        return true;
    }

    /// <summary>Keeps a message that was sent from WhatsApp's own app on the business's phone.</summary>
    public async Task EchoAsync(TenantScope scope, JsonElement message, CancellationToken ct)
    {
        if (message.Text("id") is not { } wamid || message.Text("to") is not { } to)
        {
            return;
        }

        if (await scope.Db.Messages.Find(m => m.Wamid == wamid).AnyAsync(ct))
        {
            await FollowUpAsync(scope, wamid, ct);
            return;
        }

        var contact = new Contact(ContactNumbers.Of(to, scope.Settings.Country), null);
        var lead = await LeadIntake.ByAnyPhoneAsync(scope, contact.Phone!, ct);
        var conversation = await threads.FindOrMakeAsync(scope, contact, lead?.Id, lead?.AssignedTo, ct);
        var now = clock.GetUtcNow().UtcDateTime;
        var sent = InboundContent.Read(message, wamid);
        sent.ConversationId = conversation.Id;
        sent.Direction = MessageDirection.Out;
        sent.Phone = contact.Phone;
        (sent.Status, sent.Progress) = (MessageStatus.Sent, MessageProgress.Of(MessageStatus.Sent));
        sent.SentBy = new Sender { Kind = SenderKind.Agent, Name = "WhatsApp Business app" };
        (sent.CreatedAt, sent.At, sent.SentAt) = (now, Place(message.Time("timestamp") ?? now, now, conversation), message.Time("timestamp") ?? now);
        // Before the message itself: after a crash between the two the repeat does both.
        while (!await threads.EchoedAsync(scope, sent, ct))
        {
            // It has gone since, deleted or into another of the same contact.
            conversation = await threads.FindOrMakeAsync(scope, contact, lead?.Id, lead?.AssignedTo, ct);
            sent.ConversationId = conversation.Id;
        }

        if (await InsertAsync(scope, sent, ct))
        {
            await FetchMediaAsync(scope, sent, ct);
            feed.Changed(scope, conversation, "message");
        }
    }

    private async Task PutAsync(TenantScope scope, Contact contact, JsonElement message, string wamid, InboundKnown known, CancellationToken ct)
    {
        var lead = contact.Phone is null ? null : await LeadAsync(scope, contact, contact.Phone, known, ct);
        var conversation = contact.Phone is not null && known.Conversations.TryGetValue(contact.Phone, out var met) && Threads.IsComplete(met, contact, lead)
            ? met
            : await threads.FindOrMakeAsync(scope, contact, lead?.Id, lead?.AssignedTo, ct);
        var now = clock.GetUtcNow().UtcDateTime;
        var writtenAt = message.Time("timestamp") ?? now;
        var read = InboundContent.Read(message, wamid);
        read.ConversationId = conversation.Id;
        read.Phone = contact.Phone;
        read.UserId = contact.Phone is null ? contact.UserId : null;
        (read.CreatedAt, read.At, read.SentAt) = (now, Place(writtenAt, now, conversation), writtenAt);
        read.ReplyTo = await ReplyAsync(scope, message, ct);

        if (read.Type is not "system")
        {
            // Before the message itself: after a crash between the two the repeat counts it no second time.
            conversation = await ReceiveAsync(scope, contact, lead, conversation, read, ct);
            known.Met(contact.Phone, conversation);
            if (lead is not null && IsContact(lead, writtenAt))
            {
                lead.LastContactedAt = writtenAt;
                await writes.TouchAsync(scope, lead.Id, writtenAt, ct);
            }
        }

        if (!await InsertAsync(scope, read, ct))
        {
            await FollowUpAsync(scope, wamid, ct);
            return;
        }

        if (read.Type is "text" or "button" && await optOuts.ReadAsync(scope, read.Text, ct) is { } wish)
        {
            conversation = await optOuts.SetAsync(scope, conversation, wish, writtenAt, ct);
        }

        await FetchMediaAsync(scope, read, ct);
        feed.Received(scope, conversation, read);
        feed.Changed(scope, conversation, "message");
    }

    /// <summary>Notes a message on its conversation; where that has gone since, deleted or into another of the same contact, on the one there is now.</summary>
    private async Task<Conversation> ReceiveAsync(TenantScope scope, Contact contact, Lead? lead, Conversation conversation, Message read, CancellationToken ct)
    {
        while (true)
        {
            if (await threads.ReceivedAsync(scope, conversation.Id, read, read.SentAt!.Value, ct) is { } noted)
            {
                return noted;
            }

            if (await scope.Db.Conversations.FindByIdAsync(conversation.Id, ct) is { } counted)
            {
                return counted;
            }

            conversation = await threads.FindOrMakeAsync(scope, contact, lead?.Id, lead?.AssignedTo, ct);
            read.ConversationId = conversation.Id;
        }
    }

    /// <summary>
    /// Does again what follows from a message that is already here: a crash may have come after it was kept. All else is written before
    /// the message is, so it cannot be missing.
    /// </summary>
    private async Task FollowUpAsync(TenantScope scope, string wamid, CancellationToken ct)
    {
        if (await scope.Db.Messages.Find(m => m.Wamid == wamid).FirstOrDefaultAsync(ct) is not { } kept)
        {
            return;
        }

        if (kept.Media is { State: MediaState.Pending })
        {
            await FetchMediaAsync(scope, kept, ct);
        }

        if (kept is { Direction: MessageDirection.In, Type: "text" or "button", SentAt: { } writtenAt } && await optOuts.ReadAsync(scope, kept.Text, ct) is { } wish
            && await scope.Db.Conversations.FindByIdAsync(kept.ConversationId, ct) is { } conversation)
        {
            await optOuts.RepeatAsync(scope, conversation, wish, writtenAt, ct);
        }
    }

    private async Task<Lead?> LeadAsync(TenantScope scope, Contact contact, string phone, InboundKnown known, CancellationToken ct)
    {
        if (known.Leads.TryGetValue(phone, out var met) && met.Status != LeadStatus.Archived)
        {
            return met;
        }

        var make = NewLead(scope, contact);
        var lead = (await leads.FindOrMakeAsync(scope, make.Phone, null, make, LeadId(phone), ct))?.Lead;
        if (lead is not null)
        {
            known.Leads[phone] = lead;
        }

        return lead;
    }

    private async Task<bool> ReactionAsync(TenantScope scope, Contact contact, JsonElement message, bool lastTry, CancellationToken ct)
    {
        var target = message.Get("reaction")?.Text("message_id");
        var now = clock.GetUtcNow().UtcDateTime;
        var at = message.Time("timestamp") ?? now;
        var found = target is null ? null : await scope.Db.Messages.Find(m => m.Wamid == target).FirstOrDefaultAsync(ct);
        if (found is null)
        {
            // The message it is about may be on its way in another webhook.
            return lastTry || target is null || now - at > TimeSpan.FromDays(30);
        }

        if (found.Reactions.Exists(r => r.From == MessageDirection.In && r.At > at))
        {
            return true;
        }

        var changed = await MessageMarks.SetAsync(scope, found.Id, MessageDirection.In, message.Get("reaction")?.Text("emoji") ?? "", at, ct);
        if (await threads.FindAsync(scope, contact, ct) is { } conversation)
        {
            await scope.Db.Conversations.UpdateOneAsync(
                c => c.Id == conversation.Id, Builders<Conversation>.Update.Max(c => c.WindowExpiresAt, at.AddHours(24)).Max(c => c.LastInboundAt, at), null, ct);
        }

        if (changed is not null)
        {
            await feed.StatusAsync(scope, changed, ct);
        }

        return true;
    }

    /// <summary>Who wrote: by number, by user id, or both; the name from the list beside the messages.</summary>
    public static Contact? Sender(TenantScope scope, JsonElement value, JsonElement message)
    {
        var (from, userId) = (message.Text("from"), message.Text("from_user_id"));
        var card = value.Items("contacts").FirstOrDefault(c => (from is not null && c.Text("wa_id") == from) || (userId is not null && c.Text("user_id") == userId));
        if (card.ValueKind == JsonValueKind.Undefined && value.Items("messages").Count() == 1)
        {
            card = value.Items("contacts").FirstOrDefault();
        }

        userId ??= card.Text("user_id");
        from ??= card.Text("wa_id");
        return from is null && userId is null
            ? null
            : new Contact(from is null ? null : ContactNumbers.Of(from, scope.Settings.Country), userId, card.Get("profile")?.Text("name"), card.Get("profile")?.Text("username"));
    }

    private static async Task<ReplyRef?> ReplyAsync(TenantScope scope, JsonElement message, CancellationToken ct)
    {
        if (message.Get("context")?.Text("id") is not { } wamid)
        {
            return null;
        }

        return Reply(wamid, await scope.Db.Messages.Find(m => m.Wamid == wamid).FirstOrDefaultAsync(ct));
    }

    /// <summary>What a reply shows of the message it answers; null is one that is not here.</summary>
    public static ReplyRef Reply(string wamid, Message? answered) =>
        new() { Wamid = wamid, MessageId = answered?.Id, Text = answered is null ? null : Threads.Snippet(answered.Text ?? $"[{answered.Type}]") };

    /// <summary>Whether a message moves the time of a lead's last contact by so much that it is written.</summary>
    public static bool IsContact(Lead lead, DateTime writtenAt) => !(lead.LastContactedAt > writtenAt - ContactedNoted);

    /// <summary>
    /// Where a message stands in its thread. Meta tells whole seconds: for what was written just now, when it came is more exact, so that
    /// it stands after our own of the same second; and what comes after another of that second stands after it.
    /// </summary>
    public static DateTime Place(DateTime writtenAt, DateTime now, Conversation conversation)
    {
        var place = now - writtenAt < JustNow && writtenAt <= now ? now : writtenAt;
        // The store keeps milliseconds: two moments within one would be the same place.
        place = place.AddTicks(-(place.Ticks % TimeSpan.TicksPerMillisecond));
        var last = conversation.LastMessageAt;
        return last >= place && last - place < TimeSpan.FromSeconds(1) ? last.AddMilliseconds(1) : place;
    }

    private static async Task<bool> InsertAsync(TenantScope scope, Message message, CancellationToken ct)
    {
        try
        {
            await scope.Db.Messages.InsertOneAsync(message, null, ct);
            return true;
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            return false;
        }
    }

    private Task FetchMediaAsync(TenantScope scope, Message message, CancellationToken ct) => message.Media?.MetaId is null
        ? Task.CompletedTask
        : queue.EnqueueAsync(scope, [InboundMediaJob.For(message)], ct);
}
