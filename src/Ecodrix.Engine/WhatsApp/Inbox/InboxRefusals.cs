using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.WhatsApp.Inbox;

internal static class InboxRefusals
{
    public static RefusedException ConversationNotFound(string id) =>
        new(RefusalKind.NotFound, "CONVERSATION_NOT_FOUND", $"There is no conversation {id}.");

    public static RefusedException MessageNotFound(string id) =>
        new(RefusalKind.NotFound, "MESSAGE_NOT_FOUND", $"There is no message {id}.");

    public static RefusedException WindowClosed(DateTime? expiredAt, IReadOnlyList<string> templates) => new(
        RefusalKind.Conflict,
        "WINDOW_CLOSED",
        expiredAt is null
            ? "The contact has not written yet, so WhatsApp allows only an approved template."
            : "More than 24 hours have passed since the contact last wrote, so WhatsApp allows only an approved template.",
        new { expiresAt = expiredAt, templates });

    public static RefusedException OptedOut(DateTime? since) => new(
        RefusalKind.Conflict, "OPTED_OUT", "The contact does not want messages. They can write START to get them again.", new { since });

    public static RefusedException Blocked() => new(
        RefusalKind.Conflict, "CONTACT_BLOCKED", "Your business has blocked this contact on WhatsApp, so nothing reaches them. Unblock them there, then set blocked of the conversation to false.");

    public static RefusedException NotRetryable(string status) => new(
        RefusalKind.Conflict, "NOT_FAILED", $"Only a failed message can be sent again; this one is {status}.");

    public static RefusedException TooOldToReact() => new(
        RefusalKind.Conflict, "TOO_OLD_TO_REACT", "WhatsApp takes reactions to messages of the last 30 days only.");

    public static RefusedException NothingToReactTo() => new(
        RefusalKind.Conflict, "NOT_REACTABLE", "Only a message that the contact sent, or one that WhatsApp has taken, can get a reaction.");

    public static RefusedException ShortcutTaken(string shortcut) => new(
        RefusalKind.Conflict, "SHORTCUT_TAKEN", $"There is a canned reply with the shortcut /{shortcut}.");

    public static RefusedException CannedReplyNotFound(string id) =>
        new(RefusalKind.NotFound, "CANNED_REPLY_NOT_FOUND", $"There is no canned reply {id}.");
}
