using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Takes an import back, lead by lead: what it made goes and what it changed becomes as it was, unless somebody has worked on it since.</summary>
internal sealed class ImportUndo(LeadWrites writes, PendingWork pending)
{
    private const int Batch = 500;

    /// <summary>What an import enters on a timeline by itself. Everything else is somebody's work, or that of a rule.</summary>
    private static readonly ActivityType[] Own = [ActivityType.LeadCreated, ActivityType.Imported, ActivityType.ScoreChanged];

    /// <summary>What people do with a lead, beside changing it, which its version tells of.</summary>
    private static readonly ActivityType[] Work = [ActivityType.Call, ActivityType.Meeting, ActivityType.Email, ActivityType.Whatsapp, ActivityType.NoteAdded, ActivityType.Custom];

    private static readonly InsertManyOptions Unordered = new() { IsOrdered = false };
    private static readonly BulkWriteOptions Separately = new() { IsOrdered = false };

    /// <summary>Contact moves only the time of it, not the version.</summary>
    private static readonly FilterDefinition<Lead> Untouched = Builders<Lead>.Filter.Eq(l => l.LastContactedAt, null);

    public async Task<RevertView> RunAsync(TenantScope scope, Import import, CancellationToken ct)
    {
        var (removed, restored) = (0, 0);
        foreach (var batch in import.Rows.Chunk(Batch))
        {
            removed += await RemoveAsync(scope, import, [.. batch.Where(r => r.Made).Select(r => r.LeadId)], ct);
            restored += await RestoreAsync(scope, import, [.. batch.Where(r => !r.Made)], ct);
        }

        return new RevertView(removed, restored, import.Rows.Count - removed - restored);
    }

    private async Task<int> RemoveAsync(TenantScope scope, Import import, List<ObjectId> made, CancellationToken ct)
    {
        var leads = made.Count == 0 ? [] : await scope.Db.Leads.Find(Builders<Lead>.Filter.In(l => l.Id, made) & Untouched).ToListAsync(ct);
        leads.RemoveAll(l => l.Edits != 1);
        var touched = await TouchedAsync(scope, import, leads, ct);
        leads.RemoveAll(l => touched.Contains(l.Id));
        var ids = await GoneAsync(scope, [.. made.Intersect(import.Removing)], ct);
        if (leads.Count > 0)
        {
            // Noted before they go: what belongs to them is found by it, also after this was cut off.
            var going = leads.ConvertAll(l => l.Id);
            await scope.Db.Imports.UpdateOneAsync(i => i.Id == import.Id, Builders<Import>.Update.AddToSetEach(i => i.Removing, going), null, ct);
            await scope.Db.Leads.BulkWriteAsync(leads.Select(l => new DeleteOneModel<Lead>(Builders<Lead>.Filter.Where(n => n.Id == l.Id && n.Version == l.Version) & Untouched)), Separately, ct);
            var gone = await GoneAsync(scope, going, ct);
            leads.RemoveAll(l => !gone.Contains(l.Id));
            await PutBackAsync(scope, import, leads, ct);
            ids = [.. ids.Union(leads.Select(l => l.Id))];
        }

        if (ids.Count == 0)
        {
            return 0;
        }

        await scope.Db.Activities.DeleteManyAsync(a => ids.Contains(a.LeadId), ct);
        await CallOffAsync(scope, ids.ConvertAll(id => (ObjectId?)id), ct);
        leads.ForEach(lead => writes.Tell(scope, lead, "erased"));
        return ids.Count;
    }

    /// <summary>Which of some leads are there no more.</summary>
    private static async Task<List<ObjectId>> GoneAsync(TenantScope scope, List<ObjectId> ids, CancellationToken ct) =>
        ids.Count == 0 ? [] : [.. ids.Except(await scope.Db.Leads.Find(l => ids.Contains(l.Id)).Project(l => l.Id).ToListAsync(ct))];

    /// <summary>What rules were going to do with leads that are gone, a welcome after an hour say, is not done.</summary>
    private async Task CallOffAsync(TenantScope scope, List<ObjectId?> leads, CancellationToken ct)
    {
        var events = await scope.Db.Events.Find(Builders<EventLog>.Filter.In(e => e.LeadId, leads)).Project(e => e.Id).ToListAsync(ct);
        if (events.Count > 0)
        {
            await pending.CancelUndispatchedAsync(scope, Builders<EventLog>.Filter.In(e => e.Id, events), "The import was undone", ct);
            await pending.CancelAsync(scope, Builders<Job>.Filter.In(j => j.EventLogId, events.ConvertAll(id => (ObjectId?)id)), "The import was undone", ct);
        }
    }

    /// <summary>A note or a message may have come between the look and the deletion, and no version tells of it: such a lead is put back.</summary>
    private static async Task PutBackAsync(TenantScope scope, Import import, List<Lead> gone, CancellationToken ct)
    {
        var touched = await TouchedAsync(scope, import, gone, ct);
        var back = gone.FindAll(l => touched.Contains(l.Id));
        if (back.Count == 0)
        {
            return;
        }

        var taken = new HashSet<int>();
        try
        {
            await scope.Db.Leads.InsertManyAsync(back, Unordered, ct);
        }
        catch (MongoBulkWriteException<Lead> e) when (e.WriteErrors.All(w => w.Category == ServerErrorCategory.DuplicateKey))
        {
            // What came made a lead of its own for the number.
            taken = [.. e.WriteErrors.Select(w => w.Index)];
        }

        gone.RemoveAll(back.Where((_, at) => !taken.Contains(at)).ToHashSet().Contains);
    }

