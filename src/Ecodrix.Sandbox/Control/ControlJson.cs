using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Ecodrix.Sandbox.Control;

/// <summary>Reads and writes the control API's JSON with options of its own, whatever the host has set for itself.</summary>
internal static class ControlJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = false,
    };

    public static IResult Ok(object value) => Results.Json(value, Options);

    public static IResult Bad(string why) => Results.Json(new { error = why }, Options, statusCode: StatusCodes.Status400BadRequest);

    public static IResult NotFound(string why) => Results.Json(new { error = why }, Options, statusCode: StatusCodes.Status404NotFound);

    /// <summary>
    /// A route that takes a JSON body. Only application/json is accepted: a form of a foreign web page could be posted here
    /// by the browser of whoever runs the sandbox.
    /// </summary>
    public static Func<HttpContext, Task<IResult>> Taking<T>(Func<HttpContext, T, IResult> handle) =>
        Taking<T>((http, body) => Task.FromResult(handle(http, body)));

    public static Func<HttpContext, Task<IResult>> Taking<T>(Func<HttpContext, T, Task<IResult>> handle) => async http =>
    {
        if (!http.Request.HasJsonContentType())
        {
            return Bad("The body must be sent as application/json.");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync<T>(http.Request.Body, Options, http.RequestAborted) is { } body
                ? await handle(http, body)
                : Bad("The body must not be null.");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or IOException or InvalidOperationException)
        {
            return Bad(e.Message);
        }
    };
}
