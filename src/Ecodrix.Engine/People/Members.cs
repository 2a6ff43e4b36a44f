using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.People;

/// <summary>Lists and changes the people of a tenant, and those of the platform.</summary>
public sealed class Members
{
    private readonly AccountStore _accounts;
    private readonly Sessions _sessions;
    private readonly AuditLog _audit;

    internal Members(AccountStore accounts, Sessions sessions, AuditLog audit)
    {
        _accounts = accounts;
        _sessions = sessions;
        _audit = audit;
    }

    /// <summary>A tenant's people, by name.</summary>
    public Task<IReadOnlyList<PersonView>> ListAsync(TenantScope scope, CancellationToken ct) => ListAsync(scope.Code, ct);

    /// <summary>The platform's people, by name.</summary>
    public Task<IReadOnlyList<PersonView>> ListAsync(PlatformScope platform, CancellationToken ct)
    {
        _ = platform;
        return ListAsync((string?)null, ct);
    }

    /// <summary>Changes one of a tenant's people. Shutting somebody out, or changing what they are, ends their sessions.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, PERSON_NOT_FOUND, LAST_ADMIN.</exception>
    public Task<PersonView> ChangeAsync(TenantScope scope, string personId, PersonChanges changes, CancellationToken ct) =>
        ChangeAsync(scope.Code, scope.Actor, personId, changes, ct);

    /// <summary>Changes one of the platform's people.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, PERSON_NOT_FOUND, LAST_ADMIN.</exception>
    public Task<PersonView> ChangeAsync(PlatformScope platform, string personId, PersonChanges changes, CancellationToken ct) =>
        ChangeAsync(null, platform.Actor, personId, changes, ct);

    /// <summary>
    /// Takes the second factor off one of a tenant's people who lost it, and ends their sessions. Where it is required they set up a new
    /// one when they next sign in.
    /// </summary>
    /// <exception cref="RefusedException">INVALID_ID, PERSON_NOT_FOUND.</exception>
    public Task<PersonView> ResetTwoFactorAsync(TenantScope scope, string personId, CancellationToken ct) =>
        ResetTwoFactorAsync(scope.Code, scope.Actor, personId, ct);

    /// <summary>The same for one of the platform's people.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PERSON_NOT_FOUND.</exception>
    public Task<PersonView> ResetTwoFactorAsync(PlatformScope platform, string personId, CancellationToken ct) =>
        ResetTwoFactorAsync(null, platform.Actor, personId, ct);

    /// <summary>Where one of a tenant's people is signed in, last used first.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PERSON_NOT_FOUND.</exception>
    public Task<IReadOnlyList<SessionView>> SessionsAsync(TenantScope scope, string personId, CancellationToken ct) => SessionsAsync(scope.Code, personId, ct);

    /// <summary>Where one of the platform's people is signed in, last used first.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PERSON_NOT_FOUND.</exception>
    public Task<IReadOnlyList<SessionView>> SessionsAsync(PlatformScope platform, string personId, CancellationToken ct)
    {
        _ = platform;
        return SessionsAsync((string?)null, personId, ct);
    }

    /// <summary>Ends one session of one of a tenant's people: that browser is signed out.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PERSON_NOT_FOUND.</exception>
    public Task EndSessionAsync(TenantScope scope, string personId, string sessionId, CancellationToken ct) => EndSessionAsync(scope.Code, scope.Actor, personId, sessionId, ct);

    /// <summary>Ends one session of one of the platform's people.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PERSON_NOT_FOUND.</exception>
    public Task EndSessionAsync(PlatformScope platform, string personId, string sessionId, CancellationToken ct) => EndSessionAsync(null, platform.Actor, personId, sessionId, ct);

    /// <summary>
    /// What <c>assignedTo</c> holds for a value somebody gave: a member's address when it names one of them (by id, address or full
    /// name), else the text as it is.
    /// </summary>
    public async Task<string?> AssigneeAsync(TenantScope scope, string? given, CancellationToken ct)
    {
        var text = given?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var people = await _accounts.Accounts.Find(a => a.TenantCode == scope.Code).ToListAsync(ct);
        var named = people.Where(p => string.Equals(p.Name, text, StringComparison.OrdinalIgnoreCase)).Take(2).ToList();
        var person = people.Find(p => p.EmailKey == AccountStore.Key(text) || p.Id.ToString() == text) ?? (named.Count == 1 ? named[0] : null);
        return person?.EmailKey ?? text;
    }

    private async Task<PersonView> ResetTwoFactorAsync(string? tenant, Actor actor, string personId, CancellationToken ct)
    {
        var id = Ids.Parse(personId, "personId");
        var account = await _accounts.Accounts.FindOneAndUpdateAsync<Account>(
            a => a.Id == id && a.TenantCode == tenant,
            Builders<Account>.Update.Set(a => a.TwoFactorEnabled, false).Set(a => a.AuthenticatorCipher, null).Set(a => a.RecoveryCodes, [])
                .Set(a => a.SecurityStamp, Guid.NewGuid().ToString("n")).Inc(a => a.Version, 1),
            new FindOneAndUpdateOptions<Account> { ReturnDocument = ReturnDocument.After },
            ct) ?? throw PeopleRefusals.NotFound(personId);
        await _sessions.EndAllAsync(personId, ct);
        await _audit.NoteAsync(tenant, actor, "person.second_factor_reset", account.EmailKey, [], ct);
        return PersonView.Of(account);
    }

