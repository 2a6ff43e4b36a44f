using System.Globalization;
using Ecodrix.Engine.Media;
using Microsoft.Net.Http.Headers;

namespace Ecodrix.App.Api.Media;

/// <summary>Writes a file, or the part of it that a player asks for. Nothing it holds may run in the browser that shows it.</summary>
internal sealed class MediaResult(MediaContent content, bool download) : IResult
{
    public async Task ExecuteAsync(HttpContext http)
    {
        var (request, response) = (http.Request, http.Response);
        var headers = response.Headers;
        var disposition = new ContentDispositionHeaderValue(content.Inline && !download ? "inline" : "attachment");
        disposition.SetHttpFileName(content.FileName);
        headers.ContentDisposition = disposition.ToString();
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'; media-src 'self'; img-src 'self'";
        headers.CacheControl = "private, max-age=86400, immutable";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        headers.AcceptRanges = "bytes";
        headers.ETag = $"\"{content.Tag}\"";
        response.ContentType = content.MimeType;
        if (request.Headers.IfNoneMatch.ToString().Contains(content.Tag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var (from, length) = (0L, content.Size);
        if (Wanted(request) is { } range)
        {
            if (range.From >= content.Size)
            {
                response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                headers.ContentRange = $"bytes */{content.Size}";
                return;
            }

            (from, length) = (range.From, Math.Min(range.To, content.Size - 1) - range.From + 1);
            response.StatusCode = StatusCodes.Status206PartialContent;
            headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{from + length - 1}/{content.Size}");
        }

        response.ContentLength = length;
        if (!HttpMethods.IsHead(request.Method))
        {
            await content.CopyAsync(response.Body, from, length, http.RequestAborted);
        }
    }

    /// <summary>The one range asked for; several, or one that is not readable, means the whole file.</summary>
    private (long From, long To)? Wanted(HttpRequest request)
    {
        if (request.Headers.IfRange.ToString() is { Length: > 0 } same && !same.Contains(content.Tag, StringComparison.Ordinal))
        {
            return null;
        }

        return RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out var range) && range.Unit == "bytes" && range.Ranges is { Count: 1 } ranges
            ? ranges.First() switch
            {
                { From: { } from, To: var to } => (from, to ?? long.MaxValue),
                { To: { } last } => (Math.Max(0, content.Size - last), long.MaxValue),
                _ => null,
            }
            : null;
    }
}
