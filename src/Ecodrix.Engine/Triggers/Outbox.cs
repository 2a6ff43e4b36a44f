using System.Collections.Concurrent;
using System.Threading.Channels;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>What a change of a lead must still cause: an entry on its timeline, a trigger, or both.</summary>
internal sealed class PendingChange
{
    /// <summary>Becomes the id of the timeline entry and of the event log, so that a repeat makes neither twice.</summary>
    public ObjectId Id { get; set; }

    public ActivityType? Activity { get; set; }

    public required string Title { get; set; }

    public string? Trigger { get; set; }

    public BsonDocument? Data { get; set; }

    public required string By { get; set; }

    public ActorKind ByKind { get; set; }

    public ObjectId? CausedBy { get; set; }

    public int Depth { get; set; }

    public List<string>? Chain { get; set; }

    /// <summary>The W3C trace context of the change.</summary>
    public string? TraceParent { get; set; }

    public DateTime At { get; set; }
}

/// <summary>
/// Makes sure that what a write must cause is caused, even if the process dies in between, without transactions: the causes are
/// written into the same document as the change, and carried out right after. A <c>drain</c> job, due shortly and pushed back while
/// the tenant keeps writing, finds what a crash left behind; so nothing ever polls every tenant.
/// </summary>
internal sealed class Outbox(ControlDb control, OutboxSignal signal, TimeProvider clock)
{
    public const string DrainKind = "tenant.drain";

    /// <summary>How long after a tenant's last write its outbox is looked through.</summary>
    public static readonly TimeSpan DrainAfter = TimeSpan.FromSeconds(20);

    /// <summary>How often at most the drain is pushed back. Less than <see cref="DrainAfter"/>, so that it never comes before a write.</summary>
    private static readonly TimeSpan PushEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _armed = new(StringComparer.Ordinal);
    private readonly IMongoCollection<Job> _jobs = control.Collection<Job>(Job.Collection);

    /// <summary>A change to be written into its document.</summary>
    public static PendingChange Change(TenantScope scope, DateTime now, ActivityType? activity, string title, string? trigger, BsonDocument? data) => new()
    {
        Id = ObjectId.GenerateNewId(),
        Activity = activity,
        Title = title,
        Trigger = trigger,
        Data = data,
        By = scope.Actor.Name,
        ByKind = scope.Actor.Kind,
        CausedBy = scope.Cause?.EventId,
        Depth = scope.Cause is { } cause ? cause.Depth + 1 : 0,
        Chain = scope.Cause?.Chain.ToList(),
        TraceParent = System.Diagnostics.Activity.Current?.Id,
        At = now,
    };

    /// <summary>Must come before a write that leaves something to be caused: from then on a crash is noticed.</summary>
    public async Task ArmAsync(TenantScope scope, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (_armed.TryGetValue(scope.Code, out var armed) && now - armed < PushEvery)
        {
            return;
        }

        await _jobs.UpdateOneAsync(
            Builders<Job>.Filter.Eq(j => j.Id, Ids.From(DrainKind, scope.Code)),
            Builders<Job>.Update
                .Set(j => j.RunAt, (now + DrainAfter).UtcDateTime)
                .SetOnInsert(j => j.Tenant, scope.Code).SetOnInsert(j => j.Kind, DrainKind).SetOnInsert(j => j.Payload, [])
                .SetOnInsert(j => j.Status, JobStatus.Queued).SetOnInsert(j => j.Priority, (int)JobPriority.High)
                .SetOnInsert(j => j.MaxAttempts, 1_000_000).SetOnInsert(j => j.CreatedAt, now.UtcDateTime),
            new UpdateOptions { IsUpsert = true },
            ct);
        _armed[scope.Code] = now;
    }

    /// <summary>Has a lead's pending changes carried out now, on this node.</summary>
    public void Wake(TenantScope scope, ObjectId leadId) => signal.Tell(scope.Code, leadId);
}

/// <summary>Which leads have something pending, on this node. May lose entries: the drain finds what it forgets.</summary>
internal sealed class OutboxSignal
{
    private readonly Channel<(string Tenant, ObjectId Lead)> _leads =
        Channel.CreateBounded<(string, ObjectId)>(new BoundedChannelOptions(20_000) { FullMode = BoundedChannelFullMode.DropWrite });

    public ChannelReader<(string Tenant, ObjectId Lead)> Leads => _leads.Reader;

    public void Tell(string tenant, ObjectId lead) => _leads.Writer.TryWrite((tenant, lead));
}
