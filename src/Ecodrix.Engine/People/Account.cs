using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Engine.People;

/// <summary>
/// A person's account. Mutable, because ASP.NET Core Identity works on it field by field and saves it whole;
/// <see cref="AccountStore"/> refuses a save over somebody else's.
/// </summary>
public sealed class Account
{
    internal const string Collection = "accounts";

    /// <summary>Its id.</summary>
    public ObjectId Id { get; set; }

    /// <summary>The address the person signs in with, as they write it.</summary>
    public string Email { get; set; } = "";

    /// <summary>The address as it is compared: lower-case, unique.</summary>
    public string EmailKey { get; set; } = "";

    /// <summary>What colleagues call them.</summary>
    public string Name { get; set; } = "";

    /// <summary>What they are.</summary>
    public Role Role { get; set; }

    /// <summary>The tenant they belong to; null for the platform's own people.</summary>
    public string? TenantCode { get; set; }

    /// <summary>Whether an agent sees only what is assigned to them.</summary>
    public bool OnlyOwn { get; set; }

    /// <summary>Whether they have been shut out.</summary>
    public bool Deactivated { get; set; }

    /// <summary>The password's hash; null until an invitation is accepted.</summary>
    public string? PasswordHash { get; set; }

    /// <summary>Changes with everything that must end other sessions.</summary>
    public string SecurityStamp { get; set; } = "";

    /// <summary>Wrong passwords in a row.</summary>
    public int AccessFailedCount { get; set; }

    /// <summary>Until when sign-in is locked after too many of them, UTC.</summary>
    public DateTime? LockoutEnd { get; set; }

    /// <summary>Whether a code from an authenticator app (TOTP, RFC 6238) is asked for.</summary>
    public bool TwoFactorEnabled { get; set; }

    /// <summary>The authenticator's key, encrypted.</summary>
    public string? AuthenticatorCipher { get; set; }

    /// <summary>Hashes of recovery codes not yet used.</summary>
    public List<string> RecoveryCodes { get; set; } = [];

    /// <summary>The hash of an open invitation's or reset's token.</summary>
    public byte[]? InviteHash { get; set; }

    /// <summary>Until when the invitation or reset holds, UTC.</summary>
    public DateTime? InviteExpiresAt { get; set; }

    /// <summary>When they were invited or set up, UTC.</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>When they last signed in, UTC.</summary>
    public DateTime? LastSignInAt { get; set; }

    /// <summary>Goes up with every save, for optimistic concurrency.</summary>
    public int Version { get; set; }

    internal static ControlIndexes Indexes { get; } = new(
        Collection,
        IndexModel.On("emailKey").Unique(),
        IndexModel.On("tenantCode", "name"),
        IndexModel.On("inviteHash").Where(new BsonDocument("inviteHash", new BsonDocument("$exists", true))));
}
