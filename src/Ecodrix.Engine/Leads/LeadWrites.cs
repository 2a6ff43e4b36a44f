using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Scoring;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>
/// The one way a lead is changed: reads, decides, writes if nobody wrote in between, and begins again if somebody did. The change,
/// the score it leads to and what both must cause are one write, so that a crash cannot tear them apart.
/// </summary>
internal sealed class LeadWrites(ScoreRules scores, Outbox outbox, ILiveBus live, TimeProvider clock)
{
    private static readonly FindOneAndUpdateOptions<Lead> After = new() { ReturnDocument = ReturnDocument.After };

    private static readonly ProjectionDefinition<Lead> Place = Builders<Lead>.Projection.Include(l => l.StageId).Include(l => l.PipelineId).Include(l => l.AssignedTo);

    /// <summary>Changes one lead.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="id">The lead.</param>
    /// <param name="what">What changes, for live listeners.</param>
    /// <param name="decide">The update for the lead as it is, or null when there is nothing to do.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="version">The version the caller decided by; another one is refused. Null takes the lead as it is.</param>
    /// <param name="scoreOnly">Whether the update is the score itself.</param>
    /// <exception cref="RefusedException">LEAD_NOT_FOUND, VERSION_CONFLICT.</exception>
    public async Task<Lead> ChangeAsync(
        TenantScope scope, ObjectId id, string what, Func<Lead, DateTime, Task<UpdateDefinition<Lead>?>> decide, CancellationToken ct, int? version = null, bool scoreOnly = false)
    {
        while (true)
        {
            var lead = await scope.Db.Leads.Find(scope.VisibleLeads() & Builders<Lead>.Filter.Eq(l => l.Id, id)).FirstOrDefaultAsync(ct)
                ?? throw LeadRefusals.NotFound(id.ToString());
            if (version is not null && version != lead.Version)
            {
                throw LeadRefusals.ChangedMeanwhile(id.ToString());
            }

            var now = clock.GetUtcNow().UtcDateTime;
            if (await decide(lead, now) is not { } update)
            {
                return lead;
            }

            update = scoreOnly ? update : (await scores.WithScoreAsync(scope, lead, update, what, now, ct))!;
            await outbox.ArmAsync(scope, ct);
            var changed = await scope.Db.Leads.FindOneAndUpdateAsync(l => l.Id == id && l.Version == lead.Version, Stamp(update, now, scoreOnly), After, ct);
            if (changed is not null)
            {
                outbox.Wake(scope, id);
                Tell(scope, changed, what, lead.AssignedTo);
                return changed;
            }
        }
    }

    /// <summary>Scores one lead again.</summary>
    /// <exception cref="RefusedException">LEAD_NOT_FOUND.</exception>
    public async Task<Lead> RescoreAsync(TenantScope scope, ObjectId id, string why, CancellationToken ct) =>
        await ChangeAsync(scope, id, "score", async (lead, now) => await scores.WithScoreAsync(scope, lead, null, why, now, ct), ct, null, scoreOnly: true);

    /// <summary>
    /// Notes that somebody was in touch with a lead. Never goes back, and is no edit: the lead's version stays, unless its score changes by it.
    /// A lead that is gone is left alone.
    /// </summary>
    public async Task TouchAsync(TenantScope scope, ObjectId id, DateTime at, CancellationToken ct)
    {
        var touch = Builders<Lead>.Update.Max(l => l.LastContactedAt, at).Max(l => l.SilentSince, at);
        while (await scores.CountContactAsync(scope, ct) && await scope.Db.Leads.FindByIdAsync(id, ct) is { } lead)
        {
            var now = clock.GetUtcNow().UtcDateTime;
            var scored = (await scores.WithScoreAsync(scope, lead, touch, "contact", now, ct))!;
            if (ReferenceEquals(scored, touch))
            {
                break;
            }

            await outbox.ArmAsync(scope, ct);
            if (await scope.Db.Leads.FindOneAndUpdateAsync(l => l.Id == id && l.Version == lead.Version, Stamp(scored, now), After, ct) is { } changed)
            {
                outbox.Wake(scope, id);
                Tell(scope, changed, "score");
                return;
            }
        }

        await scope.Db.Leads.UpdateOneAsync(l => l.Id == id, touch, null, ct);
    }

    /// <summary>Changes one lead by a decision that needs nothing else.</summary>
    public Task<Lead> ChangeAsync(
        TenantScope scope, ObjectId id, string what, Func<Lead, DateTime, UpdateDefinition<Lead>?> decide, CancellationToken ct, int? version = null) =>
        ChangeAsync(scope, id, what, (lead, now) => Task.FromResult(decide(lead, now)), ct, version);

