using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Callbacks;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants.Checklist;

/// <summary>Posts a signed test to where the client last asked to be called back.</summary>
internal sealed class CallbackProbe(IHttpClientFactory http, OutboundAddresses addresses, TimeProvider clock)
{
    public async Task<Found> TryAsync(TenantScope scope, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var keys = WebhookSigning.KeysOf(scope, now.UtcDateTime);
        if (keys.Current is null)
        {
            return Found.Todo("There is no secret to sign with.", "Set automationWebhookSecret first.");
        }

        var url = await scope.Db.Callbacks.Find(Builders<Callback>.Filter.Empty).SortByDescending(c => c.CreatedAt).Project(c => c.Url).FirstOrDefaultAsync(ct);
        if (url is null)
        {
            return Found.Todo("No trigger has named a callbackUrl yet.", "Fire a trigger with a callbackUrl; the address is tried from then on.");
        }

        if (addresses.Fault(url) is { } fault)
        {
            return Found.Failing($"{url} {fault}", "Send another callbackUrl with the triggers.");
        }

        var id = ObjectId.GenerateNewId().ToString();
        var body = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["id"] = id,
            ["trigger"] = "test",
            ["status"] = "test",
            ["eventLogId"] = null,
            ["leadId"] = null,
            ["meetLink"] = null,
            ["rulesMatched"] = 0,
            ["actions"] = new JsonArray(),
            ["metadata"] = null,
            ["occurredAt"] = Kernel.Moments.Write(now.UtcDateTime),
        }.ToJsonString());
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        CallbackSignature.Sign(request, keys, id, now, body);
        try
        {
            using var response = await http.CreateClient(OutboundCalls.HttpName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return (int)response.StatusCode switch
            {
                >= 200 and < 300 => Found.Done($"{url} answered {(int)response.StatusCode} to a signed test."),
                401 or 403 => Found.Failing($"{url} answered {(int)response.StatusCode}: it did not accept the signature.", "Compare the secrets, and see what differs with the signature tester under Settings → Integration."),
                var code => Found.Failing($"{url} answered {code} to a signed test.", "The receiver must answer 2xx, also to triggers it does not know."),
            };
        }
        catch (HttpRequestException e)
        {
            return Found.Failing($"{url} could not be called: {e.Message}", "Check that the receiver runs and that its certificate is valid.");
        }
    }
}
