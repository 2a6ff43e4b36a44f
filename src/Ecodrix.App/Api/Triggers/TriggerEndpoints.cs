using System.Text.Json;
using Ecodrix.App.Hosting;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Triggers;

internal static class TriggerEndpoints
{
    /// <summary>Maps <c>/api/saas/workflows</c>.</summary>
    public static void MapTriggers(this IEndpointRouteBuilder saas)
    {
        var workflows = saas.MapGroup("/workflows").WithTags("Triggers");

        workflows.MapPost("/trigger", FireAsync).WithSummary("Fire a trigger").Accepts<TriggerRequest>("application/json")
            .RequireScope(ApiScope.Trigger, RateLimits.Trigger).Idempotent("trigger");
    }

    private static async Task<Ok<Envelope<TriggerAnswer>>> FireAsync(
        JsonElement body, Caller caller, TriggerIntake intake, HttpContext http, HostSettings host, CancellationToken ct) =>
        Answer.Ok(await intake.FireAsync(caller.Scope, body, new RequestOrigin(http.TraceIdentifier, host.PublicUrl, http.Items[typeof(IdempotencyVerdict)] as string), ct));
}
