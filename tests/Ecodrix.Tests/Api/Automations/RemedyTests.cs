using System.Text.Json;
using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Tests.Api.Chat;
using Ecodrix.Tests.Api.Meetings;
using Ecodrix.Tests.Api.Withstand;

namespace Ecodrix.Tests.Api.Automations;

/// <summary>What was not done names its cause and what helps; what was done, how long it worked and how long it waited.</summary>
public sealed class RemedyTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Theory]
    [InlineData("send_email", """{"subject":"Hello","htmlBody":"<p>x</p>","to":"ravi@example.com"}""", "SECRET_MISSING", "set_secrets")]
    [InlineData("send_whatsapp", """{"templateName":"no_such_template","language":"en_US"}""", "TEMPLATE_NOT_FOUND", "open_templates")]
    [InlineData("move_stage", """{"stageId":"000000000000000000000000"}""", "STAGE_NOT_FOUND", "change_rule")]
    [InlineData("wait_until", """{"until":"tomorrow"}""", "VALIDATION_ERROR", "change_rule")]
    public async Task A_failed_action_names_its_cause_and_what_helps(string type, string config, string code, string remedy)
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type, config = JsonSerializer.Deserialize<JsonElement>(config) });
        var log = await tenant.FireAsync("form_submitted", ChatSteps.NewPhone());

        await app.RunDueAsync();

        var action = (await tenant.EventAsync(log)).Action(0);
        action.Text("status").Should().Be("failed");
        (action.Text("errorCode"), action.Text("remedy")).Should().Be((code, remedy));
        action.Text("error").Should().NotStartWith(code, "people read the words");
    }

    [Fact]
    public async Task What_may_pass_is_to_be_tried_again()
    {
        var tenant = await app.TenantAsync();
        app.Sandbox.Callbacks.Configure($"no-{tenant.Code}", new CallbackBehaviour { RespondWith = [404] });
        await tenant.RuleAsync("form_submitted", new { type = "http_request", config = new { url = app.Sandbox.CallbackUrl($"no-{tenant.Code}") } });
        var log = await tenant.FireAsync("form_submitted", ChatSteps.NewPhone());
        await app.RunDueAsync();

        var failed = (await tenant.EventAsync(log)).Action(0);
        failed.Text("remedy").Should().Be("try_again");

        await tenant.PostAsync($"/api/saas/jobs/{failed.Text("id")}/retry", new { });
        await app.RunDueAsync();
        (await tenant.EventAsync(log)).Action(0).GetProperty("remedy").ValueKind.Should().Be(JsonValueKind.Null, "it is done");
    }

    [Fact]
    public async Task Whoever_does_not_want_it_is_looked_at_in_the_conversation()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Stop");
        await tenant.RuleAsync("form_submitted", new { type = "send_whatsapp", config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "Ravi", "Rao", "3 pm" } } });
        var log = await tenant.FireAsync("form_submitted", phone);

        await app.RunDueAsync();

        var action = (await tenant.EventAsync(log)).Action(0);
        (action.Text("status"), action.Text("errorCode"), action.Text("remedy")).Should().Be(("skipped", "OPTED_OUT", "open_conversation"));
    }

    [Fact]
    public async Task A_meeting_that_was_not_made_asks_for_google_until_it_is_connected()
    {
        var tenant = await app.TenantAsync();
        var visit = new { requiresMeet = true, meetConfig = new { title = "Visit", startTime = app.Clock.GetUtcNow().AddDays(1), durationMinutes = 30 } };
        var log = await tenant.FireAsync("appointment_confirmed", ChatSteps.NewPhone(), visit);
        var noStart = await tenant.FireAsync("appointment_confirmed", ChatSteps.NewPhone(), new { requiresMeet = true });

        (await tenant.EventAsync(log)).GetProperty("meet").Text("remedy").Should().Be("connect_google");
        (await tenant.EventAsync(noStart)).GetProperty("meet").GetProperty("remedy").ValueKind.Should().Be(JsonValueKind.Null, "Google is not what was missing");

        await tenant.ConnectGoogleAsync();
        (await tenant.EventAsync(log)).GetProperty("meet").GetProperty("remedy").ValueKind.Should().Be(JsonValueKind.Null, "it has been done");
    }

    [Fact]
    public async Task How_long_an_action_worked_is_told_apart_from_how_long_it_waited()
    {
        using var upstream = RawUpstream.Hesitating("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync(
            "form_submitted", new object[] { new { type = "http_request", config = new { url = $"{upstream.Url}/hook" } }, new { type = "add_tag", config = new { tag = "after" } } });
        var log = await tenant.FireAsync("form_submitted", ChatSteps.NewPhone());

        // Nobody works for half a minute, and then the receiver takes its time.
        app.Clock.Advance(TimeSpan.FromSeconds(30));
        var working = app.RunDueAsync();
        await upstream.Silent.WaitAsync(TimeSpan.FromSeconds(60));
        app.Clock.Advance(TimeSpan.FromSeconds(4));
        upstream.Speak();
        await working.WaitAsync(TimeSpan.FromSeconds(60));

        var traced = await tenant.EventAsync(log);
        traced.Action(0).GetProperty("tookMs").GetInt64().Should().Be(4_000);
        traced.Action(0).GetProperty("waitedMs").GetInt64().Should().Be(30_000);
        traced.Action(1).GetProperty("tookMs").GetInt64().Should().Be(0);
        traced.Action(1).GetProperty("waitedMs").GetInt64().Should().Be(0, "it was not late before the one before it was done");
    }
}
