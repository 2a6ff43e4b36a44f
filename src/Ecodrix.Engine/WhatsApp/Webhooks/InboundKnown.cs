using System.Collections.Concurrent;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.WhatsApp.Inbox;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>What is known before many messages are taken one by one, and becomes known on the way.</summary>
internal sealed class InboundKnown
{
    /// <summary>Messages that are here; false where what follows from them may not have been done.</summary>
    public ConcurrentDictionary<string, bool> Wamids { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, Lead> Leads { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, Conversation> Conversations { get; } = new(StringComparer.Ordinal);

    /// <summary>The numbers that were looked up.</summary>
    public HashSet<string> Looked { get; } = new(StringComparer.Ordinal);

    /// <summary>Those of them that no conversation has, in any writing.</summary>
    public HashSet<string> Unmet { get; } = new(StringComparer.Ordinal);

    public void Met(string? phone, Conversation conversation)
    {
        if (phone is not null && conversation.HasPhone(phone))
        {
            Conversations[phone] = conversation;
        }
    }

    public void Forget(string? phone)
    {
        if (phone is not null)
        {
            Leads.TryRemove(phone, out _);
            Conversations.TryRemove(phone, out _);
        }
    }
}
