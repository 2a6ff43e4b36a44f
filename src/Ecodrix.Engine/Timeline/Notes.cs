using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Timeline;

/// <summary>Keeps what people write down about leads. A note is an entry of the lead's timeline.</summary>
public sealed class Notes
{
    private const int LongestNote = 10_000;

    private static readonly FindOneAndUpdateOptions<Activity> After = new() { ReturnDocument = ReturnDocument.After };

    private readonly ActivityLog _log;
    private readonly ILiveBus _live;
    private readonly TimeProvider _clock;

    internal Notes(ActivityLog log, ILiveBus live, TimeProvider clock)
    {
        _log = log;
        _live = live;
        _clock = clock;
    }

    /// <summary>A page of a lead's notes: pinned ones first, then the newest.</summary>
    /// <exception cref="RefusedException">INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<Page<NoteView>> ListAsync(TenantScope scope, string leadId, Paging paging, CancellationToken ct)
    {
        var lead = await scope.RequireLeadAsync(leadId, ct);
        var notes = scope.Db.Activities.Find(a => a.LeadId == lead.Id && a.Type == ActivityType.NoteAdded);
        var total = await notes.CountDocumentsAsync(ct);
        var page = await notes.Sort(Builders<Activity>.Sort.Descending("note.pinned").Descending(a => a.At).Descending(a => a.Id))
            .Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        return new Page<NoteView>([.. page.Select(NoteView.Of)], total, paging);
    }

    /// <summary>Writes a note.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<NoteView> CreateAsync(TenantScope scope, string leadId, NewNote input, CancellationToken ct)
    {
        var check = new Check();
        var content = check.Required(input.Content, "content", LongestNote);
        var by = check.Text(input.CreatedBy, "createdBy", 100);
        check.Throw();
        var lead = await scope.RequireLeadAsync(leadId, ct);
        return await AddAsync(scope, ObjectId.GenerateNewId(), lead.Id, content, by, input.Pinned == true, ct);
    }

    /// <summary>Writes a note under a given id; one that is there already stays as it is.</summary>
    internal async Task<NoteView> AddAsync(TenantScope scope, ObjectId id, ObjectId leadId, string content, string? by, bool pinned, CancellationToken ct)
    {
        var note = new Activity
        {
            Id = id,
            LeadId = leadId,
            Type = ActivityType.NoteAdded,
            Title = "Note",
            Body = Texts.Cut(content, LongestNote),
            Note = new NoteMark { Pinned = pinned },
            PerformedBy = by ?? scope.Actor.Name,
            At = _clock.GetUtcNow().UtcDateTime,
        };
        await _log.RecordAsync(scope, note, contact: false, ct);
        return NoteView.Of(note);
    }

    /// <summary>Changes a note's text.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, NOTE_NOT_FOUND.</exception>
    public async Task<NoteView> EditAsync(TenantScope scope, string noteId, NoteChanges changes, CancellationToken ct)
    {
        var check = new Check();
        var content = check.Required(changes.Content, "content", LongestNote);
        check.Throw();
        var note = await FindAsync(scope, noteId, ct);
        return await ChangeAsync(scope, note, Builders<Activity>.Update.Set(a => a.Body, content).Set(a => a.Note!.EditedAt, _clock.GetUtcNow().UtcDateTime), ct);
    }

    /// <summary>Pins a note, or unpins it.</summary>
    /// <exception cref="RefusedException">INVALID_ID, NOTE_NOT_FOUND.</exception>
    public async Task<NoteView> TogglePinAsync(TenantScope scope, string noteId, CancellationToken ct)
    {
        while (true)
        {
            var note = await FindAsync(scope, noteId, ct);
            var pinned = note.Note!.Pinned;
            // Two toggles at once are two toggles: the one that comes second turns what the first made of it.
            var after = await scope.Db.Activities.FindOneAndUpdateAsync(
                a => a.Id == note.Id && a.Note!.Pinned == pinned, Builders<Activity>.Update.Set(a => a.Note!.Pinned, !pinned), After, ct);
            if (after is not null)
            {
                await TellAsync(scope, after.LeadId, ct);
                return NoteView.Of(after);
            }
        }
    }

    /// <summary>Deletes a note for good; only where it stood is kept for a while, for who reads the timeline on from it.</summary>
    /// <exception cref="RefusedException">INVALID_ID, NOTE_NOT_FOUND.</exception>
    public async Task<NoteView> DeleteAsync(TenantScope scope, string noteId, CancellationToken ct)
    {
        var note = await FindAsync(scope, noteId, ct);
        // First: after a crash between the two the note is there, and its own place counts.
        await TimelinePlaces.KeepAsync(scope, note, _clock.GetUtcNow().UtcDateTime, ct);
        await scope.Db.Activities.DeleteOneAsync(a => a.Id == note.Id, ct);
        await TellAsync(scope, note.LeadId, ct);
        return NoteView.Of(note);
    }

    private async Task<NoteView> ChangeAsync(TenantScope scope, Activity note, UpdateDefinition<Activity> update, CancellationToken ct)
    {
        var after = await scope.Db.Activities.FindOneAndUpdateAsync(a => a.Id == note.Id, update, After, ct) ?? throw TimelineRefusals.NoteNotFound(note.Id.ToString());
        await TellAsync(scope, after.LeadId, ct);
        return NoteView.Of(after);
    }

    /// <summary>A note of a lead that the actor may see.</summary>
    private static async Task<Activity> FindAsync(TenantScope scope, string noteId, CancellationToken ct)
    {
        var id = Ids.Parse(noteId, "noteId");
        var note = await scope.Db.Activities.Find(a => a.Id == id && a.Type == ActivityType.NoteAdded).FirstOrDefaultAsync(ct);
        return note?.Note is not null && await scope.SeesLeadAsync(note.LeadId, ct) ? note : throw TimelineRefusals.NoteNotFound(noteId);
    }

    private async Task TellAsync(TenantScope scope, ObjectId leadId, CancellationToken ct)
    {
        var owner = await scope.Db.Leads.Find(l => l.Id == leadId).Project(l => l.AssignedTo).FirstOrDefaultAsync(ct);
        _live.Publish(scope.Code, "lead.updated", new { id = leadId.ToString(), what = "notes" }, owner);
    }
}
