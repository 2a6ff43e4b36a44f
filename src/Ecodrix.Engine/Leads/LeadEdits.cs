using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Changes what leads carry: tags and who works on them.</summary>
public sealed class LeadEdits
{
    private static readonly FindOneAndUpdateOptions<Lead> After = new() { ReturnDocument = ReturnDocument.After };

    private readonly Outbox _outbox;
    private readonly ILiveBus _live;
    private readonly TimeProvider _clock;

    internal LeadEdits(Outbox outbox, ILiveBus live, TimeProvider clock)
    {
        _outbox = outbox;
        _live = live;
        _clock = clock;
    }

    /// <summary>Adds and removes tags in one step. Only real changes count, and fire <c>tag_added</c> and <c>tag_removed</c>.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<LeadView> TagAsync(TenantScope scope, string leadId, TagChanges changes, CancellationToken ct)
    {
        var check = new Check();
        var add = LeadTags.Read(check, changes.Add, "add");
        var remove = LeadTags.Read(check, changes.Remove, "remove");
        check.That(!add.Intersect(remove).Any(), "add", "A tag cannot be both added and removed.");
        check.Throw();

        return await ChangeAsync(scope, Ids.Parse(leadId, "leadId"), "tags", (lead, now) =>
        {
            var gone = remove.Where(lead.Tags.Contains).ToList();
            var fresh = add.Where(t => !lead.Tags.Contains(t)).ToList();
            if (gone.Count == 0 && fresh.Count == 0)
            {
                return null;
            }

            var tags = lead.Tags.Except(gone).Concat(fresh).ToList();
            new Check().That(tags.Count <= LeadTags.MostTags, "add", $"A lead may have at most {LeadTags.MostTags} tags.").Throw();
            var pending = fresh.Select(t => Outbox.Change(scope, now, ActivityType.TagAdded, $"Tag added: {t}", Trigger.TagAdded, new BsonDocument("tag", t)))
                .Concat(gone.Select(t => Outbox.Change(scope, now, ActivityType.TagRemoved, $"Tag removed: {t}", Trigger.TagRemoved, new BsonDocument("tag", t))));
            return Builders<Lead>.Update.Set(l => l.Tags, tags).PushEach(l => l.Pending, pending);
        }, ct);
    }

    /// <summary>Gives a lead to somebody, or to nobody with null.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<LeadView> AssignAsync(TenantScope scope, string leadId, string? assignTo, CancellationToken ct)
    {
        var check = new Check();
        var name = check.Text(assignTo, "assignedTo", 100);
        check.Throw();
        return await ChangeAsync(scope, Ids.Parse(leadId, "leadId"), "assignedTo", (lead, now) => lead.AssignedTo == name
            ? null
            : Builders<Lead>.Update.Set(l => l.AssignedTo, name).Push(l => l.Pending, Outbox.Change(
                scope, now, ActivityType.Assigned, name is null ? "Assigned to nobody" : $"Assigned to {name}", null,
                new BsonDocument { ["from"] = lead.AssignedTo ?? "", ["to"] = name ?? "" })), ct);
    }

    /// <summary>
    /// Reads, decides, writes if nobody wrote in between, and begins again if somebody did. The change and what it must cause are
    /// one write, so that a crash cannot tear them apart.
    /// </summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="id">The lead.</param>
    /// <param name="what">What changes, for live listeners.</param>
    /// <param name="decide">The update for the lead as it is, or null when there is nothing to do.</param>
    /// <param name="ct">Cancels.</param>
    internal async Task<LeadView> ChangeAsync(
        TenantScope scope, ObjectId id, string what, Func<Lead, DateTime, UpdateDefinition<Lead>?> decide, CancellationToken ct)
    {
        while (true)
        {
            var lead = await scope.Db.Leads.Find(scope.VisibleLeads() & Builders<Lead>.Filter.Eq(l => l.Id, id)).FirstOrDefaultAsync(ct) ?? throw LeadRefusals.NotFound(id.ToString());
            var now = _clock.GetUtcNow().UtcDateTime;
            if (decide(lead, now) is not { } update)
            {
                return LeadView.Of(lead);
            }

            await _outbox.ArmAsync(scope, ct);
            var changed = await scope.Db.Leads.FindOneAndUpdateAsync(
                l => l.Id == id && l.Version == lead.Version, update.Inc(l => l.Version, 1).Set(l => l.UpdatedAt, now), After, ct);
            if (changed is not null)
            {
                _outbox.Wake(scope, id);
                _live.Publish(scope.Code, "lead.updated", new { id = id.ToString(), what }, changed.AssignedTo);
                return LeadView.Of(changed);
            }
        }
    }
}
