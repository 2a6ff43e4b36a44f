using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Ecodrix.App.Views;

/// <summary>
/// Fills the <c>__TOKEN__</c>s of the HTML views that travel inside the assembly. Values are escaped; scripts and styles run by a nonce
/// that is new for each answer.
/// </summary>
internal static partial class ViewRenderer
{
    /// <summary>A view as an answer, with the content security policy that its nonce belongs to.</summary>
    /// <param name="context">The request.</param>
    /// <param name="view">The file's name.</param>
    /// <param name="tokens">Values by token; each token of the view must have one.</param>
    /// <param name="status">The HTTP status.</param>
    public static IResult Render(HttpContext context, string view, IReadOnlyDictionary<string, string> tokens, int status = StatusCodes.Status200OK)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var html = Token().Replace(Read(view), match => match.Groups[1].Value == "NONCE"
            ? nonce
            : WebUtility.HtmlEncode(tokens[match.Groups[1].Value]));
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = $"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        // The address held a code and a state.
        headers["Referrer-Policy"] = "no-referrer";
        return Results.Content(html, "text/html; charset=utf-8", statusCode: status);
    }

    private static string Read(string view)
    {
        using var stream = typeof(ViewRenderer).Assembly.GetManifestResourceStream($"views/{view}") ?? throw new InvalidOperationException($"There is no view {view}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("__([A-Z][A-Z_]*?)__")]
    private static partial Regex Token();
}
