using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ecodrix.App.Api;
using Ecodrix.App.Api.Docs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Tests.Architecture;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Monitoring;

public sealed partial class ApiDocsTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly string[] Verbs = ["get", "post", "put", "patch", "delete"];

    [Fact]
    public async Task Every_route_is_described_with_its_errors_and_an_example_of_its_body()
    {
        var document = await DocumentAsync();
        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Where(o => Verbs.Contains(o.Name)).Select(o => (Route: $"{o.Name} {path.Name}", Operation: o.Value)))
            .ToDictionary(o => o.Route, o => o.Operation);

        Routes().Should().HaveCountGreaterThan(100).And.BeSubsetOf(described.Keys);
        foreach (var (route, operation) in described)
        {
            operation.GetProperty("summary").GetString().Should().NotBeNullOrEmpty(route);
            operation.GetProperty("description").GetString().Should().NotBeNullOrEmpty(route);
            operation.GetProperty("responses").EnumerateObject().Select(r => r.Name).Should().Contain("500", route);
            if (operation.TryGetProperty("requestBody", out var body))
            {
                foreach (var content in body.GetProperty("content").EnumerateObject().Where(c => c.Name == "application/json"))
                {
                    content.Value.TryGetProperty("example", out _).Should().BeTrue($"{route} should show a body");
                }
            }
        }
    }

    [Fact]
    public async Task A_route_of_one_record_names_what_is_not_found_and_a_tenant_route_what_its_key_may_lack()
    {
        var update = (await DocumentAsync()).GetProperty("paths").GetProperty("/api/crm/leads/{leadId}").GetProperty("patch").GetProperty("responses");

        Codes(update, "404").Should().BeEquivalentTo("LEAD_NOT_FOUND");
        Codes(update, "401").Should().BeEquivalentTo("MISSING_CREDENTIALS", "INVALID_CREDENTIALS");
        Codes(update, "409").Should().Contain("VERSION_CONFLICT");
        Codes(update, "429").Should().Equal("RATE_LIMITED");
    }

    [Fact]
    public async Task Descriptions_speak_of_fields_as_they_are_sent_and_free_fields_say_what_they_take()
    {
        var document = await DocumentAsync();
        var trigger = document.GetProperty("paths").GetProperty("/api/saas/workflows/trigger").GetProperty("post").GetProperty("requestBody")
            .GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("properties");

        Described(document).Where(d => Code().IsMatch(d)).Should().BeEmpty();
        trigger.GetProperty("phone").GetProperty("description").GetString().Should().Contain("this or `email` is required");
        foreach (var name in (string[])["variables", "data", "callbackMetadata"])
        {
            trigger.GetProperty(name).GetProperty("description").GetString().Should().NotBeNullOrEmpty();
            trigger.GetProperty(name).GetProperty("type").ToString().Should().Contain("object");
        }

        foreach (var path in (string[])["/api/crm/automations", "/api/clients", "/api/saas/whatsapp/notices"])
        {
            document.GetProperty("paths").GetProperty(path).GetProperty("get").GetProperty("responses").TryGetProperty("400", out _).Should().BeTrue(path);
        }
    }

    [Fact]
    public void The_catalogue_of_errors_is_what_the_product_refuses_with()
    {
        var thrown = Sources.All("src")
            .SelectMany(file => Refusal().Matches(File.ReadAllText(file)))
            .Select(m => (Code: m.Groups["code"].Value, Status: ApiErrors.Status(Enum.Parse<RefusalKind>(m.Groups["kind"].Value))))
            .Distinct().ToList();

        thrown.Should().HaveCountGreaterThan(50);
        thrown.Where(t => !ErrorCatalogue.All.TryGetValue(t.Code, out var known) || known.Status != t.Status).Should().BeEmpty();
    }

    [Fact]
    public async Task The_description_can_be_browsed()
    {
        using var page = await app.Http.GetAsync(new Uri("/docs/", UriKind.Relative));

        page.StatusCode.Should().Be(HttpStatusCode.OK);
        (await page.Content.ReadAsStringAsync()).Should().Contain("openapi/v1.json");
        page.Headers.GetValues("Content-Security-Policy").Single().Should().Contain("frame-ancestors 'none'");
    }

    private static IEnumerable<string> Codes(JsonElement responses, string status) =>
        responses.GetProperty(status).GetProperty("content").GetProperty("application/json").GetProperty("examples").EnumerateObject().Select(e => e.Name);

    private IEnumerable<string> Routes() => app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(e => e.RoutePattern.RawText!.TrimStart('/').StartsWith("api/", StringComparison.Ordinal))
        .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Where(m => m != "HEAD").Select(m => $"{m.ToLowerInvariant()} /{e.RoutePattern.RawText!.Trim('/')}") ?? []);

    private async Task<JsonElement> DocumentAsync() =>
        JsonDocument.Parse(await app.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative))).RootElement;

    private static IEnumerable<string> Described(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => p is { Name: "description" or "summary", Value.ValueKind: JsonValueKind.String } ? [p.Value.GetString()!] : Described(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Described),
        _ => [],
    };

    /// <summary>A class and its member, or a type that may be null.</summary>
    [GeneratedRegex(@"\b[A-Z]\w*[a-z]\w*\.[A-Z]|\b(?:string|int|bool|long)\?")]
    private static partial Regex Code();

    [GeneratedRegex(@"RefusalKind\.(?<kind>\w+),\s*""(?<code>[A-Z_]+)""")]
    private static partial Regex Refusal();
}
