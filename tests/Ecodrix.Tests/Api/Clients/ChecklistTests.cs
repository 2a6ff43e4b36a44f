using System.Text.Json;
using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Sandbox.Mail;
using Ecodrix.Tests.Api.Withstand;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Clients;

public sealed class ChecklistTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_fresh_client_has_its_key_and_database_and_everything_else_to_do()
    {
        var made = await app.SendAsync(HttpMethod.Post, "/api/clients", new { name = "Fresh" }, ("x-admin-key", AppFixture.AdminKey));

        var list = await LookAsync(made.Data.GetProperty("clientCode").GetString()!);

        list.GetProperty("ready").GetBoolean().Should().BeFalse();
        list.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("state").GetString())
            .Should().Equal("done", "todo", "done", "todo", "todo", "todo", "todo", "todo");
        Check(list, "email").GetProperty("cause").GetString().Should().Contain("smtpHost");
    }

    [Fact]
    public async Task A_fully_wired_client_is_ready_and_its_health_agrees()
    {
        var tenant = await WiredAsync(MailSandbox.Password);
        await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876500901", callbackUrl = app.Sandbox.CallbackUrl("wired") });
        await app.RunDueAsync();
        app.Sandbox.Callbacks.Configure("wired", new CallbackBehaviour { Secret = tenant.WebhookSecret });
        var before = app.Sandbox.Callbacks.All.Count;

        var list = await LookAsync(tenant.Code);

        foreach (var name in (string[])["client", "whatsapp", "email", "callbackSecret", "callback", "database", "templates", "automations", "share"])
        {
            Check(list, name).GetProperty("state").GetString().Should().Be("done", "{0}: {1}", name, Check(list, name));
        }

        Check(list, "whatsapp").GetProperty("cause").GetString().Should().Contain("quality green");
        app.Sandbox.Callbacks.All.Count.Should().Be(before + 1);
        app.Sandbox.Callbacks.All[^1].Signature.Outcome.ToString().Should().Be("valid");
        var health = await tenant.GetAsync("/api/saas/health/client");
        health.Data.GetProperty("services").GetProperty("email").GetString().Should().Be("connected");
        health.Data.GetProperty("services").GetProperty("whatsapp").GetString().Should().Be("connected");
    }

    [Fact]
    public async Task A_service_that_accepts_and_then_says_nothing_is_given_up_in_time_and_the_others_are_told_of()
    {
        var tenant = await WiredAsync(MailSandbox.Password);
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { smtpPort = $"{((System.Net.IPEndPoint)silent.LocalEndpoint).Port}" }, ("x-admin-key", AppFixture.AdminKey));
        var looking = LookAsync(tenant.Code);
        using var accepted = await silent.AcceptTcpClientAsync();
        // Each has its own time, and the clock is the same for all: the database's probe, which leaves its collection empty, shall be done by then.
        var database = app.Database(tenant);
        await Eventually.IsTrueAsync(async () => (await (await database.ListCollectionNamesAsync()).ToListAsync()).Contains("ecodrix_probe")
            && await database.GetCollection<BsonDocument>("ecodrix_probe").CountDocumentsAsync(new BsonDocument()) == 0, TimeSpan.FromSeconds(20));

        app.Clock.Advance(TimeSpan.FromSeconds(12));
        var list = await looking;

        Check(list, "email").GetProperty("state").GetString().Should().Be("failing");
        Check(list, "email").GetProperty("cause").GetString().Should().Be("No answer within 12 seconds.");
        Check(list, "email").GetProperty("remedy").GetString().Should().Contain("firewall");
        Check(list, "database").GetProperty("state").GetString().Should().Be("done");
    }

    [Fact]
    public async Task What_does_not_work_says_why_and_what_to_do_and_health_agrees()
    {
        var tenant = await WiredAsync("not-the-one");
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { whatsappPhoneNumberId = "1" }, ("x-admin-key", AppFixture.AdminKey));

        var list = await LookAsync(tenant.Code);

        Check(list, "email").GetProperty("state").GetString().Should().Be("failing");
        Check(list, "email").GetProperty("remedy").GetString().Should().Contain("smtpPass");
        list.GetRawText().Should().NotContain("not-the-one");
        list.GetProperty("steps")[1].GetProperty("state").GetString().Should().Be("failing");
        var health = await tenant.GetAsync("/api/saas/health/client");
        health.Data.GetProperty("services").GetProperty("email").GetString().Should().Be("error");
        health.Data.GetProperty("details").GetProperty("email").GetString().Should().Contain("smtpPass");
    }

    [Fact]
    public async Task The_checklist_is_for_the_administration_only()
    {
        var tenant = await app.TenantAsync();

        (await tenant.GetAsync($"/api/clients/{tenant.Code}/checklist")).Status.Should().Be(401);
    }

    private async Task<TestTenant> WiredAsync(string password)
    {
        var tenant = await app.TenantAsync();
        var secrets = new { smtpHost = "127.0.0.1", smtpPort = app.Sandbox.Mail.Port, smtpUser = "clinic", smtpPass = password, smtpFrom = "hello@clinic.example", whatsappWebhookToken = "verify" };
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", secrets, ("x-admin-key", AppFixture.AdminKey));
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        await tenant.PostAsync("/api/crm/automations", new { name = "Tag", trigger = "form_submitted", actions = new[] { new { type = "add_tag", config = new { tag = "x" } } } });
        return tenant;
    }

    private async Task<JsonElement> LookAsync(string code) =>
        (await app.SendAsync(HttpMethod.Get, $"/api/clients/{code}/checklist", null, ("x-admin-key", AppFixture.AdminKey))).Data;

    private static JsonElement Check(JsonElement list, string name) =>
        list.GetProperty("steps").EnumerateArray().SelectMany(s => s.GetProperty("checks").EnumerateArray()).Single(c => c.GetProperty("name").GetString() == name);
}
