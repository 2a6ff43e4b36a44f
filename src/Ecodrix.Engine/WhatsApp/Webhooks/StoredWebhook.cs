using System.Collections.Concurrent;
using System.Security.Cryptography;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>A webhook as it came, until it is worked off.</summary>
internal sealed class StoredWebhook
{
    public const string Collection = "webhooks";

    public ObjectId Id { get; set; }

    public required byte[] Body { get; set; }

    public int Attempts { get; set; }

    /// <summary>What went wrong last.</summary>
    public string? Error { get; set; }

    /// <summary>When it is its turn; out of reach once it has been given up.</summary>
    public DateTime RunAt { get; set; }

    public DateTime At { get; set; }

    /// <summary>Which came first of those that came within one millisecond: the id cannot tell, as it is made from the body.</summary>
    public ObjectId Order { get; set; }

    public static CollectionIndexes Indexes { get; } = new(
        Collection, IndexModel.On("runAt", "order"), IndexModel.On("at").Expiring(TimeSpan.FromDays(7)))
    {
        Retired = [IndexModel.On("runAt", "_id")],
    };
}

/// <summary>
/// Keeps webhooks durably before they are answered, and has them worked off in batches: one job for each tenant, however many come.
/// </summary>
internal sealed class WebhookStore(JobQueue queue, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, bool> _armed = new(StringComparer.Ordinal);

    public static IMongoCollection<StoredWebhook> Webhooks(TenantScope scope) => scope.Db.Collection<StoredWebhook>(StoredWebhook.Collection);

    /// <summary>Keeps one; the same body twice is one.</summary>
    public async Task AddAsync(TenantScope scope, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var webhook = new StoredWebhook { Id = IdOf(body.Span), Body = body.ToArray(), RunAt = now, At = now, Order = ObjectId.GenerateNewId() };
        try
        {
            await Webhooks(scope).InsertOneAsync(webhook, null, ct);
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            // Meta repeats what it thinks was not taken.
        }

        if (_armed.TryAdd(scope.Code, true))
        {
            await queue.AskAgainAsync(scope, Job(scope), ct);
        }
    }

    /// <summary>From here on a new webhook asks for the job again. The drain looks once more after this.</summary>
    public void Disarm(TenantScope scope) => _armed.TryRemove(scope.Code, out _);

    private static ObjectId IdOf(ReadOnlySpan<byte> body) => new(SHA256.HashData(body)[..12]);

    private static NewJob Job(TenantScope scope) => new(Ids.From(WebhookJob.JobKind, scope.Code), WebhookJob.JobKind, []) { Priority = JobPriority.High, MaxAttempts = 1_000_000 };
}
