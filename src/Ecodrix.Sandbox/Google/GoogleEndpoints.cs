using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ecodrix.Sandbox.Google;

/// <summary>Google's addresses below <c>/google</c>: consent, token, and the calendar's events.</summary>
internal static class GoogleEndpoints
{
    public static void MapGoogle(this IEndpointRouteBuilder sandbox, SandboxState state)
    {
        var google = sandbox.MapGroup("/google");
        google.MapGet("/auth", ConsentPage);
        google.MapGet("/auth/answer", (HttpContext http) => Answer(http, state.Google));
        google.MapPost("/token", http => TokenAsync(http, state.Google));
        google.MapPost("/calendar/v3/calendars/{calendar}/events", http => InsertAsync(http, state));
        google.MapGet("/calendar/v3/calendars/{calendar}/events/{id}", http => GetAsync(http, state));
        google.MapDelete("/calendar/v3/calendars/{calendar}/events/{id}", http => DeleteAsync(http, state));
    }

    private static IResult ConsentPage(HttpContext http)
    {
        var query = http.Request.Query;
        foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)[("response_type", "code"), ("access_type", "offline"), ("code_challenge_method", "S256"), ("client_id", null), ("redirect_uri", null), ("state", null), ("code_challenge", null)])
        {
            if (query[name].ToString() is var given && (given.Length == 0 || (value is not null && given != value)))
            {
                return Results.Text($"Error 400: invalid_request: {name}", "text/plain", Encoding.UTF8, 400);
            }
        }

        var back = WebUtility.HtmlEncode($"{http.Request.PathBase}{http.Request.Path}/answer{http.Request.QueryString}");
        return Results.Text(
            $"""
            <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sandbox: sign in with Google</title>
            <body style="font:16px system-ui;max-width:28rem;margin:10vh auto;padding:0 1rem"><h1 style="font-size:20px">This stands in for Google</h1>
            <p><strong>{WebUtility.HtmlEncode(query["client_id"])}</strong> wants to make events in your calendar.</p>
            <p><a href="{back}&amp;allow=true">Allow</a> &nbsp; <a href="{back}&amp;allow=false">Cancel</a></p></body></html>
            """,
            "text/html; charset=utf-8", Encoding.UTF8);
    }

    private static IResult Answer(HttpContext http, GoogleSandbox google)
    {
        var query = http.Request.Query;
        var (redirect, state) = (query["redirect_uri"].ToString(), Uri.EscapeDataString(query["state"].ToString()));
        if (!Uri.TryCreate(redirect, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
        {
            return Results.Text("Error 400: redirect_uri_mismatch", "text/plain", Encoding.UTF8, 400);
        }

        return query["allow"] == "true"
            ? Results.Redirect($"{redirect}?state={state}&code={google.Consent(query["client_id"].ToString(), redirect, query["code_challenge"].ToString())}")
            : Results.Redirect($"{redirect}?state={state}&error=access_denied");
    }

    private static async Task TokenAsync(HttpContext http, GoogleSandbox google)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var answer = form["grant_type"] == "refresh_token"
            ? google.ByRefresh(form["refresh_token"])
            : google.ByCode(form["code"], form["redirect_uri"], form["code_verifier"]);
        await WriteAsync(http, answer is null ? 400 : 200, answer ?? new JsonObject { ["error"] = "invalid_grant", ["error_description"] = "Token has been expired or revoked." });
    }

    private static async Task InsertAsync(HttpContext http, SandboxState state)
    {
        if (!await AdmitChangeAsync(http, state.Google))
        {
            return;
        }

        // As at Google, a body may come compressed; its .NET library does that by default.
        await using var content = http.Request.Headers.ContentEncoding == "gzip" ? new GZipStream(http.Request.Body, CompressionMode.Decompress) : http.Request.Body;
        if (await JsonNode.ParseAsync(content, cancellationToken: http.RequestAborted) is not JsonObject body)
        {
            await FailAsync(http, 400, "parseError", "Parse Error");
            return;
        }

        var id = (string?)body["id"] ?? Guid.NewGuid().ToString("n");
        if (id.Length is < 5 or > 1024 || id.Any(c => c is not ((>= 'a' and <= 'v') or (>= '0' and <= '9'))))
        {
            await FailAsync(http, 400, "invalid", "Invalid resource id value.");
            return;
        }

        if (http.Request.Query["conferenceDataVersion"] != "1")
        {
            body.Remove("conferenceData");
        }

        if (!state.Google.Insert(id, body, state.Options.TimeProvider.GetUtcNow()))
        {
            await FailAsync(http, 409, "duplicate", "The requested identifier already exists.");
            return;
        }

        await WriteAsync(http, 200, state.Google.Read(id)!);
    }

    private static async Task GetAsync(HttpContext http, SandboxState state)
    {
        if (await AdmitAsync(http, state.Google))
        {
            if (state.Google.Read((string)http.GetRouteValue("id")!) is { } found)
            {
                await WriteAsync(http, 200, found);
            }
            else
            {
                await FailAsync(http, 404, "notFound", "Not Found");
            }
        }
    }

    private static async Task DeleteAsync(HttpContext http, SandboxState state)
    {
        if (!await AdmitChangeAsync(http, state.Google))
        {
            return;
        }

        var told = http.Request.Query["sendUpdates"].ToString();
        switch (state.Google.Delete((string)http.GetRouteValue("id")!, told.Length == 0 ? "none" : told))
        {
            case true:
                http.Response.StatusCode = 204;
                break;
            case false:
                await FailAsync(http, 410, "deleted", "Resource has been deleted");
                break;
            default:
                await FailAsync(http, 404, "notFound", "Not Found");
                break;
        }
    }

    private static async Task<bool> AdmitChangeAsync(HttpContext http, GoogleSandbox google)
    {
        if (!await AdmitAsync(http, google))
        {
            return false;
        }

        if (!google.TakesQuotaError())
        {
            return true;
        }

        await FailAsync(http, 403, "rateLimitExceeded", "Rate Limit Exceeded");
        return false;
    }

    private static async Task<bool> AdmitAsync(HttpContext http, GoogleSandbox google)
    {
        await google.HoldAsync(http.RequestAborted);
        var header = http.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.Ordinal) && google.Accepts(header["Bearer ".Length..]))
        {
            return true;
        }

        await FailAsync(http, 401, "authError", "Invalid Credentials");
        return false;
    }

    private static Task FailAsync(HttpContext http, int status, string reason, string message) => WriteAsync(http, status, new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["code"] = status,
            ["message"] = message,
            ["errors"] = new JsonArray(new JsonObject { ["domain"] = "global", ["reason"] = reason, ["message"] = message }),
        },
    });

    private static Task WriteAsync(HttpContext http, int status, JsonObject body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        return http.Response.WriteAsync(body.ToJsonString(), http.RequestAborted);
    }
}
