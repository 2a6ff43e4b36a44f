using System.Text.RegularExpressions;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Finds conversations.</summary>
public sealed class ConversationSearch
{
    /// <summary>How far unread conversations are counted.</summary>
    public const int MostUnread = 99;

    /// <summary>How many conversations of one lead are told.</summary>
    public const int MostOfLead = 20;

    private static readonly FilterDefinitionBuilder<Conversation> Where = Builders<Conversation>.Filter;
    /// <summary>What a filter calls those to look after.</summary>
    public const string ActiveWord = "active";

    private static readonly ConversationStatus[] Active = [ConversationStatus.Open, ConversationStatus.Pending];

    private readonly TimeProvider _clock;

    internal ConversationSearch(TimeProvider clock) => _clock = clock;

    /// <summary>One page of the conversations that match, the one with the newest message first.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<Page<ConversationView>> ListAsync(TenantScope scope, ConversationFilter filter, Paging paging, CancellationToken ct)
    {
        var matching = scope.VisibleConversations() & Read(filter);
        var counting = scope.Db.Conversations.CountAsync(matching, ct);
        var reading = scope.Db.Conversations.Find(matching)
            .SortByDescending(c => c.LastMessageAt).ThenByDescending(c => c.Id).Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        await Task.WhenAll(counting, reading);
        var (total, page) = (await counting, await reading);
        var ids = page.Select(c => c.LastMessageId).OfType<ObjectId>().ToList();
        var last = ids.Count == 0 ? [] : (await scope.Db.Messages.Find(Builders<Message>.Filter.In(m => m.Id, ids))
            .Project(m => new Message { Id = m.Id, Type = m.Type, Direction = m.Direction, Status = m.Status }).ToListAsync(ct)).ToDictionary(m => m.Id);
        var now = _clock.GetUtcNow().UtcDateTime;
        return new Page<ConversationView>([.. page.Select(c => ConversationView.Of(c, now, last.GetValueOrDefault(c.LastMessageId ?? default)))], total, paging);
    }

    /// <summary>One conversation.</summary>
    /// <exception cref="RefusedException">INVALID_ID, CONVERSATION_NOT_FOUND.</exception>
    public async Task<ConversationView> GetAsync(TenantScope scope, string conversationId, CancellationToken ct) =>
        ConversationView.Of(await NeedAsync(scope, conversationId, ct), _clock.GetUtcNow().UtcDateTime);

    /// <summary>The conversations with a lead, the one with the newest message first, at most <see cref="MostOfLead"/>: a lead of two numbers, or of two that were merged, has several.</summary>
    /// <exception cref="RefusedException">INVALID_ID.</exception>
    public async Task<IReadOnlyList<ConversationView>> OfLeadAsync(TenantScope scope, string leadId, CancellationToken ct)
    {
        var id = Ids.Parse(leadId, "leadId");
        var found = await scope.Db.Conversations.Find(scope.VisibleConversations() & Where.Eq(c => c.LeadId, id))
            .SortByDescending(c => c.LastMessageAt).ThenByDescending(c => c.Id).Limit(MostOfLead).ToListAsync(ct);
        var now = _clock.GetUtcNow().UtcDateTime;
        return [.. found.Select(c => ConversationView.Of(c, now))];
    }

    /// <summary>How many there are to look after.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="mine">Whose count as the asker's.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<InboxCounts> CountAsync(TenantScope scope, string? mine, CancellationToken ct)
    {
        var active = scope.VisibleConversations() & Where.In(c => c.Status, Active);
        var conversations = scope.Db.Conversations;
        return new InboxCounts(
            mine is null ? 0 : await CountMineAsync(scope, mine, ct),
            await conversations.CountDocumentsAsync(active & Where.Eq(c => c.AssignedTo, null), null, ct),
            await conversations.CountDocumentsAsync(active, null, ct),
            await conversations.CountDocumentsAsync(scope.VisibleConversations() & Where.Gt(c => c.UnreadCount, 0), null, ct));
    }

