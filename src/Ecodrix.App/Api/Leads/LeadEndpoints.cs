using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Leads;

internal static class LeadEndpoints
{
    /// <summary>Maps <c>/api/crm/leads</c>.</summary>
    public static void MapLeads(this IEndpointRouteBuilder crm)
    {
        var leads = crm.MapGroup("/leads").WithTags("Leads");

        leads.MapPost("/", CreateAsync).WithSummary("Create a lead").RequireScope(ApiScope.CrmWrite).Idempotent("leads");
        leads.MapGet("/", ListAsync).WithSummary("List and filter leads").RequireScope(ApiScope.CrmRead);
        leads.MapGet("/{leadId}", GetAsync).WithSummary("Get a lead with its pipeline and stage").RequireScope(ApiScope.CrmRead);
        leads.MapPatch("/{leadId}/move", MoveAsync).WithSummary("Move a lead to another stage").RequireScope(ApiScope.CrmWrite);
        leads.MapPatch("/{leadId}/tags", TagAsync).WithSummary("Add and remove tags").RequireScope(ApiScope.CrmWrite);
    }

    private static async Task<Created<Envelope<LeadView>>> CreateAsync(NewLead body, Caller caller, LeadIntake intake, CancellationToken ct) =>
        Answer.Created(await intake.CreateAsync(caller.Scope, body, ct));

    private static async Task<Ok<PageEnvelope<LeadView>>> ListAsync(
        [AsParameters] LeadFilter filter, int? page, int? limit, Caller caller, LeadSearch search, CancellationToken ct) =>
        Answer.Page(await search.ListAsync(caller.Scope, filter, Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<LeadView>>> GetAsync(string leadId, Caller caller, LeadSearch search, CancellationToken ct) =>
        Answer.Ok(await search.GetAsync(caller.Scope, leadId, ct));

    private static async Task<Ok<Envelope<LeadView>>> MoveAsync(string leadId, MoveLead body, Caller caller, LeadMoves moves, CancellationToken ct) =>
        Answer.Ok(await moves.MoveAsync(caller.Scope, leadId, body, ct));

    private static async Task<Ok<Envelope<LeadView>>> TagAsync(string leadId, TagChanges body, Caller caller, LeadEdits edits, CancellationToken ct) =>
        Answer.Ok(await edits.TagAsync(caller.Scope, leadId, body, ct));
}
