using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Ecodrix.Tests.Api.Clients;

public sealed class KeyAndSecretTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly (string, string) Admin = ("x-admin-key", AppFixture.AdminKey);

    [Fact]
    public async Task A_rotated_key_works_for_the_overlap_and_then_no_longer()
    {
        var tenant = await app.TenantAsync();
        var old = (await KeysAsync(tenant)).EnumerateArray().Single().GetProperty("id").GetString();

        var fresh = await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/keys/{old}/rotate", new { overlapHours = 2 }, Admin);
        var newKey = fresh.Data.GetProperty("key").GetString()!;

        (await tenant.GetAsync("/api/crm/leads")).Status.Should().Be(200);
        (await (tenant with { Key = newKey }).GetAsync("/api/crm/leads")).Status.Should().Be(200);
        app.Clock.Advance(TimeSpan.FromHours(3));
        (await tenant.GetAsync("/api/crm/leads")).Code.Should().Be("INVALID_CREDENTIALS");
        (await (tenant with { Key = newKey }).GetAsync("/api/crm/leads")).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_key_may_do_only_what_its_scopes_say_and_nothing_once_revoked()
    {
        var tenant = await app.TenantAsync();
        var made = (await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/keys", new { name = "Website", scopes = new[] { "trigger" } }, Admin)).Data;
        var limited = tenant with { Key = made.GetProperty("key").GetString()! };

        (await limited.GetAsync("/api/crm/leads")).Code.Should().Be("SCOPE_REQUIRED");
        (await limited.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210" })).Status.Should().Be(200);
        await app.SendAsync(HttpMethod.Delete, $"/api/clients/{tenant.Code}/keys/{made.GetProperty("id").GetString()}", null, Admin);
        (await limited.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210" })).Code.Should().Be("INVALID_CREDENTIALS");
    }

    [Fact]
    public async Task A_secret_goes_in_and_never_comes_out()
    {
        var tenant = await app.TenantAsync();
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { smtpPass = "a very secret password" }, Admin);

        var listed = await app.SendAsync(HttpMethod.Get, $"/api/clients/{tenant.Code}/secrets", null, Admin);
        var client = await app.SendAsync(HttpMethod.Get, $"/api/clients/{tenant.Code}", null, Admin);

        listed.Json.ToString().Should().Contain("smtpPass").And.NotContain("a very secret");
        client.Json.ToString().Should().NotContain("a very secret").And.NotContain("sandbox-access-token");
    }

    [Fact]
    public async Task An_unknown_secret_and_a_bad_value_are_named_together()
    {
        var tenant = await app.TenantAsync();

        var answer = await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { smtpPort = "70000", wrongName = "x", automationWebhookSecret = "short" }, Admin);

        answer.Code.Should().Be("VALIDATION_ERROR");
        answer.Json.GetProperty("details").EnumerateArray().Select(d => d.GetProperty("field").GetString()).Should().BeEquivalentTo(["smtpPort", "wrongName", "automationWebhookSecret"]);
    }

    [Fact]
    public async Task A_webhook_secret_rotates_with_both_signatures_until_the_next_takes_over()
    {
        var tenant = await app.TenantAsync();
        var rotated = (await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets/rotate-webhook", null, Admin)).Data;
        var next = rotated.GetProperty("secret").GetString()!;

        var during = await CallbackAsync(tenant, "during");
        app.Clock.Advance(TimeSpan.FromHours(25));
        var after = await CallbackAsync(tenant, "after");

        next.Should().MatchRegex("^[0-9a-f]{32}$");
        during.Signature.Should().Be(Seed(tenant.WebhookSecret, during.Body));
        during.Standard.Split(' ').Should().HaveCount(2).And.Contain(Standard(tenant.WebhookSecret, during)).And.Contain(Standard(next, during));
        after.Signature.Should().Be(Seed(next, after.Body));
        after.Standard.Should().Be(Standard(next, after));
    }

    private async Task<JsonElement> KeysAsync(TestTenant tenant) => (await app.SendAsync(HttpMethod.Get, $"/api/clients/{tenant.Code}/keys", null, Admin)).Data;

    private async Task<Sent> CallbackAsync(TestTenant tenant, string name)
    {
        var catcher = $"{name}-{tenant.Code}";
        await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210", callbackUrl = app.Sandbox.CallbackUrl(catcher) });
        await app.RunDueAsync();
        var caught = app.Sandbox.Callbacks.Of(catcher).Single();
        var headers = caught.Headers.ToDictionary(h => h.Key, h => h.Value, StringComparer.OrdinalIgnoreCase);
        return new Sent(caught.Body, headers["x-ecodrix-signature"], headers["webhook-signature"], headers["webhook-id"], headers["webhook-timestamp"]);
    }

    private static string Seed(string secret, string body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(body)));

    private static string Standard(string secret, Sent sent) =>
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{sent.Id}.{sent.Timestamp}.{sent.Body}")));

    private sealed record Sent(string Body, string Signature, string Standard, string Id, string Timestamp);
}
