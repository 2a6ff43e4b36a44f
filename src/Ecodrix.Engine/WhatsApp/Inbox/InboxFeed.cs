using System.Collections.Concurrent;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Tells listeners what changed in the inbox, and whose conversation it is, so that agents limited to their own hear of theirs only.</summary>
internal sealed class InboxFeed(ILiveBus live, TimeProvider clock)
{
    private const int MostHeld = 50_000;
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string, ObjectId), (string? Owner, long At)> _owners = new();

    /// <summary>A message's status moved, or something else about it changed.</summary>
    public Task StatusAsync(TenantScope scope, Message message, CancellationToken ct) => StatusesAsync(scope, [message], ct);

    /// <summary>The statuses of messages moved, or something else about them changed.</summary>
    public async Task StatusesAsync(TenantScope scope, IReadOnlyCollection<Message> messages, CancellationToken ct)
    {
        var owners = await OwnersAsync(scope, messages, ct);
        foreach (var message in messages)
        {
            live.Publish(
                scope.Code,
                "message.status",
                new
                {
                    id = message.Id.ToString(),
                    conversationId = message.ConversationId.ToString(),
                    wamid = message.Wamid,
                    status = message.Status,
                    error = message.Error is null ? null : new { message.Error.Code, message.Error.Title, message.Error.Hint },
                },
                owners.GetValueOrDefault(message.ConversationId));
        }
    }

    /// <summary>A message came in.</summary>
    public void Received(TenantScope scope, Conversation conversation, Message message) => live.Publish(
        scope.Code,
        "message.received",
        new { id = message.Id.ToString(), conversationId = conversation.Id.ToString(), wamid = message.Wamid, type = message.Type, text = Threads.Snippet(message.Text) },
        Remember(scope, conversation));

    /// <summary>A conversation is not as it was; whose it was before hears of it, too.</summary>
    public void Changed(TenantScope scope, Conversation conversation, string what, string? before = null)
    {
        var data = new { id = conversation.Id.ToString(), what, unreadCount = conversation.UnreadCount, status = conversation.Status, assignedTo = conversation.AssignedTo };
        live.Publish(scope.Code, "conversation.updated", data, Remember(scope, conversation));
        if (before is not null && before != conversation.AssignedTo)
        {
            live.Publish(scope.Code, "conversation.updated", new { id = conversation.Id.ToString(), what = "reassigned" }, before);
        }
    }

    /// <summary>A conversation is gone.</summary>
    public void Gone(TenantScope scope, Conversation conversation) => live.Publish(
        scope.Code, "conversation.updated", new { id = conversation.Id.ToString(), what = "deleted" }, conversation.AssignedTo);

    private string? Remember(TenantScope scope, Conversation conversation)
    {
        if (_owners.Count > MostHeld)
        {
            _owners.Clear();
        }

        _owners[(scope.Code, conversation.Id)] = (conversation.AssignedTo, clock.GetTimestamp());
        return conversation.AssignedTo;
    }

    private async Task<Dictionary<ObjectId, string?>> OwnersAsync(TenantScope scope, IReadOnlyCollection<Message> messages, CancellationToken ct)
    {
        var owners = new Dictionary<ObjectId, string?>();
        var unknown = new List<ObjectId>();
        foreach (var id in messages.Select(m => m.ConversationId).Distinct())
        {
            if (_owners.TryGetValue((scope.Code, id), out var held) && clock.GetElapsedTime(held.At) < Held)
            {
                owners[id] = held.Owner;
            }
            else
            {
                unknown.Add(id);
            }
        }

        if (unknown.Count > 0)
        {
            var read = await scope.Db.Conversations.Find(Builders<Conversation>.Filter.In("_id", unknown))
                .Project<BsonDocument>(new BsonDocument("assignedTo", 1)).ToListAsync(ct);
            foreach (var conversation in read)
            {
                var (id, owner) = (conversation["_id"].AsObjectId, conversation.GetValue("assignedTo", BsonNull.Value) as BsonString);
                owners[id] = owner?.Value;
                _owners[(scope.Code, id)] = (owner?.Value, clock.GetTimestamp());
            }
        }

        return owners;
    }
}
