using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ecodrix.Sandbox.Graph.Media;

/// <summary>Uploads, describes, hands out and deletes media.</summary>
internal sealed class MediaEndpoints(GraphSandbox graph)
{
    private const long Megabyte = 1024 * 1024;

    public bool Knows(HttpContext http) => graph.Media.Has((string)http.GetRouteValue("id")!);

    public async Task UploadAsync(HttpContext http)
    {
        _ = GraphCall.Version(http);
        _ = GraphCall.Number(http, graph.Directory);
        graph.CountUpload();
        if (!http.Request.HasFormContentType)
        {
            throw GraphErrors.Missing("file");
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (form["messaging_product"] != "whatsapp")
        {
            throw GraphErrors.Shape("The parameter messaging_product is required.");
        }

        var file = form.Files["file"] ?? throw GraphErrors.Missing("file");
        var type = form["type"].ToString() is { Length: > 0 } stated ? stated : file.ContentType ?? "";
        var limit = Limit(type);
        if (file.Length == 0 || file.Length > limit)
        {
            throw GraphErrors.Shape(string.Create(
                CultureInfo.InvariantCulture, $"Param file must be between 1 and {limit} bytes for type {type}, got {file.Length}."));
        }

        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes, http.RequestAborted);
        var kept = graph.Media.Add(type, bytes.ToArray(), file.FileName);
        await GraphAnswers.JsonAsync(http, new JsonObject { ["id"] = kept.Id });
    }

    public Task DescribeAsync(HttpContext http)
    {
        _ = GraphCall.Version(http);
        _ = GraphCall.Token(http);
        var file = Find(http);
        var request = http.Request;
        var prefix = request.Path.Value![..request.Path.Value!.IndexOf("/graph/", StringComparison.Ordinal)];
        return GraphAnswers.JsonAsync(http, new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["url"] = $"{request.Scheme}://{request.Host}{request.PathBase}{prefix}/graph/media/{file.Id}",
            ["mime_type"] = file.MimeType,
            ["sha256"] = file.Sha256,
            ["file_size"] = file.Bytes.Length.ToString(CultureInfo.InvariantCulture),
            ["id"] = file.Id,
        });
    }

    public Task DownloadAsync(HttpContext http)
    {
        _ = GraphCall.Token(http);
        var file = graph.Media.Find((string)http.GetRouteValue("id")!);
        if (file is null)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        http.Response.ContentType = file.MimeType;
        http.Response.ContentLength = file.Bytes.Length;

        // What a test uploads is never to run in the browser of whoever looks at it.
        http.Response.Headers.ContentDisposition = "attachment";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return http.Response.Body.WriteAsync(Sent(file.Bytes), http.RequestAborted).AsTask();
    }

    public Task DeleteAsync(HttpContext http)
    {
        _ = GraphCall.Version(http);
        _ = GraphCall.Token(http);
        return graph.Media.Remove(Find(http).Id) ? GraphAnswers.SuccessAsync(http) : throw GraphErrors.NoSuchObject("DELETE", "");
    }

    private byte[] Sent(byte[] bytes)
    {
        if (graph.BreakDownloads == 0)
        {
            return bytes;
        }

        graph.BreakDownloads--;
        byte[] broken = [.. bytes];
        broken[^1] ^= 0xFF;
        return broken;
    }

    private static long Limit(string type) => type.Split(';')[0].Trim().ToLowerInvariant() switch
    {
        "image/jpeg" or "image/png" => 5 * Megabyte,
        "image/webp" => Megabyte / 2,
        "audio/aac" or "audio/amr" or "audio/mpeg" or "audio/mp4" or "audio/ogg" or "audio/opus" => 16 * Megabyte,
        "video/mp4" or "video/3gp" or "video/3gpp" => 16 * Megabyte,
        "text/plain" or "application/pdf" or "application/msword" or "application/vnd.ms-excel" or "application/vnd.ms-powerpoint"
            or "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            or "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            or "application/vnd.openxmlformats-officedocument.presentationml.presentation" => 100 * Megabyte,
        _ => throw GraphErrors.Shape($"Param file must be a file with one of the supported types - got {type}."),
    };

    private MediaFile Find(HttpContext http)
    {
        var id = (string)http.GetRouteValue("id")!;
        return graph.Media.Find(id) ?? throw GraphErrors.NoSuchObject(http.Request.Method, id);
    }
}
