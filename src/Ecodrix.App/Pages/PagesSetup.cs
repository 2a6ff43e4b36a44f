using Ecodrix.App.Identity;
using Ecodrix.App.Pages.Layout;
using MudBlazor.Services;

namespace Ecodrix.App.Pages;

internal static class PagesSetup
{
    // MudBlazor positions what floats with inline styles; scripts come from files of this site only.
    private const string ContentSecurityPolicy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; "
        + "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'";

    // What somebody pastes comes as one message, and a longer one than this ends the circuit. 32 KB, as usual, is less than a thousand
    // numbers with names; a megabyte holds the longest text a field takes, and what one browser can make the server hold stays small.
    // Longer things come as files, in pieces.
    private const long LargestMessage = 1024 * 1024;

    /// <summary>The dashboard: Blazor Server with MudBlazor.</summary>
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents().AddHubOptions(hub => hub.MaximumReceiveMessageSize = LargestMessage);
        services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = MudBlazor.Defaults.Classes.Position.BottomLeft;
            mud.SnackbarConfiguration.VisibleStateDuration = 5000;
            mud.SnackbarConfiguration.ShowTransitionDuration = mud.SnackbarConfiguration.HideTransitionDuration = 120;
        });
        services.AddSingleton<SharedReadings>();
        services.AddScoped<SignedIn>();
        services.AddScoped<FrameRefreshing>();
        return services;
    }

    /// <summary>Headers of every page, and a page for addresses that are none.</summary>
    public static void UsePages(this WebApplication app)
    {
        app.UseWhen(context => IsPage(context.Request.Path), pages =>
        {
            pages.UseStatusCodePagesWithReExecute("/not-found");
            pages.Use((context, next) =>
            {
                var headers = context.Response.Headers;
                headers.ContentSecurityPolicy = ContentSecurityPolicy;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "same-origin";
                headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self)";
                return next(context);
            });
        });
    }

    /// <summary>The routes of pages and their files.</summary>
    public static void MapPages(this WebApplication app)
    {
        // By name: under a test host or a bench the entry assembly is not ours.
        app.MapStaticAssets(Path.Combine(AppContext.BaseDirectory, "Ecodrix.App.staticwebassets.endpoints.json"));
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        app.MapGet("/signout", async (SignInFlow flow) =>
        {
            await flow.SignOutAsync();
            return Results.LocalRedirect("/signin");
        }).ExcludeFromDescription();
    }

    private static bool IsPage(PathString path) =>
        !path.StartsWithSegments("/api") && !path.StartsWithSegments("/sandbox") && !path.StartsWithSegments("/hubs") && !path.StartsWithSegments("/openapi")
        && !path.StartsWithSegments("/docs") && !path.StartsWithSegments("/metrics");
}
