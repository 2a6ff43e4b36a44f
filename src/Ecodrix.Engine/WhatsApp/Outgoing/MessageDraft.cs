using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>A message to be sent. Its id is derived from what causes it, so that a repeat is the same message.</summary>
/// <param name="Id">Its id, which Meta gives back with every status.</param>
/// <param name="To">Who gets it.</param>
internal sealed record MessageDraft(ObjectId Id, Contact To)
{
    public string Type { get; init; } = "text";

    public string? Text { get; init; }

    public bool PreviewUrl { get; init; } = true;

    public TemplateUse? Template { get; init; }

    public BsonValue? Content { get; init; }

    public MediaPart? Media { get; init; }

    public ReplyRef? ReplyTo { get; init; }

    public ObjectId? LeadId { get; init; }

    /// <summary>The lead's owner, who answers where nobody does yet.</summary>
    public string? Owner { get; init; }

    public required Sender SentBy { get; init; }

    public ObjectId? EventLogId { get; init; }

    public ObjectId? BroadcastId { get; init; }

    /// <summary>The message as it is kept, queued.</summary>
    public Message ToMessage(ObjectId conversationId, DateTime now) => new()
    {
        Id = Id,
        ConversationId = conversationId,
        Direction = MessageDirection.Out,
        Type = Type,
        Text = Text,
        Template = Template,
        Content = Type == "text" && !PreviewUrl ? new BsonDocument("preview_url", false) : Content,
        Media = Media,
        ReplyTo = ReplyTo,
        Phone = To.Phone,
        UserId = To.Phone is null ? To.UserId : null,
        Status = MessageStatus.Queued,
        SentBy = SentBy,
        EventLogId = EventLogId,
        BroadcastId = BroadcastId,
        Words = SentBy.Kind == SenderKind.Agent ? MessageWords.Of(Text) : null,
        CreatedAt = now,
        At = now,
    };
}

/// <summary>Writes messages into their conversations before they are sent.</summary>
internal sealed class MessageDrafts(Threads threads, TimeProvider clock)
{
    /// <summary>Puts a message into its conversation as queued. Safe to repeat.</summary>
    public async Task<Message> PutAsync(TenantScope scope, MessageDraft draft, CancellationToken ct)
    {
        if (await scope.Db.Messages.FindByIdAsync(draft.Id, ct) is { } put)
        {
            return put;
        }

        var conversation = await threads.FindOrMakeAsync(scope, draft.To, draft.LeadId, draft.Owner, ct);
        var message = draft.ToMessage(conversation.Id, clock.GetUtcNow().UtcDateTime);
        // The number as the conversation knows it, where the caller gave only the user id.
        message.Phone ??= conversation.Phone;
        message.UserId = message.Phone is null ? conversation.UserId : null;
        try
        {
            await scope.Db.Messages.InsertOneAsync(message, null, ct);
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            return await scope.Db.Messages.Find(m => m.Id == draft.Id).FirstAsync(ct);
        }

        while (!await threads.SentAsync(scope, message, ct))
        {
            // The conversation has gone since: into another of the same contact, or deleted, and with it perhaps the message.
            message.ConversationId = (await threads.FindOrMakeAsync(scope, draft.To, draft.LeadId, draft.Owner, ct)).Id;
            var moved = await scope.Db.Messages.UpdateOneAsync(m => m.Id == message.Id, Builders<Message>.Update.Set(m => m.ConversationId, message.ConversationId), null, ct);
            if (moved.MatchedCount == 0)
            {
                await scope.Db.Messages.InsertOneAsync(message, null, ct);
            }
        }

        return message;
    }
}
