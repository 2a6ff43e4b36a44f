using System.Text.Json;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Follows contacts who change their number or get a new user id, and what they tell Meta they want.</summary>
internal sealed class ContactChanges(Threads threads, LeadWrites leads, OptOuts optOuts)
{
    /// <summary>A system message: the contact has a new number or user id.</summary>
    public async Task TakeAsync(TenantScope scope, Contact contact, JsonElement message, CancellationToken ct)
    {
        var system = message.Get("system");
        if (await threads.FindAsync(scope, contact, ct) is not { } conversation)
        {
            return;
        }

        if (system?.Text("user_id") is { } userId)
        {
            await MoveAsync(scope, conversation, new Contact(null, userId), ct);
        }

        if (system?.Text("type") == "user_changed_number" && system?.Text("wa_id") is { } waId)
        {
            var phone = ContactNumbers.Of(waId, scope.Settings.Country);
            // The lead first: a repeat finds it by the conversation, which is found by the old number until it has moved.
            if (conversation.LeadId is { } leadId && await LeadIntake.ByAnyPhoneAsync(scope, phone, ct) is null)
            {
                await leads.ChangeAsync(scope, leadId, "phone", (lead, now) =>
                {
                    var before = lead.Phone;
                    lead.Phone = phone;
                    return before == phone ? null : Builders<Lead>.Update.Set(l => l.Phone, phone).Set(l => l.SearchTerms, LeadTerms.Of(lead))
                        .Push(l => l.Pending, Outbox.Change(scope, now, ActivityType.Whatsapp, $"Changed their number from {before} to {phone}", null, null));
                }, ct);
            }

            await MoveAsync(scope, conversation, new Contact(phone, null), ct);
        }
    }

    /// <summary>The field <c>user_id_update</c>.</summary>
    public async Task TakeUserIdAsync(TenantScope scope, JsonElement update, CancellationToken ct)
    {
        var (previous, current) = (update.Get("user_id")?.Text("previous"), update.Get("user_id")?.Text("current"));
        var phone = update.Text("wa_id") is { } waId ? ContactNumbers.Of(waId, scope.Settings.Country) : null;
        if (current is not null && (previous ?? phone) is not null && await threads.FindAsync(scope, new Contact(phone, previous), ct) is { } conversation)
        {
            await MoveAsync(scope, conversation, new Contact(null, current), ct);
        }
    }

    /// <summary>The field <c>user_preferences</c>: marketing wanted or not.</summary>
    public async Task TakePreferenceAsync(TenantScope scope, JsonElement preference, DateTime now, CancellationToken ct)
    {
        var phone = preference.Text("wa_id") is { } waId ? ContactNumbers.Of(waId, scope.Settings.Country) : null;
        var userId = preference.Text("user_id");
        if (phone is null && userId is null)
        {
            return;
        }

        var wanted = preference.Text("value") switch { "stop" => false, "resume" => true, _ => (bool?)null };
        if (wanted is not { } marketing)
        {
            return;
        }

        var lead = phone is null ? null : await LeadIntake.ByAnyPhoneAsync(scope, phone, ct);
        var conversation = await threads.FindOrMakeAsync(scope, new Contact(phone, userId), lead?.Id, lead?.AssignedTo, ct);
        await optOuts.PreferAsync(scope, conversation, marketing, preference.Time("timestamp") ?? now, ct);
    }

    /// <summary>Gives a conversation another name of its contact, unless another conversation has it: then they become one.</summary>
    private async Task MoveAsync(TenantScope scope, Conversation conversation, Contact to, CancellationToken ct)
    {
        var update = to.Phone is not null
            ? Builders<Conversation>.Update.Set(c => c.Phone, to.Phone).Set(c => c.OtherPhones, []).Set(c => c.SearchTerms, ContactNumbers.Terms(conversation.Name, conversation.Username, to.Phone))
            : Builders<Conversation>.Update.Set(c => c.UserId, to.UserId);
        if (await threads.FindAsync(scope, to, ct) is { } other && other.Id != conversation.Id)
        {
            // The new name goes to the older history.
            await Threads.AbsorbAsync(scope, conversation, other, ct);
        }

        await scope.Db.Conversations.UpdateOneAsync(c => c.Id == conversation.Id, update, null, ct);
    }
}
