using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.Extensions.Logging;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>
/// Learns the number WhatsApp itself knows a contact by, where Meta's answer to a send names another one than was dialled: it is the one
/// the contact's reply will come from. What is sent is never rewritten.
/// </summary>
internal sealed class OwnNumbers(LeadWrites leads, ILogger<OwnNumbers> log)
{
    /// <summary>Learns from the answer to a message that was taken. Must not fail: that it was taken is still to be recorded.</summary>
    public async Task LearnAsync(TenantScope scope, Message message, string? waId, CancellationToken ct)
    {
        if (message.Phone is not { } phone || string.IsNullOrEmpty(waId) || phone.AsSpan().TrimStart('+').SequenceEqual(waId))
        {
            return;
        }

        try
        {
            var own = ContactNumbers.Of(waId, scope.Settings.Country);
            if (!ContactNumbers.Variants(phone).Contains(own))
            {
                await NoteAsync(scope, message, phone, own, ct);
            }
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log.LogWarning(e, "What number WhatsApp knows a contact of {Tenant} by was not noted; the next message to them tells it again", scope.Code);
        }
    }

    private async Task NoteAsync(TenantScope scope, Message message, string phone, string own, CancellationToken ct)
    {
        if (await scope.Db.Conversations.FindByIdAsync(message.ConversationId, ct) is not { } conversation || conversation.HasPhone(own))
        {
            return;
        }

        var theirs = conversation.LeadId is { } leadId ? await scope.Db.Leads.FindByIdAsync(leadId, ct) : await LeadIntake.ByAnyPhoneAsync(scope, phone, ct);
        var other = await LeadIntake.ByAnyPhoneAsync(scope, own, ct);
        if (theirs is not null && other is not null && other.Id != theirs.Id)
        {
            // Two leads of one person: to merge them is for people to decide.
            return;
        }

        if (theirs is not null && other is null)
        {
            await leads.ChangeAsync(scope, theirs.Id, "otherPhones", (lead, _) =>
            {
                lead.OtherPhones.Add(own);
                return Builders<Lead>.Update.AddToSet(l => l.OtherPhones, own).Set(l => l.SearchTerms, LeadTerms.Of(lead));
            }, ct);
        }

        var apart = await scope.Db.Conversations.Find(Threads.WithPhone(ContactNumbers.Variants(own))).FirstOrDefaultAsync(ct);
        await scope.Db.Conversations.UpdateOneAsync(c => c.Id == conversation.Id, Builders<Conversation>.Update.AddToSet(c => c.OtherPhones, own), null, ct);
        if (apart is not null)
        {
            // They wrote from it before.
            await Threads.AbsorbAsync(scope, conversation, apart, ct);
        }
    }
}
