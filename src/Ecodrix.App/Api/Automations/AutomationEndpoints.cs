using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Automations;

internal static class AutomationEndpoints
{
    /// <summary>Maps <c>/api/crm/automations</c>.</summary>
    public static void MapAutomations(this IEndpointRouteBuilder crm)
    {
        var rules = crm.MapGroup("/automations").WithTags("Automations");

        rules.MapGet("/", ListAsync).WithSummary("List automation rules").Refuses("VALIDATION_ERROR").RequireScope(ApiScope.CrmRead);
        rules.MapPost("/", CreateAsync).WithSummary("Create an automation rule").Refuses("VALIDATION_ERROR").RequireScope(ApiScope.CrmWrite);
        rules.MapGet("/{ruleId}", GetAsync).WithSummary("Get an automation rule").Refuses("INVALID_ID", "AUTOMATION_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        rules.MapPatch("/{ruleId}", ChangeAsync).WithSummary("Change an automation rule")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "AUTOMATION_NOT_FOUND", "VERSION_CONFLICT").RequireScope(ApiScope.CrmWrite);
        rules.MapPatch("/{ruleId}/toggle", ToggleAsync).WithSummary("Enable or disable an automation rule")
            .Refuses("INVALID_ID", "AUTOMATION_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        rules.MapPost("/{ruleId}/test", TestAsync).WithSummary("Try a rule on a lead; executes nothing")
            .Refuses("INVALID_ID", "AUTOMATION_NOT_FOUND", "LEAD_NOT_FOUND", "VALIDATION_ERROR").RequireScope(ApiScope.CrmRead);
        rules.MapDelete("/{ruleId}", DeleteAsync).WithSummary("Delete an automation rule").Refuses("INVALID_ID", "AUTOMATION_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
    }

    private static async Task<Ok<PageEnvelope<RuleView>>> ListAsync(int? page, int? limit, Caller caller, RuleDesign design, CancellationToken ct) =>
        Answer.Page(await design.ListAsync(caller.Scope, Paging.From(page, limit), ct));

    private static async Task<Created<Envelope<RuleView>>> CreateAsync(RuleInput body, Caller caller, RuleDesign design, CancellationToken ct) =>
        Answer.Created(await design.CreateAsync(caller.Scope, body, ct));

    private static async Task<Ok<Envelope<RuleView>>> GetAsync(string ruleId, Caller caller, RuleDesign design, CancellationToken ct) =>
        Answer.Ok(await design.GetAsync(caller.Scope, ruleId, ct));

    private static async Task<Ok<Envelope<RuleView>>> ChangeAsync(string ruleId, RuleInput body, Caller caller, RuleDesign design, CancellationToken ct) =>
        Answer.Ok(await design.ChangeAsync(caller.Scope, ruleId, body, ct));

    private static async Task<Ok<Envelope<RuleView>>> ToggleAsync(string ruleId, Caller caller, RuleDesign design, CancellationToken ct) =>
        Answer.Ok(await design.ToggleAsync(caller.Scope, ruleId, ct));

    private static async Task<Ok<Envelope<RuleTestView>>> TestAsync(string ruleId, RuleTest body, Caller caller, RuleDryRun dryRun, CancellationToken ct) =>
        Answer.Ok(await dryRun.TestAsync(caller.Scope, ruleId, body, ct));

    private static async Task<Ok<Envelope<RuleView>>> DeleteAsync(string ruleId, Caller caller, RuleDesign design, CancellationToken ct) =>
        Answer.Ok(await design.DeleteAsync(caller.Scope, ruleId, ct));
}
