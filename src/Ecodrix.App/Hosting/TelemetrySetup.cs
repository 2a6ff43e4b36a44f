using Ecodrix.App.Api;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Ecodrix.App.Hosting;

internal static class TelemetrySetup
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Meters for <c>/metrics</c>; and, where OpenTelemetry's own variable names a collector, traces and meters sent there. Without a
    /// collector nothing is traced, so tracing costs nothing.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var collector = !string.IsNullOrWhiteSpace(configuration[OtlpEndpoint]);
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("ecodrix"))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Telemetry.Name).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation().AddPrometheusExporter();
                if (collector)
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (collector)
        {
            telemetry.WithTracing(traces => traces.AddSource(Telemetry.Name).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddOtlpExporter());
        }

        return services;
    }

    /// <summary>Maps <c>/metrics</c> in Prometheus's text form, for who shows the admin key as <c>x-admin-key</c> or bearer.</summary>
    public static void MapTelemetry(this WebApplication app)
    {
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/metrics"), metrics => metrics.Use(async (context, next) =>
        {
            var key = context.Request.Headers["x-admin-key"].FirstOrDefault() ?? Bearer(context.Request.Headers.Authorization.ToString());
            try
            {
                context.RequestServices.GetRequiredService<PlatformAccess>().Authenticate(key);
            }
            catch (RefusedException refused)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                await context.RequestServices.GetRequiredService<ApiErrors>().WriteAsync(context, refused);
                return;
            }

            await next(context);
        }));
        app.MapPrometheusScrapingEndpoint("/metrics").ExcludeFromDescription();
    }

    private static string? Bearer(string header) =>
        header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;
}
