using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Monitoring;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Monitoring;

/// <summary>The platform's health, without the envelope, as the seed shows it.</summary>
/// <param name="Status"><c>ok</c> or <c>degraded</c>.</param>
/// <param name="Uptime">Seconds since the start.</param>
/// <param name="Db"><c>connected</c> or <c>disconnected</c>.</param>
internal sealed record HealthView(string Status, long Uptime, string Db);

internal static class MonitoringEndpoints
{
    /// <summary>Maps health, events, callbacks and jobs below <c>/api/saas</c>.</summary>
    public static void MapMonitoring(this IEndpointRouteBuilder saas)
    {
        saas.MapGet("/health", HealthAsync).WithSummary("Whether the platform works").WithTags("Monitoring").Produces<HealthView>().AllowAnonymous();

        var monitoring = saas.MapGroup("").WithTags("Monitoring").RequireScope(ApiScope.MonitoringRead);
        monitoring.MapGet("/health/client", ClientHealthAsync).WithSummary("Whether this client's services work");
        monitoring.MapGet("/events/logs", EventsAsync).WithSummary("List events").Refuses("VALIDATION_ERROR", "INVALID_ID", "LEAD_NOT_FOUND", "EVENT_NOT_FOUND");
        monitoring.MapGet("/events/logs/{logId}", EventAsync).WithSummary("Get an event with its trace").Refuses("INVALID_ID", "EVENT_NOT_FOUND");
        monitoring.MapGet("/events/stats", StatsAsync).WithSummary("Count events").Refuses("VALIDATION_ERROR");
        monitoring.MapGet("/callbacks/logs", CallbacksAsync).WithSummary("List callbacks with their attempts").Refuses("VALIDATION_ERROR", "INVALID_ID", "CALLBACK_NOT_FOUND");
        monitoring.MapGet("/callbacks/{callbackId}", CallbackAsync).WithSummary("Get a callback with its attempts").Refuses("INVALID_ID", "CALLBACK_NOT_FOUND");
        monitoring.MapGet("/jobs/status/{jobId}", JobAsync).WithSummary("Get a job's status").Refuses("INVALID_ID", "JOB_NOT_FOUND");
        monitoring.MapGet("/jobs", JobsAsync).WithSummary("List jobs; the failed ones are the dead letters").Refuses("VALIDATION_ERROR", "NOT_PERMITTED");
        monitoring.MapGet("/jobs/queue", QueueAsync).WithSummary("How deep the queue is and how old its oldest job");
        saas.MapPost("/jobs/{jobId}/retry", RetryJobAsync).WithTags("Monitoring").WithSummary("Try a failed job again")
            .Refuses("INVALID_ID", "JOB_NOT_FOUND", "JOB_NOT_FAILED", "ALREADY_DONE").RequireScope(ApiScope.Trigger);
        saas.MapPost("/jobs/{jobId}/cancel", CancelJobAsync).WithTags("Monitoring").WithSummary("Call off a job that has not begun")
            .Refuses("INVALID_ID", "JOB_NOT_FOUND", "JOB_NOT_QUEUED", "JOB_NOT_YOURS").RequireScope(ApiScope.Trigger);

        var callbacks = saas.MapGroup("/callbacks").WithTags("Monitoring").RequireScope(ApiScope.Trigger);
        callbacks.MapPost("/redeliver", RedeliverAllAsync).WithSummary("Count or send again the callbacks of a filter").Refuses("VALIDATION_ERROR", "WEBHOOK_SECRET_MISSING");
        callbacks.MapPost("/{callbackId}/redeliver", RedeliverAsync).WithSummary("Send a callback again").Refuses("INVALID_ID", "CALLBACK_NOT_FOUND", "WEBHOOK_SECRET_MISSING");
    }

    private static async Task<JsonHttpResult<HealthView>> HealthAsync(ControlDatabase database, TimeProvider clock, CancellationToken ct)
    {
        var up = (long)(clock.GetUtcNow() - Environments.StartedAt).TotalSeconds;
        return await database.AnswersAsync(ct)
            ? TypedResults.Json(new HealthView("ok", up, "connected"))
            : TypedResults.Json(new HealthView("degraded", up, "disconnected"), statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Ok<Envelope<ClientHealthView>>> ClientHealthAsync(Caller caller, ClientHealth health, CancellationToken ct) =>
        Answer.Ok(await health.LookAsync(caller.Scope, ct));

    private static async Task<Ok<PageEnvelope<EventSummary>>> EventsAsync(
        [AsParameters] EventFilter filter, int? page, int? limit, Caller caller, EventSearch search, CancellationToken ct) =>
        Answer.Page(await search.ListAsync(caller.Scope, filter, Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<EventView>>> EventAsync(string logId, Caller caller, EventSearch search, CancellationToken ct) =>
        Answer.Ok(await search.GetAsync(caller.Scope, logId, ct));

    private static async Task<Ok<Envelope<EventStatsView>>> StatsAsync(string? startDate, string? endDate, Caller caller, EventStats stats, CancellationToken ct) =>
        Answer.Ok(await stats.CountAsync(caller.Scope, startDate, endDate, ct));

    private static async Task<Ok<PageEnvelope<CallbackView>>> CallbacksAsync(
        [AsParameters] CallbackFilter filter, int? page, int? limit, Caller caller, CallbackSearch search, CancellationToken ct) =>
        Answer.Page(await search.ListAsync(caller.Scope, filter, Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<CallbackView>>> CallbackAsync(string callbackId, Caller caller, CallbackSearch search, CancellationToken ct) =>
        Answer.Ok(await search.GetAsync(caller.Scope, callbackId, ct));

    private static async Task<Ok<PageEnvelope<JobView>>> JobsAsync([AsParameters] JobFilter filter, int? page, int? limit, Caller caller, JobMonitoring jobs, CancellationToken ct) =>
        Answer.Page(await jobs.ListAsync(caller.Scope, filter, Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<QueueView>>> QueueAsync(Caller caller, JobMonitoring jobs, CancellationToken ct) =>
        Answer.Ok(await jobs.QueueAsync(caller.Scope, ct));

    private static async Task<Ok<Envelope<JobView>>> RetryJobAsync(string jobId, Caller caller, JobControl control, CancellationToken ct) =>
        Answer.Ok(await control.RetryAsync(caller.Scope, jobId, ct));

    private static async Task<Ok<Envelope<JobView>>> CancelJobAsync(string jobId, Caller caller, JobControl control, CancellationToken ct) =>
        Answer.Ok(await control.CancelAsync(caller.Scope, jobId, ct));

    private static async Task<Ok<Envelope<CallbackView>>> RedeliverAsync(string callbackId, Caller caller, CallbackRedelivery redelivery, CancellationToken ct) =>
        Answer.Ok(await redelivery.RedeliverAsync(caller.Scope, callbackId, ct));

    private static async Task<Ok<Envelope<RedeliveryView>>> RedeliverAllAsync(RedeliveryRequest body, Caller caller, CallbackRedelivery redelivery, CancellationToken ct) =>
        Answer.Ok(await redelivery.RedeliverAllAsync(caller.Scope, body, ct));

    private static async Task<Ok<Envelope<JobView>>> JobAsync(string jobId, Caller caller, JobMonitoring jobs, CancellationToken ct) =>
        Answer.Ok(await jobs.GetAsync(caller.Scope, jobId, ct));

    /// <summary>When the process started.</summary>
    private static class Environments
    {
        public static DateTimeOffset StartedAt { get; } = System.Diagnostics.Process.GetCurrentProcess().StartTime;
    }
}
