using System.Text.Json;
using System.Text.RegularExpressions;
using Ecodrix.Engine.Kernel;
using Microsoft.AspNetCore.Diagnostics;
using MongoDB.Driver;

namespace Ecodrix.App.Api;

/// <summary>Turns every fault below <c>/api</c> into the envelope: the whole error contract in one place.</summary>
internal sealed partial class ApiErrors(ILogger<ApiErrors> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken ct)
    {
        if (!context.Request.Path.StartsWithSegments("/api") || context.Response.HasStarted)
        {
            return false;
        }

        await WriteAsync(context, exception);
        return true;
    }

    /// <summary>Writes a fault as the envelope says.</summary>
    public Task WriteAsync(HttpContext context, Exception exception)
    {
        var (status, code, message, details) = Read(context, exception);
        if (status >= 500)
        {
            log.LogError(exception, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
        }

        if (exception is RefusedException { RetryAfter: { } wait })
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return WriteAsync(context, status, code, message, details);
    }

    /// <summary>Writes the envelope for a bare status: no route, wrong method, wrong content type.</summary>
    public static Task WriteStatusAsync(HttpContext context)
    {
        var (code, message) = context.Response.StatusCode switch
        {
            404 => ("NOT_FOUND", $"There is no {context.Request.Path}."),
            405 => ("METHOD_NOT_ALLOWED", $"{context.Request.Path} does not take {context.Request.Method}."),
            413 => ("PAYLOAD_TOO_LARGE", "The body is too large for this route."),
            415 => ("UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json."),
            401 => ("MISSING_CREDENTIALS", "Sign in, or send the headers of this route."),
            403 => ("FORBIDDEN", "This is not allowed."),
            >= 500 => ("INTERNAL_ERROR", "Something went wrong on our side."),
            _ => ("VALIDATION_ERROR", "The request is not of the form this route takes."),
        };
        return WriteAsync(context, context.Response.StatusCode, code, message, null);
    }

    private static (int Status, string Code, string Message, object? Details) Read(HttpContext context, Exception exception) => exception switch
    {
        RefusedException refused => (Status(refused.Kind), refused.Code, refused.Message, refused.Details),
        BadHttpRequestException { StatusCode: 413 } => (413, "PAYLOAD_TOO_LARGE", "The body is too large for this route.", null),
        BadHttpRequestException { StatusCode: 415 } => (415, "UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json.", null),
        BadHttpRequestException { InnerException: JsonException json } => ReadJson(json),
        JsonException json => ReadJson(json),
        BadHttpRequestException bad => Bind(context, bad),
        MongoConnectionException or TimeoutException => (503, "DATABASE_UNAVAILABLE", "The database does not answer. Try again in a moment.", null),
        _ => (500, "INTERNAL_ERROR", "Something went wrong on our side. The request id helps to find out what.", null),
    };

    private static (int, string, string, object?) ReadJson(JsonException json) => JsonFaults.Of(json) is { } fault
        ? (400, "VALIDATION_ERROR", fault.Message, new[] { fault })
        : (400, "INVALID_JSON", $"The body is not readable as JSON{(json.LineNumber is { } line ? $" (line {line + 1}, position {json.BytePositionInLine + 1})" : "")}.", null);

    private static (int, string, string, object?) Bind(HttpContext context, BadHttpRequestException bad)
    {
        if (BadParameter().Match(bad.Message) is { Success: true } named)
        {
            // The framework says which parameter of which C# type.
            var (type, field) = (named.Groups["type"].Value, JsonNamingPolicy.CamelCase.ConvertName(named.Groups["name"].Value));
            var said = type.Contains("bool", StringComparison.OrdinalIgnoreCase) ? "must be true or false."
                : type.Contains("int", StringComparison.OrdinalIgnoreCase) || type.Contains("long", StringComparison.OrdinalIgnoreCase) ? "must be a whole number."
                : "has the wrong type.";
            return (400, "VALIDATION_ERROR", $"{field} {said}", new[] { new Fault(field, $"{field} {said}") });
        }

        return (400, "VALIDATION_ERROR", context.Request.ContentLength is null or 0 && !HttpMethods.IsGet(context.Request.Method)
            ? "A JSON body is required."
            : "The request is not of the form this route takes.", null);
    }

    [GeneratedRegex("^Failed to bind parameter \"(?<type>[^ \"]+) (?<name>[A-Za-z0-9_]+)\" from ", RegexOptions.CultureInvariant)]
    private static partial Regex BadParameter();

    /// <summary>The HTTP status of a kind of refusal.</summary>
    internal static int Status(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => 400,
        RefusalKind.Unauthenticated => 401,
        RefusalKind.Forbidden => 403,
        RefusalKind.NotFound => 404,
        RefusalKind.Conflict => 409,
        RefusalKind.TooLarge => 413,
        RefusalKind.UnsupportedMedia => 415,
        RefusalKind.Unprocessable => 422,
        RefusalKind.RateLimited => 429,
        RefusalKind.Upstream => 502,
        _ => 503,
    };

    private static Task WriteAsync(HttpContext context, int status, string code, string message, object? details)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new Failure(message, code, context.TraceIdentifier, details), EcodrixJson.Options);
    }
}
