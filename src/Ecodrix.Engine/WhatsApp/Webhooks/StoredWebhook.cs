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
    /// <summary>How long the job looks for more after it was asked for. Longer than <see cref="ArmedFor"/>, by what the clocks of two nodes may differ.</summary>
    public static readonly TimeSpan LooksFor = TimeSpan.FromSeconds(2);

    /// <summary>When the job was last asked for, in its payload.</summary>
    private const string Asked = "asked";

    /// <summary>How often at most a node asks for the job while webhooks pour in: what it does not ask for is found by a look that is still to come.</summary>
    private static readonly TimeSpan ArmedFor = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, DateTime> _armed = new(StringComparer.Ordinal);

    public static IMongoCollection<StoredWebhook> Webhooks(TenantScope scope) => scope.Db.Collection<StoredWebhook>(StoredWebhook.Collection);

    /// <summary>Until when the job goes on looking, however little it finds.</summary>
    public static DateTime LooksUntil(JobRun run) => run.Payload.TryGetValue(Asked, out var asked) ? asked.ToUniversalTime() + LooksFor : DateTime.MinValue;

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

        // Never cancelled: it is kept, and must be worked off whether or not Meta still listens.
        await ArmAsync(scope, CancellationToken.None);
    }

    /// <summary>From here on a new webhook asks for the job again. The job looks once more after this.</summary>
    public void Disarm(TenantScope scope) => _armed.TryRemove(scope.Code, out _);

    /// <summary>Asks for the job: at once, also where it waits for longer after a failure.</summary>
    private async Task ArmAsync(TenantScope scope, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        if (_armed.TryGetValue(scope.Code, out var armed) && now - armed < ArmedFor)
        {
            return;
        }

        await queue.Jobs.UpdateOneAsync(
            Builders<Job>.Filter.Eq(j => j.Id, Ids.From(WebhookJob.JobKind, scope.Code)),
            Builders<Job>.Update.Set(j => j.RunAt, now).Set($"payload.{Asked}", now)
                .SetOnInsert(j => j.Tenant, scope.Code).SetOnInsert(j => j.Kind, WebhookJob.JobKind)
                .SetOnInsert(j => j.Status, JobStatus.Queued).SetOnInsert(j => j.Priority, (int)JobPriority.High)
                .SetOnInsert(j => j.MaxAttempts, 1_000_000).SetOnInsert(j => j.CreatedAt, now),
            new UpdateOptions { IsUpsert = true },
            ct);
        // Not before: what could not be asked for is asked for by the next, or by Meta's repeat.
        _armed[scope.Code] = now;
        queue.Wake();
    }

    private static ObjectId IdOf(ReadOnlySpan<byte> body) => new(SHA256.HashData(body)[..12]);
}
