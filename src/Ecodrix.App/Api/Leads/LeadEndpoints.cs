using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Ecodrix.App.Api.Leads;

internal static class LeadEndpoints
{
    /// <summary>Maps <c>/api/crm/leads</c> and <c>/api/crm/fields</c>.</summary>
    public static void MapLeads(this IEndpointRouteBuilder crm)
    {
        crm.MapGet("/fields", FieldsAsync).WithTags("Leads").WithSummary("Fields that can be mapped").RequireScope(ApiScope.CrmRead);
        var leads = crm.MapGroup("/leads").WithTags("Leads");

        leads.MapPost("/", CreateAsync).WithSummary("Create a lead")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "STAGE_NOT_FOUND", "PIPELINE_NOT_FOUND", "DUPLICATE_PHONE").RequireScope(ApiScope.CrmWrite).Idempotent("leads");
        leads.MapGet("/", ListAsync).WithSummary("List and filter leads").Refuses("VALIDATION_ERROR", "INVALID_ID").RequireScope(ApiScope.CrmRead);
        leads.MapGet("/by-ref", ByRefAsync).WithSummary("Find a lead by a reference").Refuses("VALIDATION_ERROR", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        leads.MapGet("/{leadId}", GetAsync).WithSummary("Get a lead with its pipeline and stage").Refuses("INVALID_ID", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        leads.MapPatch("/{leadId}", UpdateAsync).WithSummary("Change fields of a lead")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND", "VERSION_CONFLICT", "DUPLICATE_PHONE").RequireScope(ApiScope.CrmWrite);
        leads.MapPatch("/{leadId}/metadata", MetadataAsync).WithSummary("Merge references and free data")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND").Takes("""{"refs": {"patientId": "P-77"}, "extra": {"insurance": "Star"}}""")
            .RequireScope(ApiScope.CrmWrite);
        leads.MapPatch("/{leadId}/move", MoveAsync).WithSummary("Move a lead to another stage or place")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND", "STAGE_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        leads.MapPatch("/{leadId}/convert", ConvertAsync).WithSummary("Mark a deal as won or lost")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        leads.MapPatch("/{leadId}/tags", TagAsync).WithSummary("Add and remove tags").Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        leads.MapPatch("/{leadId}/archive", ArchiveAsync).WithSummary("Archive a lead").Refuses("INVALID_ID", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        leads.MapPatch("/{leadId}/unarchive", UnarchiveAsync).WithSummary("Take a lead out of the archive").Refuses("INVALID_ID", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        leads.MapPost("/{leadId}/merge", MergeAsync).WithSummary("Merge another lead into this one")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND", "VERSION_CONFLICT").RequireScope(ApiScope.CrmWrite);
        leads.MapDelete("/{leadId}", EraseAsync).WithSummary("Erase everything about a person")
            .Refuses("INVALID_ID", "LEAD_NOT_FOUND", "CONFIRM_REQUIRED").RequireScope(ApiScope.CrmWrite);
        leads.MapPost("/bulk", BulkAsync).WithSummary("Change many leads as a job")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "STAGE_NOT_FOUND", "TOO_MANY_LEADS").RequireScope(ApiScope.CrmWrite);
    }

    private static async Task<Ok<Envelope<IReadOnlyList<LeadFieldView>>>> FieldsAsync(Caller caller, LeadFields fields, CancellationToken ct) =>
        Answer.Ok(await fields.ListAsync(caller.Scope, ct));

    private static async Task<Created<Envelope<LeadView>>> CreateAsync(NewLead body, Caller caller, LeadIntake intake, CancellationToken ct) =>
        Answer.Created(await intake.CreateAsync(caller.Scope, body, ct, caller.Token));

    private static async Task<Ok<PageEnvelope<LeadView>>> ListAsync(
        [AsParameters] LeadFilter filter, int? page, int? limit, Caller caller, LeadSearch search, CancellationToken ct) =>
        Answer.Page(await search.ListAsync(caller.Scope, filter, Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<LeadView>>> ByRefAsync(string? field, string? value, Caller caller, LeadSearch search, CancellationToken ct) =>
        Answer.Ok(await search.ByRefAsync(caller.Scope, field, value, ct));

    private static async Task<Ok<Envelope<LeadView>>> GetAsync(string leadId, Caller caller, LeadSearch search, CancellationToken ct) =>
        Answer.Ok(await search.GetAsync(caller.Scope, leadId, ct));

    private static async Task<Ok<Envelope<LeadView>>> UpdateAsync(
        string leadId, LeadChanges body, [FromHeader(Name = "If-Match")] string? ifMatch, Caller caller, LeadEdits edits, CancellationToken ct) =>
        Answer.Ok(await edits.UpdateAsync(caller.Scope, leadId, body with { Version = body.Version ?? LeadChanges.ReadVersion(ifMatch) }, ct));

    private static async Task<Ok<Envelope<LeadView>>> MetadataAsync(string leadId, NewLeadMetadata body, Caller caller, LeadEdits edits, CancellationToken ct) =>
        Answer.Ok(await edits.MergeMetadataAsync(caller.Scope, leadId, body, ct));

    private static async Task<Ok<Envelope<LeadView>>> MoveAsync(string leadId, MoveLead body, Caller caller, LeadMoves moves, CancellationToken ct) =>
        Answer.Ok(await moves.MoveAsync(caller.Scope, leadId, body, ct));

    private static async Task<Ok<Envelope<LeadView>>> ConvertAsync(string leadId, ConvertLead body, Caller caller, LeadMoves moves, CancellationToken ct) =>
        Answer.Ok(await moves.ConvertAsync(caller.Scope, leadId, body, ct));

    private static async Task<Ok<Envelope<LeadView>>> TagAsync(string leadId, TagChanges body, Caller caller, LeadEdits edits, CancellationToken ct) =>
        Answer.Ok(await edits.TagAsync(caller.Scope, leadId, body, ct));

    private static async Task<Ok<Envelope<LeadView>>> ArchiveAsync(string leadId, Caller caller, LeadEdits edits, CancellationToken ct) =>
        Answer.Ok(await edits.ArchiveAsync(caller.Scope, leadId, ct));

    private static async Task<Ok<Envelope<LeadView>>> UnarchiveAsync(string leadId, Caller caller, LeadEdits edits, CancellationToken ct) =>
        Answer.Ok(await edits.UnarchiveAsync(caller.Scope, leadId, ct));

    private static async Task<Ok<Envelope<LeadView>>> MergeAsync(string leadId, MergeLead body, Caller caller, LeadMerge merge, CancellationToken ct) =>
        Answer.Ok(await merge.MergeAsync(caller.Scope, leadId, body, ct));

    private static async Task<Ok<Envelope<ErasureView>>> EraseAsync(string leadId, bool? confirm, Caller caller, LeadErasure erasure, CancellationToken ct) =>
        Answer.Ok(await erasure.EraseAsync(caller.Scope, leadId, confirm == true, ct));

    private static async Task<Ok<Envelope<BulkView>>> BulkAsync(BulkChange body, Caller caller, LeadBulk bulk, CancellationToken ct) =>
        Answer.Ok(await bulk.StartAsync(caller.Scope, body, ct));
}
