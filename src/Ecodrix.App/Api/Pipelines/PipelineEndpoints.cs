using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Ecodrix.App.Api.Pipelines;

internal static class PipelineEndpoints
{
    /// <summary>Maps <c>/api/crm/pipelines</c> and <c>/api/crm/stages</c>.</summary>
    public static void MapPipelines(this IEndpointRouteBuilder crm)
    {
        var pipelines = crm.MapGroup("/pipelines").WithTags("Pipelines");

        pipelines.MapGet("/", ListAsync).WithSummary("List active pipelines").RequireScope(ApiScope.CrmRead);
        pipelines.MapPost("/", CreateAsync).WithSummary("Create a pipeline").Refuses("VALIDATION_ERROR", "NAME_TAKEN").RequireScope(ApiScope.CrmWrite);
        pipelines.MapGet("/{pipelineId}", GetAsync).WithSummary("Get a pipeline").Refuses("INVALID_ID", "PIPELINE_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        pipelines.MapPatch("/{pipelineId}", ChangeAsync).WithSummary("Change name and description")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "PIPELINE_NOT_FOUND", "NAME_TAKEN").RequireScope(ApiScope.CrmWrite);
        pipelines.MapDelete("/{pipelineId}", ArchiveAsync).WithSummary("Archive a pipeline")
            .Refuses("INVALID_ID", "PIPELINE_NOT_FOUND", "DEFAULT_PIPELINE").RequireScope(ApiScope.CrmWrite);
        pipelines.MapPatch("/{pipelineId}/default", MakeDefaultAsync).WithSummary("Make a pipeline the default")
            .Refuses("INVALID_ID", "PIPELINE_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
        pipelines.MapPost("/{pipelineId}/duplicate", DuplicateAsync).WithSummary("Copy a pipeline without its leads")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "PIPELINE_NOT_FOUND", "NAME_TAKEN").RequireScope(ApiScope.CrmWrite);
        pipelines.MapPost("/{pipelineId}/stages", AddStageAsync).WithSummary("Add a stage")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "PIPELINE_NOT_FOUND", "NAME_TAKEN").RequireScope(ApiScope.CrmWrite);
        pipelines.MapPatch("/{pipelineId}/stages/reorder", ReorderAsync).WithSummary("Put the stages into a new order")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "PIPELINE_NOT_FOUND")
            .Takes("""{"order": [{"stageId": "67d1a2b3c4d5e6f708192a3b", "newOrder": 0}, {"stageId": "67d1a2b3c4d5e6f708192a3c", "newOrder": 1}]}""").RequireScope(ApiScope.CrmWrite);
        pipelines.MapGet("/{pipelineId}/stages/{stageId}/leads", StageLeadsAsync).WithSummary("Leads of a stage in card order")
            .Refuses("INVALID_ID", "PIPELINE_NOT_FOUND", "STAGE_NOT_FOUND", "VALIDATION_ERROR").RequireScope(ApiScope.CrmRead);
        pipelines.MapGet("/{pipelineId}/board", BoardAsync).WithSummary("Count and value of each stage")
            .Refuses("INVALID_ID", "PIPELINE_NOT_FOUND", "VALIDATION_ERROR").RequireScope(ApiScope.CrmRead);
        pipelines.MapGet("/{pipelineId}/forecast", ForecastAsync).WithSummary("Value times probability of open leads")
            .Refuses("INVALID_ID", "PIPELINE_NOT_FOUND").RequireScope(ApiScope.CrmRead);

        var stages = crm.MapGroup("/stages/{stageId}").WithTags("Pipelines");

