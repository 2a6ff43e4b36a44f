using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Chat;

internal static class ConversationEndpoints
{
    /// <summary>Maps <c>/api/saas/chat/conversations</c>.</summary>
    public static void MapConversations(this IEndpointRouteBuilder chat)
    {
        var conversations = chat.MapGroup("/conversations").WithTags("Conversations");

        conversations.MapGet("/", ListAsync).WithSummary("List conversations, the newest message first").Refuses("VALIDATION_ERROR", "INVALID_ID").RequireScope(ApiScope.ChatRead);
        conversations.MapPost("/", CreateAsync).WithSummary("Make a conversation for a phone number").Refuses("VALIDATION_ERROR").RequireScope(ApiScope.ChatWrite);
        conversations.MapGet("/counts", CountsAsync).WithSummary("Count conversations to look after").RequireScope(ApiScope.ChatRead);
        conversations.MapGet("/labels", LabelsAsync).WithSummary("List labels in use").RequireScope(ApiScope.ChatRead);
        conversations.MapGet("/{conversationId}", GetAsync).WithSummary("Get a conversation").Refuses("INVALID_ID", "CONVERSATION_NOT_FOUND").RequireScope(ApiScope.ChatRead);
        conversations.MapPatch("/{conversationId}", ChangeAsync).WithSummary("Change status, assignee, labels or snooze")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "CONVERSATION_NOT_FOUND").RequireScope(ApiScope.ChatWrite);
        conversations.MapDelete("/{conversationId}", DeleteAsync).WithSummary("Delete a conversation with its messages")
            .Refuses("INVALID_ID", "CONVERSATION_NOT_FOUND").RequireScope(ApiScope.ChatWrite);
        conversations.MapGet("/{conversationId}/messages", MessagesAsync).WithSummary("List messages, newest first")
            .Refuses("INVALID_ID", "CONVERSATION_NOT_FOUND", "MESSAGE_NOT_FOUND").RequireScope(ApiScope.ChatRead);
        conversations.MapPost("/{conversationId}/read", ReadAsync).WithSummary("Mark all messages as read")
            .Refuses("INVALID_ID", "CONVERSATION_NOT_FOUND").RequireScope(ApiScope.ChatWrite);
        conversations.MapPost("/{conversationId}/typing", TypingAsync).WithSummary("Show the contact that somebody types")
            .Refuses("INVALID_ID", "CONVERSATION_NOT_FOUND", "UPSTREAM_ERROR").RequireScope(ApiScope.ChatWrite);
    }

    private static async Task<Ok<PageEnvelope<ConversationView>>> ListAsync(
        [AsParameters] ConversationFilter filter, int? page, int? limit, Caller caller, ConversationSearch search, CancellationToken ct) =>
        Answer.Page(await search.ListAsync(caller.Scope, filter, Paging.From(page, limit), ct));

    private static async Task<Created<Envelope<ConversationView>>> CreateAsync(NewConversation body, Caller caller, ConversationEdits edits, CancellationToken ct) =>
        Answer.Created(await edits.CreateAsync(caller.Scope, body, ct));

    private static async Task<Ok<Envelope<InboxCounts>>> CountsAsync(string? assignedTo, Caller caller, ConversationSearch search, CancellationToken ct) =>
        Answer.Ok(await search.CountAsync(caller.Scope, assignedTo, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<string>>>> LabelsAsync(Caller caller, ConversationSearch search, CancellationToken ct) =>
        Answer.Ok(await search.LabelsAsync(caller.Scope, ct));

    private static async Task<Ok<Envelope<ConversationView>>> GetAsync(string conversationId, Caller caller, ConversationSearch search, CancellationToken ct) =>
        Answer.Ok(await search.GetAsync(caller.Scope, conversationId, ct));

    private static async Task<Ok<Envelope<ConversationView>>> ChangeAsync(
        string conversationId, ConversationChanges body, Caller caller, ConversationEdits edits, CancellationToken ct) =>
        Answer.Ok(await edits.ChangeAsync(caller.Scope, conversationId, body, ct));

    private static async Task<Ok<Envelope<ConversationView>>> DeleteAsync(string conversationId, Caller caller, ConversationEdits edits, CancellationToken ct) =>
        Answer.Ok(await edits.DeleteAsync(caller.Scope, conversationId, ct));

    private static async Task<Ok<PageEnvelope<MessageView>>> MessagesAsync(
        string conversationId, string? before, bool? starred, int? page, int? limit, Caller caller, MessageSearch search, CancellationToken ct) =>
        Answer.Page(await search.ListAsync(caller.Scope, conversationId, before, starred, Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<ConversationView>>> ReadAsync(string conversationId, Caller caller, ConversationEdits edits, CancellationToken ct) =>
        Answer.Ok(await edits.ReadAsync(caller.Scope, conversationId, ct));

    private static async Task<Ok<Envelope<ConversationView>>> TypingAsync(string conversationId, Caller caller, ConversationEdits edits, CancellationToken ct) =>
        Answer.Ok(await edits.TypingAsync(caller.Scope, conversationId, ct));
}
