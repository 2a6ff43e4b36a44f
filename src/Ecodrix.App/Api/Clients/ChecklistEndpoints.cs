using Ecodrix.App.Hosting;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Tenants.Checklist;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Clients;

internal static class ChecklistEndpoints
{
    /// <summary>Maps the onboarding checklist of a client.</summary>
    public static void MapChecklist(this IEndpointRouteBuilder api) => api.MapGet("/clients/{code}/checklist", LookAsync)
        .WithSummary("Try each step of a client's onboarding").WithTags("Clients").WithMetadata(new AdminRoute());

    /// <summary>Maps the signature tester.</summary>
    public static void MapSignatureTester(this IEndpointRouteBuilder saas) => saas.MapPost("/callbacks/test-signature", Test)
        .WithSummary("Say why a callback's signature does not match")
            .Refuses("VALIDATION_ERROR", "SECRET_MISSING").WithTags("Monitoring").RequireScope(ApiScope.MonitoringRead);

    private static async Task<Ok<Envelope<ChecklistView>>> LookAsync(string code, Admin admin, OnboardingChecklist checklist, HostSettings host, CancellationToken ct) =>
        Answer.Ok(await checklist.LookAsync(await admin.OpenAsync(code, ct), host.PublicUrl, ct));

    private static Ok<Envelope<SignatureFinding>> Test(SignatureInput body, Caller caller, SignatureTester tester) => Answer.Ok(tester.Test(caller.Scope, body));
}
