using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>
/// Makes the leads and conversations of contacts who are not known yet, all at once, so that what they wrote is as usual as anybody's. The
/// ids and unique numbers are those of <see cref="InboundMessages"/>: whoever is made by somebody else in between, or needs a closer look,
/// is left to that.
/// </summary>
internal sealed class NewContacts(LeadIntake leads, Threads threads)
{
    /// <summary>Makes what is missing of the senders of some messages, and adds it to what is known. Each sender is given once.</summary>
    public async Task MeetAsync(TenantScope scope, IEnumerable<ToldMessage> first, InboundKnown known, CancellationToken ct)
    {
        var contacts = first.Select(t => InboundMessages.Sender(scope, t.Value, t.Message)).OfType<Contact>().Where(c => c.Phone is not null)
            // Two writings of one number are one contact: the second is looked up by itself, when the first is there.
            .DistinctBy(c => ContactNumbers.Variants(c.Phone!).Min(StringComparer.Ordinal)).ToList();
        await MakeLeadsAsync(scope, contacts, known, ct);
        await MakeConversationsAsync(scope, contacts, known, ct);
    }

    private async Task MakeLeadsAsync(TenantScope scope, List<Contact> contacts, InboundKnown known, CancellationToken ct)
    {
        var strangers = contacts.FindAll(c => known.Looked.Contains(c.Phone!) && !known.Leads.ContainsKey(c.Phone!));
        var phones = strangers.ToDictionary(c => InboundMessages.LeadId(c.Phone!), c => c.Phone!);
        foreach (var lead in await leads.MakeManyAsync(scope, strangers.ConvertAll(c => (InboundMessages.LeadId(c.Phone!), InboundMessages.NewLead(scope, c))), ct))
        {
            known.Leads[phones[lead.Id]] = lead;
        }
    }

    private async Task MakeConversationsAsync(TenantScope scope, List<Contact> contacts, InboundKnown known, CancellationToken ct)
    {
        var silent = contacts.FindAll(c => known.Unmet.Contains(c.Phone!) && known.Leads.TryGetValue(c.Phone!, out var lead) && lead.Status != LeadStatus.Archived);
        foreach (var conversation in await threads.MakeManyAsync(scope, silent.ConvertAll(c => (c, known.Leads[c.Phone!])), ct))
        {
            known.Conversations[conversation.Phone!] = conversation;
        }
    }
}
