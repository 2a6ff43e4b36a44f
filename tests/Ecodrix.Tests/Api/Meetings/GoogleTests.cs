using System.Net;
using System.Text.Json;

namespace Ecodrix.Tests.Api.Meetings;

/// <summary>Google Meet against the sandbox's stand-in: the consent in a browser's steps, then triggers that ask for a meeting.</summary>
public sealed class GoogleTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_connected_client_gets_a_link_with_its_answer_and_a_repeat_finds_the_same_meeting()
    {
        var tenant = await app.ConnectedAsync();

        var first = await FireAsync(tenant, ("Idempotency-Key", "meet-1"));
        var repeat = await FireAsync(tenant, ("Idempotency-Key", "meet-1"));

        first.GetProperty("meetLink").GetString().Should().StartWith("https://meet.google.com/", first.GetProperty("meetWarning").ToString());
        first.GetProperty("meetWarning").ValueKind.Should().Be(JsonValueKind.Null);
        repeat.GetProperty("meetLink").GetString().Should().Be(first.GetProperty("meetLink").GetString());
        var made = app.Sandbox.Google.Events.Single(e => e.Id == first.GetProperty("eventLogId").GetString());
        made.Summary.Should().Be("Consultation");
        made.Attendee.Should().Be("patient@example.com");
        made.Start.Should().Be("2026-12-15T09:30:00Z");
    }

    [Fact]
    public async Task A_meeting_that_an_attempt_before_made_is_found_by_its_id()
    {
        var tenant = await app.ConnectedAsync();
        var scope = await app.ScopeAsync(tenant);
        var meetings = (Ecodrix.Engine.Meetings.IMeetings)app.Services.GetService(typeof(Ecodrix.Engine.Meetings.IMeetings))!;
        var meeting = new Ecodrix.Engine.Meetings.NewMeeting(MongoDB.Bson.ObjectId.GenerateNewId().ToString(), "Once", app.Clock.GetUtcNow(), 30, null);

        var first = await meetings.MakeAsync(scope, meeting, CancellationToken.None);
        var second = await meetings.MakeAsync(scope, meeting, CancellationToken.None);

        second.Should().Be(first);
        app.Sandbox.Google.Events.Count(e => e.Id == meeting.Id).Should().Be(1);
    }

    [Fact]
    public async Task An_expired_token_is_refreshed_and_a_pending_link_waited_for()
    {
        var tenant = await app.ConnectedAsync();
        await FireAsync(tenant);
        app.Sandbox.Google.ExpireAccess();
        app.Sandbox.Google.PendingLooks = 2;

        var answer = await FireAsync(tenant);
        app.Sandbox.Google.PendingLooks = 0;

        answer.GetProperty("meetLink").GetString().Should().StartWith("https://meet.google.com/");
    }

    [Fact]
    public async Task A_withdrawn_consent_gives_a_warning_that_says_reconnect_and_the_trigger_still_runs()
    {
        var tenant = await app.ConnectedAsync();
        app.Sandbox.Google.Revoke();

        var answer = await FireAsync(tenant);

        answer.GetProperty("meetLink").ValueKind.Should().Be(JsonValueKind.Null);
        answer.GetProperty("meetWarning").GetString().Should().Contain("reconnect");
        answer.GetProperty("leadId").GetString().Should().NotBeNull();
    }

    [Fact]
    public async Task A_used_up_quota_gives_a_warning()
    {
        var tenant = await app.ConnectedAsync();
        app.Sandbox.Google.FailWithQuota(1);

        var answer = await FireAsync(tenant);

        answer.GetProperty("meetWarning").GetString().Should().Contain("rateLimitExceeded");
        (await FireAsync(tenant)).GetProperty("meetLink").ValueKind.Should().Be(JsonValueKind.String);
    }

    [Fact]
    public async Task A_calendar_that_does_not_answer_within_ten_seconds_costs_the_link_and_nothing_else()
    {
        var tenant = await app.ConnectedAsync();
        app.Sandbox.Google.Delay = TimeSpan.FromMinutes(5);
        var firing = FireAsync(tenant);
        await app.HeldByGoogleAsync();
        app.Clock.Advance(TimeSpan.FromSeconds(9));
        firing.IsCompleted.Should().BeFalse("there is a second left");

        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var answer = await firing;
        app.Sandbox.Google.Delay = TimeSpan.Zero;

        answer.GetProperty("meetLink").ValueKind.Should().Be(JsonValueKind.Null);
        answer.GetProperty("meetWarning").GetString().Should().Contain("within 10 seconds");
        answer.GetProperty("leadId").GetString().Should().NotBeNull();
    }

    [Fact]
    public async Task Without_a_connection_or_a_start_the_warning_says_what_is_missing()
    {
        var tenant = await app.TenantAsync();

        (await FireAsync(tenant)).GetProperty("meetWarning").GetString().Should().Contain("not connected");
        var answer = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876500001", requiresMeet = true });
        answer.Data.GetProperty("meetWarning").GetString().Should().Contain("meetConfig.startTime");
    }

    [Fact]
    public async Task A_state_works_once_and_only_in_the_browser_that_began()
    {
        var tenant = await WithSecretsAsync();
        using var browser = app.Browser();
        var callback = await tenant.ConsentAsync(browser);
        using var stranger = app.Browser();

        var stolen = await stranger.GetAsync(callback);
        stolen.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await stolen.Content.ReadAsStringAsync()).Should().Contain("GOOGLE_STATE_INVALID");
        var taken = await browser.GetAsync(callback);
        taken.StatusCode.Should().Be(HttpStatusCode.OK);
        (await taken.Content.ReadAsStringAsync()).Should().Contain("Google is connected").And.NotContain("__");
        taken.Headers.GetValues("Content-Security-Policy").Single().Should().Contain("nonce-").And.NotContain("unsafe");
        (await browser.GetAsync(callback)).StatusCode.Should().Be(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_declined_consent_connects_nothing_and_says_so()
    {
        var tenant = await WithSecretsAsync();
        using var browser = app.Browser();

        var answer = await browser.GetAsync(await tenant.ConsentAsync(browser, allow: false));

        (await answer.Content.ReadAsStringAsync()).Should().Contain("declined");
        (await FireAsync(tenant)).GetProperty("meetWarning").GetString().Should().Contain("not connected");
    }

    [Fact]
    public async Task A_link_expires_and_belongs_to_one_client()
    {
        var tenant = await WithSecretsAsync();
        var other = await WithSecretsAsync();
        using var browser = app.Browser();
        var link = await tenant.GoogleLinkAsync();

        (await browser.GetAsync(link.Replace(tenant.Code, other.Code, StringComparison.Ordinal))).StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        (await browser.GetAsync($"/api/auth/google/connect?clientCode={tenant.Code}")).StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        app.Clock.Advance(TimeSpan.FromMinutes(11));
        (await browser.GetAsync(link)).StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    private async Task<TestTenant> WithSecretsAsync()
    {
        var tenant = await app.TenantAsync();
        await tenant.GoogleSecretsAsync();
        return tenant;
    }

    private static async Task<JsonElement> FireAsync(TestTenant tenant, params (string Name, string Value)[] headers) => (await tenant.PostAsync(
        "/api/saas/workflows/trigger",
        new
        {
            trigger = "appointment_confirmed",
            phone = "9876500077",
            requiresMeet = true,
            meetConfig = new { title = "Consultation", startTime = "2026-12-15T09:30:00Z", durationMinutes = 30, attendeeEmail = "patient@example.com" },
            createLeadIfMissing = true,
        },
        headers)).Data;
}
