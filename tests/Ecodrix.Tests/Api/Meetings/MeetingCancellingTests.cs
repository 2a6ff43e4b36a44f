using System.Text.Json;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.Triggers;
using Ecodrix.Sandbox.Google;
using Ecodrix.Tests.Api.Automations;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;

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
    public async Task Calling_off_by_key_spares_the_meeting_of_an_appointment_made_later()
    {
        var tenant = await app.ConnectedAsync();
        var first = await BookAsync(tenant, "appointment-4");
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var scope = await app.ScopeAsync(tenant);
        // As a process leaves it that dies right after accepting it.
        await scope.Db.Events.InsertOneAsync(new EventLog
        {
            Id = ObjectId.GenerateNewId(),
            Trigger = "appointment_cancelled",
            Source = EventSource.Client,
            Status = EventStatus.Received,
            Phone = "+919876500078",
            CorrelationKey = "appointment-4",
            Request = new BsonDocument { ["trigger"] = "appointment_cancelled", ["cancelPending"] = true },
            ReceivedAt = app.Clock.GetUtcNow().UtcDateTime,
        });
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await BookAsync(tenant, "appointment-4");

        await app.Services.GetRequiredService<Outbox>().ArmAsync(scope, CancellationToken.None);
        app.Clock.Advance(TimeSpan.FromSeconds(25));
        await app.RunDueAsync();

        (Made(first).Deleted, Made(second).Deleted).Should().Be((true, false));
    }

    [Fact]
    public async Task A_forced_replay_of_a_booking_keeps_the_meeting_it_is_about()
    {
        var tenant = await app.ConnectedAsync();
        var log = await BookAsync(tenant, "appointment-5", cancelPending: true);
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        var replay = await tenant.PostAsync($"/api/saas/events/logs/{log}/replay", new { force = true });
        await app.RunDueAsync();

        Made(log).Deleted.Should().BeFalse();
        (await MeetAsync(tenant, replay.Data.Text("eventLogId"))).Text("link").Should().Be((await MeetAsync(tenant, log)).Text("link"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_meeting_that_was_never_made_is_not_taken_out_nor_made_by_a_replay_once_its_appointment_is_cancelled(bool withdrawn)
    {
        var tenant = withdrawn ? await app.ConnectedAsync() : await app.TenantAsync();
        if (withdrawn)
        {
            app.Sandbox.Google.Revoke();
        }

        var log = await BookAsync(tenant, "appointment-6");
        var warning = (await MeetAsync(tenant, log)).Text("warning");

        await tenant.FireAsync("appointment_cancelled", "9876500078", new { correlationKey = "appointment-6", cancelPending = true });
        await app.RunDueAsync();

        (await tenant.GetAsync("/api/saas/jobs?kind=meeting.cancel")).Json.GetProperty("total").GetInt32().Should().Be(0);
        var meet = await MeetAsync(tenant, log);
        (meet.Text("cancelled"), meet.Text("warning")).Should().Be(("done", warning));

        await tenant.ConnectGoogleAsync();
        await tenant.PostAsync($"/api/saas/events/logs/{log}/replay", new { });
        app.Sandbox.Google.Events.Should().NotContain(e => e.Id == log);
    }

    [Fact]
    public async Task A_replay_gets_the_meeting_that_its_event_could_not_and_it_is_called_off_with_that_event()
    {
        var tenant = await app.TenantAsync();
        var log = await BookAsync(tenant);
        (await MeetAsync(tenant, log)).GetProperty("link").ValueKind.Should().Be(JsonValueKind.Null);
        await tenant.ConnectGoogleAsync();

        var (first, second) = (await ReplayAsync(tenant, log), await ReplayAsync(tenant, log));

        var link = (await MeetAsync(tenant, first)).Text("link");
        link.Should().StartWith("https://meet.google.com/");
        (await MeetAsync(tenant, second)).Text("link").Should().Be(link);
        (await MeetAsync(tenant, log)).Text("link").Should().Be(link);
        Made(log).Attendee.Should().Be("patient@example.com");
        await CancelAsync(tenant, log);
        await app.RunDueAsync();
        Made(log).Deleted.Should().BeTrue();
    }

    [Fact]
    public async Task A_replay_makes_no_meeting_whose_time_has_passed()
    {
        var tenant = await app.TenantAsync();
        var log = await BookAsync(tenant);
        await tenant.ConnectGoogleAsync();
        app.Clock.Advance(TimeSpan.FromHours(25));

        await ReplayAsync(tenant, log);

        app.Sandbox.Google.Events.Should().NotContain(e => e.Id == log);
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

    private static async Task<string> ReplayAsync(TestTenant tenant, string log)
    {
        var replay = await tenant.PostAsync($"/api/saas/events/logs/{log}/replay", new { });
        replay.Status.Should().Be(200, replay.Json.ToString());
        return replay.Data.Text("eventLogId");
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
