using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ecodrix.Sandbox.Control;

/// <summary>The server-sent events that keep the page up to date: each says what changed, the state is read anew.</summary>
internal static class LiveStream
{
    public static async Task RunAsync(HttpContext http, LiveFeed feed)
    {
        var stopping = http.RequestServices.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        var hints = feed.Open();
        try
        {
            await WriteAsync(http, ": open\n\n", end.Token);
            await foreach (var what in hints.Reader.ReadAllAsync(end.Token))
            {
                await WriteAsync(http, $"data: {what}\n\n", end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The page was closed, or the host stops.
        }
        finally
        {
            feed.Close(hints);
        }
    }

    private static async Task WriteAsync(HttpContext http, string text, CancellationToken ct)
    {
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), ct);
        await http.Response.Body.FlushAsync(ct);
    }
}
