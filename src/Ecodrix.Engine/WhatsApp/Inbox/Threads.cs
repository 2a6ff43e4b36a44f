using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Keeps one conversation for each contact, however many first messages come at once.</summary>
internal sealed class Threads(TimeProvider clock)
{
    private const int SnippetLength = 120;

    /// <summary>The conversation with a phone number, made if there is none, brought up to its newest message.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="phone">E.164.</param>
    /// <param name="leadId">The lead, where it is known.</param>
    /// <param name="name">The contact's name, where it is known.</param>
    /// <param name="snippet">What the newest message says.</param>
    /// <param name="windowUntil">Until when free text may be sent, for a message from the contact.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Conversation> TouchAsync(
        TenantScope scope, string phone, ObjectId? leadId, string? name, string? snippet, DateTime? windowUntil, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var update = Builders<Conversation>.Update
            .Set(c => c.LastMessage, snippet?.Length > SnippetLength ? snippet[..SnippetLength] : snippet)
            .Max(c => c.LastMessageAt, now)
            .SetOnInsert(c => c.Id, Ids.From("conversation", phone))
            .SetOnInsert(c => c.CreatedAt, now);
        update = windowUntil is null
            ? update.SetOnInsert(c => c.Status, ConversationStatus.Open).SetOnInsert(c => c.UnreadCount, 0)
            : update.Set(c => c.Status, ConversationStatus.Open).Max(c => c.WindowExpiresAt, windowUntil).Inc(c => c.UnreadCount, 1);
        update = leadId is null ? update : update.Set(c => c.LeadId, leadId);
        update = string.IsNullOrEmpty(name) ? update : update.Set(c => c.Name, name);
        while (true)
        {
            try
            {
                return await scope.Db.Conversations.FindOneAndUpdateAsync<Conversation>(
                    c => c.Phone == phone, update, new FindOneAndUpdateOptions<Conversation> { IsUpsert = true, ReturnDocument = ReturnDocument.After }, ct);
            }
            catch (MongoCommandException e) when (e.Code == 11000)
            {
                // Two first messages at once: the other made it, and now it can be found.
            }
        }
    }
}