    /// <summary>How many of those to look after are one person's: the first of the counts, for who has the others.</summary>
    public Task<long> CountMineAsync(TenantScope scope, string mine, CancellationToken ct) =>
        scope.Db.Conversations.CountDocumentsAsync(scope.VisibleConversations() & Where.In(c => c.Status, Active) & Where.Eq(c => c.AssignedTo, mine), null, ct);

    /// <summary>How many conversations have something unread; what is more than <see cref="MostUnread"/> is not counted on.</summary>
    public Task<long> UnreadAsync(TenantScope scope, CancellationToken ct) =>
        scope.Db.Conversations.CountDocumentsAsync(scope.VisibleConversations() & Where.Gt(c => c.UnreadCount, 0), new CountOptions { Limit = MostUnread + 1 }, ct);

    /// <summary>The latest conversation of each of these leads, by the lead's id; a lead without one is not in it.</summary>
    /// <exception cref="RefusedException">INVALID_ID.</exception>
    public async Task<IReadOnlyDictionary<string, ConversationView>> OfLeadsAsync(TenantScope scope, IReadOnlyCollection<string> leadIds, CancellationToken ct)
    {
        var ids = leadIds.Select(id => (ObjectId?)Ids.Parse(id, "leadId")).ToList();
        var found = ids.Count == 0 ? [] : await scope.Db.Conversations.Find(scope.VisibleConversations() & Where.In(c => c.LeadId, ids)).ToListAsync(ct);
        var now = _clock.GetUtcNow().UtcDateTime;
        return found.GroupBy(c => c.LeadId!.Value.ToString()).ToDictionary(g => g.Key, g => ConversationView.Of(g.MaxBy(c => c.LastMessageAt)!, now), StringComparer.Ordinal);
    }

    /// <summary>All labels in use.</summary>
    public async Task<IReadOnlyList<string>> LabelsAsync(TenantScope scope, CancellationToken ct) =>
        [.. (await (await scope.Db.Conversations.DistinctAsync<string>("labels", scope.VisibleConversations(), null, ct)).ToListAsync(ct)).Order(StringComparer.OrdinalIgnoreCase)];

    internal static async Task<Conversation> NeedAsync(TenantScope scope, string conversationId, CancellationToken ct)
    {
        var id = Ids.Parse(conversationId, "conversationId");
        return await scope.Db.Conversations.Find(scope.VisibleConversations() & Where.Eq(c => c.Id, id)).FirstOrDefaultAsync(ct)
            ?? throw InboxRefusals.ConversationNotFound(conversationId);
    }

    private static FilterDefinition<Conversation> Read(ConversationFilter filter)
    {
        var matching = Where.Empty;
        if (filter.Status == ActiveWord)
        {
            matching &= Where.In(c => c.Status, Active);
        }
        else if (EnumWords.Parse<ConversationStatus>(filter.Status, "status") is { } status)
        {
            matching &= Where.Eq(c => c.Status, status);
        }

        if (filter.AssignedTo is { Length: > 0 } name)
        {
            matching &= Where.Eq(c => c.AssignedTo, name == LeadFilter.Nobody ? null : name);
        }

        if (filter.Unread is { } unread)
        {
            matching &= unread ? Where.Gt(c => c.UnreadCount, 0) : Where.Eq(c => c.UnreadCount, 0);
        }

        if (filter.Label is { Length: > 0 } label)
        {
            matching &= Where.AnyEq(c => c.Labels, label);
        }

        if (Ids.ParseOptional(filter.LeadId, "leadId") is { } leadId)
        {
            matching &= Where.Eq(c => c.LeadId, leadId);
        }

        return string.IsNullOrWhiteSpace(filter.Search)
            ? matching
            : LeadTerms.Query(filter.Search).Aggregate(matching, (all, term) => all & Where.Regex("searchTerms", new BsonRegularExpression("^" + Regex.Escape(term))));
    }
}
