using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Timeline;

internal static class TimelineEndpoints
{
    /// <summary>Maps a lead's timeline, activities, calls and notes below <c>/api/crm</c>.</summary>
    public static void MapTimeline(this IEndpointRouteBuilder crm)
    {
        var lead = crm.MapGroup("/leads/{leadId}").WithTags("Timeline");

        lead.MapGet("/timeline", TimelineAsync).WithSummary("Activities and notes together, newest first")
            .Refuses("INVALID_ID", "LEAD_NOT_FOUND", "ACTIVITY_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        lead.MapGet("/activities", ActivitiesAsync).WithSummary("Activities, newest first")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND", "ACTIVITY_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        lead.MapPost("/activities", LogAsync).WithSummary("Log a meeting, an e-mail or anything else")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        lead.MapPost("/calls", LogCallAsync).WithSummary("Log a phone call").Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        lead.MapGet("/notes", NotesAsync).WithSummary("Notes, pinned first, then newest").Refuses("INVALID_ID", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        lead.MapPost("/notes", CreateNoteAsync).WithSummary("Write a note").Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmWrite);

        crm.MapGet("/activities", FeedAsync).WithTags("Timeline").WithSummary("Activities and notes of all leads, newest first")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "ACTIVITY_NOT_FOUND").RequireScope(ApiScope.CrmRead);

        var notes = crm.MapGroup("/notes/{noteId}").WithTags("Timeline");

        notes.MapPatch("/", EditNoteAsync).WithSummary("Edit a note").Refuses("VALIDATION_ERROR", "INVALID_ID", "NOTE_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        notes.MapPatch("/pin", PinNoteAsync).WithSummary("Pin or unpin a note").Refuses("INVALID_ID", "NOTE_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        notes.MapDelete("/", DeleteNoteAsync).WithSummary("Delete a note").Refuses("INVALID_ID", "NOTE_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
    }

    private static async Task<Ok<PageEnvelope<TimelineEntryView>>> TimelineAsync(
        string leadId, string? before, int? page, int? limit, Caller caller, LeadTimeline timeline, CancellationToken ct) =>
        Answer.Page(await timeline.ListAsync(caller.Scope, leadId, before, Paging.From(page, limit), ct));

    private static async Task<Ok<PageEnvelope<TimelineEntryView>>> ActivitiesAsync(
        string leadId, string? type, string? before, int? page, int? limit, Caller caller, LeadTimeline timeline, CancellationToken ct) =>
        Answer.Page(await timeline.ActivitiesAsync(caller.Scope, leadId, type, before, Paging.From(page, limit), ct));

    private static async Task<Ok<PageEnvelope<FeedEntry>>> FeedAsync([AsParameters] ActivityFilter filter, int? page, int? limit, Caller caller, ActivityFeed feed, CancellationToken ct) =>
        Answer.Page(await feed.ListAsync(caller.Scope, filter, Paging.From(page, limit), ct));

    private static async Task<Created<Envelope<TimelineEntryView>>> LogAsync(
        string leadId, NewActivity body, Caller caller, ActivityLog log, CancellationToken ct) =>
        Answer.Created(await log.LogAsync(caller.Scope, leadId, body, ct));

    private static async Task<Created<Envelope<TimelineEntryView>>> LogCallAsync(
        string leadId, NewCall body, Caller caller, ActivityLog log, CancellationToken ct) =>
        Answer.Created(await log.LogCallAsync(caller.Scope, leadId, body, ct));

    private static async Task<Ok<PageEnvelope<NoteView>>> NotesAsync(
        string leadId, int? page, int? limit, Caller caller, Notes notes, CancellationToken ct) =>
        Answer.Page(await notes.ListAsync(caller.Scope, leadId, Paging.From(page, limit), ct));

    private static async Task<Created<Envelope<NoteView>>> CreateNoteAsync(string leadId, NewNote body, Caller caller, Notes notes, CancellationToken ct) =>
        Answer.Created(await notes.CreateAsync(caller.Scope, leadId, body, ct));

    private static async Task<Ok<Envelope<NoteView>>> EditNoteAsync(string noteId, NoteChanges body, Caller caller, Notes notes, CancellationToken ct) =>
        Answer.Ok(await notes.EditAsync(caller.Scope, noteId, body, ct));

    private static async Task<Ok<Envelope<NoteView>>> PinNoteAsync(string noteId, Caller caller, Notes notes, CancellationToken ct) =>
        Answer.Ok(await notes.TogglePinAsync(caller.Scope, noteId, ct));

    private static async Task<Ok<Envelope<NoteView>>> DeleteNoteAsync(string noteId, Caller caller, Notes notes, CancellationToken ct) =>
        Answer.Ok(await notes.DeleteAsync(caller.Scope, noteId, ct));
}