        stages.MapPatch("/", ChangeStageAsync).WithSummary("Change a stage")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "STAGE_NOT_FOUND", "NAME_TAKEN").RequireScope(ApiScope.CrmWrite);
        stages.MapDelete("/", RemoveStageAsync).WithSummary("Remove a stage and move its leads")
            .Refuses("VALIDATION_ERROR", "INVALID_ID", "STAGE_NOT_FOUND", "STAGE_HAS_LEADS", "LAST_STAGE").RequireScope(ApiScope.CrmWrite);
    }

    private static async Task<Ok<Envelope<IReadOnlyList<PipelineView>>>> ListAsync(Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Ok(await design.ListAsync(caller.Scope, ct));

    private static async Task<Created<Envelope<PipelineView>>> CreateAsync(NewPipeline body, Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Created(await design.CreateAsync(caller.Scope, body, ct));

    private static async Task<Ok<Envelope<PipelineView>>> GetAsync(string pipelineId, Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Ok(await design.GetAsync(caller.Scope, pipelineId, ct));

    private static async Task<Ok<Envelope<PipelineView>>> ChangeAsync(
        string pipelineId, PipelineChanges body, Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Ok(await design.ChangeAsync(caller.Scope, pipelineId, body, ct));

    private static async Task<Ok<Envelope<PipelineView>>> ArchiveAsync(string pipelineId, Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Ok(await design.ArchiveAsync(caller.Scope, pipelineId, ct));

    private static async Task<Ok<Envelope<PipelineView>>> MakeDefaultAsync(string pipelineId, Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Ok(await design.MakeDefaultAsync(caller.Scope, pipelineId, ct));

    private static async Task<Created<Envelope<PipelineView>>> DuplicateAsync(
        string pipelineId, [FromBody] PipelineCopy? body, Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Created(await design.DuplicateAsync(caller.Scope, pipelineId, body?.Name, ct));

    private static async Task<Created<Envelope<PipelineView>>> AddStageAsync(
        string pipelineId, NewStage body, Caller caller, StageDesign stages, CancellationToken ct) =>
        Answer.Created(await stages.AddAsync(caller.Scope, pipelineId, body, ct));

    private static async Task<Ok<Envelope<PipelineView>>> ReorderAsync(
        string pipelineId, StageOrder body, Caller caller, StageDesign stages, CancellationToken ct) =>
        Answer.Ok(await stages.ReorderAsync(caller.Scope, pipelineId, body, ct));

    private static async Task<Ok<PageEnvelope<LeadView>>> StageLeadsAsync(
        string pipelineId, string stageId, [AsParameters] CardFilter cards, int? page, int? limit, Caller caller, LeadSearch search, CancellationToken ct) =>
        Answer.Page(await search.StageAsync(caller.Scope, pipelineId, stageId, cards.ToFilter(), Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<BoardView>>> BoardAsync(
        string pipelineId, [AsParameters] CardFilter cards, Caller caller, PipelineFigures figures, CancellationToken ct) =>
        Answer.Ok(await figures.BoardAsync(caller.Scope, pipelineId, cards.ToFilter(), ct));

    private static async Task<Ok<Envelope<ForecastView>>> ForecastAsync(string pipelineId, Caller caller, PipelineFigures figures, CancellationToken ct) =>
        Answer.Ok(await figures.ForecastAsync(caller.Scope, pipelineId, ct));

    private static async Task<Ok<Envelope<StageView>>> ChangeStageAsync(
        string stageId, StageChanges body, Caller caller, StageDesign stages, CancellationToken ct) =>
        Answer.Ok(await stages.ChangeAsync(caller.Scope, stageId, body, ct));

    private static async Task<Ok<Envelope<PipelineView>>> RemoveStageAsync(
        string stageId, [FromBody] StageRemoval? body, string? moveLeadsToStageId, Caller caller, StageDesign stages, CancellationToken ct) =>
        Answer.Ok(await stages.RemoveAsync(caller.Scope, stageId, body?.MoveLeadsToStageId ?? moveLeadsToStageId, ct));
}

/// <summary>Which cards of a board are wanted, all together.</summary>
/// <param name="Search">Beginnings of words of name, e-mail and deal title, or part of the phone number.</param>
/// <param name="AssignedTo">One person.</param>
/// <param name="Status">open, won or lost; all three when absent.</param>
/// <param name="InStageSince">In their stage since this day or moment at the latest.</param>
/// <param name="NeedsReply">Whether the contact wrote last and waits for an answer.</param>
internal sealed record CardFilter(string? Search, string? AssignedTo, string? Status, string? InStageSince, bool? NeedsReply)
{
    public LeadFilter ToFilter() => new() { Search = Search, AssignedTo = AssignedTo, Status = Status, InStageSince = InStageSince, NeedsReply = NeedsReply };
}
