using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Chat;

internal static class MessageEndpoints
{
    /// <summary>Maps sending, messages and canned replies below <c>/api/saas/chat</c>.</summary>
    public static void MapMessages(this IEndpointRouteBuilder chat)
    {
        var messages = chat.MapGroup("").WithTags("Messages");

        messages.MapPost("/send", SendAsync).WithSummary("Send a message")
            .Refuses("VALIDATION_ERROR", "CONVERSATION_NOT_FOUND", "WINDOW_CLOSED", "OPTED_OUT", "CONTACT_BLOCKED", "TEMPLATE_NOT_FOUND", "TEMPLATE_NOT_APPROVED", "VARIABLES_MISSING").RequireScope(ApiScope.ChatWrite).Idempotent("chat.send");
        messages.MapGet("/messages", SearchAsync).WithSummary("Find messages by their words").Refuses("VALIDATION_ERROR").RequireScope(ApiScope.ChatRead);
        messages.MapGet("/messages/{messageId}", GetAsync).WithSummary("Get a message").Refuses("INVALID_ID", "MESSAGE_NOT_FOUND").RequireScope(ApiScope.ChatRead);
        messages.MapPost("/messages/{messageId}/retry", RetryAsync).WithSummary("Send a failed message again")
            .Refuses("INVALID_ID", "MESSAGE_NOT_FOUND", "NOT_FAILED", "WINDOW_CLOSED", "OPTED_OUT", "CONTACT_BLOCKED").RequireScope(ApiScope.ChatWrite);
        messages.MapPost("/messages/{messageId}/star", StarAsync).WithSummary("Star a message, or take the star away")
            .Refuses("INVALID_ID", "MESSAGE_NOT_FOUND").RequireScope(ApiScope.ChatWrite);
        messages.MapPost("/messages/{messageId}/react", ReactAsync).WithSummary("React to a message")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "MESSAGE_NOT_FOUND", "NOT_REACTABLE", "TOO_OLD_TO_REACT", "WINDOW_CLOSED", "UPSTREAM_ERROR").RequireScope(ApiScope.ChatWrite);

        messages.MapGet("/settings", SettingsAsync).WithSummary("Get the chat settings").RequireScope(ApiScope.ChatRead);
        messages.MapPatch("/settings", ChangeSettingsAsync).WithSummary("Change the chat settings").Refuses("VALIDATION_ERROR").RequireScope(ApiScope.ChatWrite);

        var canned = messages.MapGroup("/canned-replies");
        canned.MapGet("/", CannedAsync).WithSummary("List canned replies").RequireScope(ApiScope.ChatRead);
        canned.MapPost("/", CreateCannedAsync).WithSummary("Make a canned reply").Refuses("VALIDATION_ERROR", "SHORTCUT_TAKEN").RequireScope(ApiScope.ChatWrite);
        canned.MapPut("/{id}", ChangeCannedAsync).WithSummary("Change a canned reply")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "CANNED_REPLY_NOT_FOUND", "SHORTCUT_TAKEN").RequireScope(ApiScope.ChatWrite);
        canned.MapDelete("/{id}", DeleteCannedAsync).WithSummary("Delete a canned reply").Refuses("INVALID_ID", "CANNED_REPLY_NOT_FOUND").RequireScope(ApiScope.ChatWrite);
        canned.MapPost("/{id}/render", RenderCannedAsync).WithSummary("Fill a canned reply in for a conversation")
            .Refuses("INVALID_ID", "CANNED_REPLY_NOT_FOUND", "CONVERSATION_NOT_FOUND", "TEMPLATE_INVALID").RequireScope(ApiScope.ChatRead);
    }

    private static async Task<Created<Envelope<MessageView>>> SendAsync(SendMessage body, Caller caller, ChatSending sending, CancellationToken ct) =>
        Answer.Created(await sending.SendAsync(caller.Scope, body, ct, caller.Token));

    private static async Task<Ok<Envelope<IReadOnlyList<FoundMessage>>>> SearchAsync(string? search, Caller caller, MessageSearch messages, CancellationToken ct) =>
        Answer.Ok(await messages.SearchAsync(caller.Scope, search, ct));

    private static async Task<Ok<Envelope<MessageView>>> GetAsync(string messageId, Caller caller, MessageSearch messages, CancellationToken ct) =>
        Answer.Ok(await messages.GetAsync(caller.Scope, messageId, ct));

    private static async Task<Ok<Envelope<MessageView>>> RetryAsync(string messageId, Caller caller, ChatSending sending, CancellationToken ct) =>
        Answer.Ok(await sending.RetryAsync(caller.Scope, messageId, ct));

    private static async Task<Ok<Envelope<MessageView>>> StarAsync(string messageId, Caller caller, MessageMarks marks, CancellationToken ct) =>
        Answer.Ok(await marks.StarAsync(caller.Scope, messageId, ct));

    private static async Task<Ok<Envelope<MessageView>>> ReactAsync(string messageId, ReactInput body, Caller caller, MessageMarks marks, CancellationToken ct) =>
        Answer.Ok(await marks.ReactAsync(caller.Scope, messageId, body, ct));

    private static async Task<Ok<Envelope<ChatSettings>>> SettingsAsync(Caller caller, ChatPreferences preferences, CancellationToken ct) =>
        Answer.Ok(await preferences.GetAsync(caller.Scope, ct));

    private static async Task<Ok<Envelope<ChatSettings>>> ChangeSettingsAsync(ChatSettingsChanges body, Caller caller, ChatPreferences preferences, CancellationToken ct) =>
        Answer.Ok(await preferences.ChangeAsync(caller.Scope, body, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<CannedReplyView>>>> CannedAsync(string? search, Caller caller, CannedReplies canned, CancellationToken ct) =>
        Answer.Ok(await canned.ListAsync(caller.Scope, search, ct));

    private static async Task<Created<Envelope<CannedReplyView>>> CreateCannedAsync(CannedReplyInput body, Caller caller, CannedReplies canned, CancellationToken ct) =>
        Answer.Created(await canned.CreateAsync(caller.Scope, body, ct));

    private static async Task<Ok<Envelope<CannedReplyView>>> ChangeCannedAsync(string id, CannedReplyInput body, Caller caller, CannedReplies canned, CancellationToken ct) =>
        Answer.Ok(await canned.ChangeAsync(caller.Scope, id, body, ct));

    private static async Task<Ok<Envelope<CannedReplyView>>> DeleteCannedAsync(string id, Caller caller, CannedReplies canned, CancellationToken ct) =>
        Answer.Ok(await canned.DeleteAsync(caller.Scope, id, ct));

    private static async Task<Ok<Envelope<RenderedReply>>> RenderCannedAsync(string id, RenderCanned body, Caller caller, CannedReplies canned, CancellationToken ct) =>
        Answer.Ok(await canned.RenderAsync(caller.Scope, id, body.ConversationId ?? "", ct));

    /// <summary>For which conversation a canned reply is filled in.</summary>
    internal sealed record RenderCanned(string? ConversationId);
}