    /// <summary>Which of the leads have more than the import gave them: a note or another entry, a conversation, an event (and with it a meeting).</summary>
    private static async Task<HashSet<ObjectId>> TouchedAsync(TenantScope scope, Import import, List<Lead> leads, CancellationToken ct)
    {
        if (leads.Count == 0)
        {
            return [];
        }

        var ids = leads.ConvertAll(l => l.Id);
        var optional = ids.ConvertAll(id => (ObjectId?)id);
        var byPhone = leads.Where(l => l.Phone is not null).ToDictionary(l => l.Phone!, l => l.Id, StringComparer.Ordinal);
        var entries = Builders<Activity>.Filter.In(a => a.LeadId, ids) & Builders<Activity>.Filter.Nin(a => a.Type, Own);
        var touched = (await (await scope.Db.Activities.DistinctAsync(a => a.LeadId, entries, null, ct)).ToListAsync(ct)).ToHashSet();

        // What came just now knows its lead only by the number yet.
        var talks = Builders<Conversation>.Filter;
        var talked = await scope.Db.Conversations
            .Find(talks.In(c => c.LeadId, optional) | (talks.In(c => c.Phone, byPhone.Keys) & talks.Gte(c => c.LastMessageAt, import.CreatedAt)))
            .Project(c => new { c.LeadId, c.Phone }).ToListAsync(ct);
        var events = Builders<EventLog>.Filter;
        var fired = await scope.Db.Events
            .Find((events.In(e => e.LeadId, optional) | (events.In(e => e.Phone, byPhone.Keys) & events.Gte(e => e.ReceivedAt, import.CreatedAt))) & events.Ne(e => e.Source, EventSource.System))
            .Project(e => new { e.LeadId, e.Phone }).ToListAsync(ct);
        foreach (var (lead, phone) in talked.Select(c => (c.LeadId, c.Phone)).Concat(fired.Select(e => (e.LeadId, e.Phone))))
        {
            touched.Add(lead ?? ObjectId.Empty);
            touched.Add(phone is not null && byPhone.TryGetValue(phone, out var known) ? known : ObjectId.Empty);
        }

        return touched;
    }

    private async Task<int> RestoreAsync(TenantScope scope, Import import, List<ImportedRow> rows, CancellationToken ct)
    {
        if (rows.Count == 0)
        {
            return 0;
        }

        // An import that was cut off remembers changes that it did not come to.
        var ids = rows.ConvertAll(r => r.LeadId);
        var leads = await scope.Db.Leads.Find(l => ids.Contains(l.Id) && l.ImportId == import.Id).ToListAsync(ct);
        var before = new Dictionary<ObjectId, BsonDocument>();
        foreach (var lead in leads)
        {
            if (rows.Find(r => r.LeadId == lead.Id && r.Version == lead.Edits) is { Before: { } was })
            {
                before[lead.Id] = was;
            }
        }

        leads.RemoveAll(l => !before.ContainsKey(l.Id));
        var worked = await WorkedOnAsync(scope, import, leads, ct);
        leads.RemoveAll(l => worked.Contains(l.Id));
        var restored = await writes.ChangeManyAsync(scope, leads, "import undone", (lead, now) => Back(scope, lead, before[lead.Id], now), ct);
        return (int)restored;
    }

    /// <summary>Which of leads that were there before the import somebody has been in touch with, noted something on or sent an event for since.</summary>
    private static async Task<HashSet<ObjectId>> WorkedOnAsync(TenantScope scope, Import import, List<Lead> leads, CancellationToken ct)
    {
        var (ids, since) = (leads.ConvertAll(l => l.Id), import.CreatedAt);
        var entries = Builders<Activity>.Filter.In(a => a.LeadId, ids) & Builders<Activity>.Filter.In(a => a.Type, Work) & Builders<Activity>.Filter.Gt(a => a.At, since);
        var fired = Builders<EventLog>.Filter.In(e => e.LeadId, ids.ConvertAll(id => (ObjectId?)id)) & Builders<EventLog>.Filter.Gt(e => e.ReceivedAt, since)
            & Builders<EventLog>.Filter.Ne(e => e.Source, EventSource.System);
        return
        [
            .. leads.Where(l => l.LastContactedAt > since).Select(l => l.Id),
            .. await scope.Db.Activities.Find(entries).Project(a => a.LeadId).ToListAsync(ct),
            .. (await scope.Db.Events.Find(fired).Project(e => e.LeadId).ToListAsync(ct)).OfType<ObjectId>(),
        ];
    }

    /// <summary>The update that undoes a change with all that it caused: tags, the owner and with it the conversation's, and the score.</summary>
    private static UpdateDefinition<Lead> Back(TenantScope scope, Lead lead, BsonDocument was, DateTime now)
    {
        var becomes = lead.ToBsonDocument();
        var updates = new List<UpdateDefinition<Lead>>
        {
            Pending.Add(Field("importId", was.GetValue("importId", BsonNull.Value)), Outbox.Change(scope, now, ActivityType.Imported, "Import undone", null, null)),
        };
        foreach (var field in was)
        {
            if (field.Value.IsBsonNull)
            {
                becomes.Remove(field.Name);
            }
            else
            {
                becomes[field.Name] = field.Value;
            }

            if (field.Name is not ("importId" or "tags" or "assignedTo"))
            {
                updates.Add(Field(field.Name, field.Value));
            }
        }

        var after = BsonSerializer.Deserialize<Lead>(becomes);
        UpdateDefinition<Lead>?[] told = [LeadTags.Change(scope, lead, after.Tags, now), LeadPatch.Assign(scope, lead, after.AssignedTo, now)];
        return Pending.Join([.. updates, .. told.OfType<UpdateDefinition<Lead>>()]);
    }

    private static UpdateDefinition<Lead> Field(string name, BsonValue value) => value.IsBsonNull ? Builders<Lead>.Update.Unset(name) : Builders<Lead>.Update.Set(name, value);
}
