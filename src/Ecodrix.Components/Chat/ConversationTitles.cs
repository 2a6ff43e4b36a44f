using Ecodrix.Engine.WhatsApp.Inbox;

namespace Ecodrix.Components.Chat;

/// <summary>What a conversation is called wherever it is shown.</summary>
public static class ConversationTitles
{
    /// <summary>The contact's name, else the number, else the name on WhatsApp.</summary>
    public static string Title(this ConversationView conversation) =>
        conversation.Name ?? conversation.Phone ?? conversation.Username ?? "Unknown contact";
}
