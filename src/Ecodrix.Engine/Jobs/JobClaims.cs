using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>
/// Takes due jobs for this node, under a lease, so that each is held by one worker at a time; and decides whose turn it is, so that
/// one tenant's thousand jobs do not keep another's first one waiting.
/// </summary>
internal sealed class JobClaims(ControlDb control, TimeProvider clock)
{
    /// <summary>How long a silent node keeps a job. Running jobs renew long before.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly FilterDefinitionBuilder<Job> Filter = Builders<Job>.Filter;

    // Not as expressions, here and below: the driver would translate each anew for each claim.
    private static readonly ProjectionDefinition<Job, Candidate> CandidateOnly = new BsonDocument { ["tenant"] = 1, ["priority"] = 1 };

    private static readonly SortDefinition<Job> MostUrgentFirst = new BsonDocument { ["priority"] = 1, ["runAt"] = 1 };
    private static readonly BsonDocument AnyPriority = new("$in", new BsonArray(Enum.GetValues<JobPriority>().Select(p => (int)p)));

    // Named: to choose it anew among those that might do is more work than what it finds.
    private static readonly FindOptions ByDue = new() { Hint = IndexModel.NameOf(Job.Due) };
    private static readonly FindOneAndUpdateOptions<Job> After = new() { ReturnDocument = ReturnDocument.After };
    private static readonly string Queued = JobStatus.Queued.Word();

    private readonly IMongoCollection<Job> _jobs = control.Collection<Job>(Job.Collection);
    private readonly string _node = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():n}";

    /// <summary>Claims up to <paramref name="free"/> jobs.</summary>
    /// <param name="free">Workers with nothing to do.</param>
    /// <param name="workers">All workers.</param>
    /// <param name="running">How many jobs each tenant has running here.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Claim> ClaimAsync(int free, int workers, IReadOnlyDictionary<string, int> running, CancellationToken ct)
    {
        // First those who have less than an even share; only if there are none, those who have more, who still leave a quarter free.
        var even = Math.Max(1, workers / (running.Count + 1));
        var most = Math.Max(1, workers - Math.Max(1, workers / 4));
        var claim = await ClaimBelowAsync(free, Math.Min(even, most), running, ct);
        return claim.Jobs.Count > 0 || !claim.MayBeMore || running.Count == 0 ? claim : await ClaimBelowAsync(free, most, running, ct);
    }

    /// <summary>Keeps running jobs from being taken for dead.</summary>
    public Task RenewAsync(IReadOnlyCollection<ObjectId> running, CancellationToken ct) => _jobs.UpdateManyAsync(
        Filter.In(j => j.Id, running) & Filter.Eq(j => j.LeaseOwner, _node),
        JobUpdates.Renew(Now + Lease),
        null,
        ct);

    /// <summary>Gives back the jobs of nodes that have gone silent.</summary>
    public async Task<long> ReclaimAsync(CancellationToken ct)
    {
        var result = await _jobs.UpdateManyAsync(
            Filter.Eq(j => j.Status, JobStatus.Processing) & Filter.Lt(j => j.LeaseUntil, Now),
            JobUpdates.Reclaim(),
            null,
            ct);
        return result.ModifiedCount;
    }

    /// <summary>Gives back all running jobs, where it is certain that nobody runs them.</summary>
    public Task ReclaimAllAsync(CancellationToken ct) => _jobs.UpdateManyAsync(
        // Whatever runs has a lease; to name it lets the index of leases find them.
        Filter.Eq(j => j.Status, JobStatus.Processing) & Filter.Gt(j => j.LeaseUntil, DateTime.UnixEpoch),
        JobUpdates.Reclaim(),
        null,
        ct);

    /// <summary>Gives back what this node holds, at an orderly stop, so that another need not wait for the lease.</summary>
    public Task GiveBackAsync(IReadOnlyCollection<ObjectId> running, CancellationToken ct) => _jobs.UpdateManyAsync(
        Filter.In(j => j.Id, running) & Filter.Eq(j => j.LeaseOwner, _node) & Filter.Eq(j => j.Status, JobStatus.Processing),
        JobUpdates.GiveBack(),
        null,
        ct);

    private DateTime Now => clock.GetUtcNow().UtcDateTime;

    private async Task<Claim> ClaimBelowAsync(int free, int share, IReadOnlyDictionary<string, int> running, CancellationToken ct)
    {
        var now = Now;
        var full = running.Where(r => r.Value >= share).Select(r => r.Key).ToList();
        var due = new BsonDocument { ["status"] = Queued, ["after"] = BsonNull.Value, ["priority"] = AnyPriority, ["runAt"] = new BsonDocument("$lte", now) };
        if (full.Count > 0)
        {
            due["tenant"] = new BsonDocument("$nin", new BsonArray(full));
        }

        var candidates = await _jobs.Find(due, ByDue).Sort(MostUrgentFirst).Limit(free * 4).Project(CandidateOnly).ToListAsync(ct);
        var picked = InTurn(candidates, share, running).Take(free).ToList();
        return new Claim(picked.Count == 0 ? [] : await TakeAsync(picked, now, ct), full.Count > 0 || picked.Count < candidates.Count);
    }

    /// <summary>The more urgent first; among equals one of each tenant, then the second of each, and so on, up to the share.</summary>
    private static IEnumerable<ObjectId> InTurn(List<Candidate> candidates, int share, IReadOnlyDictionary<string, int> running) =>
        candidates
            .GroupBy(c => c.Tenant)
            .SelectMany(g => g.Take(Math.Max(0, share - running.GetValueOrDefault(g.Key))).Select((c, turn) => (c.Id, c.Priority, turn)))
            .OrderBy(c => c.Priority).ThenBy(c => c.turn)
            .Select(c => c.Id);

    private async Task<IReadOnlyList<Job>> TakeAsync(List<ObjectId> ids, DateTime now, CancellationToken ct)
    {
        var token = Guid.NewGuid().ToString("n");
        var take = JobUpdates.Take(_node, token, now, now + Lease);
        if (ids.Count == 1)
        {
            var one = await _jobs.FindOneAndUpdateAsync<Job>(new BsonDocument { ["_id"] = ids[0], ["status"] = Queued }, take, After, ct);
            return one is null ? [] : [one];
        }

        // Each document is taken atomically; another node that picked the same ones gets those it was first at.
        var which = new BsonDocument("$in", new BsonArray(ids));
        await _jobs.UpdateManyAsync(new BsonDocument { ["_id"] = which, ["status"] = Queued }, take, null, ct);
        return await _jobs.Find(new BsonDocument { ["_id"] = which, ["leaseToken"] = token }).ToListAsync(ct);
    }

    private sealed record Candidate(ObjectId Id, string Tenant, int Priority);
}

/// <summary>What came of asking for jobs.</summary>
/// <param name="Jobs">Those that are this node's now.</param>
/// <param name="MayBeMore">Whether others may be due that it did not take; if not, who asks again at once asks in vain.</param>
internal sealed record Claim(IReadOnlyList<Job> Jobs, bool MayBeMore);
