using System.Text.Json.Serialization;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.People;

/// <summary>Somebody to be invited.</summary>
public sealed record NewPerson
{
    /// <summary>Their address.</summary>
    public string? Email { get; init; }

    /// <summary>Their name, 1–100 characters.</summary>
    public string? Name { get; init; }

    /// <summary>What they shall be; a tenant's roles for a tenant, the platform's for the platform.</summary>
    public Role Role { get; init; } = Role.Agent;

    /// <summary>Whether, as an agent, they see only what is assigned to them.</summary>
    public bool OnlyOwn { get; init; }
}

/// <summary>Changes to a person; absent fields stay.</summary>
public sealed record PersonChanges
{
    /// <summary>A new name.</summary>
    public Optional<string?> Name { get; init; }

    /// <summary>A new role.</summary>
    public Optional<Role> Role { get; init; }

    /// <summary>Whether they see only what is assigned to them.</summary>
    public Optional<bool> OnlyOwn { get; init; }

    /// <summary>Whether they are shut out.</summary>
    public Optional<bool> Deactivated { get; init; }
}

/// <summary>A person as their colleagues see them.</summary>
public sealed record PersonView
{
    /// <summary>The account's id.</summary>
    public required string Id { get; init; }

    /// <summary>Their name.</summary>
    public required string Name { get; init; }

    /// <summary>Their address, which is also the value of <c>assignedTo</c> on their records.</summary>
    public required string Email { get; init; }

    /// <summary>What they are.</summary>
    public required Role Role { get; init; }

    /// <summary>Whether they see only what is assigned to them.</summary>
    public required bool OnlyOwn { get; init; }

    /// <summary><c>active</c>, <c>invited</c> or <c>deactivated</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Whether they sign in with a second factor.</summary>
    public required bool TwoFactorEnabled { get; init; }

    /// <summary>When they were invited.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>When they last signed in.</summary>
    public DateTime? LastSignInAt { get; init; }

    /// <summary>Whether work can be given to them: they can sign in, and may do it.</summary>
    [JsonIgnore]
    public bool Works => Status == "active" && Role.May(Permission.Work);

    internal static PersonView Of(Account account) => new()
    {
        Id = account.Id.ToString(),
        Name = account.Name,
        Email = account.EmailKey,
        Role = account.Role,
        OnlyOwn = account.OnlyOwn,
        Status = account.Deactivated ? "deactivated" : account.PasswordHash is null ? "invited" : "active",
        TwoFactorEnabled = account.TwoFactorEnabled,
        CreatedAt = account.CreatedAt,
        LastSignInAt = account.LastSignInAt,
    };
}

/// <summary>An invitation or a reset: the token is in this answer and nowhere else.</summary>
/// <param name="Person">Whom it is for.</param>
/// <param name="Token">The secret part of the link.</param>
/// <param name="ExpiresAt">Until when it holds.</param>
public sealed record InviteView(PersonView Person, string Token, DateTime ExpiresAt);
