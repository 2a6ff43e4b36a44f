using System.Security.Claims;
using Ecodrix.App.Hosting;
using Ecodrix.App.Views;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Auth;

/// <summary>The OAuth flow that connects a client's Google account: addresses for browsers, answered with redirects and pages.</summary>
internal static class GoogleEndpoints
{
    private const string Cookie = "ecodrix-google";

    /// <summary>Maps <c>/api/auth/google</c> and the link of <c>/api/clients</c>.</summary>
    public static void MapGoogle(this IEndpointRouteBuilder api)
    {
        var google = api.MapGroup("/auth/google").WithTags("Clients");
        google.MapGet("/connect", ConnectAsync).WithSummary("Send a browser to Google's consent page (staff cookie, admin key, or a link's token)")
            .Refuses("SECRET_MISSING").AllowAnonymous();
        google.MapGet("/callback", CallbackAsync).WithSummary("Take Google's answer and show a result page")
            .Refuses("GOOGLE_STATE_INVALID", "GOOGLE_DENIED", "GOOGLE_NO_OFFLINE_ACCESS", "GOOGLE_SCOPE_MISSING", "GOOGLE_CLIENT_REFUSED", "UPSTREAM_ERROR").AllowAnonymous();

        api.MapPost("/clients/{code}/google/link", LinkAsync).WithSummary("Make a ten-minute link that connects a client's Google account")
            .Refuses("SECRET_MISSING").WithTags("Clients").WithMetadata(new AdminRoute());
    }

    private static async Task<Created<Envelope<GoogleLinkView>>> LinkAsync(string code, Admin admin, GoogleConnection google, HostSettings host, CancellationToken ct) =>
        Answer.Created(await google.LinkAsync(await admin.OpenAsync(code, ct), host.PublicUrl, ct));

    private static async Task<IResult> ConnectAsync(
        string? clientCode, string? token, HttpContext context, GoogleConnection google, GoogleDoor door, HostSettings host, CancellationToken ct)
    {
        try
        {
            var consent = await google.BeginAsync(await door.OpenAsync(context, clientCode, token, ct), host.PublicUrl, ct);
            context.Response.Cookies.Append(Cookie, consent.Nonce, CookieOf(context));
            return Results.Redirect(consent.Url);
        }
        catch (RefusedException refused)
        {
            return Refused(context, refused);
        }
    }

    private static async Task<IResult> CallbackAsync(
        string? code, string? state, string? error, HttpContext context, GoogleConnection google, HostSettings host, CancellationToken ct)
    {
        try
        {
            var name = await google.FinishAsync(new GoogleAnswer(code, state, error), context.Request.Cookies[Cookie], host.PublicUrl, ct);
            context.Response.Cookies.Delete(Cookie, CookieOf(context));
            return ViewRenderer.Render(context, "google-result.html", new Dictionary<string, string>
            {
                ["MOOD"] = "good",
                ["MARK"] = "✓ Connected",
                ["TITLE"] = $"Google is connected for {name}",
                ["TEXT"] = "Triggers that ask for a meeting get a Meet link from now on. This window can be closed.",
                ["CODE"] = "",
            });
        }
        catch (RefusedException refused)
        {
            return Refused(context, refused);
        }
    }

    private static IResult Refused(HttpContext context, RefusedException refused) => ViewRenderer.Render(
        context,
        "google-result.html",
        new Dictionary<string, string> { ["MOOD"] = "bad", ["MARK"] = "✕ Not connected", ["TITLE"] = "Google was not connected", ["TEXT"] = refused.Message, ["CODE"] = refused.Code },
        refused.Kind switch
        {
            RefusalKind.Unauthenticated => 401,
            RefusalKind.Forbidden => 403,
            RefusalKind.NotFound => 404,
            RefusalKind.Conflict => 409,
            RefusalKind.Upstream => 502,
            _ => 400,
        });

    private static CookieOptions CookieOf(HttpContext context) => new()
    {
        HttpOnly = true,
        // Google sends the browser back from its own site: Strict would keep the cookie away.
        SameSite = SameSiteMode.Lax,
        Secure = context.Request.IsHttps,
        Path = "/api/auth/google",
        MaxAge = TimeSpan.FromMinutes(15),
    };
}

/// <summary>Opens the tenant for whoever may connect its Google account.</summary>
internal sealed class GoogleDoor(GoogleConnection google, PlatformAccess platform, MemberAccess members, TenantDirectory directory)
{
    /// <summary>By a link's token, the admin key, or the cookie of signed-in staff.</summary>
    public async Task<TenantScope> OpenAsync(HttpContext context, string? clientCode, string? token, CancellationToken ct)
    {
        if (!string.IsNullOrEmpty(token))
        {
            return await google.OpenLinkAsync(clientCode, token, ct);
        }

        var key = context.Request.Headers["x-admin-key"].ToString();
        var scope = key.Length == 0 && context.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } account
            ? await members.OpenPlatformAsync(account, Permission.ManageTenants, ct)
            : platform.Authenticate(key);
        return await directory.OpenAsync(scope, clientCode ?? "", ct);
    }
}
