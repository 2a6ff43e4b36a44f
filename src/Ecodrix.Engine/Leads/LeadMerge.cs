using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>The lead that is merged into another.</summary>
/// <param name="OtherId">Its id; it is gone afterwards.</param>
public sealed record MergeLead(string? OtherId = null);

/// <summary>Makes one lead of two.</summary>
public sealed class LeadMerge
{
    /// <summary>How often a merge begins again because somebody changed the other lead meanwhile.</summary>
    private const int MostTries = 20;

    private static readonly FindOneAndUpdateOptions<Lead> After = new() { ReturnDocument = ReturnDocument.After };

    private readonly LeadWrites _writes;
    private readonly OutboxPump _pump;
    private readonly JobQueue _queue;
    private readonly TimeProvider _clock;

    internal LeadMerge(LeadWrites writes, OutboxPump pump, JobQueue queue, TimeProvider clock)
    {
        _writes = writes;
        _pump = pump;
        _queue = queue;
        _clock = clock;
    }

    /// <summary>
    /// Merges another lead into this one: what this one lacks comes from the other, tags and free data are united (this one's win),
    /// timeline, conversations, events and notifications follow, and the other's number finds this one from now on. The other goes only as
    /// it was united, after this one was written, so that a merge that was cut off can be repeated. Of two that cross one succeeds, and the
    /// other is refused.
    /// </summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND, VERSION_CONFLICT.</exception>
    public async Task<LeadView> MergeAsync(TenantScope scope, string leadId, MergeLead merge, CancellationToken ct)
    {
        new Check()
            .That(!string.IsNullOrEmpty(merge.OtherId), "otherId", "otherId is required.")
            .That(!string.Equals(merge.OtherId, leadId, StringComparison.OrdinalIgnoreCase), "otherId", "A lead cannot be merged with itself.")
            .Throw();
        var id = (await scope.RequireLeadAsync(leadId, ct)).Id;
        for (var attempt = 0; attempt < MostTries; attempt++)
        {
            var other = await scope.RequireLeadAsync(merge.OtherId!, ct);
            if (other.Pending.Count > 0)
            {
                // What its changes cause belongs to it, and would be gone with it.
                await _pump.PumpAsync(scope.As(Actor.System), [other], ct);
                continue;
            }

            // Written even if it has all already: a merge the other way round must notice.
            var kept = await _writes.ChangeAsync(scope, id, "merged", (lead, now) => Unite(scope, lead, other, now), ct);
            if (kept.Phone is null && other.Phone is not null)
            {
                other = await ReleasePhoneAsync(scope, other, ct);
            }

            if (other is not null)
            {
                kept = kept.Phone is null && kept.OtherPhones.Count > 0 ? await TakePhoneAsync(scope, kept, ct) : kept;
                await MergedLeads.NoteAsync(scope, other.Id, id, _clock.GetUtcNow().UtcDateTime, ct);
                await _queue.EnqueueAsync(scope, [MergedJob.Of(other.Id, id, _clock.GetUtcNow())], ct);
                // Before it is gone: who fires for its number a moment later is the one that stays.
                await RuleLimits.MergeAsync(scope, [other.Id], id, ct);
                if (await DeleteAsync(scope, other, ct))
                {
                    await MergedJob.FollowAsync(scope, other.Id, ct);
                    _writes.Tell(scope, other, "erased");
                    return LeadView.Of(kept);
                }
            }

            await GiveWayAsync(scope, id, Ids.Parse(merge.OtherId, "otherId"), ct);
        }

        throw LeadRefusals.ChangedMeanwhile(merge.OtherId!);
    }

    /// <summary>Of two merges that cross, the one that keeps the older lead goes on: else both might begin again for ever.</summary>
    private static async Task GiveWayAsync(TenantScope scope, ObjectId kept, ObjectId other, CancellationToken ct)
    {
        var crossing = EntryId(other, kept);
        if (kept > other
            && (await scope.Db.Activities.Find(a => a.Id == crossing).AnyAsync(ct) || await scope.Db.Leads.Find(l => l.Id == other && l.Pending.Any(p => p.Id == crossing)).AnyAsync(ct)))
        {
            throw LeadRefusals.ChangedMeanwhile(other.ToString());
        }
    }

    /// <summary>Frees the other's number, which only one lead may have; it still finds both. Null when the other was changed meanwhile.</summary>
    private static async Task<Lead?> ReleasePhoneAsync(TenantScope scope, Lead other, CancellationToken ct) => await scope.Db.Leads.FindOneAndUpdateAsync(
        l => l.Id == other.Id && l.Version == other.Version,
        Builders<Lead>.Update.Unset(l => l.Phone).AddToSet(l => l.OtherPhones, other.Phone).Inc(l => l.Version, 1), After, ct);

