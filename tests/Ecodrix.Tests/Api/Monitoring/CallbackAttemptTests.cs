using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.Withstand;

namespace Ecodrix.Tests.Api.Monitoring;

/// <summary>What is kept of each attempt at a callback, and finding one among many.</summary>
public sealed class CallbackAttemptTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Each_attempt_keeps_what_was_sent_where_to_and_what_came_back()
    {
        var tenant = await app.TenantAsync();
        var name = $"kept-{tenant.Code}";
        app.Sandbox.Callbacks.Configure(name, new CallbackBehaviour { RespondWith = [500, 404] });
        var id = await CallbackAsync(tenant, app.Sandbox.CallbackUrl(name));
        await RetryAsync();

        var answer = await tenant.GetAsync($"/api/saas/callbacks/{id}");
        await RetryAsync();

        var attempts = answer.Data.GetProperty("attempts");
        var caught = app.Sandbox.Callbacks.Of(name).OrderBy(c => c.Id).ToList();
        attempts.GetArrayLength().Should().Be(2);
        foreach (var (at, attempt) in attempts.EnumerateArray().Index())
        {
            var head = attempt.Text("requestHead");
            head.Should().StartWith($"POST {new Uri(app.Sandbox.CallbackUrl(name)).PathAndQuery} HTTP/1.1\nHost: 127.0.0.1:");
            foreach (var (header, value) in caught[at].Headers.Where(h => !h.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)))
            {
                head.Split('\n').Should().Contain(line => line.Equals($"{header}: {value}", StringComparison.OrdinalIgnoreCase), "it is what arrived");
            }

            attempt.Text("address").Should().Be("127.0.0.1", "also where a connection is used again");
        }

        attempts[0].Text("error").Should().Be("The receiver answered 500: it failed.");
        attempts[1].Text("error").Should().Contain("there is nothing at this address");
        attempts[1].Text("remedy").Should().Contain("callbackUrl");
        var timestamp = Header(attempts[1], "webhook-timestamp");
        Header(attempts[1], "webhook-signature").Should().Be(Standard(tenant.WebhookSecret, $"{id}.{timestamp}.{answer.Data.Text("body")}"));
        answer.Json.ToString().Should().NotContain(tenant.WebhookSecret);
        var last = (await tenant.GetAsync($"/api/saas/callbacks/{id}")).Data.GetProperty("attempts")[2];
        (last.GetProperty("error").ValueKind, last.GetProperty("remedy").ValueKind).Should().Be((JsonValueKind.Null, JsonValueKind.Null), "it was taken");
    }

    [Fact]
    public async Task Whoever_cannot_be_reached_is_told_in_words_with_what_helps()
    {
        var tenant = await app.TenantAsync();
        using var nonsense = RawUpstream.Saying("not http at all");
        var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();

        var unreachable = await OnlyAttemptAsync(tenant, $"http://127.0.0.1:{port}/hook");
        unreachable.Text("error").Should().Be("The receiver could not be connected to.");
        unreachable.Text("remedy").Should().Contain("listens on this port");
        unreachable.GetProperty("address").ValueKind.Should().Be(JsonValueKind.Null, "there was no connection");

        var garbled = await OnlyAttemptAsync(tenant, $"{nonsense.Url}/hook");
        garbled.Text("remedy").Should().Contain("did not speak HTTP");
        garbled.Text("address").Should().Be("127.0.0.1");
    }

    [Fact]
    public async Task What_ended_without_an_attempt_says_why()
    {
        var tenant = await app.TenantAsync();
        app.Sandbox.Callbacks.Configure($"unsigned-{tenant.Code}", new CallbackBehaviour { RespondWith = [500] });
        var id = await CallbackAsync(tenant, app.Sandbox.CallbackUrl($"unsigned-{tenant.Code}"));
        await app.SendAsync(HttpMethod.Delete, $"/api/clients/{tenant.Code}/secrets/automationWebhookSecret", null, ("x-admin-key", AppFixture.AdminKey));
        await RetryAsync();

        (await tenant.GetAsync($"/api/saas/callbacks/{id}")).Data.Text("note").Should().Contain("nothing is sent unsigned");
    }

    [Fact]
    public async Task Another_tenants_callback_is_not_there()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var id = await CallbackAsync(tenant, app.Sandbox.CallbackUrl("theirs"));

        var answer = await other.GetAsync($"/api/saas/callbacks/{id}");

        (answer.Status, answer.Code).Should().Be((404, "CALLBACK_NOT_FOUND"));
        (await other.GetAsync("/api/saas/callbacks/nonsense")).Code.Should().Be("INVALID_ID");
    }

    [Fact]
    public async Task The_list_is_narrowed_by_how_the_address_begins_by_the_event_and_by_days()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var host = new Uri(app.Sandbox.CallbackUrl("x")).Authority;
        var (one, two) = (app.Sandbox.CallbackUrl("search-one"), app.Sandbox.CallbackUrl("search-two"));
        var first = await CallbackAsync(tenant, one);
        var second = await CallbackAsync(tenant, two);
        await CallbackAsync(other, one);
        var eventId = (await tenant.GetAsync($"/api/saas/callbacks/{first}")).Data.Text("eventLogId");
        var today = app.Clock.GetUtcNow().AddHours(5.5).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var tomorrow = app.Clock.GetUtcNow().AddHours(29.5).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        (await FoundAsync($"search={host}")).Should().BeEquivalentTo([first, second]);
        (await FoundAsync($"search={one}")).Should().Equal(first);
        (await FoundAsync($"search={two[7..^1]}&startDate={today}&endDate={today}")).Should().Equal(second);
        (await FoundAsync($"search={eventId}")).Should().Equal(first);
        (await FoundAsync($"search={second}")).Should().Equal(second);
        (await FoundAsync("search=clinic.example.com")).Should().BeEmpty();
        (await FoundAsync($"startDate={tomorrow}")).Should().BeEmpty();
        (await tenant.GetAsync($"/api/saas/callbacks/logs?search={new string('x', 2049)}")).Code.Should().Be("VALIDATION_ERROR");

        async Task<IEnumerable<string>> FoundAsync(string query) =>
            (await tenant.GetAsync($"/api/saas/callbacks/logs?{query}")).Data.EnumerateArray().Select(c => c.Text("id"));
    }

    private static string Header(JsonElement attempt, string name) =>
        attempt.Text("requestHead").Split('\n').Single(l => l.StartsWith($"{name}: ", StringComparison.OrdinalIgnoreCase))[(name.Length + 2)..];

    private static string Standard(string secret, string signed) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)));

    private async Task<JsonElement> OnlyAttemptAsync(TestTenant tenant, string url)
    {
        var id = await CallbackAsync(tenant, url);
        return (await tenant.GetAsync($"/api/saas/callbacks/{id}")).Data.GetProperty("attempts")[0];
    }

    private async Task RetryAsync()
    {
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.RunDueAsync();
    }

    private async Task<string> CallbackAsync(TestTenant tenant, string callbackUrl)
    {
        var log = await tenant.FireAsync("form_submitted", "9876543218", new { callbackUrl });
        await app.RunDueAsync();
        return (await tenant.EventAsync(log)).GetProperty("callback").Text("id");
    }
}
