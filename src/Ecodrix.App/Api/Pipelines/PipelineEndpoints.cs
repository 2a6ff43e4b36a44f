using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Pipelines;

internal static class PipelineEndpoints
{
    /// <summary>Maps <c>/api/crm/pipelines</c>.</summary>
    public static void MapPipelines(this IEndpointRouteBuilder crm)
    {
        var pipelines = crm.MapGroup("/pipelines").WithTags("Pipelines");

        pipelines.MapGet("/", ListAsync).WithSummary("List active pipelines").RequireScope(ApiScope.CrmRead);
        pipelines.MapPost("/", CreateAsync).WithSummary("Create a pipeline").RequireScope(ApiScope.CrmWrite);
        pipelines.MapGet("/{pipelineId}", GetAsync).WithSummary("Get a pipeline").RequireScope(ApiScope.CrmRead);
        pipelines.MapPatch("/{pipelineId}/default", MakeDefaultAsync).WithSummary("Make a pipeline the default").RequireScope(ApiScope.CrmWrite);
    }

    private static async Task<Ok<Envelope<IReadOnlyList<PipelineView>>>> ListAsync(Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Ok(await design.ListAsync(caller.Scope, ct));

    private static async Task<Created<Envelope<PipelineView>>> CreateAsync(NewPipeline body, Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Created(await design.CreateAsync(caller.Scope, body, ct));

    private static async Task<Ok<Envelope<PipelineView>>> GetAsync(string pipelineId, Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Ok(await design.GetAsync(caller.Scope, pipelineId, ct));

    private static async Task<Ok<Envelope<PipelineView>>> MakeDefaultAsync(string pipelineId, Caller caller, PipelineDesign design, CancellationToken ct) =>
        Answer.Ok(await design.MakeDefaultAsync(caller.Scope, pipelineId, ct));
}
