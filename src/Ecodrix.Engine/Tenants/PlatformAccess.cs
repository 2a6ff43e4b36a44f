using System.Security.Cryptography;
using System.Text;
using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.Options;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants;

/// <summary>The platform's administration, opened on behalf of someone who may: what tenant onboarding asks for.</summary>
public sealed class PlatformScope
{
    internal PlatformScope(Actor actor) => Actor = actor;

    /// <summary>On whose behalf.</summary>
    public Actor Actor { get; }
}

/// <summary>The platform's own settings (<c>Ecodrix</c>).</summary>
public sealed record PlatformOptions
{
    /// <summary>The first admin key; empty makes one at first start.</summary>
    public string AdminKey { get; set; } = "";

    /// <summary>Whether everybody must sign in with a second factor. A tenant may also ask it of its own people only.</summary>
    public bool RequireTwoFactor { get; set; }
}

/// <summary>Who may administer the platform: the holder of the admin key, and signed-in staff.</summary>
public sealed class PlatformAccess
{
    private static readonly ObjectId DocumentId = Ids.From("platform", "admin-key");

    private readonly IMongoCollection<AdminKey> _keys;
    private readonly string _configured;
    private byte[]? _hash;

    internal PlatformAccess(ControlDb control, IOptions<PlatformOptions> options)
    {
        _keys = control.Collection<AdminKey>("platform");
        _configured = options.Value.AdminKey;
    }

    /// <summary>
    /// Makes sure there is an admin key. The configured one wins; else the one made before; else one is made now and returned,
    /// this once, to be printed.
    /// </summary>
    public async Task<string?> EnsureAdminKeyAsync(CancellationToken ct)
    {
        if (_configured.Length > 0)
        {
            _hash = Hash(_configured);
            return null;
        }

        var made = KeyText.New("eca");
        var stored = await _keys.FindOneAndUpdateAsync<AdminKey>(
            k => k.Id == DocumentId,
            Builders<AdminKey>.Update.SetOnInsert(k => k.Hash, Hash(made)),
            new FindOneAndUpdateOptions<AdminKey> { IsUpsert = true, ReturnDocument = ReturnDocument.After },
            ct);
        _hash = stored.Hash;
        return CryptographicOperations.FixedTimeEquals(_hash, Hash(made)) ? made : null;
    }

    /// <summary>Opens the platform for the holder of the admin key.</summary>
    /// <exception cref="RefusedException">MISSING_CREDENTIALS, INVALID_CREDENTIALS.</exception>
    public PlatformScope Authenticate(string? adminKey)
    {
        if (string.IsNullOrEmpty(adminKey))
        {
            throw TenantRefusals.MissingAdminKey();
        }

        return _hash is not null && CryptographicOperations.FixedTimeEquals(_hash, Hash(adminKey))
            ? new PlatformScope(new Actor(ActorKind.Staff, null, "Admin key"))
            : throw TenantRefusals.InvalidAdminKey();
    }

    /// <summary>Opens the platform for its own start-up work, such as the demo tenant.</summary>
    public PlatformScope ForDemo() => new(Actor.System);

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private sealed class AdminKey
    {
        public ObjectId Id { get; set; }

        public byte[] Hash { get; set; } = [];
    }
}

/// <summary>The text of keys: a prefix that says what it is, then 192 random bits in letters and digits.</summary>
internal static class KeyText
{
    private const string Alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

    public static string New(string prefix) => $"{prefix}_{RandomNumberGenerator.GetString(Alphabet, 34)}";

    public static string VisiblePrefix(string key) => key[..8];
}
