using System.Security.Cryptography;
using System.Text;
using MongoDB.Bson;
using MongoDB.Bson.Serialization.Attributes;

namespace Ecodrix.Engine.Tenants;

/// <summary>Where a tenant stands with the platform.</summary>
public enum TenantStatus
{
    /// <summary>In use.</summary>
    Active,

    /// <summary>Its keys are refused until it is resumed.</summary>
    Suspended,

    /// <summary>Gone from all lists; its data is kept until it is purged.</summary>
    Archived,
}

/// <summary>A tenant as the control database keeps it.</summary>
internal sealed class Tenant
{
    public const string Collection = "tenants";

    /// <summary>After how many days a deal counts as stale, unless the tenant says otherwise.</summary>
    public const int UsualStaleDays = 14;

    public ObjectId Id { get; set; }

    /// <summary>The client code, fixed for life.</summary>
    public required string Code { get; set; }

    public required string Name { get; set; }

    public TenantStatus Status { get; set; }

    public required string Country { get; set; }

    public required string Currency { get; set; }

    public required string TimeZone { get; set; }

    public int TriggerPerMinute { get; set; } = 60;

    public int DefaultPerMinute { get; set; } = 600;

    /// <summary>How many days an ended event is kept.</summary>
    public int EventDays { get; set; } = 90;

    /// <summary>How many days an ended callback is kept.</summary>
    public int CallbackDays { get; set; } = 90;

    /// <summary>After how many days in the same stage an open deal counts as stale.</summary>
    public int StaleDays { get; set; } = UsualStaleDays;

    /// <summary>Its database on the platform's cluster, or on its own when <see cref="DatasourceUri"/> is set.</summary>
    public required string Database { get; set; }

    /// <summary>Its own cluster's URI, encrypted; absent for the platform's cluster.</summary>
    public string? DatasourceUri { get; set; }

    /// <summary>The index declarations its database was last brought up to.</summary>
    public string? IndexStamp { get; set; }

    public Dictionary<string, StoredSecret> Secrets { get; set; } = [];

    /// <summary>The phone number id in clear, because Meta's webhook finds the tenant by it.</summary>
    public string? PhoneNumberId { get; set; }

    /// <summary>The WhatsApp Business account's id in clear, for webhooks that name no number.</summary>
    public string? BusinessId { get; set; }

    /// <summary>The hash of the webhook's verify token, because Meta's handshake without a client code finds the tenant by it.</summary>
    public string? VerifyTokenHash { get; set; }

    /// <summary>The consent to use a Google account's calendar; absent when none was given.</summary>
    [BsonIgnoreIfNull]
    public StoredGoogle? Google { get; set; }

    public List<StoredKey> Keys { get; set; } = [];

    public List<string> Origins { get; set; } = [];

    /// <summary>Since when its automations wait; absent when they run.</summary>
    public DateTime? AutomationsPausedAt { get; set; }

    /// <summary>Whether whoever opens it must have a second factor.</summary>
    public bool RequireTwoFactor { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    /// <summary>The hash that a verify token is found by. It needs no key: all that a token opens is the answer to its handshake.</summary>
    public static string HashOf(string verifyToken) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(verifyToken)));
}

/// <summary>A secret at rest.</summary>
internal sealed class StoredSecret
{
    public required string Cipher { get; set; }

    /// <summary>The last characters, for people to recognise it by; empty for short ones.</summary>
    public required string Tail { get; set; }

    public DateTime UpdatedAt { get; set; }

    /// <summary>For a secret that takes over later: when it does.</summary>
    [BsonIgnoreIfNull]
    public DateTime? EffectiveAt { get; set; }
}

/// <summary>A Google consent at rest.</summary>
internal sealed class StoredGoogle
{
    /// <summary>Encrypted.</summary>
    public required string RefreshToken { get; set; }

    public DateTime ConnectedAt { get; set; }

    /// <summary>Whether Google said that it no longer holds.</summary>
    public bool NeedsReconnect { get; set; }
}

/// <summary>An API key at rest: only the hash of its secret.</summary>
internal sealed class StoredKey
{
    public ObjectId Id { get; set; }

    public required string Name { get; set; }

    /// <summary>SHA-256 of the whole key.</summary>
    public required byte[] Hash { get; set; }

    /// <summary>The visible first characters.</summary>
    public required string Prefix { get; set; }

    public required List<string> Scopes { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime? LastUsedAt { get; set; }

    public DateTime? ExpiresAt { get; set; }

    public DateTime? RevokedAt { get; set; }

    public bool WorksAt(DateTime now) => RevokedAt is null && (ExpiresAt is null || ExpiresAt > now);
}
