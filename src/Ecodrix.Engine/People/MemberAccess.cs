using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Options;

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
/// <param name="TwoFactorRequired">Whether the platform, or the tenant they belong to, asks one of them: without it they open nothing but their account.</param>
/// <param name="OnlyOwn">Whether they see only what is assigned to them.</param>
public sealed record SignedInPerson(
    string Id, string Name, string Email, Role Role, string? TenantCode, bool TwoFactorEnabled, bool TwoFactorRequired, bool OnlyOwn);

/// <summary>Opens tenants and the platform for signed-in people, each time afresh: a person shut out a moment ago opens nothing.</summary>
public sealed class MemberAccess
{
    private readonly AccountStore _accounts;
    private readonly Sessions _sessions;
    private readonly TenantDirectory _directory;
    private readonly bool _requireTwoFactor;

    internal MemberAccess(AccountStore accounts, Sessions sessions, TenantDirectory directory, IOptions<PlatformOptions> options)
    {
        _requireTwoFactor = options.Value.RequireTwoFactor;
        _accounts = accounts;
        _sessions = sessions;
        _directory = directory;
    }

    /// <summary>The person behind an account.</summary>
    /// <exception cref="RefusedException">SIGNED_OUT, when the account is gone or shut out.</exception>
    public async Task<SignedInPerson> WhoAsync(string accountId, CancellationToken ct)
    {
        var account = await ActiveAsync(accountId, ct);
        return new SignedInPerson(accountId, account.Name, account.Email, account.Role, account.TenantCode, account.TwoFactorEnabled,
            await IsTwoFactorRequiredAsync(account, ct), account is { Role: Role.Agent, OnlyOwn: true });
    }

    /// <summary>Opens a tenant: any for the platform's people, their own for a tenant's.</summary>
    /// <exception cref="RefusedException">SIGNED_OUT, CLIENT_NOT_FOUND, TENANT_SUSPENDED, TWO_FACTOR_REQUIRED.</exception>
    public async Task<MemberScope> OpenTenantAsync(string accountId, string code, CancellationToken ct) =>
        await OpenTenantAsync(await ActiveAsync(accountId, ct), code, ct);

    /// <summary>Opens a tenant for somebody who stays connected: only while the session they signed in by has not ended.</summary>
    /// <exception cref="RefusedException">SIGNED_OUT, CLIENT_NOT_FOUND, TENANT_SUSPENDED, TWO_FACTOR_REQUIRED.</exception>
    public async Task<MemberScope> OpenTenantInSessionAsync(string accountId, string sessionId, string code, CancellationToken ct) =>
        await OpenTenantAsync(await InSessionAsync(accountId, sessionId, ct) ?? throw PeopleRefusals.SignedOut(), code, ct);

    /// <summary>Whether somebody may stay on a page: the session they signed in by has not ended, and the account works as it did then.</summary>
    /// <param name="accountId">Who.</param>
    /// <param name="sessionId">The session.</param>
    /// <param name="securityStamp">The account's security stamp when they signed in.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> MayStayAsync(string accountId, string sessionId, string? securityStamp, CancellationToken ct) =>
        await InSessionAsync(accountId, sessionId, ct) is { } account && account.SecurityStamp == securityStamp;

    /// <summary>Opens the platform's administration.</summary>
    /// <exception cref="RefusedException">SIGNED_OUT, NOT_PERMITTED, TWO_FACTOR_REQUIRED.</exception>
    public async Task<PlatformScope> OpenPlatformAsync(string accountId, Permission permission, CancellationToken ct)
    {
        var account = await ActiveAsync(accountId, ct);
        if (!account.Role.IsPlatform() || !account.Role.May(permission))
        {
            throw PeopleRefusals.NotPermitted(account.Role, permission);
        }

        return account.TwoFactorEnabled || !_requireTwoFactor ? new PlatformScope(ActorOf(account)) : throw PeopleRefusals.TwoFactorRequired();
    }

    /// <summary>Refuses somebody who would switch their second factor off although it is asked of them.</summary>
    /// <exception cref="RefusedException">SIGNED_OUT, TWO_FACTOR_REQUIRED.</exception>
    public async Task RequireFactorOptionalAsync(string accountId, CancellationToken ct)
    {
        if (await IsTwoFactorRequiredAsync(await ActiveAsync(accountId, ct), ct))
        {
            throw PeopleRefusals.TwoFactorRequired();
        }
    }

    private async Task<bool> IsTwoFactorRequiredAsync(Account account, CancellationToken ct) =>
        _requireTwoFactor || (account.TenantCode is { } code && await _directory.RequiresTwoFactorAsync(code, ct));

    private async Task<MemberScope> OpenTenantAsync(Account account, string code, CancellationToken ct)
    {
        // Another tenant's code is answered like one that does not exist.
        var scope = account.Role.IsPlatform() ? await _directory.OpenAsync(new PlatformScope(ActorOf(account)), code, ct)
            : account.TenantCode == code ? await _directory.OpenForMemberAsync(code, ActorOf(account), ct)
            : throw TenantRefusals.NotFound(code);
        return account.TwoFactorEnabled || !(_requireTwoFactor || scope.Tenant.RequireTwoFactor)
            ? new MemberScope(scope, account.Role)
            : throw PeopleRefusals.TwoFactorRequired();
    }

    private async Task<Account> ActiveAsync(string accountId, CancellationToken ct) => await WorkingAsync(accountId, ct) ?? throw PeopleRefusals.SignedOut();

    private async Task<Account?> InSessionAsync(string accountId, string sessionId, CancellationToken ct) =>
        await _sessions.IsOpenAsync(accountId, sessionId, ct) ? await WorkingAsync(accountId, ct) : null;

    private async Task<Account?> WorkingAsync(string accountId, CancellationToken ct) =>
        await _accounts.FindAsync(accountId, ct) is { Deactivated: false } account ? account : null;

    private static Actor ActorOf(Account account) =>
        new(account.Role.IsPlatform() ? ActorKind.Staff : ActorKind.Agent, account.Id.ToString(), account.Name)
        {
            OnlyAssignedTo = account is { Role: Role.Agent, OnlyOwn: true } ? account.EmailKey : null,
        };
}
