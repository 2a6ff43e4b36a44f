using Ecodrix.Engine.WhatsApp.Inbox;

namespace Ecodrix.Tests.Components.Chat;

/// <summary>Conversations for components to show.</summary>
internal static class Chats
{
    public static ConversationView With(int unread, bool open, ConversationStatus status = ConversationStatus.Open, string? name = "Ravi Kumar", string? owner = null) => new()
    {
        Id = "65b2000000000000000000bb",
        Phone = "+919876543210",
        Name = name,
        Status = status,
        AssignedTo = owner,
        Labels = ["vip", "new", "third"],
        UnreadCount = unread,
        LastMessage = new LastMessageView("65b2000000000000000000cc", "Is 3 pm free?", null, null),
        LastMessageAt = new DateTime(2026, 3, 20, 8, 0, 0, DateTimeKind.Utc),
        Window = new WindowView(open, open ? new DateTime(2099, 1, 1, 0, 0, 0, DateTimeKind.Utc) : null),
        OptedOut = false,
        OptOut = OptOut.None,
        Blocked = false,
        CreatedAt = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc),
    };
}
