using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Templates;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>Why a message may not be sent to a contact now.</summary>
internal enum SendBan
{
    /// <summary>It may.</summary>
    None,

    /// <summary>Free text more than 24 hours after the contact last wrote.</summary>
    WindowClosed,

    /// <summary>The contact does not want it.</summary>
    OptedOut,

    /// <summary>The business has blocked the contact at WhatsApp.</summary>
    Blocked,
}

/// <summary>The one place that decides whether a message may go to a contact, before any call: for chat, rules and broadcasts alike.</summary>
internal static class OutgoingGate
{
    /// <summary>Decides.</summary>
    /// <param name="conversation">The conversation, if there is one.</param>
    /// <param name="leadOptedOut">Whether the lead is marked as opted out.</param>
    /// <param name="templateCategory">The template's category; null is free text or media.</param>
    /// <param name="now">Now, UTC.</param>
    public static SendBan Decide(Conversation? conversation, bool leadOptedOut, string? templateCategory, DateTime now)
    {
        if (conversation?.Blocked == true)
        {
            return SendBan.Blocked;
        }

        var optOut = conversation?.OptOut ?? OptOut.None;
        // Whoever opts out and then writes again wants that answered, and nothing else.
        var answers = templateCategory is null && conversation?.LastInboundAt > (conversation?.OptedOutAt ?? DateTime.MaxValue);
        if (((leadOptedOut || optOut == OptOut.All) && !answers) || (optOut == OptOut.Marketing && templateCategory == "marketing"))
        {
            return SendBan.OptedOut;
        }

        return templateCategory is null && !(conversation?.WindowExpiresAt > now) ? SendBan.WindowClosed : SendBan.None;
    }

    /// <summary>Decides for a message that was written before.</summary>
    public static async Task<SendBan> DecideAsync(
        TenantScope scope, TemplateMappings templates, Message message, Conversation? conversation, Lead? lead, DateTime now, CancellationToken ct)
    {
        var category = message.Template is { } use ? (await templates.FindAsync(scope, use.Name, use.Language, ct))?.Category ?? "utility" : null;
        return Decide(conversation, lead?.OptedOut == true, category, now);
    }

    /// <summary>A ban in words, for traces and reports.</summary>
    public static string Words(this SendBan ban) => ban switch
    {
        SendBan.WindowClosed => "The 24-hour window is closed: WhatsApp allows only an approved template.",
        SendBan.OptedOut => "The contact has opted out of messages.",
        SendBan.Blocked => "Your business has blocked this contact on WhatsApp.",
        _ => "",
    };

    /// <summary>Refuses as the API does.</summary>
    /// <exception cref="RefusedException">WINDOW_CLOSED, OPTED_OUT, CONTACT_BLOCKED.</exception>
    public static async Task RefuseAsync(SendBan ban, Conversation? conversation, Func<Task<IReadOnlyList<string>>> templates)
    {
        switch (ban)
        {
            case SendBan.WindowClosed:
                throw InboxRefusals.WindowClosed(conversation?.WindowExpiresAt, await templates());
            case SendBan.OptedOut:
                throw InboxRefusals.OptedOut(conversation?.OptedOutAt);
            case SendBan.Blocked:
                throw InboxRefusals.Blocked();
        }
    }
}
