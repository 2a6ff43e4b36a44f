using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Changes what leads carry: fields, references, tags, who works on them; puts them away and takes them out again.</summary>
public sealed class LeadEdits
{
    private readonly LeadWrites _writes;
    private readonly LeadFields _fields;
    private readonly Members _members;

    internal LeadEdits(LeadWrites writes, LeadFields fields, Members members)
    {
        _writes = writes;
        _fields = fields;
        _members = members;
    }

    /// <summary>
    /// Changes the fields that are present. Tags that come or go fire their triggers; stage, status and score have routes of their own.
    /// </summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND, VERSION_CONFLICT, DUPLICATE_PHONE.</exception>
    public async Task<LeadView> UpdateAsync(TenantScope scope, string leadId, LeadChanges changes, CancellationToken ct)
    {
        var id = Ids.Parse(leadId, "leadId");
        if (changes.AssignedTo is { IsPresent: true, Value: { Length: <= 100 } given })
        {
            changes = changes with { AssignedTo = await _members.AssigneeAsync(scope, given, ct) };
        }

        var patch = LeadPatch.Read(scope, changes);
        if (patch.Phone is { IsPresent: true, Value: { } phone } && await LeadIntake.ByAnyPhoneAsync(scope, phone, ct) is { } other && other.Id != id)
        {
            throw LeadRefusals.DuplicatePhone(scope, phone, other);
        }

        try
        {
            var lead = await _writes.ChangeAsync(scope, id, "fields", (lead, now) => patch.Decide(scope, lead, now), ct, changes.Version);
            await _fields.NoteAsync(scope, lead, ct);
            return LeadView.Of(lead);
        }
        catch (MongoCommandException e) when (e.Code == 11000)
        {
            // Somebody else took the number in between.
            throw LeadRefusals.DuplicatePhone(scope, patch.Phone.Value!, await LeadIntake.ByAnyPhoneAsync(scope, patch.Phone.Value!, ct));
        }
    }

    /// <summary>Merges references and free data into a lead's; a null removes a name, everything not named stays.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND.</exception>
    public Task<LeadView> MergeMetadataAsync(TenantScope scope, string leadId, NewLeadMetadata changes, CancellationToken ct)
    {
        new Check().That(changes.Refs is not null || changes.Extra is not null, "refs", "Send refs, extra or both.").Throw();
        return UpdateAsync(scope, leadId, new LeadChanges { Metadata = changes }, ct);
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
        return LeadView.Of(await _writes.ChangeAsync(scope, Ids.Parse(leadId, "leadId"), "tags",
            (lead, now) => LeadTags.Change(scope, lead, [.. lead.Tags.Except(remove).Union(add)], now), ct));
    }

    /// <summary>Gives a lead to somebody, or to nobody with null. Who names a member (by address, id or full name) means their address.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<LeadView> AssignAsync(TenantScope scope, string leadId, string? assignTo, CancellationToken ct)
    {
        var check = new Check();
        var name = check.Text(assignTo, "assignedTo", 100);
        check.Throw();
        name = await _members.AssigneeAsync(scope, name, ct);
        return LeadView.Of(await _writes.ChangeAsync(scope, Ids.Parse(leadId, "leadId"), "assignedTo",
            (lead, now) => LeadPatch.Assign(scope, lead, name, now), ct));
    }

    /// <summary>Puts a lead away: out of all lists and columns, and out of what is counted.</summary>
    /// <exception cref="RefusedException">INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<LeadView> ArchiveAsync(TenantScope scope, string leadId, CancellationToken ct) =>
        LeadView.Of(await _writes.ChangeAsync(scope, Ids.Parse(leadId, "leadId"), "status", (lead, now) => lead.Status == LeadStatus.Archived
            ? null
            : Pending.Add(
                Builders<Lead>.Update.Set(l => l.Status, LeadStatus.Archived).Set(l => l.ArchivedFrom, lead.Status),
                StatusEntry(scope, lead.Status, LeadStatus.Archived, "Archived", now)), ct));

    /// <summary>Takes an archived lead out again: as what it was before, or as what its stage is where it came into another meanwhile.</summary>
    /// <exception cref="RefusedException">INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<LeadView> UnarchiveAsync(TenantScope scope, string leadId, CancellationToken ct) =>
        LeadView.Of(await _writes.ChangeAsync(scope, Ids.Parse(leadId, "leadId"), "status", async (lead, now) =>
        {
            if (lead.Status != LeadStatus.Archived)
            {
                return null;
            }

            var status = lead.ArchivedFrom ?? LeadStatus.Open;
            var pipeline = await scope.Db.Pipelines.FindByIdAsync(lead.PipelineId, ct);
            if (pipeline?.Stages.Find(s => s.Id == lead.StageId) is { } stage && LeadStages.Destination(pipeline, stage, status) is not null)
            {
                return LeadStages.SetStatus(scope, Builders<Lead>.Update.Set(l => l.UpdatedAt, now), lead, LeadStages.StatusIn(stage), null, now);
            }

            var update = Builders<Lead>.Update.Set(l => l.Status, status).Unset(l => l.ArchivedFrom);
            return Pending.Add(
                status == LeadStatus.Open ? update.Max(l => l.SilentSince, now) : update,
                StatusEntry(scope, LeadStatus.Archived, status, "Taken out of the archive", now));
        }, ct));

    private static PendingChange StatusEntry(TenantScope scope, LeadStatus from, LeadStatus to, string title, DateTime now) => Outbox.Change(
        scope, now, ActivityType.StatusChanged, title, null, new BsonDocument { ["from"] = from.Word(), ["to"] = to.Word() });
}
