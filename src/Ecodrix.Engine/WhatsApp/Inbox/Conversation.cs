using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Bson.Serialization.Attributes;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Where a conversation stands with the people who answer.</summary>
public enum ConversationStatus
{
    /// <summary>Somebody should answer.</summary>
    Open,

    /// <summary>Waits for the contact.</summary>
    Pending,

    /// <summary>Put off until a time.</summary>
    Snoozed,

    /// <summary>Settled.</summary>
    Resolved,
}

/// <summary>What a contact does not want to get.</summary>
public enum OptOut
{
    /// <summary>Takes everything.</summary>
    None,

    /// <summary>No marketing: told to Meta.</summary>
    Marketing,

    /// <summary>Nothing that is not an answer: wrote STOP or the like.</summary>
    All,
}

/// <summary>One contact's conversation: known by phone number, by Meta's business-scoped user id, or both.</summary>
internal sealed class Conversation
{
    public const string Collection = "conversations";

    public ObjectId Id { get; set; }

    /// <summary>E.164; absent where only Meta's business-scoped user id is known.</summary>
    public string? Phone { get; set; }

    /// <summary>Numbers beside <see cref="Phone"/> that are the same contact's: the one WhatsApp itself knows them by, where it is another than was dialled.</summary>
    public List<string> OtherPhones { get; set; } = [];

    /// <summary>Meta's business-scoped user id.</summary>
    public string? UserId { get; set; }

    /// <summary>The contact's @name.</summary>
    public string? Username { get; set; }

    public string? Name { get; set; }

    public ObjectId? LeadId { get; set; }

    public ConversationStatus Status { get; set; }

    /// <summary>When a snoozed one comes back.</summary>
    public DateTime? SnoozedUntil { get; set; }

    /// <summary>Who answers; null is nobody yet.</summary>
    public string? AssignedTo { get; set; }

    public List<string> Labels { get; set; } = [];

    public int UnreadCount { get; set; }

    /// <summary>The beginning of the last message, for lists.</summary>
    public string? LastMessage { get; set; }

    public ObjectId? LastMessageId { get; set; }

    public DateTime LastMessageAt { get; set; }

    /// <summary>The contact's newest messages, so that one that comes twice is counted once.</summary>
    public List<ObjectId> Recent { get; set; } = [];

    /// <summary>Until when free text may be sent: 24 hours after the contact last wrote.</summary>
    public DateTime? WindowExpiresAt { get; set; }

    public DateTime? LastInboundAt { get; set; }

    /// <summary>Whether the contact wrote last and no person or client server has answered; rules and broadcasts are no answer.</summary>
    public bool AwaitsReply { get; set; }

    /// <summary>When a person or client server last wrote, so that what the contact wrote before and comes late awaits no reply.</summary>
    public DateTime? AnsweredAt { get; set; }

    public OptOut OptOut { get; set; }

    public DateTime? OptedOutAt { get; set; }

    /// <summary>When what <see cref="OptOut"/> says was wished, so that an older wish which comes later does not undo it.</summary>
    public DateTime? WishAt { get; set; }

    /// <summary>Conversations that turned out to be this one and went into it, so that a repeat adds none of them twice.</summary>
    public List<ObjectId>? Absorbed { get; set; }

    /// <summary>Set when Meta says that the business has blocked the contact.</summary>
    public bool Blocked { get; set; }

    /// <summary>Words and phone digits by whose beginnings it is found.</summary>
    public List<string> SearchTerms { get; set; } = [];

    public DateTime CreatedAt { get; set; }

    /// <summary>All numbers that are the contact's, the first one first.</summary>
    [BsonIgnore]
    public IEnumerable<string> Phones => Phone is null ? OtherPhones : OtherPhones.Prepend(Phone);

    /// <summary>Whether a number is the contact's, in any writing.</summary>
    public bool HasPhone(string phone)
    {
        var writings = ContactNumbers.Variants(phone);
        return (Phone is not null && writings.Contains(Phone)) || OtherPhones.Exists(writings.Contains);
    }

    public static CollectionIndexes Indexes { get; } = new(
        Collection,
        IndexModel.OnText("phone").Unique(),
        IndexModel.OnText("userId").Unique(),
        IndexModel.OnText("otherPhones"),
        IndexModel.On("-lastMessageAt", "-_id"),
        IndexModel.On("status", "-lastMessageAt", "-_id"),
        IndexModel.On("assignedTo", "-lastMessageAt", "-_id"),
        IndexModel.On("assignedTo", "status", "-lastMessageAt", "-_id"),
        IndexModel.On("labels", "-lastMessageAt", "-_id"),
        IndexModel.On("-lastMessageAt").Where(new BsonDocument("unreadCount", new BsonDocument("$gt", 0))),
        IndexModel.On("unreadCount"),
        IndexModel.On("awaitsReply", "-lastMessageAt").Where(new BsonDocument("awaitsReply", true)),
        IndexModel.On("searchTerms"),
        IndexModel.On("leadId", "-lastMessageAt", "-_id"))
    {
        Retired = [IndexModel.On("phone"), IndexModel.On("userId"), IndexModel.On("leadId")],
    };
}

internal static class InboxCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Conversation> Conversations => db.Collection<Conversation>(Conversation.Collection);

        public IMongoCollection<Message> Messages => db.Collection<Message>(Message.Collection);
    }
}
