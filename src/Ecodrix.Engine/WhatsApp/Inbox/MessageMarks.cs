using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Outgoing;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Stars and reactions.</summary>
public sealed class MessageMarks
{
    private static readonly TimeSpan ReactableFor = TimeSpan.FromDays(30);
    private static readonly FindOneAndUpdateOptions<Message> After = new() { ReturnDocument = ReturnDocument.After };

    private readonly IWhatsApp _whatsApp;
    private readonly InboxFeed _feed;
    private readonly MediaLinks _links;
    private readonly TimeProvider _clock;

    internal MessageMarks(IWhatsApp whatsApp, InboxFeed feed, MediaLinks links, TimeProvider clock)
    {
        _whatsApp = whatsApp;
        _feed = feed;
        _links = links;
        _clock = clock;
    }

    /// <summary>Stars a message, or takes the star away. Nobody outside sees it.</summary>
    /// <exception cref="RefusedException">INVALID_ID, MESSAGE_NOT_FOUND.</exception>
    public async Task<MessageView> StarAsync(TenantScope scope, string messageId, CancellationToken ct)
    {
        var (message, _) = await FindAsync(scope, messageId, ct);
        var starred = await scope.Db.Messages.FindOneAndUpdateAsync<Message>(m => m.Id == message.Id, Builders<Message>.Update.Set(m => m.Starred, !message.Starred), After, ct) ?? message;
        await _feed.StatusAsync(scope, starred, ct);
        return MessageView.Of(starred, await _links.ForAsync(scope, ct));
    }

    /// <summary>Reacts to a message of the last 30 days, or takes the reaction back with an empty emoji.</summary>
    /// <exception cref="RefusedException">
    /// VALIDATION_ERROR, INVALID_ID, MESSAGE_NOT_FOUND, NOT_REACTABLE, TOO_OLD_TO_REACT, WINDOW_CLOSED, UPSTREAM_ERROR.
    /// </exception>
    public async Task<MessageView> ReactAsync(TenantScope scope, string messageId, ReactInput input, CancellationToken ct)
    {
        var emoji = input.Emoji?.Trim() ?? "";
        new Check().That(emoji.Length == 0 || IsOneEmoji(emoji), "emoji", "emoji must be a single emoji, or empty to take the reaction back.").Throw();
        var (message, conversation) = await FindAsync(scope, messageId, ct);
        var now = _clock.GetUtcNow().UtcDateTime;
        if (message.Wamid is null)
        {
            throw InboxRefusals.NothingToReactTo();
        }

        if (message.At < now - ReactableFor)
        {
            throw InboxRefusals.TooOldToReact();
        }

        var ban = OutgoingGate.Decide(conversation, false, null, now);
        await OutgoingGate.RefuseAsync(ban, conversation, () => Templates.TemplateMappings.ApprovedNamesAsync(scope, ct));
        await SendAsync(scope, message, emoji, ct);
        var changed = await SetAsync(scope, message.Id, MessageDirection.Out, emoji, now, ct) ?? message;
        await _feed.StatusAsync(scope, changed, ct);
        return MessageView.Of(changed, await _links.ForAsync(scope, ct));
    }

    /// <summary>Puts one side's reaction on a message in place of the one before.</summary>
    internal static async Task<Message?> SetAsync(TenantScope scope, MongoDB.Bson.ObjectId messageId, MessageDirection from, string emoji, DateTime at, CancellationToken ct)
    {
        await scope.Db.Messages.UpdateOneAsync(m => m.Id == messageId, Builders<Message>.Update.PullFilter(m => m.Reactions, r => r.From == from), null, ct);
        return emoji.Length == 0
            ? await scope.Db.Messages.FindByIdAsync(messageId, ct)
            : await scope.Db.Messages.FindOneAndUpdateAsync<Message>(
                m => m.Id == messageId, Builders<Message>.Update.Push(m => m.Reactions, new Reaction { Emoji = emoji, From = from, At = at }), After, ct);
    }

    internal static async Task<(Message Message, Conversation Conversation)> FindAsync(TenantScope scope, string messageId, CancellationToken ct)
    {
        var id = Ids.Parse(messageId, "messageId");
        var message = await scope.Db.Messages.FindByIdAsync(id, ct) ?? throw InboxRefusals.MessageNotFound(messageId);
        var conversation = await scope.Db.Conversations
            .Find(scope.VisibleConversations() & Builders<Conversation>.Filter.Eq(c => c.Id, message.ConversationId)).FirstOrDefaultAsync(ct);
        return (message, conversation ?? throw InboxRefusals.MessageNotFound(messageId));
    }

    private async Task SendAsync(TenantScope scope, Message message, string emoji, CancellationToken ct)
    {
        var body = new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["recipient_type"] = "individual",
            [message.Phone is null ? "recipient" : "to"] = message.Phone ?? message.UserId,
            ["type"] = "reaction",
            ["reaction"] = new JsonObject { ["message_id"] = message.Wamid, ["emoji"] = emoji },
        };
        var problem = await _whatsApp.SendAsync(scope, body, ct) switch
        {
            GraphAnswer.Refused refused => (refused.Error.Title, refused.Error.Hint, (int?)refused.Error.Code),
            GraphAnswer.NotReached away => (away.Why, "Try again in a moment.", null),
            // A reaction sent twice is the same reaction: an answer that was lost does no harm.
            _ => ((string, string, int?)?)null,
        };
        if (problem is var (title, hint, code))
        {
            throw new RefusedException(RefusalKind.Upstream, "UPSTREAM_ERROR", $"Meta did not take the reaction: {title}. {hint}", new { code, title, hint });
        }
    }

    private static bool IsOneEmoji(string text) =>
        new StringInfo(text).LengthInTextElements == 1 && !text.Any(char.IsLetter) && text is not [<= '\x7F']
        && text.EnumerateRunes().Any(r => Rune.GetUnicodeCategory(r) is UnicodeCategory.OtherSymbol or UnicodeCategory.MathSymbol or UnicodeCategory.OtherPunctuation or UnicodeCategory.EnclosingMark or UnicodeCategory.ModifierSymbol);
}
