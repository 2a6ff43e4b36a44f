using Ecodrix.App.Api.Analytics;
using Ecodrix.App.Api.Auth;
using Ecodrix.App.Api.Automations;
using Ecodrix.App.Api.Chat;
using Ecodrix.App.Api.Clients;
using Ecodrix.App.Api.Docs;
using Ecodrix.App.Api.Leads;
using Ecodrix.App.Api.Media;
using Ecodrix.App.Api.Monitoring;
using Ecodrix.App.Api.Pipelines;
using Ecodrix.App.Api.Scoring;
using Ecodrix.App.Api.Timeline;
using Ecodrix.App.Api.Triggers;
using Ecodrix.App.Api.WhatsApp;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.App.Api;

internal static class ApiSetup
{
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json => EcodrixJson.Apply(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddSingleton<ApiErrors>();
        services.AddExceptionHandler<ApiErrors>();
        services.AddProblemDetails();
        services.AddSingleton<RateLimits>();
        services.AddApiDocs();
        services.AddSingleton<GoogleDoor>();
        return services;
    }

    public static void UseApi(this WebApplication app)
    {
        app.UseRequestIds();
        app.UseExceptionHandler();
        app.UseStatusCodePages(context => context.HttpContext.Request.Path.StartsWithSegments("/api")
            ? ApiErrors.WriteStatusAsync(context.HttpContext)
            : Task.CompletedTask);
        app.UseMiddleware<Preflights>();
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseMiddleware<ApiGate>();
    }

    public static void MapApi(this WebApplication app)
    {
        var api = app.MapGroup("/api");
        api.MapClients();
        api.MapGoogle();
        api.MapChecklist();
        var crm = api.MapGroup("/crm");
        crm.MapLeads();
        crm.MapLeadFiles();
        crm.MapTimeline();
        crm.MapPipelines();
        crm.MapScoring();
        crm.MapAnalytics();
        crm.MapAutomations();
        crm.MapTriggerAlias();
        var saas = api.MapGroup("/saas");
        saas.MapTriggers();
        saas.MapMonitoring();
        saas.MapOrigins();
        saas.MapSignatureTester();
        saas.MapWhatsAppWebhook();
        saas.MapWhatsAppAccount();
        saas.MapMedia();
        var chat = saas.MapGroup("/chat");
        chat.MapConversations();
        chat.MapMessages();
        chat.MapTemplates();
        chat.MapBroadcasts();
        chat.MapUpload();
    }

    /// <summary>Asks for a key with this scope.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, string scope, string limit = RateLimits.Default)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new TenantRoute(scope, limit));

    /// <summary>Says what a route may refuse beyond what its kind of route always may: the codes of its engine operation, for the API's description.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder builder, params string[] codes)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RefusalCodes(codes));

    /// <summary>Describes a body that is read as free JSON: an example, and the type it has the form of.</summary>
    public static TBuilder Takes<TBuilder>(this TBuilder builder, string example, Type? type = null)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new BodyForm(example, type));

    /// <summary>Honours <c>Idempotency-Key</c> under this route name.</summary>
    public static TBuilder Idempotent<TBuilder>(this TBuilder builder, string name)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new IdempotentRoute(name));
}

/// <summary>Answers browsers' preflights: an origin that any client allows may ask; whose key it carries is checked when it does.</summary>
internal sealed class Preflights(RequestDelegate next, TenantDirectory directory)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsOptions(request.Method) || !request.Path.StartsWithSegments("/api") || request.Headers.Origin is not [{ Length: > 0 and < 300 } origin])
        {
            await next(context);
            return;
        }

        if (await directory.AnyAllowsOriginAsync(origin, context.RequestAborted))
        {
            var headers = context.Response.Headers;
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlAllowMethods = "GET, POST, PUT, PATCH, DELETE";
            headers.AccessControlAllowHeaders = "content-type, x-api-key, x-client-code, x-request-id, idempotency-key, if-match";
            headers.AccessControlMaxAge = "600";
            headers.Vary = "Origin";
        }

        context.Response.StatusCode = StatusCodes.Status200OK;
        await context.Response.WriteAsJsonAsync(new Envelope<object>(new { }), EcodrixJson.Options);
    }
}