    /// <summary>
    /// Changes many leads that were read before, in one write. One that was changed meanwhile is left as it is.
    /// </summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="leads">The leads as they were read.</param>
    /// <param name="what">What changes.</param>
    /// <param name="decide">The update of each, or null; null altogether changes only scores.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="config">What to score by; null takes the rules this node holds.</param>
    /// <returns>How many were changed.</returns>
    public async Task<long> ChangeManyAsync(
        TenantScope scope, IReadOnlyList<Lead> leads, string what, Func<Lead, DateTime, UpdateDefinition<Lead>?>? decide, CancellationToken ct, ScoreConfig? config = null)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var writes = new List<WriteModel<Lead>>(leads.Count);
        var touched = new List<Lead>(leads.Count);
        foreach (var lead in leads)
        {
            var update = decide?.Invoke(lead, now);
            if (decide is not null && update is null)
            {
                continue;
            }

            if (await scores.WithScoreAsync(scope, lead, update, what, now, ct, config) is { } scored)
            {
                writes.Add(new UpdateOneModel<Lead>(Builders<Lead>.Filter.Where(l => l.Id == lead.Id && l.Version == lead.Version), Stamp(scored, now, rescored: decide is null)));
                touched.Add(lead);
            }
        }

        if (writes.Count == 0)
        {
            return 0;
        }

        await outbox.ArmAsync(scope, ct);
        var result = await scope.Db.Leads.BulkWriteAsync(writes, new BulkWriteOptions { IsOrdered = false }, ct);
        // A score moves nobody. Of everything else it is told where the lead is now, and whose.
        var are = decide is null ? [] : await PlacesAsync(scope, touched, ct);
        foreach (var lead in touched)
        {
            outbox.Wake(scope, lead.Id);
            Tell(scope, are.GetValueOrDefault(lead.Id, lead), what, lead.AssignedTo);
        }

        return result.ModifiedCount;
    }

    /// <summary>Tells whoever looks at a lead that it changed: where it is now, and whose.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="lead">The lead as it is now.</param>
    /// <param name="what">What changed.</param>
    /// <param name="before">Whose it was: they must see it go.</param>
    public void Tell(TenantScope scope, Lead lead, string what, string? before = null)
    {
        live.Publish(scope.Code, "lead.updated", new { id = lead.Id.ToString(), what, stageId = lead.StageId.ToString(), pipelineId = lead.PipelineId.ToString() }, lead.AssignedTo);
        if (before is not null && before != lead.AssignedTo)
        {
            live.Publish(scope.Code, "lead.updated", new { id = lead.Id.ToString(), what, pipelineId = lead.PipelineId.ToString() }, before);
        }
    }

    private static async Task<Dictionary<ObjectId, Lead>> PlacesAsync(TenantScope scope, List<Lead> leads, CancellationToken ct)
    {
        var ids = leads.ConvertAll(l => l.Id);
        var places = await scope.Db.Leads.Find(l => ids.Contains(l.Id)).Project<Lead>(Place).ToListAsync(ct);
        return places.ToDictionary(l => l.Id);
    }

    private static UpdateDefinition<Lead> Stamp(UpdateDefinition<Lead> update, DateTime now, bool rescored = false)
    {
        update = update.Inc(l => l.Version, 1).Set(l => l.UpdatedAt, now);
        return rescored ? update.Inc(l => l.Rescored, 1) : update;
    }
}

/// <summary>Writes what a change causes into the change.</summary>
internal static class Pending
{
    /// <summary>An update may push to a list once only, so what it causes is collected into one push.</summary>
    public static UpdateDefinition<Lead> Add(UpdateDefinition<Lead> update, params IEnumerable<PendingChange> changes) => new PendingUpdate(update, [.. changes]);

    /// <summary>Several updates as one, with all that they cause.</summary>
    public static UpdateDefinition<Lead> Join(IReadOnlyList<UpdateDefinition<Lead>> updates) => updates.Skip(1).Aggregate(updates[0], (all, next) => new JoinedUpdate(all, next));

    private sealed class JoinedUpdate(UpdateDefinition<Lead> first, UpdateDefinition<Lead> second) : UpdateDefinition<Lead>
    {
        public override BsonValue Render(RenderArgs<Lead> args)
        {
            var document = first.Render(args).AsBsonDocument;
            foreach (var part in second.Render(args).AsBsonDocument)
            {
                document[part.Name] = !document.TryGetValue(part.Name, out var present)
                    ? part.Value
                    : part.Name == "$push" && present.AsBsonDocument.TryGetValue("pending", out var causes) && part.Value.AsBsonDocument.Contains("pending")
                        ? new BsonDocument("pending", new BsonDocument("$each", new BsonArray(causes["$each"].AsBsonArray.Concat(part.Value["pending"]["$each"].AsBsonArray))))
                        : present.AsBsonDocument.Merge(part.Value.AsBsonDocument, overwriteExistingElements: true);
            }

            return document;
        }
    }

    private sealed class PendingUpdate(UpdateDefinition<Lead> inner, List<PendingChange> changes) : UpdateDefinition<Lead>
    {
        public override BsonValue Render(RenderArgs<Lead> args)
        {
            var document = inner.Render(args).AsBsonDocument;
            var added = new BsonArray(changes.Select(c => c.ToBsonDocument()));
            var push = document.GetValue("$push", new BsonDocument()).AsBsonDocument;
            if (push.TryGetValue("pending", out var present))
            {
                var before = present is BsonDocument pushed && pushed.Contains("$each") ? pushed["$each"].AsBsonArray : new BsonArray { present };
                added = new BsonArray(before.Concat(added));
            }

            push["pending"] = new BsonDocument("$each", added);
            document["$push"] = push;
            return document;
        }
    }
}
