using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Keeps what contacts do not want to get: on the conversation, and on the lead where one says stop altogether.</summary>
internal sealed class OptOuts(LeadWrites leads, ChatPreferences preferences)
{
    private static readonly FilterDefinitionBuilder<Conversation> Where = Builders<Conversation>.Filter;

    /// <summary>Reads a message as a keyword of the tenant's list; null when it is none.</summary>
    public async Task<OptOut?> ReadAsync(TenantScope scope, string? text, CancellationToken ct)
    {
        if (text is not { Length: > 0 and <= 60 })
        {
            return null;
        }

        var word = text.Trim().TrimEnd('.', '!').Trim();
        var settings = await preferences.GetAsync(scope, ct);
        return settings.OptOutKeywords.Contains(word, StringComparer.OrdinalIgnoreCase) ? OptOut.All
            : settings.OptInKeywords.Contains(word, StringComparer.OrdinalIgnoreCase) ? OptOut.None
            : null;
    }

    /// <summary>Notes what a contact wrote that they want. Webhooks come in any order: a wish older than the one on record changes nothing.</summary>
    public Task<Conversation> SetAsync(TenantScope scope, Conversation conversation, OptOut optOut, DateTime at, CancellationToken ct) =>
        PutAsync(scope, conversation, optOut, at, NotAfter(at), ct);

    /// <summary>As <see cref="SetAsync"/>, for a wish that may have been noted before: another of the same second that came after it stays.</summary>
    public Task<Conversation> RepeatAsync(TenantScope scope, Conversation conversation, OptOut optOut, DateTime at, CancellationToken ct) =>
        PutAsync(scope, conversation, optOut, at, NotAfter(at) & (Where.Ne(c => c.WishAt, at) | Where.Eq(c => c.OptOut, optOut)), ct);

    /// <summary>Notes what somebody of the tenant decides for a contact: it counts from now, whatever was wished before.</summary>
    public Task<Conversation> SwitchAsync(TenantScope scope, Conversation conversation, OptOut optOut, DateTime now, CancellationToken ct) =>
        PutAsync(scope, conversation, optOut, now, Where.Empty, ct);

    /// <summary>Notes what a contact told Meta about marketing. Whoever wants nothing at all is left alone.</summary>
    public Task<Conversation> PreferAsync(TenantScope scope, Conversation conversation, bool marketing, DateTime at, CancellationToken ct) =>
        WriteAsync(scope, conversation, marketing ? OptOut.None : OptOut.Marketing, at, NotAfter(at) & Where.Ne(c => c.OptOut, OptOut.All), ct);

    private async Task<Conversation> PutAsync(TenantScope scope, Conversation conversation, OptOut optOut, DateTime at, FilterDefinition<Conversation> where, CancellationToken ct)
    {
        var written = await WriteAsync(scope, conversation, optOut, at, where, ct);
        if (written.LeadId is { } leadId && written.OptOut == optOut)
        {
            // Whether or not it was news here: a crash may have come between the two writes.
            await MarkLeadAsync(scope, leadId, optOut == OptOut.All, ct);
        }

        return written;
    }

    private static async Task<Conversation> WriteAsync(
        TenantScope scope, Conversation conversation, OptOut optOut, DateTime at, FilterDefinition<Conversation> where, CancellationToken ct)
    {
        var update = Builders<Conversation>.Update.Set(c => c.OptOut, optOut).Max(c => c.WishAt, at);
        update = optOut == OptOut.None ? update.Unset(c => c.OptedOutAt) : update.Set(c => c.OptedOutAt, at);
        return await scope.Db.Conversations.FindOneAndUpdateAsync(
                Where.Eq(c => c.Id, conversation.Id) & where, update, new FindOneAndUpdateOptions<Conversation> { ReturnDocument = ReturnDocument.After }, ct)
            ?? await scope.Db.Conversations.FindByIdAsync(conversation.Id, ct) ?? conversation;
    }

    /// <summary>No wish after a time is on record. What was noted before wishes had a time has only when it opted out.</summary>
    private static FilterDefinition<Conversation> NotAfter(DateTime at) =>
        (Where.Eq(c => c.WishAt, null) | Where.Lte(c => c.WishAt, at)) & (Where.Eq(c => c.OptedOutAt, null) | Where.Lte(c => c.OptedOutAt, at));

    private async Task MarkLeadAsync(TenantScope scope, ObjectId leadId, bool optedOut, CancellationToken ct)
    {
        try
        {
            await leads.ChangeAsync(scope, leadId, "optedOut", (lead, now) => lead.OptedOut == optedOut
                ? null
                : Builders<Lead>.Update.Set(l => l.OptedOut, optedOut).Push(l => l.Pending, Outbox.Change(
                    scope, now, ActivityType.Whatsapp, optedOut ? "Opted out of WhatsApp messages" : "Opted in to WhatsApp messages again", null, null)), ct);
        }
        catch (RefusedException)
        {
            // The lead is gone; the conversation still knows.
        }
    }
}
