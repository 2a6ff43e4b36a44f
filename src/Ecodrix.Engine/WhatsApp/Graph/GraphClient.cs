using System.ComponentModel.DataAnnotations;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Options;

namespace Ecodrix.Engine.WhatsApp.Graph;

/// <summary>Settings of WhatsApp (<c>Ecodrix:WhatsApp</c>).</summary>
public sealed record WhatsAppOptions
{
    /// <summary>Meta's Graph API, or the sandbox's stand-in.</summary>
    [Required, Url]
    public string GraphUrl { get; set; } = "https://graph.facebook.com";

    /// <summary>How long a send that was cut off waits for its status webhook before it is sent again.</summary>
    public TimeSpan ReconcileAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>The platform's own Meta app secret, for tenants without one of their own; it signs Meta's webhooks.</summary>
    public string AppSecret { get; set; } = "";
}

/// <summary>Meta's Graph API over HTTP.</summary>
internal sealed partial class GraphClient(IHttpClientFactory http, IOptions<WhatsAppOptions> options, TimeProvider clock) : IWhatsApp
{
    public const string HttpName = "graph";

    /// <summary>The version used unless the tenant says otherwise.</summary>
    private const string DefaultVersion = "v25.0";

    public async Task<GraphAnswer> SendAsync(TenantScope scope, JsonObject message, CancellationToken ct)
    {
        using var request = Request(scope, HttpMethod.Post, $"{Number(scope)}/messages");
        request.Content = new StringContent(message.ToJsonString(EcodrixJson.Options), Encoding.UTF8, "application/json");
        try
        {
            using var response = await http.CreateClient(HttpName).SendAsync(request, ct);
            var body = await response.Content.ReadAsByteArrayAsync(ct);
            return Read((int)response.StatusCode, body, response.Headers.RetryAfter?.Delta);
        }
        catch (HttpRequestException e) when (NeverSent(e))
        {
            return new GraphAnswer.NotReached($"Meta could not be reached: {e.Message}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            return new GraphAnswer.Unclear("Meta's answer was lost; its status webhook will tell whether the message was taken.");
        }
    }

    private static bool NeverSent(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError
        && (e.InnerException is null or SocketException or System.Security.Authentication.AuthenticationException or IOException);

    private static GraphAnswer Read(int status, byte[] body, TimeSpan? retryAfter)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            if (root.TryGetProperty("error", out var error))
            {
                return new GraphAnswer.Refused(ReadError(error), retryAfter);
            }

            if (root.TryGetProperty("messages", out var messages) && messages.GetArrayLength() > 0 && messages[0].TryGetProperty("id", out var id))
            {
                var waId = root.TryGetProperty("contacts", out var contacts) && contacts.GetArrayLength() > 0 && contacts[0].TryGetProperty("wa_id", out var wa) ? wa.GetString() : null;
                return new GraphAnswer.Accepted(id.GetString()!, waId);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A gateway's HTML page, or something else that is not Meta's.
        }

        // A 200 that cannot be read may well mean that the message was taken.
        return status is >= 500 or (>= 200 and < 300)
            ? new GraphAnswer.Unclear($"Meta answered {status} in a form it does not document.")
            : new GraphAnswer.Refused(new GraphError(status, $"Meta answered {status} in a form it does not document.", null), retryAfter);
    }

    private static GraphError ReadError(JsonElement error)
    {
        var code = error.TryGetProperty("code", out var number) && number.TryGetInt32(out var value) ? value : -1;
        var details = error.TryGetProperty("error_data", out var data) && data.ValueKind == JsonValueKind.Object && data.TryGetProperty("details", out var text) ? text.GetString() : null;
        return new GraphError(code, error.TryGetProperty("message", out var message) ? message.GetString() ?? "" : "", details);
    }
}
