using System.Globalization;
using System.Text.Json;
using Ecodrix.Sandbox.Mail;

namespace Ecodrix.Tests.Api.Email;

/// <summary>Mails over real sockets, against the sandbox's mail server.</summary>
public sealed class SendEmailTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Theory]
    [InlineData("starttls")]
    [InlineData("tls")]
    public async Task A_mail_is_rendered_escaped_and_delivered_encrypted(string security)
    {
        var tenant = await TenantAsync(security);
        await RuleAsync(tenant, "Hello {{ lead.firstName }}", "<p>Dear {{ lead.firstName }}, {{ variables.note }}</p><p><a href=\"https://clinic.example/pay\">Pay</a></p>");

        var trace = await FireAsync(tenant, "ravi@example.com", "<b>&");

        var mail = Delivered("ravi@example.com");
        mail.Encrypted.Should().BeTrue();
        mail.User.Should().Be("clinic");
        mail.Subject.Should().Be("Hello Ravi");
        mail.From.Should().Be("\"Clinic\" <hello@clinic.example>");
        mail.Html.Should().Contain("Dear Ravi, &lt;b&gt;&amp;");
        mail.Text.Should().Contain("Dear Ravi, <b>&").And.Contain("Pay (https://clinic.example/pay)");
        var action = trace.GetProperty("actions")[0];
        mail.MessageId.Should().Be($"{action.GetProperty("id").GetString()}@clinic.example");
        action.GetProperty("status").GetString().Should().Be("completed");
        action.GetProperty("input").GetProperty("subject").GetString().Should().Be("Hello Ravi");
        action.GetProperty("input").GetProperty("html").GetString().Should().Contain("Dear Ravi");
    }

    [Fact]
    public async Task A_mail_that_is_put_off_goes_out_later_under_the_same_id()
    {
        var tenant = await TenantAsync();
        await RuleAsync(tenant, "Put off", "<p>x</p>");
        app.Sandbox.Mail.Fail(new MailFailure("end", 451));

        var waiting = await FireAsync(tenant, "later@example.com");
        waiting.GetProperty("actions")[0].GetProperty("status").GetString().Should().Be("retrying");
        waiting.GetProperty("actions")[0].GetProperty("error").GetString().Should().Contain("451");
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        await app.RunDueAsync();

        Delivered("later@example.com").Subject.Should().Be("Put off");
        (await TraceAsync(tenant, waiting)).GetProperty("actions")[0].GetProperty("status").GetString().Should().Be("completed");
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("mail")]
    [InlineData("end")]
    public async Task A_dropped_connection_is_tried_again(string at)
    {
        var tenant = await TenantAsync();
        await RuleAsync(tenant, "Dropped", "<p>x</p>");
        app.Sandbox.Mail.Fail(new MailFailure(at, null));

        var waiting = await FireAsync(tenant, $"dropped-{at}@example.com");
        waiting.GetProperty("actions")[0].GetProperty("status").GetString().Should().Be("retrying");
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        await app.RunDueAsync();

        Delivered($"dropped-{at}@example.com").Should().NotBeNull();
    }

    [Fact]
    public async Task A_refused_address_fails_for_good_with_the_servers_words_and_a_remedy()
    {
        var tenant = await TenantAsync();
        await RuleAsync(tenant, "Hello", "<p>x</p>");

        var trace = await FireAsync(tenant, "bounce@example.com");

        var action = trace.GetProperty("actions")[0];
        action.GetProperty("status").GetString().Should().Be("failed");
        action.GetProperty("attempts").GetInt32().Should().Be(1);
        action.GetProperty("error").GetString().Should().Contain("550").And.Contain("bounce@example.com").And.Contain("Check the address");
    }

    [Fact]
    public async Task A_wrong_password_fails_for_good_and_says_what_to_check()
    {
        var tenant = await TenantAsync(password: "not-the-one");
        await RuleAsync(tenant, "Hello", "<p>x</p>");

        var trace = await FireAsync(tenant, "ravi@example.com");

        trace.GetProperty("actions")[0].GetProperty("status").GetString().Should().Be("failed");
        trace.GetProperty("actions")[0].GetProperty("error").GetString().Should().Contain("smtpPass").And.NotContain("not-the-one");
    }

    [Theory]
    [InlineData(null, "failed")]
    [InlineData("none", "completed")]
    public async Task A_server_without_TLS_gets_the_password_only_where_that_was_asked_for(string? security, string status)
    {
        var tenant = await TenantAsync(security);
        await RuleAsync(tenant, "Hello", "<p>x</p>");
        app.Sandbox.Mail.OffersStartTls = false;
        try
        {
            var action = (await FireAsync(tenant, $"clear-{status}@example.com")).GetProperty("actions")[0];

            action.GetProperty("status").GetString().Should().Be(status);
            app.Sandbox.Mail.All.Any(m => m.EnvelopeTo.Contains($"clear-{status}@example.com")).Should().Be(status == "completed");
            (security is null).Should().Be(action.ToString().Contains("does not offer STARTTLS", StringComparison.Ordinal));
        }
        finally
        {
            app.Sandbox.Mail.OffersStartTls = true;
        }
    }

    [Fact]
    public async Task A_mail_on_an_odd_port_is_encrypted_without_being_asked()
    {
        var tenant = await TenantAsync(security: null);
        await RuleAsync(tenant, "Hello", "<p>x</p>");

        await FireAsync(tenant, "odd@example.com");

        Delivered("odd@example.com").Encrypted.Should().BeTrue();
    }

    [Fact]
    public async Task A_subject_with_a_line_break_is_refused_and_nothing_is_sent()
    {
        var tenant = await TenantAsync();
        await RuleAsync(tenant, "Hello {{ variables.note }}", "<p>x</p>");

        var trace = await FireAsync(tenant, "inject@example.com", "x\r\nBcc: everybody@example.com");

        trace.GetProperty("actions")[0].GetProperty("status").GetString().Should().Be("failed");
        trace.GetProperty("actions")[0].GetProperty("error").GetString().Should().Contain("line break");
        app.Sandbox.Mail.All.Should().NotContain(m => m.EnvelopeTo.Contains("inject@example.com"));
    }

    [Fact]
    public async Task A_tenants_mails_share_a_connection_and_no_other_tenant_does()
    {
        var tenant = await TenantAsync();
        var other = await TenantAsync();
        await RuleAsync(tenant, "Hello", "<p>x</p>");
        await RuleAsync(other, "Hello", "<p>x</p>");
        await FireAsync(tenant, "one@example.com");
        await FireAsync(tenant, "two@example.com");
        await FireAsync(other, "three@example.com");

        int Connection(string to) => app.Sandbox.Mail.All.Single(m => m.EnvelopeTo.Contains(to)).Connection;
        Connection("two@example.com").Should().Be(Connection("one@example.com"));
        Connection("three@example.com").Should().NotBe(Connection("one@example.com"));
    }

    [Fact]
    public async Task An_event_without_an_address_is_skipped_and_a_given_address_wins()
    {
        var tenant = await TenantAsync();
        await RuleAsync(tenant, "Hello", "<p>x</p>");
        var skipped = await FireAsync(tenant, null);
        skipped.GetProperty("actions")[0].GetProperty("status").GetString().Should().Be("skipped");

        var given = await TenantAsync();
        await RuleAsync(given, "Hello", "<p>x</p>", "{{ variables.note }}");
        await FireAsync(given, "ravi@example.com", "desk@example.com");
        Delivered("desk@example.com").Should().NotBeNull();
    }

    [Fact]
    public async Task A_given_address_that_comes_out_empty_means_nobody_and_not_the_lead()
    {
        var tenant = await TenantAsync();
        await RuleAsync(tenant, "For the desk only", "<p>x</p>", "{{ variables.desk }}");

        var action = (await FireAsync(tenant, "not-the-desk@example.com")).GetProperty("actions")[0];

        action.GetProperty("status").GetString().Should().Be("skipped");
        action.GetProperty("error").GetString().Should().Contain("no e-mail address");
        app.Sandbox.Mail.All.Should().NotContain(m => m.EnvelopeTo.Contains("not-the-desk@example.com"));
    }

    [Fact]
    public async Task A_mail_server_inside_the_network_is_not_connected_to()
    {
        var tenant = await TenantAsync(host: "127.0.0.2");
        await RuleAsync(tenant, "Hello", "<p>x</p>");

        var trace = await FireAsync(tenant, "ravi@example.com");

        trace.GetProperty("actions")[0].GetProperty("error").GetString().Should().Contain("private address");
    }

    [Fact]
    public async Task A_rule_whose_mail_lacks_a_subject_is_refused()
    {
        var tenant = await TenantAsync();

        var answer = await tenant.PostAsync("/api/crm/automations", new { name = "x", trigger = "form_submitted", actions = new[] { new { type = "send_email", config = new { htmlBody = "{% if %}" } } } });

        answer.Status.Should().Be(400);
        answer.Json.ToString().Should().Contain("subject").And.Contain("htmlBody");
    }

    [Fact]
    public async Task A_mail_is_on_the_leads_timeline()
    {
        var tenant = await TenantAsync();
        await RuleAsync(tenant, "Hello {{ lead.firstName }}", "<p>x</p>");

        var trace = await FireAsync(tenant, "timeline@example.com");

        var timeline = await tenant.GetAsync($"/api/crm/leads/{trace.GetProperty("leadId").GetString()}/timeline");
        timeline.Data.EnumerateArray().Where(a => a.GetProperty("type").GetString() == "email")
            .Should().ContainSingle().Which.GetProperty("title").GetString().Should().Be("E-mail to timeline@example.com: Hello Ravi");
    }

    [Fact]
    public async Task A_dry_run_names_the_recipient_and_reads_as_the_mail_would()
    {
        var tenant = await TenantAsync();
        var plan = await TryAsync(tenant, "Hello {{ lead.firstName }}", "ravi@example.com");

        plan.GetProperty("to").GetString().Should().Be("ravi@example.com");
        plan.GetProperty("text").GetString().Should().Contain("Dear Ravi");
        plan.GetProperty("input").GetProperty("subject").GetString().Should().Be("Hello Ravi");
        plan.GetProperty("wouldRun").GetBoolean().Should().BeTrue();
        app.Sandbox.Mail.All.Should().NotContain(m => m.Subject == "Hello Ravi" && m.EnvelopeTo.Contains("ravi@example.com") && m.Text!.Contains("only tried"));
    }

    [Theory]
    [InlineData("connected", null, "NO_EMAIL")]
    [InlineData("not connected", "ravi@example.com", "SMTP_NOT_CONNECTED")]
    [InlineData("empty subject", "ravi@example.com", "EMAIL_INVALID")]
    public async Task A_dry_run_says_what_would_keep_a_mail_from_going_out(string at, string? email, string code)
    {
        var tenant = at == "not connected" ? await app.TenantAsync() : await TenantAsync();

        var plan = await TryAsync(tenant, at == "empty subject" ? "{{ variables.none }}" : "Hello", email);

        plan.GetProperty("wouldRun").GetBoolean().Should().BeFalse();
        plan.GetProperty("obstacles").EnumerateArray().Select(o => o.GetProperty("code").GetString()).Should().Contain(code);
    }

    private static async Task<JsonElement> TryAsync(TestTenant tenant, string subject, string? email)
    {
        var rule = await tenant.PostAsync("/api/crm/automations", new
        {
            name = "Mail",
            trigger = "form_submitted",
            actions = new[] { new { type = "send_email", config = new { subject, htmlBody = "<p>Dear {{ lead.firstName }}, only tried</p>" } } },
        });
        var lead = await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone = "9876500077", email });
        lead.Status.Should().Be(201);
        var tried = await tenant.PostAsync($"/api/crm/automations/{rule.Data.GetProperty("id").GetString()}/test", new { leadId = lead.Data.GetProperty("id").GetString() });
        tried.Status.Should().Be(200);
        return tried.Data.GetProperty("actions")[0];
    }

    private async Task<TestTenant> TenantAsync(string? security = "starttls", string password = MailSandbox.Password, string host = "127.0.0.1")
    {
        var tenant = await app.TenantAsync();
        var port = security == "tls" ? app.Sandbox.Mail.TlsPort : app.Sandbox.Mail.Port;
        var secrets = new Dictionary<string, object> { ["smtpHost"] = host, ["smtpPort"] = port, ["smtpUser"] = "clinic", ["smtpPass"] = password, ["smtpFrom"] = "Clinic <hello@clinic.example>" };
        if (security is not null)
        {
            secrets["smtpSecurity"] = security;
        }

        (await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", secrets, ("x-admin-key", AppFixture.AdminKey))).Status.Should().Be(200);
        return tenant;
    }

    private static async Task RuleAsync(TestTenant tenant, string subject, string htmlBody, string to = "") =>
        (await tenant.PostAsync("/api/crm/automations", new { name = "Mail", trigger = "form_submitted", actions = new[] { new { type = "send_email", config = new { subject, htmlBody, to } } } }))
            .Status.Should().Be(201);

    private async Task<JsonElement> FireAsync(TestTenant tenant, string? email, string note = "")
    {
        var phone = string.Create(CultureInfo.InvariantCulture, $"98765{Random.Shared.Next(10000, 99999)}");
        var fired = await tenant.PostAsync("/api/saas/workflows/trigger",
            new { trigger = "form_submitted", phone, createLeadIfMissing = true, leadData = new { firstName = "Ravi", email }, variables = new { note } });
        await app.RunDueAsync();
        return (await tenant.GetAsync($"/api/saas/events/logs/{fired.Data.GetProperty("eventLogId").GetString()}")).Data;
    }

    private static async Task<JsonElement> TraceAsync(TestTenant tenant, JsonElement trace) =>
        (await tenant.GetAsync($"/api/saas/events/logs/{trace.GetProperty("id").GetString()}")).Data;

    private CaughtMail Delivered(string to)
    {
        return app.Sandbox.Mail.All.Last(m => m.EnvelopeTo.Contains(to));
    }
}
