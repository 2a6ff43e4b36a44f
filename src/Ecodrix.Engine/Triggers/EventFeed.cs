using System.Collections.Concurrent;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>Tells whoever looks that an event has changed, and whose lead it is about, so that agents limited to their own hear of theirs only.</summary>
internal sealed class EventFeed(ILiveBus live, TimeProvider clock)
{
    private const int MostHeld = 50_000;

    /// <summary>An event tells of itself several times within a moment.</summary>
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string, ObjectId), (string? Owner, long At)> _owners = new();

    /// <summary>An event has changed.</summary>
    public Task UpdatedAsync(TenantScope scope, EventLog log, CancellationToken ct) => TellAsync(scope, [(log.Id, log.LeadId)], ct);

    /// <summary>An event has just been taken in, and stands as it says.</summary>
    public Task AcceptedAsync(TenantScope scope, EventLog log, CancellationToken ct) => TellAsync(scope, [(log.Id, log.LeadId)], ct, log.Status);

    /// <summary>Events have changed whose leads whoever tells does not know.</summary>
    public async Task UpdatedAsync(TenantScope scope, IReadOnlyCollection<ObjectId> events, CancellationToken ct)
    {
        var known = await TryAsync(() => scope.Db.Events.Find(Builders<EventLog>.Filter.In("_id", events)).Project<BsonDocument>(new BsonDocument("leadId", 1)).ToListAsync(ct));
        var leads = known.ToDictionary(e => e["_id"].AsObjectId, e => e.GetValue("leadId", BsonNull.Value).AsNullableObjectId);
        await TellAsync(scope, [.. events.Select(id => (id, leads.GetValueOrDefault(id)))], ct);
    }

    /// <summary>The lead of an event may be somebody else's by now.</summary>
    public void Forget(TenantScope scope, ObjectId leadId) => _owners.TryRemove((scope.Code, leadId), out _);

    private async Task TellAsync(TenantScope scope, IReadOnlyCollection<(ObjectId Id, ObjectId? Lead)> events, CancellationToken ct, EventStatus? status = null)
    {
        var owners = await OwnersAsync(scope, [.. events.Where(e => e.Lead is not null).Select(e => e.Lead!.Value).Distinct()], ct);
        foreach (var (id, lead) in events)
        {
            object data = status is null ? new { id = id.ToString(), leadId = lead?.ToString() } : new { id = id.ToString(), leadId = lead?.ToString(), status };
            live.Publish(scope.Code, "event.updated", data, lead is { } of ? owners.GetValueOrDefault(of) : null);
        }
    }

    private async Task<Dictionary<ObjectId, string?>> OwnersAsync(TenantScope scope, List<ObjectId> leads, CancellationToken ct)
    {
        var owners = new Dictionary<ObjectId, string?>();
        var unknown = new List<ObjectId>();
        foreach (var id in leads)
        {
            if (_owners.TryGetValue((scope.Code, id), out var held) && clock.GetElapsedTime(held.At) < Held)
            {
                owners[id] = held.Owner;
            }
            else
            {
                unknown.Add(id);
            }
        }

        if (unknown.Count == 0)
        {
            return owners;
        }

        if (_owners.Count > MostHeld)
        {
            _owners.Clear();
        }

        // Taken before it is read: what is read late must not be held for longer.
        var at = clock.GetTimestamp();
        var read = await TryAsync(() => scope.Db.Leads.Find(Builders<Lead>.Filter.In("_id", unknown)).Project<BsonDocument>(new BsonDocument("assignedTo", 1)).ToListAsync(ct));
        foreach (var lead in read)
        {
            var (id, owner) = (lead["_id"].AsObjectId, lead.GetValue("assignedTo", BsonNull.Value) as BsonString);
            owners[id] = owner?.Value;
            _owners[(scope.Code, id)] = (owner?.Value, at);
        }

        return owners;
    }

    /// <summary>What was done is done: that nobody could be found for whom it matters must not fail it. Those who see everything hear of it.</summary>
    private static async Task<List<BsonDocument>> TryAsync(Func<Task<List<BsonDocument>>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (e is MongoException or TimeoutException)
        {
            return [];
        }
    }
}
