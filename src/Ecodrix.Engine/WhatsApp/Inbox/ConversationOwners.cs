using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Lets a conversation go with its lead when the lead is given to somebody else.</summary>
internal sealed class ConversationOwners(InboxFeed feed)
{
    private static readonly FindOneAndUpdateOptions<Conversation> After = new() { ReturnDocument = ReturnDocument.After };

    /// <summary>
    /// The lead's conversation gets the lead's new owner if nobody or the owner before had it: one that was given to a third person
    /// by hand stays theirs. Safe to repeat.
    /// </summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="leadId">The lead.</param>
    /// <param name="from">Whose it was; null was nobody's.</param>
    /// <param name="to">Whose it is; null is nobody's.</param>
    /// <param name="ct">Cancels.</param>
    public async Task FollowAsync(TenantScope scope, ObjectId leadId, string? from, string? to, CancellationToken ct)
    {
        var where = Builders<Conversation>.Filter;
        var theirs = where.Eq(c => c.LeadId, leadId) & where.In(c => c.AssignedTo, [from, null]) & where.Ne(c => c.AssignedTo, to);
        while (await scope.Db.Conversations.FindOneAndUpdateAsync(theirs, Builders<Conversation>.Update.Set(c => c.AssignedTo, to), After, ct) is { } changed)
        {
            feed.Changed(scope, changed, "changed", from);
        }
    }
}
