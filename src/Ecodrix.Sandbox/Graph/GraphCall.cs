using System.Text.Json;
using Ecodrix.Sandbox.Graph.Numbers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ecodrix.Sandbox.Graph;

/// <summary>What every Graph call has: a version, a token, an object and perhaps a JSON body.</summary>
internal static class GraphCall
{
    private const int BodyLimit = 1024 * 1024;
    private const int OldestVersion = 13;
    private const int NewestVersion = 30;
    private const int ShortestToken = 8;

    /// <summary>The version of the path, for example v25.0; unknown ones are refused.</summary>
    public static string Version(HttpContext http)
    {
        var version = (string)http.GetRouteValue("version")!;
        var known = version is ['v', .. var number, '.', '0'] && int.TryParse(number, out var major)
            && major is >= OldestVersion and <= NewestVersion;
        return known ? version : throw GraphErrors.UnknownPath($"/{version}");
    }

    /// <summary>The bearer token. One that contains "expired" or "invalid" is, so that both can be tried.</summary>
    public static string Token(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        var token = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? header["Bearer ".Length..].Trim()
            : http.Request.Query["access_token"].ToString();
        if (token.Length == 0)
        {
            throw new GraphRefusal(GraphErrors.TokenMissing);
        }

        if (token.Contains("expired", StringComparison.OrdinalIgnoreCase))
        {
            throw new GraphRefusal(GraphErrors.TokenExpired);
        }

        var malformed = token.Length < ShortestToken || token.Contains("invalid", StringComparison.OrdinalIgnoreCase)
            || !token.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '|' or '.' or '~' or '+' or '/' or '=' or ':');
        return malformed ? throw new GraphRefusal(GraphErrors.TokenMalformed) : token;
    }

    /// <summary>The business number of the path, if the token may use it.</summary>
    public static BusinessNumber Number(HttpContext http, NumberDirectory numbers)
    {
        var token = Token(http);
        var id = (string)http.GetRouteValue("id")!;
        if (!NumberDirectory.IsId(id))
        {
            throw GraphErrors.NoSuchObject(http.Request.Method, id);
        }

        var number = numbers.Get(id);
        return number.AccessToken is null || number.AccessToken == token ? number : throw new GraphRefusal(GraphErrors.TokenOfAnother);
    }

    public static async Task<byte[]> BodyAsync(HttpContext http)
    {
        if (http.Request.ContentLength is > BodyLimit)
        {
            throw GraphErrors.Shape("The request body is too large.");
        }

        if (http.Request.ContentLength is > 0 and { } length)
        {
            var exact = new byte[length];
            await http.Request.Body.ReadExactlyAsync(exact, http.RequestAborted);
            return exact;
        }

        using var stream = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
        {
            stream.Write(buffer, 0, read);
            if (stream.Length > BodyLimit)
            {
                throw GraphErrors.Shape("The request body is too large.");
            }
        }

        return stream.ToArray();
    }

    public static JsonDocument Parse(byte[] body)
    {
        try
        {
            var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException)
        {
            // Refused below, with the other bodies that are no JSON object.
        }

        throw GraphErrors.Shape("The request body must be a JSON object.");
    }
}