    private async Task<Account> RequireAsync(string? tenant, string personId, CancellationToken ct)
    {
        var id = Ids.Parse(personId, "personId");
        return await _accounts.Accounts.Find(a => a.Id == id && a.TenantCode == tenant).FirstOrDefaultAsync(ct) ?? throw PeopleRefusals.NotFound(personId);
    }

    private async Task<IReadOnlyList<SessionView>> SessionsAsync(string? tenant, string personId, CancellationToken ct) =>
        await _sessions.ListAsync((await RequireAsync(tenant, personId, ct)).Id.ToString(), ct);

    private async Task EndSessionAsync(string? tenant, Actor actor, string personId, string sessionId, CancellationToken ct)
    {
        var account = await RequireAsync(tenant, personId, ct);
        await _sessions.EndOneAsync(account.Id.ToString(), sessionId, ct);
        await _audit.NoteAsync(tenant, actor, "person.session_ended", account.EmailKey, [], ct);
    }

    private async Task<IReadOnlyList<PersonView>> ListAsync(string? tenant, CancellationToken ct)
    {
        var people = await _accounts.Accounts.Find(a => a.TenantCode == tenant).SortBy(a => a.Name).ToListAsync(ct);
        return [.. people.Select(PersonView.Of)];
    }

    private async Task<PersonView> ChangeAsync(string? tenant, Actor actor, string personId, PersonChanges changes, CancellationToken ct)
    {
        var id = Ids.Parse(personId, "personId");
        while (true)
        {
            var account = await _accounts.Accounts.Find(a => a.Id == id && a.TenantCode == tenant).FirstOrDefaultAsync(ct)
                ?? throw PeopleRefusals.NotFound(personId);
            var before = (account.Name, account.Role, account.OnlyOwn, account.Deactivated);
            Apply(account, tenant, changes);
            var after = (account.Name, account.Role, account.OnlyOwn, account.Deactivated);
            if (before == after)
            {
                return PersonView.Of(account);
            }

            await RequireAnotherAdminAsync(account, before.Role, before.Deactivated, ct);
            if (!await _accounts.SaveAsync(account, ct))
            {
                continue;
            }

            if (before.Role != after.Role || before.OnlyOwn != after.OnlyOwn || after.Deactivated)
            {
                await _sessions.EndAllAsync(account.Id.ToString(), ct);
            }

            await _audit.NoteAsync(tenant, actor, "person.changed", account.EmailKey, Differences(before, after), ct);
            return PersonView.Of(account);
        }
    }

    private static void Apply(Account account, string? tenant, PersonChanges changes)
    {
        var check = new Check();
        if (changes.Name.IsPresent)
        {
            account.Name = check.Required(changes.Name.Value, "name", 100);
        }

        if (changes.Role.IsPresent)
        {
            check.That(changes.Role.Value.IsPlatform() == tenant is null, "role", "role must be one of the client's roles for a client's people, one of the platform's for its own.");
            account.Role = changes.Role.Value;
        }

        check.Throw();
        account.OnlyOwn = changes.OnlyOwn.Or(account.OnlyOwn) && account.Role == Role.Agent;
        account.Deactivated = changes.Deactivated.Or(account.Deactivated);
    }

    /// <summary>Nobody may take away the last platform admin: there would be no way back in.</summary>
    private async Task RequireAnotherAdminAsync(Account account, Role was, bool wasOut, CancellationToken ct)
    {
        var losing = was == Role.PlatformAdmin && !wasOut && (account.Role != Role.PlatformAdmin || account.Deactivated);
        if (losing && !await _accounts.Accounts.Find(a => a.TenantCode == null && a.Role == Role.PlatformAdmin && !a.Deactivated && a.PasswordHash != null && a.Id != account.Id).AnyAsync(ct))
        {
            throw PeopleRefusals.LastAdmin();
        }
    }

    private static List<AuditChange> Differences((string Name, Role Role, bool OnlyOwn, bool Out) before, (string Name, Role Role, bool OnlyOwn, bool Out) after)
    {
        var changes = new List<AuditChange>();
        Add("name", before.Name, after.Name);
        Add("role", before.Role.Word(), after.Role.Word());
        Add("onlyOwn", before.OnlyOwn.ToString(), after.OnlyOwn.ToString());
        Add("deactivated", before.Out.ToString(), after.Out.ToString());
        return changes;

        void Add(string field, string old, string now)
        {
            if (old != now)
            {
                changes.Add(new AuditChange(field, old, now));
            }
        }
    }
}
