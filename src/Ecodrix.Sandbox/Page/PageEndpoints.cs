using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ecodrix.Sandbox.Page;

/// <summary>Serves the page and its files from the assembly. Nothing is inline, so any content security policy of the host holds.</summary>
internal static class PageEndpoints
{
    private const string Hour = "private, max-age=3600";

    public static void MapPage(this IEndpointRouteBuilder sandbox, string prefix)
    {
        var shell = Encoding.UTF8.GetString(Resources.Find("sandbox.html")!);
        var version = typeof(PageEndpoints).Module.ModuleVersionId.ToString("N")[..8];
        sandbox.MapGet("", (HttpContext http) => Results.Text(
            shell.Replace("{base}", WebUtility.HtmlEncode(http.Request.PathBase + prefix), StringComparison.Ordinal)
                .Replace("{version}", version, StringComparison.Ordinal),
            "text/html; charset=utf-8", Encoding.UTF8));
        sandbox.MapGet("/assets/{file}", (HttpContext http, string file) => Asset(http, file));
    }

    private static IResult Asset(HttpContext http, string file)
    {
        var type = Path.GetExtension(file) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => null,
        };
        if (type is null || Resources.Find(file) is not { } bytes)
        {
            return Results.NotFound();
        }

        // The address carries the build's version, so a cached file is never the wrong one.
        http.Response.Headers.CacheControl = Hour;
        return Results.Bytes(bytes, type);
    }
}
