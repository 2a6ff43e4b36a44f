using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>The lead that is merged into another.</summary>
/// <param name="OtherId">Its id; it is gone afterwards.</param>
public sealed record MergeLead(string? OtherId = null);

/// <summary>Makes one lead of two.</summary>
public sealed class LeadMerge
{
    private readonly LeadWrites _writes;

    internal LeadMerge(LeadWrites writes) => _writes = writes;

    /// <summary>
    /// Merges another lead into this one: what this one lacks comes from the other, tags and free data are united (this one's win),
    /// timeline, conversations and events follow, and the other's number finds this one from now on. The other goes last, so that a
    /// merge that was cut off can be repeated.
    /// </summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<LeadView> MergeAsync(TenantScope scope, string leadId, MergeLead merge, CancellationToken ct)
    {
        new Check()
            .That(!string.IsNullOrEmpty(merge.OtherId), "otherId", "otherId is required.")
            .That(merge.OtherId != leadId, "otherId", "A lead cannot be merged with itself.")
            .Throw();
        await scope.RequireLeadAsync(leadId, ct);
        var other = await scope.RequireLeadAsync(merge.OtherId!, ct);
        var id = Ids.Parse(leadId, "leadId");
        var kept = await _writes.ChangeAsync(scope, id, "merged", (lead, now) => Unite(scope, lead, other, now), ct);
        await scope.Db.Activities.UpdateManyAsync(a => a.LeadId == other.Id, Builders<Activity>.Update.Set(a => a.LeadId, id), null, ct);
        await scope.Db.Conversations.UpdateManyAsync(c => c.LeadId == other.Id, Builders<Conversation>.Update.Set(c => c.LeadId, id), null, ct);
        await scope.Db.Events.UpdateManyAsync(e => e.LeadId == other.Id, Builders<EventLog>.Update.Set(e => e.LeadId, id), null, ct);
        await scope.Db.Leads.DeleteOneAsync(l => l.Id == other.Id, ct);
        _writes.Tell(scope, other, "erased");
        return LeadView.Of(kept);
    }

    private static UpdateDefinition<Lead> Unite(TenantScope scope, Lead lead, Lead other, DateTime now)
    {
        var phones = lead.OtherPhones.Concat(other.OtherPhones).Append(other.Phone).OfType<string>().Where(p => p != lead.Phone).Distinct().ToList();
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
            .Set(l => l.Source, lead.Source ?? other.Source).Set(l => l.AssignedTo, lead.AssignedTo ?? other.AssignedTo)
            .Set(l => l.DealValue, lead.DealValue > 0 ? lead.DealValue : other.DealValue)
            .Set(l => l.OptedOut, lead.OptedOut || other.OptedOut)
            .Set(l => l.OtherPhones, phones).Set(l => l.SearchTerms, LeadTerms.Of(united))
            .Set(l => l.Metadata, new LeadMetadata { Refs = refs, Extra = LeadFacts.Merge(other.Metadata.Extra, lead.Metadata.Extra) })
            .Set(l => l.RefKeys, LeadTerms.RefKeys(refs))
            .Set(l => l.CreatedAt, lead.CreatedAt < other.CreatedAt ? lead.CreatedAt : other.CreatedAt);
        update = other.LastContactedAt is { } contacted ? update.Max(l => l.LastContactedAt, contacted) : update;
        update = Pending.Add(update, Outbox.Change(scope, now, ActivityType.Custom, $"Merged with {other.FullName}", null,
            new BsonDocument { ["mergedLeadId"] = other.Id, ["phone"] = other.Phone ?? "" }));
        return LeadTags.Change(scope, lead, [.. lead.Tags.Union(other.Tags).Take(LeadTags.MostTags)], now) is { } tags ? Pending.Join([update, tags]) : update;
    }
}
