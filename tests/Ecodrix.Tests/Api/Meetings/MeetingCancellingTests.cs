using System.Text.Json;
using Ecodrix.Engine.Meetings;
using Ecodrix.Sandbox.Google;
using Ecodrix.Tests.Api.Automations;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Meetings;

/// <summary>A cancelled appointment leaves no meeting in the calendar, and nothing else takes one out.</summary>
public sealed class MeetingCancellingTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task An_event_that_is_called_off_takes_its_meeting_out_of_the_calendar_and_tells_who_was_invited()
    {
        var tenant = await app.ConnectedAsync();
        var log = await BookAsync(tenant);

        var cancelled = await CancelAsync(tenant, log);

        cancelled.GetProperty("cancelled").GetInt32().Should().Be(1);
        (await MeetAsync(tenant, log)).Text("cancelled").Should().Be("pending");
        await app.RunDueAsync();
        Made(log).Deleted.Should().BeTrue();
        Made(log).Told.Should().Be("all");
        var meet = await MeetAsync(tenant, log);
        meet.Text("cancelled").Should().Be("done");
        meet.GetProperty("link").ValueKind.Should().Be(JsonValueKind.Null, "nobody shall be sent to a dead link");
        meet.Text("warning").Should().Contain("taken out of the calendar");
        (await CancelAsync(tenant, log)).GetProperty("cancelled").GetInt32().Should().Be(0, "it is called off already");
    }

    [Fact]
    public async Task A_cancelled_appointment_takes_the_meeting_of_its_key_along_and_a_payment_does_not()
    {
        var tenant = await app.ConnectedAsync();
        var (log, other) = (await BookAsync(tenant, "appointment-1"), await BookAsync(tenant, "appointment-2"));

        await tenant.FireAsync("payment_captured", "9876500078", new { correlationKey = "appointment-1", cancelPending = true });
        await app.RunDueAsync();
        Made(log).Deleted.Should().BeFalse("only its reminders were called off");

        await tenant.FireAsync("appointment_cancelled", "9876500078", new { correlationKey = "appointment-1", cancelPending = true });
        await app.RunDueAsync();

        Made(log).Deleted.Should().BeTrue();
        (await MeetAsync(tenant, log)).Text("warning").Should().Contain("appointment_cancelled");
        Made(other).Deleted.Should().BeFalse("it is another appointment");
    }

    [Fact]
    public async Task An_appointment_made_anew_under_its_key_replaces_the_meeting()
    {
        var tenant = await app.ConnectedAsync();
        var first = await BookAsync(tenant, "appointment-3");

        var second = await BookAsync(tenant, "appointment-3", cancelPending: true);
        await app.RunDueAsync();

        (Made(first).Deleted, Made(second).Deleted).Should().Be((true, false));
    }

    [Fact]
    public async Task A_meeting_that_has_begun_stays_in_the_calendar()
    {
        var tenant = await app.ConnectedAsync();
        var log = await BookAsync(tenant);
        app.Clock.Advance(TimeSpan.FromHours(25));

        (await CancelAsync(tenant, log)).GetProperty("cancelled").GetInt32().Should().Be(0);
        await app.RunDueAsync();

        Made(log).Deleted.Should().BeFalse();
        (await MeetAsync(tenant, log)).GetProperty("cancelled").ValueKind.Should().Be(JsonValueKind.Null);
    }

    [Fact]
    public async Task An_erased_person_leaves_no_meeting_in_the_calendar_not_even_one_that_was_held()
    {
        var tenant = await app.ConnectedAsync();
        var held = await BookAsync(tenant);
        app.Clock.Advance(TimeSpan.FromHours(25));
        var ahead = await BookAsync(tenant);
        var others = await tenant.FireAsync("appointment_confirmed", "9876500079", new { requiresMeet = true, meetConfig = new { title = "Visit", startTime = app.Clock.GetUtcNow().AddDays(1) } });
        var lead = (await tenant.EventAsync(ahead)).Text("leadId");
        app.Sandbox.Google.FailWithQuota(1);

        var erased = await tenant.DeleteAsync($"/api/crm/leads/{lead}?confirm=true");

        erased.Data.GetProperty("meetings").GetInt32().Should().Be(2);
        await app.RunDueAsync();
        app.Clock.Advance(TimeSpan.FromSeconds(5));
        await app.RunDueAsync();
        (Made(held).Deleted, Made(ahead).Deleted, Made(others).Deleted).Should().Be((true, true, false));
        (await tenant.GetAsync("/api/saas/jobs?kind=meeting.cancel")).Json.ToString().Should().NotContain("9876500078").And.NotContain("patient@example.com");
    }

    [Fact]
    public async Task A_used_up_quota_is_waited_for()
    {
        var tenant = await app.ConnectedAsync();
        var log = await BookAsync(tenant);
        app.Sandbox.Google.FailWithQuota(1);
        await CancelAsync(tenant, log);

        await app.RunDueAsync();
        Made(log).Deleted.Should().BeFalse();
        app.Clock.Advance(TimeSpan.FromSeconds(5));
        await app.RunDueAsync();

        Made(log).Deleted.Should().BeTrue();
        (await MeetAsync(tenant, log)).Text("cancelled").Should().Be("done");
    }

    [Fact]
    public async Task Without_consent_the_trace_says_that_the_meeting_stays_and_its_job_can_be_tried_again_once_Google_is_back()
    {
        var tenant = await app.ConnectedAsync();
        var log = await BookAsync(tenant);
        app.Sandbox.Google.Revoke();
        await CancelAsync(tenant, log);
        await app.RunDueAsync();

        var meet = await MeetAsync(tenant, log);
        meet.Text("cancelled").Should().Be("failed");
        meet.Text("warning").Should().Contain("still in the calendar").And.Contain("Reconnect");
        meet.Text("link").Should().StartWith("https://meet.google.com/");
        var job = (await tenant.GetAsync("/api/saas/jobs?status=failed&kind=meeting.cancel")).Data[0].Text("jobId");

        await tenant.ConnectGoogleAsync();
        (await tenant.PostAsync($"/api/saas/jobs/{job}/retry", new { })).Status.Should().Be(200);
        await app.RunDueAsync();

        Made(log).Deleted.Should().BeTrue();
        (await MeetAsync(tenant, log)).Text("cancelled").Should().Be("done");
    }

    [Fact]
    public async Task A_meeting_that_somebody_deleted_or_that_never_was_is_done_with()
    {
        var tenant = await app.ConnectedAsync();
        var log = await BookAsync(tenant);
        var scope = await app.ScopeAsync(tenant);
        var meetings = app.Services.GetRequiredService<IMeetings>();

        var answers = new[] { await meetings.CancelAsync(scope, log, default), await meetings.CancelAsync(scope, log, default), await meetings.CancelAsync(scope, "abcdef0123456789abcdef01", default) };

        answers.Should().OnlyContain(stays => stays == null);
        Made(log).Deleted.Should().BeTrue();
    }

    private CalendarEvent Made(string log) => app.Sandbox.Google.Events.Single(e => e.Id == log);

    private static async Task<JsonElement> CancelAsync(TestTenant tenant, string log) => (await tenant.PostAsync($"/api/saas/events/logs/{log}/cancel", new { })).Data;

    private static async Task<JsonElement> MeetAsync(TestTenant tenant, string log) => (await tenant.EventAsync(log)).GetProperty("meet");

    private Task<string> BookAsync(TestTenant tenant, string? key = null, bool cancelPending = false) => tenant.FireAsync("appointment_confirmed", "9876500078", new
    {
        requiresMeet = true,
        correlationKey = key,
        cancelPending,
        meetConfig = new { title = "Visit", startTime = app.Clock.GetUtcNow().AddDays(1), durationMinutes = 30, attendeeEmail = "patient@example.com" },
    });
}
