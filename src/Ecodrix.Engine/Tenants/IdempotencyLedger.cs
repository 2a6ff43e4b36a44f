using System.Security.Cryptography;
using Ecodrix.Engine.Kernel;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants;

/// <summary>What the ledger says of an idempotency key.</summary>
public abstract record IdempotencyVerdict
{
    private IdempotencyVerdict()
    {
    }

    /// <summary>Not yet answered: carry on, then complete, release or abandon.</summary>
    /// <param name="EntryId">The entry.</param>
    /// <param name="Token">The same for every attempt at this request, so that what an attempt before a crash made can be found.</param>
    public sealed record Fresh(string EntryId, string Token) : IdempotencyVerdict;

    /// <summary>Seen and answered: give this answer again.</summary>
    public sealed record Replay(int Status, byte[] Body) : IdempotencyVerdict;
}

/// <summary>
/// Remembers the answers to requests that carried an <c>Idempotency-Key</c>, for 24 hours, per tenant and route
/// (IETF draft httpapi-idempotency-key-header).
/// </summary>
public sealed class IdempotencyLedger(TimeProvider clock)
{
    private const string CollectionName = "idempotency";

    /// <summary>A request that never came to an end (the process died) frees its key after this long.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    internal static CollectionIndexes Indexes { get; } = new(CollectionName, IndexModel.On("createdAt").Expiring(Kept));

    /// <summary>Claims a key for a request.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS.</exception>
    public async Task<IdempotencyVerdict> BeginAsync(TenantScope scope, string route, string key, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        if (key.Length is < 1 or > 255)
        {
            throw RefusedException.Validation("Idempotency-Key", "Idempotency-Key must have 1 to 255 characters.");
        }

        var now = clock.GetUtcNow().UtcDateTime;
        var entry = new Entry { Id = Ids.From(route, key), BodyHash = SHA256.HashData(body.Span), CreatedAt = now, AttemptAt = now };
        var entries = Entries(scope);
        for (var tries = 0; ; tries++)
        {
            try
            {
                await entries.InsertOneAsync(entry, null, ct);
                return Fresh(entry);
            }
            catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey && tries < 2)
            {
                if (await JudgeAsync(entries, entry, now, ct) is { } verdict)
                {
                    return verdict;
                }
            }
        }
    }

    /// <summary>Keeps the answer for the next time.</summary>
    public Task CompleteAsync(TenantScope scope, string entryId, int status, byte[] body, CancellationToken ct) =>
        Entries(scope).UpdateOneAsync(
            e => e.Id == ObjectId.Parse(entryId),
            Builders<Entry>.Update.Set(e => e.Status, status).Set(e => e.Body, body),
            null,
            ct);

    /// <summary>Lets the next attempt take over at once: this one failed, and may have done something before it did.</summary>
    public Task ReleaseAsync(TenantScope scope, string entryId, CancellationToken ct) =>
        Entries(scope).UpdateOneAsync(e => e.Id == ObjectId.Parse(entryId), Builders<Entry>.Update.Set(e => e.AttemptAt, DateTime.UnixEpoch), null, ct);

    /// <summary>
    /// Blanks kept answers that mention any of some texts, when a person is erased. The keys stay used: a repeat must not do again what
    /// was done.
    /// </summary>
    internal async Task ForgetAsync(TenantScope scope, IReadOnlyList<string> mentioned, CancellationToken ct)
    {
        var needles = mentioned.Select(System.Text.Encoding.UTF8.GetBytes).ToList();
        var since = clock.GetUtcNow().UtcDateTime - Kept;
        var blank = "{\"success\":true,\"data\":null}"u8.ToArray();
        using var cursor = await Entries(scope).Find(e => e.CreatedAt > since).ToCursorAsync(ct);
        while (await cursor.MoveNextAsync(ct))
        {
            foreach (var entry in cursor.Current.Where(e => e.Body is { } body && needles.Exists(n => body.AsSpan().IndexOf(n) >= 0)))
            {
                await Entries(scope).UpdateOneAsync(e => e.Id == entry.Id, Builders<Entry>.Update.Set(e => e.Body, blank), null, ct);
            }
        }
    }

    /// <summary>Frees the key, because nothing was done.</summary>
    public Task AbandonAsync(TenantScope scope, string entryId, CancellationToken ct) =>
        Entries(scope).DeleteOneAsync(e => e.Id == ObjectId.Parse(entryId), ct);

    private static async Task<IdempotencyVerdict?> JudgeAsync(IMongoCollection<Entry> entries, Entry mine, DateTime now, CancellationToken ct)
    {
        var first = await entries.FindByIdAsync(mine.Id, ct);
        if (first is null)
        {
            return null;
        }

        // The TTL sweep is lazy: what is past its time counts as gone.
        if (now - first.CreatedAt > Kept)
        {
            await entries.DeleteOneAsync(e => e.Id == first.Id && e.CreatedAt == first.CreatedAt, ct);
            return null;
        }

        if (!first.BodyHash.AsSpan().SequenceEqual(mine.BodyHash))
        {
            throw new RefusedException(
                RefusalKind.Unprocessable, "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used with another body. Use a new key for a new request.");
        }

        if (first.Status is null && now - first.AttemptAt > Abandoned)
        {
            // The process died, or said it failed. The entry stays, and with it the token by which what was done is found.
            var taken = await entries.UpdateOneAsync(
                e => e.Id == first.Id && e.AttemptAt == first.AttemptAt && e.Status == null, Builders<Entry>.Update.Set(e => e.AttemptAt, now), null, ct);
            if (taken.ModifiedCount == 1)
            {
                return Fresh(first);
            }
        }

        return first.Status is { } status
            ? new IdempotencyVerdict.Replay(status, first.Body ?? [])
            : throw new RefusedException(
                RefusalKind.Conflict, "IDEMPOTENCY_IN_PROGRESS", "The first request with this Idempotency-Key is still running. Try again in a moment.");
    }

    private static IdempotencyVerdict.Fresh Fresh(Entry entry) =>
        new(entry.Id.ToString(), string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{entry.Id}/{new DateTimeOffset(entry.CreatedAt, TimeSpan.Zero).ToUnixTimeMilliseconds()}"));

    private static IMongoCollection<Entry> Entries(TenantScope scope) => scope.Db.Collection<Entry>(CollectionName);

    private sealed class Entry
    {
        public ObjectId Id { get; set; }

        public byte[] BodyHash { get; set; } = [];

        public DateTime CreatedAt { get; set; }

        /// <summary>When the attempt under way began.</summary>
        public DateTime AttemptAt { get; set; }

        public int? Status { get; set; }

        public byte[]? Body { get; set; }
    }
}
