using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Tests.Api.Automations;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Monitoring;

public sealed class TelemetryTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Metrics_are_for_who_shows_the_admin_key()
    {
        using var stranger = await ScrapeAsync(null);
        using var wrong = await ScrapeAsync("not-the-admin-key");

        (stranger.StatusCode, wrong.StatusCode).Should().Be((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task Metrics_count_events_jobs_and_the_queue()
    {
        var tenant = await app.TenantAsync();
        await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210", callbackUrl = app.Sandbox.CallbackUrl(tenant.Code) });
        await tenant.RuleAsync("lead_created", new { type = "create_note", config = new { content = "x" } });
        var log = await tenant.FireAsync("form_submitted", "9876543218");
        await app.RunDueAsync();
        await tenant.PostAsync($"/api/saas/events/logs/{log}/replay", new { });
        await app.Services.GetRequiredService<QueueWatch>().LookAsync(CancellationToken.None);

        using var answer = await ScrapeAsync(AppFixture.AdminKey);
        var metrics = await answer.Content.ReadAsStringAsync();

        metrics.Should().MatchRegex("ecodrix_events_accepted[a-z_]*total\\{[^}]*trigger=\"form_submitted\"[^}]*\\} [1-9]");
        var accepted = metrics.Split('\n').Where(line => line.StartsWith("ecodrix_events_accepted", StringComparison.Ordinal)).ToList();
        accepted.Should().Contain(line => line.Contains("trigger=\"form_submitted\"") && line.Contains("source=\"client\""))
            .And.Contain(line => line.Contains("trigger=\"form_submitted\"") && line.Contains("source=\"replay\""))
            .And.Contain(line => line.Contains("trigger=\"lead_created\"") && line.Contains("source=\"system\""));
        metrics.Should().MatchRegex("ecodrix_job_duration_seconds_count\\{[^}]*kind=\"callback.deliver\"");
        metrics.Should().MatchRegex("ecodrix_job_duration_seconds_bucket\\{[^}]*le=\"0.25\"");
        metrics.Should().MatchRegex("ecodrix_callback_attempts[a-z_]*total\\{[^}]*outcome=\"2xx\"");
        metrics.Should().MatchRegex("ecodrix_jobs\\{[^}]*state=\"due\"\\} 0");
        metrics.Should().NotContain(tenant.Code, "the number of tenants has no bound");
    }

    [Fact]
    public async Task One_trace_leads_from_the_request_over_the_job_to_the_callback()
    {
        var tenant = await app.TenantAsync();
        var seen = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is Telemetry.Name or "Microsoft.AspNetCore" or "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = seen.Add,
        };
        ActivitySource.AddActivityListener(listener);
        var caller = ActivityTraceId.CreateRandom();

        await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210", callbackUrl = app.Sandbox.CallbackUrl(tenant.Code) },
            ("traceparent", $"00-{caller}-{ActivitySpanId.CreateRandom()}-01"));
        await app.RunDueAsync();

        var trace = seen.Where(a => a.TraceId == caller).ToList();
        trace.Should().Contain(a => a.Source.Name == "Microsoft.AspNetCore", "the request is its beginning");
        var job = trace.Should().ContainSingle(a => a.OperationName == "job callback.deliver").Subject;
        trace.Should().Contain(a => a.Source.Name == "System.Net.Http" && a.ParentSpanId == job.SpanId, "the callback is called within its job");
    }

    [Fact]
    public async Task A_trace_shows_the_calls_to_meta_and_to_the_mail_server()
    {
        var tenant = await app.TenantAsync();
        var secrets = new { smtpHost = "127.0.0.1", smtpPort = app.Sandbox.Mail.Port, smtpUser = "clinic", smtpPass = Ecodrix.Sandbox.Mail.MailSandbox.Password, smtpFrom = "hello@clinic.example", smtpSecurity = "starttls" };
        (await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", secrets, ("x-admin-key", AppFixture.AdminKey))).Status.Should().Be(200);
        await tenant.RuleAsync("form_submitted", new[]
        {
            new { type = "send_whatsapp", config = (object)new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "Ravi", "Rao", "3 pm" } } },
            new { type = "send_email", config = (object)new { subject = "Traced", htmlBody = "<p>x</p>", to = "traced@example.com" } },
        });
        var seen = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is Telemetry.Name or "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = seen.Add,
        };
        ActivitySource.AddActivityListener(listener);

        await tenant.FireAsync("form_submitted", "9876543219");
        await app.RunDueAsync();

        var jobs = seen.Where(a => a.OperationName == "job automation.action").Select(a => a.SpanId).ToList();
        seen.Should().Contain(a => a.Source.Name == "System.Net.Http" && jobs.Contains(a.ParentSpanId), "Meta is called within its job");
        seen.Should().Contain(a => a.OperationName == "smtp" && a.Kind == ActivityKind.Client && jobs.Contains(a.ParentSpanId), "and so is the mail server");
    }

    private async Task<HttpResponseMessage> ScrapeAsync(string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (key is not null)
        {
            request.Headers.Add("Authorization", $"Bearer {key}");
        }

        return await app.Http.SendAsync(request);
    }
}
