using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Who a conversation is with: at least one of phone and user id is known.</summary>
internal sealed record Contact(string? Phone, string? UserId, string? Name = null, string? Username = null);

/// <summary>Keeps one conversation for each contact, however many first messages come at once and by whichever of its names.</summary>
internal sealed class Threads(TimeProvider clock)
{
    private const int SnippetLength = 120;
    private const int RecentKept = 20;

    private static readonly FilterDefinitionBuilder<Conversation> Where = Builders<Conversation>.Filter;
    private static readonly FindOneAndUpdateOptions<Conversation> After = new() { ReturnDocument = ReturnDocument.After };

    /// <summary>The beginning of a text, for lists.</summary>
    public static string? Snippet(string? text) => text is null ? null : Texts.Cut(text, SnippetLength);

    /// <summary>The conversation with a contact, if there is one.</summary>
    public async Task<Conversation?> FindAsync(TenantScope scope, Contact contact, CancellationToken ct)
    {
        var found = await scope.Db.Conversations.Find(Matching(contact)).Limit(4).ToListAsync(ct);
        return found.Count <= 1 ? found.FirstOrDefault() : await MergeAsync(scope, contact, found, ct);
    }

    /// <summary>As <see cref="FindAsync"/>, but changes nothing: two conversations that turn out to be one stay two.</summary>
    public Task<Conversation?> LookAsync(TenantScope scope, Contact contact, CancellationToken ct) =>
        scope.Db.Conversations.Find(Matching(contact)).FirstOrDefaultAsync(ct)!;

