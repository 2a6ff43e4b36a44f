using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ecodrix.Sandbox.Callbacks;

/// <summary>The addresses that callbacks are posted to: <c>/callbacks/{name}</c>.</summary>
internal static class CallbackEndpoints
{
    private const int BodyLimit = 1024 * 1024;
    private const int NameLimit = 100;

    public static void MapCallbacks(this IEndpointRouteBuilder sandbox, SandboxState state) =>
        sandbox.MapPost("/callbacks/{name}", http => CatchAsync(http, state));

    private static async Task CatchAsync(HttpContext http, SandboxState state)
    {
        var name = (string)http.GetRouteValue("name")!;
        using var body = new MemoryStream();
        try
        {
            var buffer = new byte[16 * 1024];
            int read;
            while (body.Length <= BodyLimit && (read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
            {
                body.Write(buffer, 0, read);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or BadHttpRequestException)
        {
            return;
        }

        if (name.Length > NameLimit || body.Length > BodyLimit)
        {
            http.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        var headers = http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var behaviour = state.Callbacks.Behaviour(name);
        var caught = state.Callbacks.Catch(name, headers, body.ToArray());
        if (behaviour.Delay > TimeSpan.Zero)
        {
            await Task.Delay(behaviour.Delay, state.Options.TimeProvider, http.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        http.Response.StatusCode = caught.AnsweredWith;
        if (caught.AnsweredWith >= 300 && behaviour.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (caught.AnsweredWith is not (204 or 205 or 304) && caught.AnsweredWith >= 200)
        {
            http.Response.ContentType = "application/json";
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("{\"received\":true}"), http.RequestAborted);
        }
    }
}
