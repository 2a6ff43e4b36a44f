using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.Features;

namespace Ecodrix.App.Api;

/// <summary>What a tenant route asks of its caller.</summary>
/// <param name="Scope">The scope the key must carry.</param>
/// <param name="Limit">The name of the rate limit it counts under.</param>
internal sealed record TenantRoute(string Scope, string Limit = RateLimits.Default);

/// <summary>Marks a route of the platform's administration.</summary>
internal sealed record AdminRoute;

/// <summary>Marks a route that honours <c>Idempotency-Key</c>.</summary>
internal sealed record IdempotentRoute(string Name);

/// <summary>
/// Stands before every <c>/api</c> route: size, then who asks, then how often, then whether this was asked before. Runs before a body
/// is bound, so that a stranger learns nothing from validation.
/// </summary>
internal sealed class ApiGate(
    RequestDelegate next, TenantDirectory directory, PlatformAccess platform, MemberAccess members, IdempotencyLedger ledger, RateLimits limits)
{
    public const long LargestBody = 100L * 1024 * 1024;
    private const long LargestJson = 1024 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (!context.Request.Path.StartsWithSegments("/api") || endpoint is null)
        {
            await next(context);
            return;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = endpoint.Metadata.GetMetadata<BodyLimit>()?.Bytes ?? LargestJson;
        }

        if (endpoint.Metadata.GetMetadata<AdminRoute>() is not null)
        {
            context.Items[typeof(PlatformScope)] = await PlatformAsync(context);
        }

        if (endpoint.Metadata.GetMetadata<TenantRoute>() is { } route)
        {
            var holder = await HolderAsync(context);
            context.Items[typeof(KeyHolder)] = holder;
            limits.Take(context, holder.Scope, route.Limit);
            if (context.Request.Headers.Origin is [{ Length: > 0 } origin])
            {
                TenantOrigins.Require(holder.Scope, origin);
                context.Keep("Access-Control-Allow-Origin", origin);
                context.Keep("Vary", "Origin");
            }

            holder.Require(route.Scope);
            if (endpoint.Metadata.GetMetadata<IdempotentRoute>() is { } idempotent && context.Request.Headers["Idempotency-Key"] is [{ } key])
            {
                await OnceAsync(context, holder.Scope, idempotent.Name, key);
                return;
            }
        }

        await next(context);
    }

    /// <summary>The admin key, or the cookie of signed-in staff.</summary>
    private async Task<PlatformScope> PlatformAsync(HttpContext context)
    {
        var key = context.Request.Headers["x-admin-key"].ToString();
        return key.Length == 0 && context.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } account
            ? await members.OpenPlatformAsync(account, Permission.ManageTenants, context.RequestAborted)
            : platform.Authenticate(key);
    }

    /// <summary>The tenant's key; or the admin key with a client code, because onboarding (CORS, templates, first rule) goes through tenant routes.</summary>
    private async Task<KeyHolder> HolderAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var (code, adminKey) = (headers["x-client-code"].ToString(), headers["x-admin-key"].ToString());
        if (adminKey.Length == 0 || code.Length == 0 || headers.ContainsKey("x-api-key"))
        {
            return await directory.AuthenticateAsync(code, headers["x-api-key"], context.RequestAborted);
        }

        return new KeyHolder(await directory.OpenAsync(platform.Authenticate(adminKey), code, context.RequestAborted), "admin", [ApiScope.All]);
    }

    private async Task OnceAsync(HttpContext context, TenantScope scope, string route, string key)
    {
        context.Request.EnableBuffering();
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        context.Request.Body.Position = 0;
        // The query says how the body is meant: a dry run is another request.
        body.Write(Encoding.UTF8.GetBytes(context.Request.QueryString.Value ?? ""));

        // The draft's header is a quoted string; most clients send it bare.
        var verdict = await ledger.BeginAsync(scope, route, key.Trim('"'), body.ToArray(), context.RequestAborted);
        if (verdict is IdempotencyVerdict.Replay replay)
        {
            context.Response.StatusCode = replay.Status;
            context.Response.ContentType = "application/json; charset=utf-8";
            context.Response.Headers["Idempotency-Replayed"] = "true";
            await context.Response.Body.WriteAsync(replay.Body, context.RequestAborted);
            return;
        }

        var (entry, token) = (IdempotencyVerdict.Fresh)verdict;
        context.Items[typeof(IdempotencyVerdict)] = token;
        var original = context.Response.Body;
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        try
        {
            await next(context);
            if (context.Response.StatusCode < 500)
            {
                await ledger.CompleteAsync(scope, entry, context.Response.StatusCode, answer.ToArray(), CancellationToken.None);
            }
            else
            {
                await ledger.ReleaseAsync(scope, entry, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is RefusedException or BadHttpRequestException or System.Text.Json.JsonException)
        {
            // Refused: nothing was done, so the key is free for a corrected request.
            await ledger.AbandonAsync(scope, entry, CancellationToken.None);
            throw;
        }
        catch
        {
            await ledger.ReleaseAsync(scope, entry, CancellationToken.None);
            throw;
        }
        finally
        {
            context.Response.Body = original;
        }

        await original.WriteAsync(answer.ToArray(), context.RequestAborted);
    }
}

/// <summary>The largest body a route takes, in bytes.</summary>
internal sealed record BodyLimit(long Bytes);

/// <summary>Headers that every answer carries.</summary>
internal static class KeptHeaders
{
    /// <summary>Sets a header when the answer begins: set at once, an error on the way would clear it.</summary>
    public static void Keep(this HttpContext context, string name, string value) => context.Response.OnStarting(() =>
    {
        context.Response.Headers[name] = value;
        return Task.CompletedTask;
    });
}

/// <summary>Gives each request an id: the caller's own if it is a sensible one.</summary>
internal static class RequestIds
{
    private const string Header = "x-request-id";

    public static void UseRequestIds(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var sent = context.Request.Headers[Header].ToString();
        context.TraceIdentifier = sent.Length is > 0 and <= 100 && sent.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':')
            ? sent
            : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        context.Keep(Header, context.TraceIdentifier);
        var log = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Ecodrix.Requests");
        using (log.BeginScope("Request {RequestId}", context.TraceIdentifier))
        {
            await next(context);
        }
    });
}
