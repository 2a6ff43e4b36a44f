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

    /// <summary>Notes what a contact wants from now on.</summary>
    public async Task<Conversation> SetAsync(TenantScope scope, Conversation conversation, OptOut optOut, DateTime at, CancellationToken ct)
    {
        if (conversation.OptOut == optOut)
        {
            return conversation;
        }

        var update = Builders<Conversation>.Update.Set(c => c.OptOut, optOut);
        update = optOut == OptOut.None ? update.Unset(c => c.OptedOutAt) : update.Set(c => c.OptedOutAt, at);
        var changed = await scope.Db.Conversations.FindOneAndUpdateAsync<Conversation>(
            c => c.Id == conversation.Id, update, new FindOneAndUpdateOptions<Conversation> { ReturnDocument = ReturnDocument.After }, ct) ?? conversation;
        if (changed.LeadId is { } leadId)
        {
            await MarkLeadAsync(scope, leadId, optOut == OptOut.All, ct);
        }

        return changed;
    }

    private async Task MarkLeadAsync(TenantScope scope, ObjectId leadId, bool optedOut, CancellationToken ct)
    {
        try
        {
            await leads.ChangeAsync(scope, leadId, "optedOut", (lead, now) => lead.OptedOut == optedOut
                ? null
                : Builders<Lead>.Update.Set(l => l.OptedOut, optedOut).Push(l => l.Pending, Outbox.Change(
                    scope, now, ActivityType.Whatsapp, optedOut ? "Opted out of WhatsApp messages" : "Opted in to WhatsApp messages again", null, null)), ct);
        }
        catch (Kernel.RefusedException)
        {
            // The lead is gone; the conversation still knows.
        }
    }
}
