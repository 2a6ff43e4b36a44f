using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Options;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Media;

/// <summary>Signs the addresses of files with a key of the tenant's own, so that an address of one tenant never opens a file of another.</summary>
internal sealed partial class MediaLinks(SecretBox box, IOptions<MediaOptions> options, TimeProvider clock)
{
    /// <summary>How long an address is good for, at least. It is the same within a day, so that browsers may keep the file.</summary>
    private static readonly TimeSpan Good = TimeSpan.FromDays(7);

    private static readonly ObjectId DocumentId = Ids.From("settings", "media");

    /// <summary>Makes addresses for one tenant.</summary>
    public async Task<TenantLinks> ForAsync(TenantScope scope, CancellationToken ct)
    {
        var key = await KeyAsync(scope, ct);
        var expires = new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date.Add(Good).AddDays(1), TimeSpan.Zero).ToUnixTimeSeconds();
        return new TenantLinks(options.Value.PublicUrl.TrimEnd('/'), scope.Code, key, expires);
    }

    /// <summary>Whether an address is ours and still good.</summary>
    public async Task<bool> IsGoodAsync(TenantScope scope, ObjectId fileId, long expires, string signature, CancellationToken ct)
    {
        var key = await KeyAsync(scope, ct);
        var expected = TenantLinks.Sign(key, fileId, expires);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.UTF8.GetBytes(signature))
            && expires > clock.GetUtcNow().ToUnixTimeSeconds();
    }

    /// <summary>The file an address of ours is about; null for anything else.</summary>
    public static ObjectId? FileIdOf(string? url) => url is not null && Ours().Match(url) is { Success: true } match ? ObjectId.Parse(match.Groups[1].Value) : null;

    private async Task<byte[]> KeyAsync(TenantScope scope, CancellationToken ct)
    {
        var held = scope.Cached(() => new Held());
        if (held.Key is { } known)
        {
            return known;
        }

        var made = box.Seal(scope.Code, "mediaKey", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        var document = await scope.Db.Collection<BsonDocument>("settings").FindOneAndUpdateAsync<BsonDocument>(
            Builders<BsonDocument>.Filter.Eq("_id", DocumentId), Builders<BsonDocument>.Update.SetOnInsert("mediaKey", made),
            new FindOneAndUpdateOptions<BsonDocument> { IsUpsert = true, ReturnDocument = ReturnDocument.After }, ct);
        return held.Key = Convert.FromBase64String(box.Open(scope.Code, "mediaKey", document["mediaKey"].AsString));
    }

    [GeneratedRegex(@"/api/saas/media/[a-z0-9-]+/([0-9a-f]{24})(?:[/?]|$)")]
    private static partial Regex Ours();

    private sealed class Held
    {
        public byte[]? Key { get; set; }
    }
}

/// <summary>Addresses of one tenant's files.</summary>
internal sealed record TenantLinks(string PublicUrl, string Code, byte[] Key, long Expires)
{
    public string Url(ObjectId fileId) => string.Create(
        CultureInfo.InvariantCulture, $"{PublicUrl}/api/saas/media/{Code}/{fileId}?expires={Expires}&signature={Sign(Key, fileId, Expires)}");

    public static string Sign(byte[] key, ObjectId fileId, long expires) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{fileId}.{expires}")))[..20]);
}
