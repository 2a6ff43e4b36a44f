using System.Security.Cryptography;
using System.Text;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.People;

/// <summary>Invites people and lets them set a new password, by links that work once.</summary>
public sealed class Invitations
{
    private static readonly TimeSpan InviteLife = TimeSpan.FromDays(7);
    private static readonly TimeSpan ResetLife = TimeSpan.FromHours(24);

    private readonly AccountStore _accounts;
    private readonly AuditLog _audit;
    private readonly TimeProvider _clock;

    internal Invitations(AccountStore accounts, AuditLog audit, TimeProvider clock)
    {
        _accounts = accounts;
        _audit = audit;
        _clock = clock;
    }

    /// <summary>Invites somebody to a tenant.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, EMAIL_TAKEN.</exception>
    public Task<InviteView> InviteAsync(TenantScope scope, NewPerson input, CancellationToken ct) =>
        InviteAsync(scope.Code, scope.Actor, input, ct);

    /// <summary>Invites somebody to the platform's own staff.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, EMAIL_TAKEN.</exception>
    public Task<InviteView> InviteAsync(PlatformScope platform, NewPerson input, CancellationToken ct) =>
        InviteAsync(null, platform.Actor, input, ct);

    /// <summary>Makes a link by which a person of a tenant sets a new password.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PERSON_NOT_FOUND.</exception>
    public Task<InviteView> ResetAsync(TenantScope scope, string personId, CancellationToken ct) => ResetAsync(scope.Code, scope.Actor, personId, ct);

    /// <summary>Makes a link by which one of the platform's people sets a new password.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PERSON_NOT_FOUND.</exception>
    public Task<InviteView> ResetAsync(PlatformScope platform, string personId, CancellationToken ct) => ResetAsync(null, platform.Actor, personId, ct);

    /// <summary>The account an open link belongs to.</summary>
    /// <exception cref="RefusedException">INVITE_INVALID.</exception>
    public async Task<Account> OpenAsync(string token, CancellationToken ct)
    {
        var hash = Hash(token);
        var now = _clock.GetUtcNow().UtcDateTime;
        return await _accounts.Accounts.Find(a => a.InviteHash == hash && a.InviteExpiresAt > now && !a.Deactivated).FirstOrDefaultAsync(ct)
            ?? throw PeopleRefusals.InvalidInvite();
    }

    private async Task<InviteView> InviteAsync(string? tenant, Actor actor, NewPerson input, CancellationToken ct)
    {
        var check = new Check();
        var name = check.Required(input.Name, "name", 100);
        check.That(!string.IsNullOrWhiteSpace(input.Email), "email", "email is required.");
        var email = check.Email(input.Email, "email");
        check.That(input.Role.IsPlatform() == tenant is null, "role", tenant is null
            ? "role must be platform_admin or staff for the platform's own people."
            : "role must be tenant_admin, agent or viewer for a client's people.");
        check.Throw();

        var token = KeyText.New("ecv");
        var now = _clock.GetUtcNow().UtcDateTime;
        var account = new Account
        {
            Id = ObjectId.GenerateNewId(),
            Email = email!,
            Name = name,
            Role = input.Role,
            TenantCode = tenant,
            OnlyOwn = input.OnlyOwn && input.Role == Role.Agent,
            SecurityStamp = Guid.NewGuid().ToString("n"),
            InviteHash = Hash(token),
            InviteExpiresAt = now + InviteLife,
            CreatedAt = now,
        };
        if (!await _accounts.InsertAsync(account, ct))
        {
            throw PeopleRefusals.EmailTaken(email!);
        }

        await _audit.NoteAsync(tenant, actor, "person.invited", account.EmailKey, [new AuditChange("role", null, input.Role.Word())], ct);
        return new InviteView(PersonView.Of(account), token, account.InviteExpiresAt.Value);
    }

    private async Task<InviteView> ResetAsync(string? tenant, Actor actor, string personId, CancellationToken ct)
    {
        var id = Ids.Parse(personId, "personId");
        var token = KeyText.New("ecv");
        var until = _clock.GetUtcNow().UtcDateTime + ResetLife;
        var account = await _accounts.Accounts.FindOneAndUpdateAsync<Account>(
            a => a.Id == id && a.TenantCode == tenant,
            Builders<Account>.Update.Set(a => a.InviteHash, Hash(token)).Set(a => a.InviteExpiresAt, until).Inc(a => a.Version, 1),
            new FindOneAndUpdateOptions<Account> { ReturnDocument = ReturnDocument.After },
            ct) ?? throw PeopleRefusals.NotFound(personId);
        await _audit.NoteAsync(tenant, actor, "person.reset_link", account.EmailKey, [], ct);
        return new InviteView(PersonView.Of(account), token, until);
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
