using System.Text.RegularExpressions;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>A message that a search found, with whose it is.</summary>
/// <param name="Message">The message.</param>
/// <param name="Conversation">Its conversation.</param>
public sealed record FoundMessage(MessageView Message, ConversationView Conversation);

/// <summary>Reads messages.</summary>
public sealed class MessageSearch
{
    private const int MostOwn = 5_000;
    private static readonly FilterDefinitionBuilder<Message> Where = Builders<Message>.Filter;

    private readonly MediaLinks _links;
    private readonly TimeProvider _clock;

    internal MessageSearch(MediaLinks links, TimeProvider clock)
    {
        _links = links;
        _clock = clock;
    }

    /// <summary>The messages of a conversation, newest first; from before a message where <paramref name="before"/> names one.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="before">The id of a message of it.</param>
    /// <param name="starred">Only starred ones.</param>
    /// <param name="paging">How many, and which page where no message is named.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">INVALID_ID, CONVERSATION_NOT_FOUND, MESSAGE_NOT_FOUND.</exception>
    public async Task<Page<MessageView>> ListAsync(TenantScope scope, string conversationId, string? before, bool? starred, Paging paging, CancellationToken ct)
    {
        var conversation = await ConversationSearch.NeedAsync(scope, conversationId, ct);
        var all = Where.Eq(m => m.ConversationId, conversation.Id);
        all = starred == true ? all & Where.Eq(m => m.Starred, true) : all;
        var wanted = all;
        if (Ids.ParseOptional(before, "before") is { } id)
        {
            var mark = await scope.Db.Messages.Find(m => m.Id == id && m.ConversationId == conversation.Id).FirstOrDefaultAsync(ct) ?? throw InboxRefusals.MessageNotFound(before!);
            wanted &= Where.Lt(m => m.At, mark.At) | (Where.Eq(m => m.At, mark.At) & Where.Lt(m => m.Id, mark.Id));
        }

        var total = await scope.Db.Messages.CountDocumentsAsync(all, null, ct);
        var page = await scope.Db.Messages.Find(wanted).SortByDescending(m => m.At).ThenByDescending(m => m.Id)
            .Skip(before is { Length: > 0 } ? 0 : paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        var links = await _links.ForAsync(scope, ct);
        return new Page<MessageView>([.. page.Select(m => MessageView.Of(m, links))], total, paging);
    }

    /// <summary>One message.</summary>
    /// <exception cref="RefusedException">INVALID_ID, MESSAGE_NOT_FOUND.</exception>
    public async Task<MessageView> GetAsync(TenantScope scope, string messageId, CancellationToken ct) =>
        MessageView.Of((await MessageMarks.FindAsync(scope, messageId, ct)).Message, await _links.ForAsync(scope, ct));

    /// <summary>The newest messages that hold words beginning like those searched for.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public async Task<IReadOnlyList<FoundMessage>> SearchAsync(TenantScope scope, string? text, CancellationToken ct)
    {
        var words = LeadTerms.Query(text ?? "").Where(w => w.Length >= 3).ToList();
        new Check().That(words.Count > 0, "search", "search needs a word of at least three letters.").Throw();
        var matching = words.Aggregate(Where.Empty, (all, word) => all & Where.Regex("words", new BsonRegularExpression("^" + Regex.Escape(word))));
        if (scope.Actor.OnlyAssignedTo is not null)
        {
            // Before the limit, not after it: the newest hundred of everybody's might hold none of theirs.
            var own = await scope.Db.Conversations.Find(scope.VisibleConversations()).SortByDescending(c => c.LastMessageAt).Limit(MostOwn).Project(c => c.Id).ToListAsync(ct);
            matching &= Where.In(m => m.ConversationId, own);
        }

        var found = await scope.Db.Messages.Find(matching).SortByDescending(m => m.At).Limit(Paging.MaxLimit).ToListAsync(ct);
        var ids = found.Select(m => m.ConversationId).Distinct().ToList();
        var conversations = (await scope.Db.Conversations.Find(scope.VisibleConversations() & Builders<Conversation>.Filter.In(c => c.Id, ids)).ToListAsync(ct)).ToDictionary(c => c.Id);
        var links = await _links.ForAsync(scope, ct);
        var now = _clock.GetUtcNow().UtcDateTime;
        return [.. found.Where(m => conversations.ContainsKey(m.ConversationId)).Select(m => new FoundMessage(MessageView.Of(m, links), ConversationView.Of(conversations[m.ConversationId], now)))];
    }
}
