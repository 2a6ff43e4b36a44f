using System.Text.Json;
using Ecodrix.App.Hosting;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Triggers;

internal static class TriggerEndpoints
{
    private const string Example = """
        {
          "trigger": "appointment_confirmed",
          "phone": "919876543210",
          "email": "ravi@example.com",
          "variables": { "patientName": "Ravi Kumar", "doctorName": "Dr. Sharma", "appointmentTime": "3:00 PM" },
          "data": { "appointmentId": "A-1024", "amount": 1500 },
          "requiresMeet": true,
          "meetConfig": { "title": "Consultation", "startTime": "2026-03-15T09:30:00Z", "durationMinutes": 30, "attendeeEmail": "ravi@example.com" },
          "callbackUrl": "https://clinic.example.com/hooks/ecodrix",
          "callbackMetadata": { "appointmentId": "A-1024" },
          "createLeadIfMissing": true,
          "leadData": { "firstName": "Ravi", "lastName": "Kumar", "source": "website" }
        }
        """;

    /// <summary>Maps <c>/api/saas/workflows</c>.</summary>
    public static void MapTriggers(this IEndpointRouteBuilder saas)
    {
        var workflows = saas.MapGroup("/workflows").WithTags("Triggers");

        workflows.MapPost("/trigger", FireAsync).WithSummary("Fire a trigger")
            .Refuses("UNKNOWN_TRIGGER", "VALIDATION_ERROR").Takes(Example, typeof(TriggerRequest))
            .RequireScope(ApiScope.Trigger, RateLimits.Trigger).Idempotent("trigger");
        workflows.MapPost("/simulate", SimulateAsync).WithSummary("What a trigger would come to; executes nothing")
            .Refuses("UNKNOWN_TRIGGER", "VALIDATION_ERROR").Takes(Example, typeof(TriggerRequest)).RequireScope(ApiScope.Trigger);
        saas.MapPost("/events/logs/{logId}/replay", ReplayAsync).WithTags("Triggers").WithSummary("Run an event again by today's rules")
            .Refuses("INVALID_ID", "EVENT_NOT_FOUND", "EVENT_PENDING", "REPLAY_PENDING").RequireScope(ApiScope.Trigger);
        saas.MapPost("/events/logs/{logId}/cancel", CancelAsync).WithTags("Triggers").WithSummary("Call off what is pending of an event")
            .Refuses("INVALID_ID", "EVENT_NOT_FOUND").RequireScope(ApiScope.Trigger);
    }

    /// <summary>Maps the trigger's old address below <c>/api/crm</c>.</summary>
    public static void MapTriggerAlias(this IEndpointRouteBuilder crm) =>
        crm.MapPost("/automations/events", FireByAliasAsync).WithTags("Triggers").WithSummary("Fire a trigger (old address)")
            .Refuses("UNKNOWN_TRIGGER", "VALIDATION_ERROR").Takes(Example, typeof(TriggerRequest)).RequireScope(ApiScope.Trigger, RateLimits.Trigger).Idempotent("trigger");

    private static async Task<Ok<Envelope<TriggerAnswer>>> FireAsync(
        JsonElement body, Caller caller, TriggerIntake intake, HttpContext http, HostSettings host, CancellationToken ct) =>
        Answer.Ok(await intake.FireAsync(caller.Scope, body, Origin(http, host, caller), ct));

    /// <summary>The alias of old: the same work, and headers that say where it has gone.</summary>
    private static Task<Ok<Envelope<TriggerAnswer>>> FireByAliasAsync(
        JsonElement body, Caller caller, TriggerIntake intake, HttpContext http, HostSettings host, CancellationToken ct)
    {
        http.Keep("Deprecation", "@1767225600");
        http.Keep("Link", "</api/saas/workflows/trigger>; rel=\"successor-version\"");
        return FireAsync(body, caller, intake, http, host, ct);
    }

    private static async Task<Ok<Envelope<SimulationView>>> SimulateAsync(JsonElement body, Caller caller, Simulation simulation, CancellationToken ct) =>
        Answer.Ok(await simulation.RunAsync(caller.Scope, body, ct));

    private static async Task<Ok<Envelope<EventReplayed>>> ReplayAsync(string logId, ReplayRequest? body, Caller caller, EventReplay replay, CancellationToken ct) =>
        Answer.Ok(await replay.ReplayAsync(caller.Scope, logId, body, ct));

    private static async Task<Ok<Envelope<EventCancelled>>> CancelAsync(string logId, Caller caller, EventCancelling cancelling, CancellationToken ct) =>
        Answer.Ok(await cancelling.CancelAsync(caller.Scope, logId, ct));

    private static RequestOrigin Origin(HttpContext http, HostSettings host, Caller caller) =>
        new(http.TraceIdentifier, host.PublicUrl, caller.Token, http.Request.Headers["Idempotency-Key"] is [{ } key] ? key.Trim('"') : null);
}
