using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ecodrix.Tests.Api.Automations;

namespace Ecodrix.Tests.Api.Triggers;

public sealed class TriggerTests(AppFixture app) : IClassFixture<AppFixture>
{
    /// <summary>The seed's full payload, verbatim but for the callback's address.</summary>
    private const string SeedPayload = """
        {
          "trigger": "appointment_confirmed",
          "phone": "919876543210",
          "email": "patient@example.com",
          "variables": { "patientName": "Ravi Kumar", "doctorName": "Dr. Sharma", "appointmentTime": "3:00 PM" },
          "data": { "appointmentId": "6abc...", "amount": 1500 },
          "requiresMeet": true,
          "meetConfig": { "title": "Consultation: Dr. Sharma + Ravi", "startTime": "2026-03-15T09:30:00Z", "durationMinutes": 30, "attendeeEmail": "patient@example.com" },
          "callbackUrl": "CALLBACK",
          "callbackMetadata": { "appointmentId": "6abc..." },
          "delayMinutes": 0,
          "createLeadIfMissing": true,
          "leadData": { "firstName": "Ravi", "lastName": "Kumar", "email": "patient@example.com", "source": "website" }
        }
        """;

    [Fact]
    public async Task The_seeds_payload_ends_in_a_whatsapp_message_and_a_signed_callback()
    {
        var tenant = await app.TenantAsync();
        await RuleAsync(tenant, "appointment_confirmed", new
        {
            type = "send_whatsapp",
            config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "{{variables.patientName}}", "{{variables.doctorName}}", "{{variables.appointmentTime}}" } },
        });
        var catcher = $"seed-{tenant.Code}";
        app.Sandbox.Options.CallbackSecrets[catcher] = tenant.WebhookSecret;

        var answer = await tenant.PostAsync("/api/saas/workflows/trigger", SeedPayload.Replace("CALLBACK", app.Sandbox.CallbackUrl(catcher), StringComparison.Ordinal));

        answer.Status.Should().Be(200);
        answer.Data.GetProperty("rulesMatched").GetInt32().Should().Be(1);
        answer.Data.GetProperty("scheduled").GetBoolean().Should().BeFalse();
        answer.Data.GetProperty("meetLink").ValueKind.Should().Be(JsonValueKind.Null);
        answer.Data.GetProperty("meetWarning").GetString().Should().NotBeNullOrEmpty();

        await app.RunDueAsync();

        var log = (await tenant.GetAsync($"/api/saas/events/logs/{answer.Data.GetProperty("eventLogId").GetString()}")).Data;
        log.GetProperty("status").GetString().Should().Be("completed");
        log.GetProperty("actions")[0].GetProperty("output").GetProperty("wamid").GetString().Should().StartWith("wamid.");
        log.GetProperty("actions")[0].GetProperty("input").GetProperty("components").ToString().Should().Contain("Dr. Sharma");

        var attempt = log.GetProperty("callback");
        attempt.GetProperty("status").GetString().Should().Be("delivered");
        var body = attempt.GetProperty("body").GetString()!;
        JsonDocument.Parse(body).RootElement.GetProperty("metadata").GetProperty("appointmentId").GetString().Should().Be("6abc...");
    }

    [Fact]
    public async Task A_delayed_trigger_waits_for_its_time_and_then_runs()
    {
        var tenant = await app.TenantAsync();
        await RuleAsync(tenant, "form_submitted", new { type = "add_tag", config = new { tag = "form" } });

        var answer = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543211", delayMinutes = 30, createLeadIfMissing = true });
        await app.RunDueAsync();
        var lead = $"/api/crm/leads/{answer.Data.GetProperty("leadId").GetString()}";

        answer.Data.GetProperty("scheduled").GetBoolean().Should().BeTrue();
        Tags(await tenant.GetAsync(lead)).Should().BeEmpty();

        app.Clock.Advance(TimeSpan.FromMinutes(31));
        await app.RunDueAsync();

        Tags(await tenant.GetAsync(lead)).Should().Equal("form");
    }

    [Fact]
    public async Task A_delayed_trigger_finds_the_lead_that_was_made_while_it_waited()
    {
        var tenant = await app.TenantAsync();
        await RuleAsync(tenant, "form_submitted", new { type = "add_tag", config = new { tag = "form" } });
        var waiting = await tenant.FireAsync("form_submitted", "9876543217", new { delayMinutes = 30, createLeadIfMissing = false });
        var nobodys = await tenant.FireAsync("form_submitted", "9876543218", new { delayMinutes = 30, createLeadIfMissing = false });
        var lead = (await tenant.PostAsync("/api/crm/leads", new { firstName = "Asha", phone = "9876543217" })).Data.GetProperty("id").GetString();

        app.Clock.Advance(TimeSpan.FromMinutes(31));
        await app.RunDueAsync();

        Tags(await tenant.GetAsync($"/api/crm/leads/{lead}")).Should().Equal("form");
        (await tenant.EventAsync(waiting)).GetProperty("leadId").GetString().Should().Be(lead);
        (await tenant.EventAsync(nobodys)).GetProperty("leadId").ValueKind.Should().Be(JsonValueKind.Null, "none is made");
    }

    [Fact]
    public async Task A_later_trigger_with_the_same_correlation_key_calls_off_what_is_pending()
    {
        var tenant = await app.TenantAsync();
        await RuleAsync(tenant, "appointment_reminder", new { type = "add_tag", config = new { tag = "reminded" } });
        var reminder = await tenant.PostAsync("/api/saas/workflows/trigger",
            new { trigger = "appointment_reminder", phone = "9876543212", createLeadIfMissing = true, delayMinutes = 60, correlationKey = "appointment-1" });

        await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "appointment_cancelled", phone = "9876543212", correlationKey = "appointment-1", cancelPending = true });
        app.Clock.Advance(TimeSpan.FromHours(2));
        await app.RunDueAsync();

        (await tenant.GetAsync($"/api/saas/events/logs/{reminder.Data.GetProperty("eventLogId").GetString()}")).Data.GetProperty("status").GetString().Should().Be("cancelled");
        Tags(await tenant.GetAsync($"/api/crm/leads/{reminder.Data.GetProperty("leadId").GetString()}")).Should().BeEmpty();
    }

    [Fact]
    public async Task A_rule_that_would_trigger_itself_for_ever_is_stopped_and_says_so()
    {
        var tenant = await app.TenantAsync();
        await RuleAsync(tenant, "tag_added", new { type = "remove_tag", config = new { tag = "ping" } });
        await RuleAsync(tenant, "tag_removed", new { type = "add_tag", config = new { tag = "ping" } });
        var lead = await tenant.PostAsync("/api/crm/leads", new { firstName = "Loop", phone = "9876543213" });

        await tenant.PatchAsync($"/api/crm/leads/{lead.Data.GetProperty("id").GetString()}/tags", new { add = new[] { "ping" } });
        await app.RunDueAsync();

        var logs = (await tenant.GetAsync("/api/saas/events/logs")).Data.EnumerateArray().ToList();
        logs.Should().HaveCountLessThan(6);
        var last = await tenant.GetAsync($"/api/saas/events/logs/{logs[0].GetProperty("id").GetString()}");
        last.Data.GetProperty("rules").ToString().Should().Contain("skipped: loop");
        last.Data.GetProperty("status").GetString().Should().Be("skipped");
    }

    [Fact]
    public async Task A_system_trigger_from_a_client_server_is_refused_with_the_names_it_may_use()
    {
        var tenant = await app.TenantAsync();

        var answer = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "lead_created", phone = "9876543210" });

        answer.Status.Should().Be(400);
        answer.Code.Should().Be("UNKNOWN_TRIGGER");
        answer.Json.GetProperty("message").GetString().Should().Contain("form_submitted");
    }

    [Fact]
    public async Task The_same_idempotency_key_gives_the_first_answer_again_and_another_body_is_refused()
    {
        var tenant = await app.TenantAsync();
        var body = new { trigger = "form_submitted", phone = "9876543214" };

        var first = await tenant.PostAsync("/api/saas/workflows/trigger", body, ("Idempotency-Key", "k-1"));
        var again = await tenant.PostAsync("/api/saas/workflows/trigger", body, ("Idempotency-Key", "k-1"));
        var other = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543215" }, ("Idempotency-Key", "k-1"));

        again.Data.GetProperty("eventLogId").GetString().Should().Be(first.Data.GetProperty("eventLogId").GetString());
        again.Headers.Should().ContainKey("Idempotency-Replayed");
        other.Status.Should().Be(422);
        other.Code.Should().Be("IDEMPOTENCY_KEY_REUSED");
        var trace = await tenant.EventAsync(first.Data.GetProperty("eventLogId").GetString()!);
        trace.GetProperty("idempotencyKey").GetString().Should().Be("k-1");
        trace.GetProperty("keyPrefix").GetString().Should().StartWith("eck_").And.HaveLength(8);
    }

    [Fact]
    public async Task The_sixty_first_trigger_of_a_minute_is_refused_and_not_executed()
    {
        var tenant = await app.TenantAsync();
        for (var sent = 0; sent < 60; sent++)
        {
            (await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543216" })).Status.Should().Be(200);
        }

        var over = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543216" });

        over.Status.Should().Be(429);
        over.Code.Should().Be("RATE_LIMITED");
        over.Headers.Should().ContainKeys("Retry-After", "RateLimit", "RateLimit-Policy", "x-request-id");
        (await tenant.GetAsync("/api/saas/events/logs")).Json.GetProperty("total").GetInt32().Should().Be(60);
    }

    [Fact]
    public void The_seeds_signature_check_accepts_our_signature()
    {
        const string Secret = "0123456789abcdef0123456789abcdef";
        var body = Encoding.UTF8.GetBytes("""{"trigger":"appointment_confirmed"}""");

        // createHmac("sha256", SECRET): the key is the UTF-8 bytes of the text.
        var expected = "sha256=" + Convert.ToHexString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), body)).ToLowerInvariant();

        Engine.Callbacks.CallbackSignature.Seed(Secret, body).Should().Be(expected).And.HaveLength(71);
    }

    private static IEnumerable<string?> Tags(TestAnswer lead) => lead.Data.GetProperty("tags").EnumerateArray().Select(t => t.GetString());

    private static async Task RuleAsync(TestTenant tenant, string trigger, object action) =>
        (await tenant.PostAsync("/api/crm/automations", new { name = $"On {trigger}", trigger, actions = new[] { action } })).Status.Should().Be(201);
}
