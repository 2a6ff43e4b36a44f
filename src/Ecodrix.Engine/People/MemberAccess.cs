using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.People;

/// <summary>A tenant opened by a signed-in person.</summary>
/// <param name="Scope">The tenant's data, on the person's behalf.</param>
/// <param name="Role">What the person is.</param>
public sealed record MemberScope(TenantScope Scope, Role Role)
{
    /// <summary>Refuses unless the person's role may do it.</summary>
    /// <exception cref="RefusedException">NOT_PERMITTED.</exception>
    public TenantScope For(Permission permission) => Role.May(permission) ? Scope : throw PeopleRefusals.NotPermitted(Role, permission);
}

/// <summary>A person who has signed in, as pages show them.</summary>
/// <param name="Id">The account's id.</param>
/// <param name="Name">Their name.</param>
/// <param name="Email">Their address.</param>
/// <param name="Role">What they are.</param>
/// <param name="TenantCode">The tenant they belong to; null for the platform's own people.</param>
/// <param name="TwoFactorEnabled">Whether they sign in with a second factor.</param>
public sealed record SignedInPerson(string Id, string Name, string Email, Role Role, string? TenantCode, bool TwoFactorEnabled);

/// <summary>Opens tenants and the platform for signed-in people, each time afresh: a person shut out a moment ago opens nothing.</summary>
public sealed class MemberAccess
{
    private readonly AccountStore _accounts;
    private readonly TenantDirectory _directory;

    internal MemberAccess(AccountStore accounts, TenantDirectory directory)
    {
        _accounts = accounts;
        _directory = directory;
    }

    /// <summary>The person behind an account.</summary>
    /// <exception cref="RefusedException">SIGNED_OUT, when the account is gone or shut out.</exception>
    public async Task<SignedInPerson> WhoAsync(string accountId, CancellationToken ct)
    {
        var account = await ActiveAsync(accountId, ct);
        return new SignedInPerson(accountId, account.Name, account.Email, account.Role, account.TenantCode, account.TwoFactorEnabled);
    }

    /// <summary>Opens a tenant: any for the platform's people, their own for a tenant's.</summary>
    /// <exception cref="RefusedException">SIGNED_OUT, CLIENT_NOT_FOUND, TENANT_SUSPENDED.</exception>
    public async Task<MemberScope> OpenTenantAsync(string accountId, string code, CancellationToken ct)
    {
        var account = await ActiveAsync(accountId, ct);
        if (account.Role.IsPlatform())
        {
            return new MemberScope(await _directory.OpenAsync(new PlatformScope(ActorOf(account)), code, ct), account.Role);
        }

        // Another tenant's code is answered like one that does not exist.
        return account.TenantCode == code
            ? new MemberScope(await _directory.OpenForMemberAsync(code, ActorOf(account), ct), account.Role)
            : throw TenantRefusals.NotFound(code);
    }

    /// <summary>Opens the platform's administration.</summary>
    /// <exception cref="RefusedException">SIGNED_OUT, NOT_PERMITTED.</exception>
    public async Task<PlatformScope> OpenPlatformAsync(string accountId, Permission permission, CancellationToken ct)
    {
        var account = await ActiveAsync(accountId, ct);
        return account.Role.IsPlatform() && account.Role.May(permission)
            ? new PlatformScope(ActorOf(account))
            : throw PeopleRefusals.NotPermitted(account.Role, permission);
    }

    private async Task<Account> ActiveAsync(string accountId, CancellationToken ct) =>
        await _accounts.FindAsync(accountId, ct) is { Deactivated: false } account ? account : throw PeopleRefusals.SignedOut();

    private static Actor ActorOf(Account account) =>
        new(account.Role.IsPlatform() ? ActorKind.Staff : ActorKind.Agent, account.Id.ToString(), account.Name)
        {
            OnlyAssignedTo = account is { Role: Role.Agent, OnlyOwn: true } ? account.EmailKey : null,
        };
}
