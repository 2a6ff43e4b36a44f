using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Which conversations someone may see: the one place that decides it. Every query and every change of conversations goes through it.</summary>
internal static class ConversationVisibility
{
    extension(TenantScope scope)
    {
        /// <summary>All conversations, or for an agent limited to their own those assigned to them.</summary>
        public FilterDefinition<Conversation> VisibleConversations() => scope.Actor.OnlyAssignedTo is { } mine
            ? Builders<Conversation>.Filter.Eq(c => c.AssignedTo, mine)
            : Builders<Conversation>.Filter.Empty;
    }
}