    /// <summary>The conversation with a contact, made if there is none; what has become known of the contact is added.</summary>
    public async Task<Conversation> FindOrMakeAsync(TenantScope scope, Contact contact, ObjectId? leadId, string? owner, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                if (await FindAsync(scope, contact, ct) is { } found)
                {
                    return await CompleteAsync(scope, found, contact, leadId, owner, ct);
                }

                var made = New(contact, leadId, owner);
                await scope.Db.Conversations.InsertOneAsync(made, null, ct);
                return made;
            }
            catch (MongoException e) when (IsDuplicate(e))
            {
                // Somebody made or completed it in between, and now it can be found.
            }
        }
    }

    /// <summary>Makes the conversations of contacts of whom none has one, all at once.</summary>
    /// <returns>Those that were made: one whose contact turns out to have one is not among them.</returns>
    public async Task<IReadOnlyList<Conversation>> MakeManyAsync(TenantScope scope, IReadOnlyList<(Contact Contact, Leads.Lead Lead)> contacts, CancellationToken ct)
    {
        if (contacts.Count == 0)
        {
            return [];
        }

        List<Conversation> made = [.. contacts.Select(c => New(c.Contact, c.Lead.Id, c.Lead.AssignedTo))];
        try
        {
            await scope.Db.Conversations.InsertManyAsync(made, new InsertManyOptions { IsOrdered = false }, ct);
            return made;
        }
        catch (MongoBulkWriteException<Conversation> e) when (e.WriteConcernError is null && IsDuplicate(e))
        {
            var taken = e.WriteErrors.Select(w => w.Index).ToHashSet();
            return [.. made.Where((_, at) => !taken.Contains(at))];
        }
    }

    private Conversation New(Contact contact, ObjectId? leadId, string? owner)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return new Conversation
        {
            Id = ObjectId.GenerateNewId(),
            Phone = contact.Phone,
            UserId = contact.UserId,
            Name = contact.Name,
            Username = contact.Username,
            LeadId = leadId,
            AssignedTo = owner,
            LastMessageAt = now,
            CreatedAt = now,
            SearchTerms = ContactNumbers.Terms(contact.Name, contact.Username, contact.Phone),
        };
    }

    /// <summary>Adds user ids to the conversations with the contacts' numbers: most at once, and one by one where it is not just that. Makes none.</summary>
    public async Task LearnUserIdsAsync(TenantScope scope, IReadOnlyCollection<Contact> contacts, CancellationToken ct)
    {
        var phones = contacts.SelectMany(c => ContactNumbers.Variants(c.Phone!)).Distinct(StringComparer.Ordinal);
        var found = (await scope.Db.Conversations.Find(WithPhone([.. phones])).ToListAsync(ct)).SelectMany(c => c.Phones.Select(p => (Phone: p, Conversation: c)))
            .ToLookup(p => p.Phone, p => p.Conversation, StringComparer.Ordinal);
        var (plain, others) = (new List<(Contact Contact, ObjectId Conversation)>(), new List<Contact>());
        foreach (var contact in contacts)
        {
            switch (ContactNumbers.Variants(contact.Phone!).SelectMany(p => found[p]).DistinctBy(c => c.Id).ToList())
            {
                case [{ UserId: null } one]:
                    plain.Add((contact, one.Id));
                    break;
                case [_, ..] several when several.Exists(c => c.UserId != contact.UserId):
                    others.Add(contact);
                    break;
            }
        }

        try
        {
            await AddUserIdsAsync(scope, plain, ct);
        }
        catch (MongoException e) when (IsDuplicate(e))
        {
            // Somebody else's conversation has one of them: the two are one contact's.
            others.AddRange(plain.Select(p => p.Contact));
        }

        foreach (var contact in others)
        {
            await FindOrMakeAsync(scope, contact, null, null, ct);
        }
    }

    private static async Task AddUserIdsAsync(TenantScope scope, List<(Contact Contact, ObjectId Conversation)> all, CancellationToken ct)
    {
        if (all.Count > 0)
        {
            await scope.Db.Conversations.BulkWriteAsync(
                all.Select(p => new UpdateOneModel<Conversation>(
                    new BsonDocument { ["_id"] = p.Conversation, ["userId"] = BsonNull.Value }, new BsonDocument("$set", new BsonDocument("userId", p.Contact.UserId)))),
                new BulkWriteOptions { IsOrdered = false },
                ct);
        }
    }

    /// <summary>Whether nothing that is known of a contact has to be added to its conversation.</summary>
    public static bool IsComplete(Conversation conversation, Contact contact, Leads.Lead? lead) =>
        (contact.Phone is null || conversation.HasPhone(contact.Phone)) && (contact.UserId is null || conversation.UserId == contact.UserId)
        && (string.IsNullOrEmpty(contact.Name) || conversation.Name == contact.Name) && (string.IsNullOrEmpty(contact.Username) || conversation.Username == contact.Username)
        && (lead is null || (conversation.LeadId == lead.Id && (conversation.AssignedTo is not null || lead.AssignedTo is null)));

    /// <summary>Notes a message of the contact: unread, open again, window renewed. The same message twice counts once.</summary>
    public Task<Conversation?> ReceivedAsync(TenantScope scope, ObjectId conversationId, Message message, DateTime writtenAt, CancellationToken ct) =>
        scope.Db.Conversations.FindOneAndUpdateAsync<Conversation>(NotYet(conversationId, message), Received(message, writtenAt), After, ct)!;

    /// <summary>As for one message, for many whose conversations are known, all at once and in order.</summary>
    /// <returns>Their conversations as they are now, by id.</returns>
    public async Task<Dictionary<ObjectId, Conversation>> ReceivedAsync(TenantScope scope, IReadOnlyCollection<Message> messages, CancellationToken ct)
    {
        await scope.Db.Conversations.BulkWriteAsync(
            messages.Select(m => new UpdateOneModel<Conversation>(NotYet(m.ConversationId, m), Received(m, m.SentAt ?? m.At))), new BulkWriteOptions { IsOrdered = true }, ct);
        var found = await scope.Db.Conversations.Find(Where.In("_id", messages.Select(m => m.ConversationId).Distinct())).ToListAsync(ct);
        return found.ToDictionary(c => c.Id);
    }

    /// <summary>Notes a message to the contact that is sent now.</summary>
    /// <returns>Whether the conversation is there.</returns>
    public async Task<bool> SentAsync(TenantScope scope, Message message, CancellationToken ct) =>
        (await scope.Db.Conversations.UpdateOneAsync(c => c.Id == message.ConversationId, Sent(message), null, ct)).MatchedCount > 0;

    /// <summary>Notes a message to the contact that was sent elsewhere, perhaps before others that are here.</summary>
    /// <returns>Whether the conversation is there.</returns>
    public async Task<bool> EchoedAsync(TenantScope scope, Message message, CancellationToken ct) =>
        (await scope.Db.Conversations.UpdateOneAsync(c => c.Id == message.ConversationId, Echoed(message), null, ct)).MatchedCount > 0;

    /// <summary>What a message to the contact that is sent now changes.</summary>
    public static UpdateDefinition<Conversation> Sent(Message message)
    {
        var update = Builders<Conversation>.Update.Set(c => c.LastMessage, Preview(message)).Set(c => c.LastMessageId, message.Id).Max(c => c.LastMessageAt, message.At);
        return IsAnswer(message) ? update.Set(c => c.AwaitsReply, false).Max(c => c.AnsweredAt, message.At) : update;
    }

    private static string Preview(Message message) => Snippet(message.Text ?? (message.Template is { } template ? $"[template] {template.Name}" : $"[{message.Type}]"))!;

    private static bool IsAnswer(Message message) => message.SentBy?.Kind is SenderKind.Agent or SenderKind.Api;

    private static BsonDocument NotYet(ObjectId conversationId, Message message) => new() { ["_id"] = conversationId, ["recent"] = new BsonDocument("$ne", message.Id) };

    /// <summary>
    /// What a message of the contact changes. It may come late: what is shown last stays, and one that came before an answer, or before
    /// others of the contact that somebody has dealt with since, asks for nothing.
    /// </summary>
    // Written by hand, as every message of every contact comes by here.
    private static UpdateDefinition<Conversation> Received(Message message, DateTime writtenAt) => InOne(
        new BsonDocument
        {
            ["lastInboundAt"] = Latest("lastInboundAt", writtenAt),
            ["windowExpiresAt"] = Latest("windowExpiresAt", writtenAt.AddHours(24)),
            ["unreadCount"] = new BsonDocument("$add", new BsonArray { Or("unreadCount", 0), 1 }),
            ["recent"] = new BsonDocument("$slice", new BsonArray { new BsonDocument("$concatArrays", new BsonArray { Or("recent", new BsonArray()), new BsonArray { message.Id } }), -RecentKept }),
        },
        Shown(message),
        If(
            new BsonDocument("$and", new BsonArray { NotAfter("lastInboundAt", writtenAt), NotAfter("answeredAt", message.At) }),
            new BsonDocument { ["status"] = ConversationStatus.Open.Word(), ["awaitsReply"] = true, ["blocked"] = false, ["snoozedUntil"] = BsonNull.Value }));

    private static UpdateDefinition<Conversation> Echoed(Message message) => InOne(
        new BsonDocument("answeredAt", Latest("answeredAt", message.At)),
        Shown(message),
        If(NotAfter("lastInboundAt", message.At), new BsonDocument("awaitsReply", false)));

    /// <summary>Shows a message as the last one, unless another is later.</summary>
    private static BsonDocument Shown(Message message)
    {
        // A conversation without a message has the time when it was made, which may be after a message that comes late was written.
        var first = new BsonDocument("$lte", new BsonArray { "$lastMessageId", BsonNull.Value });
        return If(
            new BsonDocument("$or", new BsonArray { first, NotAfter("lastMessageAt", message.At) }),
            new BsonDocument { ["lastMessage"] = Preview(message), ["lastMessageId"] = message.Id, ["lastMessageAt"] = message.At });
    }

    /// <summary>Whether a time of the conversation, if it has it, is no later than another.</summary>
    private static BsonDocument NotAfter(string field, DateTime at) => new("$lte", new BsonArray { $"${field}", at });

    private static BsonDocument Latest(string field, DateTime at) => new("$max", new BsonArray { $"${field}", at });

    private static BsonDocument Or(string field, BsonValue none) => new("$ifNull", new BsonArray { $"${field}", none });

    private static BsonDocument If(BsonDocument condition, BsonDocument set) => new("$cond", new BsonArray { condition, new BsonDocument("$literal", set), new BsonDocument() });

    /// <summary>All changes by the state before: conditions see none of them.</summary>
    private static UpdateDefinition<Conversation> InOne(params BsonDocument[] changes) => Builders<Conversation>.Update.Pipeline(
        new BsonDocument[] { new("$replaceWith", new BsonDocument("$mergeObjects", new BsonArray(changes.Prepend<BsonValue>("$$ROOT")))) });

    /// <summary>The conversations that have one of some numbers, as the contact's first or another.</summary>
    public static FilterDefinition<Conversation> WithPhone(IReadOnlyList<string> phones) =>
        phones.Count == 1 ? Where.Eq(c => c.Phone, phones[0]) | Where.AnyEq(c => c.OtherPhones, phones[0]) : Where.In(c => c.Phone, phones) | Where.AnyIn(c => c.OtherPhones, phones);

    private static FilterDefinition<Conversation> Matching(Contact contact)
    {
        var byPhone = WithPhone(contact.Phone is null ? [] : ContactNumbers.Variants(contact.Phone));
        var byUser = Where.Eq(c => c.UserId, contact.UserId);
        return (contact.Phone, contact.UserId) switch
        {
            (not null, not null) => byPhone | byUser,
            (not null, null) => byPhone,
            _ => byUser,
        };
    }

    /// <summary>Adds what has become known: the other of the two names, the lead, and its owner where nobody answers yet.</summary>
    private static async Task<Conversation> CompleteAsync(
        TenantScope scope, Conversation found, Contact contact, ObjectId? leadId, string? owner, CancellationToken ct)
    {
        var changes = new List<UpdateDefinition<Conversation>>();
        var update = Builders<Conversation>.Update;
        Add(found.Phone is null && contact.Phone is not null, update.Set(c => c.Phone, contact.Phone));
        Add(contact.UserId is not null && found.UserId != contact.UserId, update.Set(c => c.UserId, contact.UserId));
        Add(!string.IsNullOrEmpty(contact.Name) && found.Name != contact.Name, update.Set(c => c.Name, contact.Name));
        Add(!string.IsNullOrEmpty(contact.Username) && found.Username != contact.Username, update.Set(c => c.Username, contact.Username));
        if (changes.Count > 0)
        {
            changes.Add(update.Set(c => c.SearchTerms, ContactNumbers.Terms(
                string.IsNullOrEmpty(contact.Name) ? found.Name : contact.Name, contact.Username ?? found.Username, found.Phone ?? contact.Phone)));
        }

        Add(leadId is not null && found.LeadId != leadId, update.Set(c => c.LeadId, leadId));
        Add(found.AssignedTo is null && owner is not null, update.Set(c => c.AssignedTo, owner));
        return changes.Count == 0
            ? found
            : await scope.Db.Conversations.FindOneAndUpdateAsync(Where.Eq(c => c.Id, found.Id), update.Combine(changes), After, ct) ?? found;

        void Add(bool needed, UpdateDefinition<Conversation> change)
        {
            if (needed)
            {
                changes.Add(change);
            }
        }
    }

    /// <summary>
    /// Two conversations turn out to be one contact's: the messages of the other go into the one with the phone number, then it goes.
    /// Safe to repeat at any point.
    /// </summary>
    private static async Task<Conversation> MergeAsync(TenantScope scope, Contact contact, List<Conversation> found, CancellationToken ct)
    {
        var keep = found.Find(c => c.Phone == contact.Phone && c.Phone is not null) ?? found.Find(c => c.Phone is not null) ?? found[0];
        foreach (var other in found.Where(c => c.Id != keep.Id))
        {
            if (other.Phone is not null && contact.Phone is not null && !other.HasPhone(contact.Phone))
            {
                // Another number had this user id before: it keeps its history and loses the id.
                await scope.Db.Conversations.UpdateOneAsync(c => c.Id == other.Id, Builders<Conversation>.Update.Unset(c => c.UserId), null, ct);
                continue;
            }

            keep = await AbsorbAsync(scope, keep, other, ct);
        }

        return keep;
    }

    /// <summary>
    /// Puts one conversation into another of the same contact: its messages, then all that is known in it, then it goes. Cut off at any
    /// point it can be repeated: nothing is lost before the other has it, and nothing is counted twice.
    /// </summary>
    public static async Task<Conversation> AbsorbAsync(TenantScope scope, Conversation keep, Conversation other, CancellationToken ct)
    {
        await MoveMessagesAsync(scope, other.Id, keep.Id, ct);
        var update = Builders<Conversation>.Update.AddToSet(c => c.Absorbed, other.Id).Inc(c => c.UnreadCount, other.UnreadCount).AddToSetEach(c => c.Labels, other.Labels)
            .Max(c => c.WindowExpiresAt, other.WindowExpiresAt).Max(c => c.LastInboundAt, other.LastInboundAt).Max(c => c.AnsweredAt, other.AnsweredAt);
        if (other.LastMessageAt > keep.LastMessageAt)
        {
            update = update.Set(c => c.LastMessage, other.LastMessage).Set(c => c.LastMessageId, other.LastMessageId).Set(c => c.LastMessageAt, other.LastMessageAt)
                .Set(c => c.AwaitsReply, other.AwaitsReply);
        }

        // One contact's other numbers, but for another writing of the same one, by which it is found anyhow.
        List<string> others = [.. other.Phones.Where(p => !keep.HasPhone(p))];
        update = keep.Phone is not null && others.Count > 0 ? update.AddToSetEach(c => c.OtherPhones, others) : update;
        update = keep.AssignedTo is null && other.AssignedTo is not null ? update.Set(c => c.AssignedTo, other.AssignedTo) : update;
        update = keep.LeadId is null && other.LeadId is not null ? update.Set(c => c.LeadId, other.LeadId) : update;
        update = other.Blocked ? update.Set(c => c.Blocked, true) : update;
        update = IsNewerWish(other, keep) ? update.Set(c => c.OptOut, other.OptOut).Set(c => c.OptedOutAt, other.OptedOutAt).Set(c => c.WishAt, other.WishAt) : update;
        var kept = await scope.Db.Conversations.FindOneAndUpdateAsync(Where.Eq(c => c.Id, keep.Id) & Where.Ne("absorbed", other.Id), update, After, ct)
            ?? await scope.Db.Conversations.FindByIdAsync(keep.Id, ct) ?? keep;
        await scope.Db.Conversations.DeleteOneAsync(c => c.Id == other.Id, ct);
        // What was put into the other one meanwhile: from here on nothing finds it any more.
        await MoveMessagesAsync(scope, other.Id, keep.Id, ct);
        return kept;
    }

    private static Task MoveMessagesAsync(TenantScope scope, ObjectId from, ObjectId to, CancellationToken ct) =>
        scope.Db.Messages.UpdateManyAsync(m => m.ConversationId == from, Builders<Message>.Update.Set(m => m.ConversationId, to), null, ct);

    /// <summary>The wish that was told last counts; where that is not known, or the same, the stricter one.</summary>
    private static bool IsNewerWish(Conversation other, Conversation keep)
    {
        var (theirs, ours) = (other.WishAt ?? other.OptedOutAt, keep.WishAt ?? keep.OptedOutAt);
        return theirs == ours ? other.OptOut > keep.OptOut : ours is null || theirs > ours;
    }

    private static bool IsDuplicate(MongoException e) =>
        e is MongoWriteException { WriteError.Category: ServerErrorCategory.DuplicateKey } or MongoCommandException { Code: 11000 }
        || (e is MongoBulkWriteException<Conversation> bulk && bulk.WriteErrors.All(w => w.Category == ServerErrorCategory.DuplicateKey));
}