    /// <summary>A lead without a number gets the first of those it took over that no third lead has.</summary>
    private async Task<Lead> TakePhoneAsync(TenantScope scope, Lead kept, CancellationToken ct)
    {
        foreach (var phone in kept.OtherPhones)
        {
            try
            {
                return await _writes.ChangeAsync(scope, kept.Id, "fields", (lead, _) => lead.Phone is not null || !lead.OtherPhones.Contains(phone)
                    ? null
                    : Builders<Lead>.Update.Set(l => l.Phone, phone).Pull(l => l.OtherPhones, phone), ct);
            }
            catch (MongoCommandException e) when (e.Code == 11000)
            {
                // A third lead has it: it stays one of the numbers that find this one.
            }
        }

        return await scope.RequireLeadAsync(kept.Id.ToString(), ct);
    }

    /// <summary>Deletes the other as it was united; false when anything about it has changed since, or something is pending.</summary>
    private static async Task<bool> DeleteAsync(TenantScope scope, Lead other, CancellationToken ct) => (await scope.Db.Leads.DeleteOneAsync(
        Builders<Lead>.Filter.Where(l => l.Id == other.Id && l.Version == other.Version && l.LastContactedAt == other.LastContactedAt && l.SilentSince == other.SilentSince)
            & Builders<Lead>.Filter.Size(l => l.Pending, 0),
        ct)).DeletedCount > 0;

    /// <summary>The id of the entry that says what was merged: however often it is begun again, there is one.</summary>
    private static ObjectId EntryId(ObjectId kept, ObjectId other) => Ids.From("merged", kept.ToString(), other.ToString());

    private static UpdateDefinition<Lead> Unite(TenantScope scope, Lead lead, Lead other, DateTime now)
    {
        // The other's own number first: a lead without one gets it, and only then one that was given up before.
        var phones = lead.OtherPhones.Prepend(other.Phone).Concat(other.OtherPhones).OfType<string>().Where(p => p != lead.Phone).Distinct().ToList();
        var refs = LeadFacts.Merge(other.Metadata.Refs, lead.Metadata.Refs);
        var united = new Lead
        {
            FirstName = lead.FirstName,
            LastName = lead.LastName ?? other.LastName,
            Phone = lead.Phone,
            OtherPhones = phones,
            Email = lead.Email ?? other.Email,
            DealTitle = lead.DealTitle ?? other.DealTitle,
            Rank = lead.Rank,
        };
        var update = Builders<Lead>.Update
            .Set(l => l.LastName, united.LastName).Set(l => l.Email, united.Email).Set(l => l.DealTitle, united.DealTitle)
            .Set(l => l.Source, lead.Source ?? other.Source)
            .Set(l => l.DealValue, lead.DealValue > 0 ? lead.DealValue : other.DealValue)
            .Set(l => l.OptedOut, lead.OptedOut || other.OptedOut)
            .Set(l => l.OtherPhones, phones).Set(l => l.SearchTerms, LeadTerms.Of(united))
            .Set(l => l.Metadata, new LeadMetadata { Refs = refs, Extra = LeadFacts.Merge(other.Metadata.Extra, lead.Metadata.Extra) })
            .Set(l => l.RefKeys, LeadTerms.RefKeys(refs))
            .Set(l => l.CreatedAt, lead.CreatedAt < other.CreatedAt ? lead.CreatedAt : other.CreatedAt)
            .Max(l => l.SilentSince, other.SilentSince);
        update = other.LastContactedAt is { } contacted ? update.Max(l => l.LastContactedAt, contacted) : update;
        if (!lead.Pending.Exists(p => p.Id == EntryId(lead.Id, other.Id)))
        {
            var entry = Outbox.Change(scope, now, ActivityType.Custom, $"Merged with {other.FullName}", null,
                new BsonDocument { ["mergedLeadId"] = other.Id, ["phone"] = other.Phone ?? "" });
            entry.Id = EntryId(lead.Id, other.Id);
            update = Pending.Add(update, entry);
        }

        // What comes of tags and of an owner elsewhere comes of them here as well.
        UpdateDefinition<Lead>?[] told = [LeadTags.Change(scope, lead, [.. lead.Tags.Union(other.Tags).Take(LeadTags.MostTags)], now), LeadPatch.Assign(scope, lead, lead.AssignedTo ?? other.AssignedTo, now)];
        return Pending.Join([update, .. told.OfType<UpdateDefinition<Lead>>()]);
    }
}
