using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Ecodrix.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Sandbox;

public sealed class HostingTests
{
    [Fact]
    public async Task The_page_and_its_files_are_served_and_nothing_in_it_is_inline()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var page = await sandbox.Client.GetStringAsync("/sandbox");

        page.Should().NotContainAny("{base}", "{version}", "style=", "onclick", "<style", "javascript:");
        Regex.Matches(page, "<script[^>]*>").Should().ContainSingle().Which.Value.Should().Contain("src=");
        var files = Regex.Matches(page, "(?:src|href)=\"(/sandbox/assets/[^\"]+)\"").Select(m => m.Groups[1].Value).Distinct().ToList();
        files.Should().HaveCount(3);
        foreach (var file in files.Append("/sandbox/assets/dom.js"))
        {
            using var asset = await sandbox.Client.GetAsync(file);
            asset.StatusCode.Should().Be(HttpStatusCode.OK, file);
            asset.Content.Headers.ContentType!.MediaType.Should().BeOneOf("text/css", "text/javascript", "image/svg+xml");
        }

        (await sandbox.Client.GetAsync("/sandbox/assets/seed-templates.json")).StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task It_lives_under_any_prefix_of_another_application()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        builder.Services.AddAuthorization(o => o.FallbackPolicy = o.DefaultPolicy);
        builder.Services.AddAuthentication("none").AddScheme<Microsoft.AspNetCore.Authentication.AuthenticationSchemeOptions, Nobody>("none", null);
        builder.Services.AddEcodrixSandbox(o => o.EnforceWindow = false);
        await using var app = builder.Build();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapEcodrixSandbox("/tools/play");
        app.MapGet("/secret", () => "for somebody");
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "EAAsandboxToken");

        (await client.GetStringAsync("/tools/play")).Should().Contain("data-base=\"/tools/play\"");
        using var sent = await client.PostAsync("/tools/play/graph/v25.0/123456/messages", new StringContent(
            "{\"messaging_product\":\"whatsapp\",\"to\":\"+919876543210\",\"text\":{\"body\":\"Hello\"}}"));
        using var secret = await client.GetAsync("/secret");

        sent.StatusCode.Should().Be(HttpStatusCode.OK);
        secret.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        app.Services.GetRequiredService<SandboxState>().Graph.Messages.Single().PhoneNumberId.Should().Be("123456");
    }

    [Fact]
    public async Task Malformed_calls_are_never_answered_with_a_bare_500()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var random = new Random(20_261_123);
        string[] paths =
        [
            "graph/v25.0/106540352242922/messages", "graph/v25.0/102290129340398/message_templates", "graph/v25.0/106540352242922/media",
            "graph/v25.0/102290129340398/subscribed_apps", "graph/v25.0/x", "graph/", "api/inbound", "api/events", "api/webhook", "api/settings",
            "api/numbers/1", "api/callbacks/x", "api/signature", "api/messages/none/status", "callbacks/x", "api/state?limit=-1", "magic-numbers",
        ];
        string[] pieces =
        [
            "{", "}", "[", "]", "\"", ":", ",", "null", "1e999", "-", "\\ud800", "\0", "true", "\"type\"", "\"to\"", "\"messaging_product\":\"whatsapp\"",
            "\"template\":{\"name\":1}", "\"text\":[]", "\"+919876543210\"", "\"interactive\":{\"type\":\"list\"}", "\"components\":[null]", "\"url\":\"http://[\"",
        ];
        var methods = new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch };

        for (var i = 0; i < 1_000; i++)
        {
            using var request = new HttpRequestMessage(methods[random.Next(methods.Length)], "/sandbox/" + paths[random.Next(paths.Length)]);
            if (request.Method != HttpMethod.Get)
            {
                var body = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
                request.Content = new StringContent(random.Next(2) == 0 ? body : "{" + body + "}");
                request.Content.Headers.ContentType = new(random.Next(4) == 0 ? "multipart/form-data" : "application/json");
            }

            using var response = await sandbox.Client.SendAsync(request);
            ((int)response.StatusCode).Should().BeLessThan(500, $"{request.Method} {request.RequestUri} {i}");
        }
    }

    [Fact]
    public async Task A_refused_send_can_be_looked_at()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        await sandbox.RefusedAsync(SandboxFixture.Template("+919876543210", "flash_sale", "en_US"));

        var refused = (await sandbox.GetAsync("/sandbox/api/state")).GetProperty("refused")[0];
        refused.GetProperty("code").GetInt32().Should().Be(132015);
        refused.GetProperty("to").GetString().Should().Be("+919876543210");
        refused.GetProperty("body").GetString().Should().Contain("flash_sale");
    }

    private sealed class Nobody(
        Microsoft.Extensions.Options.IOptionsMonitor<Microsoft.AspNetCore.Authentication.AuthenticationSchemeOptions> options,
        Microsoft.Extensions.Logging.ILoggerFactory logger, System.Text.Encodings.Web.UrlEncoder encoder)
        : Microsoft.AspNetCore.Authentication.AuthenticationHandler<Microsoft.AspNetCore.Authentication.AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<Microsoft.AspNetCore.Authentication.AuthenticateResult> HandleAuthenticateAsync() =>
            Task.FromResult(Microsoft.AspNetCore.Authentication.AuthenticateResult.NoResult());
    }
}
