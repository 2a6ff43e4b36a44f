using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.Live;
using Ecodrix.Tests.Api.People;

namespace Ecodrix.Tests.Api.Clients;

public sealed class TenantIsolationTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_tenant_reads_and_changes_nothing_of_another()
    {
        var mine = await app.TenantAsync();
        var theirs = await app.TenantAsync();
        var lead = (await theirs.PostAsync("/api/crm/leads", new { firstName = "Theirs", phone = "9876543210" })).Data.GetProperty("id").GetString();
        var pipeline = (await theirs.GetAsync("/api/crm/pipelines")).Data[0].GetProperty("id").GetString();
        var fired = await theirs.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210", delayMinutes = 5 });
        var job = fired.Data.GetProperty("jobIds")[0].GetString();

        (await mine.GetAsync($"/api/crm/leads/{lead}")).Code.Should().Be("LEAD_NOT_FOUND");
        (await mine.PatchAsync($"/api/crm/leads/{lead}/tags", new { add = new[] { "x" } })).Code.Should().Be("LEAD_NOT_FOUND");
        (await mine.GetAsync($"/api/saas/events/logs/{fired.Data.GetProperty("eventLogId").GetString()}")).Code.Should().Be("EVENT_NOT_FOUND");
        (await mine.GetAsync($"/api/saas/jobs/status/{job}")).Code.Should().Be("JOB_NOT_FOUND");
        (await mine.GetAsync("/api/crm/leads")).Json.GetProperty("total").GetInt32().Should().Be(0);
        (await theirs.GetAsync($"/api/saas/jobs/status/{job}")).Data.GetProperty("status").GetString().Should().Be("queued");
        pipeline.Should().HaveLength(24);
    }

    [Fact]
    public async Task A_wrong_key_and_an_unknown_code_get_the_same_answer()
    {
        var tenant = await app.TenantAsync();

        var wrong = await (tenant with { Key = "eck_wrong" }).GetAsync("/api/crm/leads");
        var unknown = await (tenant with { Code = "nobody-here" }).GetAsync("/api/crm/leads");

        wrong.Status.Should().Be(401);
        unknown.Json.GetProperty("message").GetString().Should().Be(wrong.Json.GetProperty("message").GetString());
        wrong.Code.Should().Be("INVALID_CREDENTIALS").And.Be(unknown.Code);
    }

    [Fact]
    public async Task Of_a_purged_tenant_nothing_is_left_for_who_gets_its_code_next()
    {
        var code = $"purged-{Guid.NewGuid():n}"[..20];
        var first = await MakeAsync();
        var (_, email) = await first.MemberAsync();
        var cookie = await app.CookieAsync(email);
        (await first.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210", delayMinutes = 5 })).Status.Should().Be(200);
        (await app.SendAsync(HttpMethod.Delete, $"/api/clients/{code}?purge=true", null, ("x-admin-key", AppFixture.AdminKey))).Code.Should().Be("CONFIRM_REQUIRED");

        (await app.SendAsync(HttpMethod.Delete, $"/api/clients/{code}?purge=true&confirm={code}", null, ("x-admin-key", AppFixture.AdminKey))).Status.Should().Be(200);
        var second = await MakeAsync();

        (await second.GetAsync("/api/saas/jobs")).Data.GetArrayLength().Should().Be(0);
        (await second.GetAsync("/api/crm/leads")).Data.GetArrayLength().Should().Be(0);
        await using var hears = await app.HearSignedInAsync(second, cookie);
        (await hears.NextAsync("refused")).GetProperty("code").GetString().Should().NotBeNullOrEmpty("who belonged to the first does not belong to the second");

        async Task<TestTenant> MakeAsync()
        {
            var made = await app.SendAsync(HttpMethod.Post, "/api/clients", new { name = "Purged", code }, ("x-admin-key", AppFixture.AdminKey));
            made.Status.Should().Be(201, made.Json.ToString());
            return new TestTenant(app, code, made.Data.GetProperty("apiKey").GetString()!, "");
        }
    }

    [Fact]
    public async Task What_rules_were_going_to_do_for_a_suspended_tenant_waits_until_it_is_resumed()
    {
        var tenant = await app.TenantAsync();
        var admin = ("x-admin-key", AppFixture.AdminKey);
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = 5, config = new { tag = "late" } });
        var fired = await tenant.FireAsync("form_submitted", "9876543210");
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/suspend", null, admin);
        app.Clock.Advance(TimeSpan.FromHours(1));
        await app.RunDueAsync();

        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/resume", null, admin);
        (await tenant.EventAsync(fired)).Text("status").Should().Be("processing");
        await app.RunDueAsync();
        (await tenant.EventAsync(fired)).Text("status").Should().Be("completed");
    }

    [Fact]
    public async Task A_suspended_tenant_is_refused_until_it_is_resumed()
    {
        var tenant = await app.TenantAsync();
        var admin = ("x-admin-key", AppFixture.AdminKey);

        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/suspend", null, admin);
        (await tenant.GetAsync("/api/crm/leads")).Code.Should().Be("TENANT_SUSPENDED");

        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/resume", null, admin);
        (await tenant.GetAsync("/api/crm/leads")).Status.Should().Be(200);
    }

    [Fact]
    public async Task Secrets_are_listed_by_name_and_never_by_value()
    {
        var tenant = await app.TenantAsync();

        var listed = await app.SendAsync(HttpMethod.Get, $"/api/clients/{tenant.Code}/secrets", null, ("x-admin-key", AppFixture.AdminKey));

        listed.Data.ToString().Should().Contain("whatsappToken").And.NotContain("sandbox-access-token").And.NotContain(tenant.WebhookSecret);
    }

    [Theory]
    [InlineData("GET", "/api/nothing-here", null, 404, "NOT_FOUND")]
    [InlineData("DELETE", "/api/saas/workflows/trigger", null, 405, "METHOD_NOT_ALLOWED")]
    [InlineData("POST", "/api/saas/workflows/trigger", "{", 400, "INVALID_JSON")]
    [InlineData("POST", "/api/saas/workflows/trigger", "[]", 400, "VALIDATION_ERROR")]
    [InlineData("POST", "/api/saas/workflows/trigger", """{"trigger":"form_submitted","phone":12}""", 400, "VALIDATION_ERROR")]
    [InlineData("POST", "/api/saas/workflows/trigger", """{"trigger":"form_submitted","phone":"9876543210","runAt":"2026-03-15T09:30:00"}""", 400, "VALIDATION_ERROR")]
    [InlineData("POST", "/api/saas/workflows/trigger", """{"trigger":"form_submitted","phone":"9876543210","callbackUrl":"https://10.0.0.1/x"}""", 400, "VALIDATION_ERROR")]
    [InlineData("POST", "/api/crm/leads", "{}", 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/api/crm/leads?limit=1000", null, 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/api/crm/leads?page=x", null, 400, "VALIDATION_ERROR")]
    [InlineData("GET", "/api/crm/leads/not-an-id", null, 400, "INVALID_ID")]
    public async Task Every_fault_comes_in_the_envelope(string method, string path, string? body, int status, string code)
    {
        var tenant = await app.TenantAsync();

        var answer = await app.SendAsync(new HttpMethod(method), path, body, ("x-api-key", tenant.Key), ("x-client-code", tenant.Code));

        answer.Status.Should().Be(status);
        answer.Code.Should().Be(code);
        answer.Json.GetProperty("success").GetBoolean().Should().BeFalse();
        answer.Json.GetProperty("requestId").GetString().Should().Be(answer.Headers["x-request-id"]);
    }

    [Fact]
    public async Task A_second_lead_with_the_same_phone_in_another_writing_is_refused_with_the_first_ones_id()
    {
        var tenant = await app.TenantAsync();
        var first = await tenant.PostAsync("/api/crm/leads", new { firstName = "Suresh", phone = "+919876543210" });

        var second = await tenant.PostAsync("/api/crm/leads", new { firstName = "Suresh", phone = "98765 43210" });

        first.Status.Should().Be(201);
        second.Status.Should().Be(409);
        second.Code.Should().Be("DUPLICATE_PHONE");
        second.Json.GetProperty("details").GetProperty("leadId").GetString().Should().Be(first.Data.GetProperty("id").GetString());
    }
}
