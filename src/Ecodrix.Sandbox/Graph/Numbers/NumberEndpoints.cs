using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Ecodrix.Sandbox.Graph.Numbers;

/// <summary>Business numbers, accounts' webhook subscriptions, and the token check.</summary>
internal sealed class NumberEndpoints(GraphSandbox graph)
{
    private const int UrlLimit = 200;

    private static readonly HttpClient Handshake = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    public Task DescribeAsync(HttpContext http)
    {
        _ = GraphCall.Version(http);
        var number = GraphCall.Number(http, graph.Directory);
        var fields = http.Request.Query["fields"].ToString();
        return GraphAnswers.JsonAsync(http, Describe(number, fields.Length == 0 ? null : fields));
    }

    public Task ListAsync(HttpContext http)
    {
        var waba = Account(http);
        var fields = http.Request.Query["fields"].ToString();
        var data = graph.Directory.Of(waba).Select(n => (JsonNode)Describe(n, fields.Length == 0 ? null : fields)).ToArray();
        var answer = new JsonObject { ["data"] = new JsonArray(data) };
        if (data.Length > 0)
        {
            answer["paging"] = new JsonObject { ["cursors"] = new JsonObject { ["before"] = "QVFIUw", ["after"] = "QVFIUx" } };
        }

        return GraphAnswers.JsonAsync(http, answer);
    }

    public Task SubscriptionsAsync(HttpContext http)
    {
        var app = new JsonObject
        {
            ["whatsapp_business_api_data"] = new JsonObject { ["id"] = "670843887433847", ["link"] = "https://www.facebook.com/games/?app_id=670843887433847", ["name"] = "Sandbox app" },
        };
        if (graph.Directory.OverrideOf(Account(http)) is { } settings)
        {
            app["override_callback_uri"] = settings.Url;
        }

        return GraphAnswers.JsonAsync(http, new JsonObject { ["data"] = new JsonArray(app) });
    }

    /// <summary>Subscribes the app; an overriding address must pass the handshake first, as at Meta.</summary>
    public async Task SubscribeAsync(HttpContext http)
    {
        var waba = Account(http);
        var bytes = await GraphCall.BodyAsync(http);
        if (bytes.Length > 0)
        {
            using var document = GraphCall.Parse(bytes);
            var body = new Param(document.RootElement, "");
            if (body.OptionalText("override_callback_uri", UrlLimit) is { } url)
            {
                var token = body.Text("verify_token", 512);
                if (await VerifyAsync(url, token, http.RequestAborted) is { } fault)
                {
                    throw GraphErrors.Shape($"(#2200) Callback verification failed: {fault}");
                }

                graph.Directory.Override(waba, new WebhookSettings(url, graph.AppSecret, token));
            }
            else
            {
                graph.Directory.Override(waba, null);
            }
        }

        await GraphAnswers.SuccessAsync(http);
    }

    public Task UnsubscribeAsync(HttpContext http)
    {
        graph.Directory.Override(Account(http), null);
        return GraphAnswers.SuccessAsync(http);
    }

    public static Task DebugTokenAsync(HttpContext http)
    {
        _ = GraphCall.Version(http);
        _ = GraphCall.Token(http);
        var asked = http.Request.Query["input_token"].ToString();
        return GraphAnswers.JsonAsync(http, new JsonObject
        {
            ["data"] = new JsonObject
            {
                ["app_id"] = "670843887433847",
                ["type"] = "SYSTEM_USER",
                ["application"] = "Sandbox app",
                ["expires_at"] = 0,
                ["is_valid"] = asked.Length > 0 && !asked.Contains("expired", StringComparison.OrdinalIgnoreCase)
                    && !asked.Contains("invalid", StringComparison.OrdinalIgnoreCase),
                ["scopes"] = new JsonArray("whatsapp_business_management", "whatsapp_business_messaging"),
            },
        });
    }

    /// <summary>The subscription handshake: the receiver must answer with the challenge. Null if it does, else what went wrong.</summary>
    public static async Task<string?> VerifyAsync(string url, string verifyToken, CancellationToken ct)
    {
        var challenge = GraphIds.Numeric();
        var separator = url.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        var address = $"{url}{separator}hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={Uri.EscapeDataString(verifyToken)}";
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
        {
            return "the address is not a valid URL";
        }

        try
        {
            using var response = await Handshake.GetAsync(uri, HttpCompletionOption.ResponseContentRead, ct);
            var answer = await response.Content.ReadAsStringAsync(ct);
            return (int)response.StatusCode != 200 ? $"the receiver answered {(int)response.StatusCode}, not 200"
                : answer != challenge ? "the receiver did not answer with the challenge"
                : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return e is TaskCanceledException ? "no answer within 5 seconds" : e.Message;
        }
    }

    private static JsonObject Describe(BusinessNumber number, string? fields)
    {
        var json = new JsonObject
        {
            ["verified_name"] = number.VerifiedName,
            ["code_verification_status"] = "VERIFIED",
            ["display_phone_number"] = number.DisplayPhoneNumber,
            ["quality_rating"] = number.QualityRating,
            ["platform_type"] = "CLOUD_API",
            ["throughput"] = new JsonObject { ["level"] = "STANDARD" },
        };
        if (fields is not null)
        {
            json["status"] = "CONNECTED";
            json["name_status"] = "APPROVED";
            json["account_mode"] = "LIVE";
            json["messaging_limit_tier"] = number.MessagingLimit;
            json["whatsapp_business_manager_messaging_limit"] = number.MessagingLimit;
            json["is_official_business_account"] = false;
            var wanted = fields.Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
            foreach (var key in json.Select(p => p.Key).Where(k => !wanted.Contains(k)).ToList())
            {
                json.Remove(key);
            }
        }

        json["id"] = number.Id;
        return json;
    }

    private static string Account(HttpContext http)
    {
        _ = GraphCall.Version(http);
        _ = GraphCall.Token(http);
        var id = (string)http.Request.RouteValues["id"]!;
        return NumberDirectory.IsId(id) ? id : throw GraphErrors.NoSuchObject(http.Request.Method, id);
    }
}
