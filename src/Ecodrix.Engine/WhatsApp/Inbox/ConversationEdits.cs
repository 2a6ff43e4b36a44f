using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Changes conversations: who answers, where they stand, labels, snoozing, reading, deleting.</summary>
public sealed class ConversationEdits
{
    private const int MostLabels = 20;
    private static readonly TimeSpan LongestSnooze = TimeSpan.FromDays(366);
    private static readonly FindOneAndUpdateOptions<Conversation> After = new() { ReturnDocument = ReturnDocument.After };

    private readonly Threads _threads;
    private readonly OptOuts _optOuts;
    private readonly IWhatsApp _whatsApp;
    private readonly ChatPreferences _preferences;
    private readonly JobQueue _queue;
    private readonly InboxFeed _feed;
    private readonly Members _members;
    private readonly MediaErasure _media;
    private readonly TimeProvider _clock;

    internal ConversationEdits(
        Threads threads, OptOuts optOuts, IWhatsApp whatsApp, ChatPreferences preferences, JobQueue queue, InboxFeed feed, Members members, MediaErasure media, TimeProvider clock)
    {
        _threads = threads;
        _optOuts = optOuts;
        _whatsApp = whatsApp;
        _preferences = preferences;
        _queue = queue;
        _feed = feed;
        _members = members;
        _media = media;
        _clock = clock;
    }

    /// <summary>The conversation with a phone number, made if there is none. Who sees only their own gets none that is a colleague's, or would be.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, CONVERSATION_NOT_FOUND.</exception>
    public async Task<ConversationView> CreateAsync(TenantScope scope, NewConversation input, CancellationToken ct)
    {
        var check = new Check();
        var phone = check.Phone(input.Phone, "phone", scope.Settings.Country);
        check.That(!string.IsNullOrWhiteSpace(input.Phone), "phone", "phone is required.");
        var name = check.Text(input.Name, "name", 100);
        check.Throw();
        var lead = await LeadIntake.ByAnyPhoneAsync(scope, phone!, ct);
        var (contact, owner) = (new Contact(phone, null, name ?? lead?.FullName), lead?.AssignedTo ?? scope.Actor.OnlyAssignedTo);
        // Before anything is changed: what is not theirs to see is not theirs to name or to give away.
        var there = await _threads.LookAsync(scope, contact, ct);
        var made = scope.Actor.MaySee(there?.AssignedTo ?? owner) ? await _threads.FindOrMakeAsync(scope, contact, lead?.Id, owner, ct) : null;
        if (made is null || !scope.Actor.MaySee(made.AssignedTo))
        {
            throw InboxRefusals.ConversationNotFound(input.Phone!);
        }

        _feed.Changed(scope, made, "created");
        return View(made);
    }

    /// <summary>Changes what is given.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, CONVERSATION_NOT_FOUND.</exception>
    public async Task<ConversationView> ChangeAsync(TenantScope scope, string conversationId, ConversationChanges changes, CancellationToken ct)
    {
        var current = await ConversationSearch.NeedAsync(scope, conversationId, ct);
        var before = current.AssignedTo;
        if (changes.AssignedTo is { IsPresent: true, Value: { Length: <= 100 } given })
        {
            changes = changes with { AssignedTo = await _members.AssigneeAsync(scope, given, ct) };
        }

        var check = new Check();
        var update = Read(check, current, changes);
        check.Throw();
        if (update.Count > 0)
        {
            if (changes.SnoozedUntil.Value?.UtcDateTime is { } until)
            {
                // The job first: without the snooze it does nothing, without the job nobody would ever bring it back.
                await _queue.EnqueueAsync(scope, [SnoozeJob.For(current.Id, until)], ct, wake: false);
            }

            current = await scope.Db.Conversations.FindOneAndUpdateAsync(c => c.Id == current.Id, Builders<Conversation>.Update.Combine(update), After, ct)
                ?? throw InboxRefusals.ConversationNotFound(conversationId);
        }

        // To opt in lifts a marketing opt-out too; to opt out makes one complete.
        if (changes.OptedOut is { IsPresent: true } optedOut && (optedOut.Value ? current.OptOut != OptOut.All : current.OptOut != OptOut.None))
        {
            current = await _optOuts.SwitchAsync(scope, current, optedOut.Value ? OptOut.All : OptOut.None, _clock.GetUtcNow().UtcDateTime, ct);
        }

        _feed.Changed(scope, current, "changed", before);
        return View(current);
    }

    /// <summary>Marks all messages as read, and tells the contact so unless the tenant does not want that.</summary>
    /// <exception cref="RefusedException">INVALID_ID, CONVERSATION_NOT_FOUND.</exception>
    public async Task<ConversationView> ReadAsync(TenantScope scope, string conversationId, CancellationToken ct)
    {
        var current = await ConversationSearch.NeedAsync(scope, conversationId, ct);
        if (current.UnreadCount == 0)
        {
            return View(current);
        }

        var read = await scope.Db.Conversations.FindOneAndUpdateAsync<Conversation>(c => c.Id == current.Id, Builders<Conversation>.Update.Set(c => c.UnreadCount, 0), After, ct) ?? current;
        _feed.Changed(scope, read, "read");
        if ((await _preferences.GetAsync(scope, ct)).SendReadReceipts && await LastInboundAsync(scope, current.Id, ct) is { } wamid)
        {
            await _queue.EnqueueAsync(scope, [ReadReceiptJob.For(wamid)], ct);
        }

        return View(read);
    }

