using Ecodrix.Engine.Scoring;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Scoring;

internal static class ScoringEndpoints
{
    /// <summary>Maps <c>/api/crm/scoring</c>.</summary>
    public static void MapScoring(this IEndpointRouteBuilder crm)
    {
        var scoring = crm.MapGroup("/scoring").WithTags("Scoring");

        scoring.MapGet("/", GetAsync).WithSummary("Scoring rules and thresholds").RequireScope(ApiScope.CrmRead);
        scoring.MapPatch("/", ChangeAsync).WithSummary("Change scoring and score all leads again").Refuses("VALIDATION_ERROR", "VERSION_CONFLICT").RequireScope(ApiScope.CrmWrite);
        scoring.MapPost("/preview", PreviewAsync).WithSummary("What other rules would do").Refuses("VALIDATION_ERROR").RequireScope(ApiScope.CrmRead);
        scoring.MapPost("/{leadId}/recalculate", RecalculateAsync).WithSummary("Score one lead again").Refuses("INVALID_ID", "LEAD_NOT_FOUND").RequireScope(ApiScope.CrmWrite);
    }

    private static async Task<Ok<Envelope<ScoringView>>> GetAsync(Caller caller, LeadScoring scoring, CancellationToken ct) =>
        Answer.Ok(await scoring.GetAsync(caller.Scope, ct));

    private static async Task<Ok<Envelope<ScoringView>>> ChangeAsync(ScoringChanges body, Caller caller, LeadScoring scoring, CancellationToken ct) =>
        Answer.Ok(await scoring.ChangeAsync(caller.Scope, body, ct));

    private static async Task<Ok<Envelope<ScorePreview>>> PreviewAsync(ScoringChanges body, Caller caller, LeadScoring scoring, CancellationToken ct) =>
        Answer.Ok(await scoring.PreviewAsync(caller.Scope, body, ct));

    private static async Task<Ok<Envelope<LeadScoreView>>> RecalculateAsync(string leadId, Caller caller, LeadScoring scoring, CancellationToken ct) =>
        Answer.Ok(await scoring.RecalculateAsync(caller.Scope, leadId, ct));
}
