using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.People;

/// <summary>Keeps accounts in the control database: what the host's ASP.NET Core Identity stores and finds them by.</summary>
public sealed class AccountStore
{
    private const string Place = "people";
    private const string AuthenticatorName = "authenticator";

    private readonly IMongoCollection<Account> _accounts;
    private readonly SecretBox _box;

    internal AccountStore(ControlDb control, SecretBox box)
    {
        _accounts = control.Collection<Account>(Account.Collection);
        _box = box;
    }

    internal IMongoCollection<Account> Accounts => _accounts;

    /// <summary>Whether anybody has an account; if not, the first visitor sets the platform up.</summary>
    public Task<bool> AnyAsync(CancellationToken ct) => _accounts.Find(FilterDefinition<Account>.Empty).Limit(1).AnyAsync(ct);

    /// <summary>The account with an id (24 hexadecimal characters), or null.</summary>
    public async Task<Account?> FindAsync(string id, CancellationToken ct) =>
        ObjectId.TryParse(id, out var accountId) ? await _accounts.FindByIdAsync(accountId, ct) : null;

    /// <summary>The account with an e-mail address, whatever its case, or null.</summary>
    public async Task<Account?> FindByEmailAsync(string email, CancellationToken ct)
    {
        var key = Key(email);
        return await _accounts.Find(a => a.EmailKey == key).FirstOrDefaultAsync(ct);
    }

    /// <summary>Stores a new account; false when the address is taken.</summary>
    public async Task<bool> InsertAsync(Account account, CancellationToken ct)
    {
        account.EmailKey = Key(account.Email);
        account.Version = 1;
        try
        {
            await _accounts.InsertOneAsync(account, null, ct);
            return true;
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            return false;
        }
    }

    /// <summary>Saves a changed account; false when somebody saved it in between.</summary>
    public async Task<bool> SaveAsync(Account account, CancellationToken ct)
    {
        var read = account.Version;
        account.EmailKey = Key(account.Email);
        account.Version = read + 1;
        var result = await _accounts.ReplaceOneAsync(a => a.Id == account.Id && a.Version == read, account, (ReplaceOptions?)null, ct);
        return result.MatchedCount == 1;
    }

    /// <summary>Puts an authenticator's key into an account, encrypted.</summary>
    public void SetAuthenticatorKey(Account account, string key) => account.AuthenticatorCipher = _box.Seal(Place, AuthenticatorName, key);

    /// <summary>An account's authenticator key in clear, or null.</summary>
    public string? AuthenticatorKey(Account account) =>
        account.AuthenticatorCipher is { } cipher ? _box.Open(Place, AuthenticatorName, cipher) : null;

    internal static string Key(string email) => email.Trim().ToLowerInvariant();
}