    /// <summary>Shows the contact for up to 25 seconds that somebody types. Meta counts it as reading, too.</summary>
    /// <exception cref="RefusedException">INVALID_ID, CONVERSATION_NOT_FOUND, UPSTREAM_ERROR.</exception>
    public async Task<ConversationView> TypingAsync(TenantScope scope, string conversationId, CancellationToken ct)
    {
        var current = await ConversationSearch.NeedAsync(scope, conversationId, ct);
        if (await LastInboundAsync(scope, current.Id, ct) is { } wamid)
        {
            await _whatsApp.MarkReadAsync(scope, wamid, typing: true, ct);
        }

        return View(current);
    }

    /// <summary>Deletes a conversation with all its messages and the files the contact sent. The lead stays, and so do files sent to the contact: others may have got them too.</summary>
    /// <exception cref="RefusedException">INVALID_ID, CONVERSATION_NOT_FOUND.</exception>
    public async Task<ConversationView> DeleteAsync(TenantScope scope, string conversationId, CancellationToken ct)
    {
        var current = await ConversationSearch.NeedAsync(scope, conversationId, ct);
        var files = await scope.Db.Messages.Find(m => m.ConversationId == current.Id && m.Direction == MessageDirection.In)
            .Project(m => m.Media == null ? null : m.Media.FileId).ToListAsync(ct);
        // First: without the messages nobody would find them any more.
        await _media.EraseAsync(scope, [.. files.OfType<ObjectId>()], ct);
        await scope.Db.Messages.DeleteManyAsync(m => m.ConversationId == current.Id, ct);
        await scope.Db.Conversations.DeleteOneAsync(c => c.Id == current.Id, ct);
        // What was put into it meanwhile: from here on it is made anew.
        await scope.Db.Messages.DeleteManyAsync(m => m.ConversationId == current.Id, ct);
        _feed.Gone(scope, current);
        return View(current);
    }

    private static async Task<string?> LastInboundAsync(TenantScope scope, ObjectId conversationId, CancellationToken ct) =>
        await scope.Db.Messages.Find(m => m.ConversationId == conversationId && m.Direction == MessageDirection.In)
            .SortByDescending(m => m.At).ThenByDescending(m => m.Id).Limit(1).Project(m => m.Wamid).FirstOrDefaultAsync(ct);

    private ConversationView View(Conversation conversation) => ConversationView.Of(conversation, _clock.GetUtcNow().UtcDateTime);

    private List<UpdateDefinition<Conversation>> Read(Check check, Conversation current, ConversationChanges changes)
    {
        var set = Builders<Conversation>.Update;
        var update = new List<UpdateDefinition<Conversation>>();
        if (changes.AssignedTo.IsPresent)
        {
            update.Add(set.Set(c => c.AssignedTo, check.Text(changes.AssignedTo.Value, "assignedTo", 100)));
        }

        if (changes.Labels.IsPresent)
        {
            var labels = (changes.Labels.Value ?? []).Select(l => l.Trim()).Where(l => l.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
            check.That(labels.Count <= MostLabels && labels.All(l => l.Length <= 50), "labels", $"labels may have at most {MostLabels} entries of at most 50 characters.");
            update.Add(set.Set(c => c.Labels, labels));
        }

        if (changes.Blocked.IsPresent)
        {
            update.Add(set.Set(c => c.Blocked, changes.Blocked.Value));
        }

        if (changes.Name.IsPresent)
        {
            var name = check.Text(changes.Name.Value, "name", 100);
            update.Add(set.Set(c => c.Name, name).Set(c => c.SearchTerms, ContactNumbers.Terms(name, current.Username, current.Phone)));
        }

        var until = changes.SnoozedUntil.Value?.UtcDateTime;
        var now = _clock.GetUtcNow().UtcDateTime;
        if (until is not null || changes.Status is { IsPresent: true, Value: ConversationStatus.Snoozed })
        {
            check.That(until > now && until < now + LongestSnooze, "snoozedUntil", "snoozedUntil must be a time within the next year.");
            check.That(!changes.Status.IsPresent || changes.Status.Value == ConversationStatus.Snoozed, "status", "A conversation with snoozedUntil is snoozed.");
            update.Add(set.Set(c => c.Status, ConversationStatus.Snoozed).Set(c => c.SnoozedUntil, until));
        }
        else if (changes.Status.IsPresent)
        {
            update.Add(set.Set(c => c.Status, changes.Status.Value).Unset(c => c.SnoozedUntil));
        }
        else if (changes.SnoozedUntil.IsPresent && current.Status == ConversationStatus.Snoozed)
        {
            update.Add(set.Set(c => c.Status, ConversationStatus.Open).Unset(c => c.SnoozedUntil));
        }

        return update;
    }
}
