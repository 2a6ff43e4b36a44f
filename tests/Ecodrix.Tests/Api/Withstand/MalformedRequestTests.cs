using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Withstand;

/// <summary>Whatever is sent to whatever route: never a fault of ours, always the envelope.</summary>
public sealed class MalformedRequestTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const int Requests = 2_000;

    // Not %00: the server turns such an address away before there is a request.
    private static readonly string[] Values =
    [
        "x", "null", "-1", "0", "999999999999999999999", "%01", "%F0%9F%92%A9", "' or 1=1", "{$gt:1}", "aaaaaaaaaaaaaaaaaaaaaaaa", "65b2c0ffee65b2c0ffee65b2", "..%2f..%2fetc", "2026-13-45", "%20", "a,b,,c", "true",
    ];

    private static readonly string[] Bodies =
    [
        "", "{", "[]", "null", "\"text\"", "42", "{}", "{\"a\":", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]", "{\"phone\":{},\"email\":[],\"trigger\":7}", "{\"name\":null,\"actions\":[null,{}],\"stages\":[null]}",
        "{\"leads\":[null,{\"phone\":1}],\"recipients\":[{}],\"rules\":[{\"field\":{}}]}", "{\"firstName\":\"\\u0000\",\"phone\":\"+919876543210\",\"metadata\":{\"refs\":{\"$a\":1,\"b.c\":2}}}",
        "{\"to\":\"x\",\"text\":\"\",\"templateName\":[]}", "{\"order\":[{\"stageId\":null,\"newOrder\":\"x\"}],\"add\":[1],\"remove\":\"x\",\"ids\":{}}", "{\"status\":\"\\ud800\",\"dealValue\":1e400,\"hotThreshold\":\"high\"}",
        "{\"trigger\":\"form_submitted\",\"phone\":\"9876543210\",\"delayMinutes\":1e9,\"runAt\":\"soon\",\"meetConfig\":{\"startTime\":\"2026-01-01\"}}", "\u0001\u0002", "<xml/>",
    ];

    private static readonly string?[] Types = ["application/json", "text/plain", "application/json; charset=utf-16", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/csv", "nonsense", null];

    [Fact]
    public async Task Two_thousand_malformed_requests_over_all_routes_get_the_envelope_and_never_a_fault_of_ours()
    {
        var tenant = await app.TenantAsync();
        await app.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { rateLimits = new { triggerPerMinute = 100_000, defaultPerMinute = 1_000_000 } }, ("x-admin-key", AppFixture.AdminKey));
        var routes = Routes();
        routes.Should().HaveCountGreaterThan(60, "the routes should have been found");
        var random = new Random(20261124);

        var faults = new List<string>();
        for (var i = 0; i < Requests; i++)
        {
            var (method, pattern) = routes[i % routes.Count];
            using var request = Make(tenant, random, method, pattern);
            using var response = await app.Http.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            // What a browser is sent to answers as a page.
            var page = pattern.StartsWith("/api/auth/google/", StringComparison.Ordinal) && body.StartsWith("<!doctype html>", StringComparison.Ordinal);
            if ((int)response.StatusCode >= 500 || !(page || Fits((int)response.StatusCode, body)))
            {
                faults.Add($"{method} {request.RequestUri} → {(int)response.StatusCode} {(body.Length > 200 ? body[..200] : body)}");
            }
        }

        string.Join("\n", faults.Take(20)).Should().BeEmpty();
    }

    private List<(string Method, string Pattern)> Routes() =>
    [
        .. app.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText?.TrimStart('/').StartsWith("api/", StringComparison.Ordinal) == true)
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(m => (m, "/" + e.RoutePattern.RawText!.TrimStart('/'))) ?? [])
            
            // An answer to HEAD has no body to look at.
            .Where(r => r.Item1 != "HEAD").Distinct(),
    ];

    private static HttpRequestMessage Make(TestTenant tenant, Random random, string method, string pattern)
    {
        var path = System.Text.RegularExpressions.Regex.Replace(pattern, "{[^}]+}", _ => Pick(random, Values));
        if (random.Next(3) == 0)
        {
            path += $"?page={Pick(random, Values)}&limit={Pick(random, Values)}&status={Pick(random, Values)}&range={Pick(random, Values)}&before={Pick(random, Values)}&field={Pick(random, Values)}&startDate={Pick(random, Values)}";
        }

        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method != "GET")
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Pick(random, Bodies)));
            if (Pick(random, Types) is { } type && MediaTypeHeaderValue.TryParse(random.Next(3) > 0 ? "application/json" : type, out var parsed))
            {
                request.Content.Headers.ContentType = parsed;
            }
        }

        request.Headers.Add("x-client-code", random.Next(20) == 0 ? "nobody" : tenant.Code);
        request.Headers.Add("x-api-key", tenant.Key);
        if (pattern.StartsWith("/api/clients", StringComparison.Ordinal))
        {
            request.Headers.Add("x-admin-key", AppFixture.AdminKey);
        }

        if (random.Next(6) == 0)
        {
            request.Headers.TryAddWithoutValidation("If-Match", Pick(random, Values));
            request.Headers.TryAddWithoutValidation("Idempotency-Key", $"{random.Next(4)}");
        }

        return request;
    }

    private static T Pick<T>(Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];

    /// <summary>The envelope; but for files, Meta's challenge and the health answer, which the API shows without one.</summary>
    private static bool Fits(int status, string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            return status < 400
                ? root.TryGetProperty("success", out _) || root.TryGetProperty("uptime", out _)
                : root.GetProperty("success").ValueKind == JsonValueKind.False && root.GetProperty("code").GetString()!.Length > 0
                    && root.GetProperty("message").GetString()!.Length > 0 && root.GetProperty("requestId").GetString()!.Length > 0;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return status < 400 && body.Length > 0 && body[0] is not ('{' or '<');
        }
    }
}
