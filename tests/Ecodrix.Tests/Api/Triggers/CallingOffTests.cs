using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.Leads;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Triggers;

/// <summary>What is accepted and cannot be worked on, and what is called off before, in between and by halves.</summary>
public sealed class CallingOffTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task An_event_that_fails_keeps_no_other_waiting_and_ends_as_failed()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "create_note", config = new { content = "x" } });
        var poison = await AcceptedAsync(tenant, poison: true);
        var sound = await AcceptedAsync(tenant);

        await DrainAsync(tenant);

        (await tenant.EventAsync(sound)).Text("status").Should().Be("completed");
        (await tenant.EventAsync(poison)).Text("status").Should().Be("received", "it may have been a passing fault");
        for (var tries = 0; tries < 8; tries++)
        {
            await DrainAsync(tenant);
            app.Clock.Advance(TimeSpan.FromHours(2));
        }

        var ended = await tenant.EventAsync(poison);
        ended.Text("status").Should().Be("failed");
        ended.Text("note").Should().Contain("could not be worked on");
    }

    [Fact]
    public async Task An_event_that_has_not_been_worked_on_can_be_called_off()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "create_note", config = new { content = "x" } });
        var log = await AcceptedAsync(tenant);

        var cancelled = await tenant.PostAsync($"/api/saas/events/logs/{log}/cancel", new { });
        await DrainAsync(tenant);

        cancelled.Data.GetProperty("cancelled").GetInt32().Should().Be(1);
        cancelled.Data.Text("status").Should().Be("cancelled");
        var ended = await tenant.EventAsync(log);
        ended.Text("status").Should().Be("cancelled");
        ended.GetProperty("actions").GetArrayLength().Should().Be(0);
    }

    [Theory]
    [InlineData("9999-12-31T23:50:00Z", null)]
    [InlineData("0001-01-01T00:00:00Z", null)]
    [InlineData("9999-12-31T23:50:00Z", 60)]
    [InlineData("0001-01-01T00:10:00Z", -60)]
    public async Task A_meeting_at_the_end_of_time_is_refused(string startTime, int? offset)
    {
        var tenant = await app.TenantAsync();

        var fired = await tenant.PostAsync("/api/saas/workflows/trigger", new
        {
            trigger = "form_submitted",
            phone = "9876573001",
            requiresMeet = true,
            meetConfig = new { startTime, durationMinutes = 30 },
            relativeTo = offset is null ? null : "meetConfig.startTime",
            offsetMinutes = offset,
        });

        fired.Status.Should().Be(400);
        fired.Json.ToString().Should().Contain("meetConfig.startTime");
    }

    [Fact]
    public async Task A_wait_until_the_end_of_time_fails_once_and_is_not_repeated()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "wait_until", config = new { until = "9999-12-31T23:59:00Z", offsetMinutes = 60 } });
        var log = await tenant.FireAsync("form_submitted", "9876573002");

        await app.RunDueAsync();

        var action = (await tenant.EventAsync(log)).Action(0);
        action.Text("status").Should().Be("failed");
        action.Text("error").Should().Contain("a year at most");
    }

    [Fact]
    public async Task Cancelling_by_key_reaches_events_that_have_not_been_worked_on_and_none_that_came_later()
    {
        var tenant = await app.TenantAsync();
        var earlier = await AcceptedAsync(tenant, key: "visit-1");
        var other = await AcceptedAsync(tenant, key: "visit-2");
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        await tenant.FireAsync("appointment_cancelled", "9876573003", new { correlationKey = "visit-1", cancelPending = true });

        (await tenant.EventAsync(earlier)).Text("status").Should().Be("cancelled");
        (await tenant.EventAsync(other)).Text("status").Should().Be("received");
    }

    [Fact]
    public async Task Of_two_events_that_mean_each_other_the_later_stays_whichever_is_worked_on_last()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = 60, config = new { tag = "later" } });
        var scope = await app.ScopeAsync(tenant);
        var oldest = await tenant.FireAsync("form_submitted", "9876573011", new { correlationKey = "visit-3" });
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var earlier = await AcceptedAsync(tenant, key: "visit-3", cancels: true);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var later = await tenant.FireAsync("form_submitted", "9876573012", new { correlationKey = "visit-3" });

        await DrainAsync(tenant);

        (await tenant.EventAsync(oldest)).Text("status").Should().Be("cancelled");
        (await tenant.EventAsync(earlier)).Text("status").Should().Be("processing");
        (await tenant.EventAsync(later)).Text("status").Should().Be("processing", "it came after what calls off");

        var read = await scope.Db.Events.Find(e => e.Id == ObjectId.Parse(later)).FirstAsync();
        (await tenant.PostAsync($"/api/saas/events/logs/{later}/cancel", new { })).Status.Should().Be(200);
        await app.Services.GetRequiredService<PendingWork>().CancelByCorrelationAsync(scope, "visit-3", read, CancellationToken.None);
        (await tenant.EventAsync(earlier)).Text("status").Should().Be("processing", "what is called off itself calls off nothing");
    }

    [Fact]
    public async Task Letting_the_actions_of_an_event_go_that_was_called_off_meanwhile_leaves_nothing_running()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "create_note", config = new { content = "x" } });
        var scope = await app.ScopeAsync(tenant);
        var id = ObjectId.Parse(await AcceptedAsync(tenant));
        var read = await scope.Db.Events.Find(e => e.Id == id).FirstAsync();
        await tenant.PostAsync($"/api/saas/events/logs/{id}/cancel", new { });

        var processed = await app.Services.GetRequiredService<EventProcessing>().ProcessAsync(scope, read, CancellationToken.None);
        await app.RunDueAsync();

        processed.Event.Status.Should().Be(EventStatus.Cancelled);
        var log = await tenant.EventAsync(id.ToString());
        log.Text("status").Should().Be("cancelled");
        var jobs = (await tenant.GetAsync("/api/saas/jobs?kind=automation.action")).Data;
        jobs.EnumerateArray().Select(j => j.Text("status")).Should().OnlyContain(s => s == "cancelled");
    }

    [Fact]
    public async Task What_a_crash_left_half_called_off_is_finished_by_the_drain()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = 600, config = new { tag = "later" } });
        var log = await tenant.FireAsync("form_submitted", "9876573004");
        var scope = await app.ScopeAsync(tenant);
        var id = ObjectId.Parse(log);
        // As far as a process got that died: marked, and the job called off.
        await scope.Db.Events.UpdateOneAsync(e => e.Id == id, Builders<EventLog>.Update.Set(e => e.Cancelling, new CancelMark { Why = "Called off by x", At = app.Clock.GetUtcNow().UtcDateTime }));
        await app.Services.GetRequiredService<JobQueue>().CancelAsync(scope, Builders<Job>.Filter.Eq(j => j.EventLogId, id), CancellationToken.None);

        await DrainAsync(tenant);

        var ended = await tenant.EventAsync(log);
        ended.Text("status").Should().Be("cancelled");
        ended.Action(0).Text("error").Should().Be("Called off by x");
    }

    [Theory]
    [InlineData(0, 600)]
    [InlineData(600, 0)]
    public async Task A_job_that_a_crash_left_half_called_off_is_finished_by_the_drain(int eventDelay, int actionDelay)
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = actionDelay, config = new { tag = "later" } });
        var log = await tenant.FireAsync("form_submitted", "9876573013", new { delayMinutes = eventDelay });
        var job = (await tenant.GetAsync("/api/saas/jobs?status=queued")).Data.EnumerateArray().Single(j => j.Text("kind") is "automation.action" or "event.fire").Text("jobId");
        app.Commands.CutOff = c => c.GetElement(0) is { Name: "findAndModify" } first && first.Value == EventLog.Collection;
        (await tenant.PostAsync($"/api/saas/jobs/{job}/cancel", new { })).Status.Should().Be(500);
        app.Commands.CutOff = null;
        (await tenant.GetAsync($"/api/saas/jobs/status/{job}")).Data.Text("status").Should().Be("cancelled");

        app.Clock.Advance(TimeSpan.FromSeconds(25));
        await app.RunDueAsync();

        (await tenant.EventAsync(log)).Text("status").Should().Be("cancelled");
    }

    [Fact]
    public async Task An_event_that_cannot_be_called_off_to_the_end_keeps_no_other_waiting()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = 600, config = new { tag = "later" } });
        var scope = await app.ScopeAsync(tenant);
        var (poisoned, sound) = (ObjectId.Parse(await tenant.FireAsync("form_submitted", "9876573014")), ObjectId.Parse(await tenant.FireAsync("form_submitted", "9876573015")));
        foreach (var id in new[] { poisoned, sound })
        {
            await scope.Db.Events.UpdateOneAsync(e => e.Id == id, Builders<EventLog>.Update.Set(e => e.Cancelling, new CancelMark { Why = "Called off by x", At = app.Clock.GetUtcNow().UtcDateTime }));
            await app.Services.GetRequiredService<JobQueue>().CancelAsync(scope, Builders<Job>.Filter.Eq(j => j.EventLogId, id), CancellationToken.None);
        }

        app.Commands.CutOff = c => c.GetElement(0).Name is "findAndModify" && c.ToString().Contains(poisoned.ToString(), StringComparison.Ordinal);
        await DrainAsync(tenant);
        app.Commands.CutOff = null;
        (await tenant.EventAsync(poisoned.ToString())).Text("status").Should().Be("processing");
        (await tenant.EventAsync(sound.ToString())).Text("status").Should().Be("cancelled");

        await DrainAsync(tenant);
        (await tenant.EventAsync(poisoned.ToString())).Text("status").Should().Be("cancelled");
    }

    [Fact]
    public async Task A_scheduled_event_that_is_called_off_tells_its_client()
    {
        var tenant = await app.TenantAsync();
        var catcher = $"calledoff-{tenant.Code}";
        var log = await tenant.FireAsync("form_submitted", "9876573005", new { delayMinutes = 60, callbackUrl = app.Sandbox.CallbackUrl(catcher) });

        var cancelled = await tenant.PostAsync($"/api/saas/events/logs/{log}/cancel", new { });
        await app.RunDueAsync();

        cancelled.Data.GetProperty("cancelled").GetInt32().Should().Be(1);
        app.Sandbox.Callbacks.Of(catcher).Should().ContainSingle().Which.Body.Should().Contain("\"status\":\"cancelled\"");
        (await tenant.EventAsync(log)).Text("status").Should().Be("cancelled");
    }

    [Fact]
    public async Task Calling_off_a_wait_calls_off_what_it_held_back()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new[]
        {
            new { type = "wait_until", config = (object)new { until = "{{ data.at }}" } },
            new { type = "add_tag", config = (object)new { tag = "after" } },
        });
        var log = await tenant.FireAsync("form_submitted", "9876573006", new { data = new { at = app.Clock.GetUtcNow().AddDays(2).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) } });
        await app.RunDueAsync();

        (await tenant.PostAsync($"/api/saas/jobs/{(await tenant.EventAsync(log)).Action(0).Text("id")}/cancel", new { })).Status.Should().Be(200);
        await app.RunDueAsync();

        var ended = await tenant.EventAsync(log);
        ended.Text("status").Should().Be("cancelled");
        ended.Action(1).Text("status").Should().Be("cancelled");
    }

    [Fact]
    public async Task A_message_whose_action_is_called_off_is_not_queued_for_ever()
    {
        var tenant = await app.TenantAsync();
        var send = new { type = "send_whatsapp", config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "Ravi", "Rao", "3 pm" } } };
        await tenant.RuleAsync("form_submitted", send);
        var scope = await app.ScopeAsync(tenant);
        var rate = (await app.Services.GetRequiredService<ChatPreferences>().GetAsync(scope, CancellationToken.None)).MessagesPerSecond;
        app.Services.GetRequiredService<NumberPace>().TakeHere("106540352242922", rate, rate);
        var log = await tenant.FireAsync("form_submitted", "9876573007");
        var runner = app.Services.GetRequiredService<JobRunner>();
        await runner.RunDueAsync(CancellationToken.None);
        var waiting = await Chat.ChatSteps.MessagesAsync(tenant, "+919876573007");
        waiting.Should().ContainSingle().Which.Text("status").Should().Be("queued");

        await tenant.PostAsync($"/api/saas/events/logs/{log}/cancel", new { });

        (await tenant.EventAsync(log)).Text("status").Should().Be("cancelled");
        var message = (await Chat.ChatSteps.MessagesAsync(tenant, "+919876573007")).Should().ContainSingle().Subject;
        message.Text("status").Should().Be("failed");
        (await tenant.PostAsync($"/api/saas/chat/messages/{message.Text("id")}/retry", new { })).Status.Should().Be(200);
    }

    [Fact]
    public async Task What_waits_for_another_action_is_not_due()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new[] { new { type = "add_tag", config = new { tag = "one" } }, new { type = "add_tag", config = new { tag = "two" } } });
        await tenant.FireAsync("form_submitted", "9876573008");
        await app.ScopeAsync(tenant);

        var queue = (await tenant.GetAsync("/api/saas/jobs/queue")).Data;

        queue.GetProperty("waiting").GetInt32().Should().BeGreaterThanOrEqualTo(2);
        queue.GetProperty("due").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task A_lead_that_a_trigger_makes_is_caused_by_it()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("lead_created", new { type = "create_note", config = new { content = "x" } });
        var root = await tenant.FireAsync("form_submitted", "9876573009");
        await app.RunDueAsync();

        var made = (await tenant.EventsAsync("lead_created"))[0].Text("id");

        (await tenant.EventAsync(made)).Text("causedBy").Should().Be(root);
        (await tenant.EventAsync(root)).GetProperty("caused").EnumerateArray().Select(c => c.Text("id")).Should().Contain(made);
    }

    [Fact]
    public async Task A_simulation_says_what_becomes_of_the_meeting()
    {
        var tenant = await app.TenantAsync();
        var connected = await Meetings.GoogleSteps.ConnectedAsync(app);
        await connected.RuleAsync("form_submitted", new { type = "create_note", config = new { content = "Join {{ meet.link }}" } });
        var trigger = new { trigger = "form_submitted", phone = "9876573010", createLeadIfMissing = true, requiresMeet = true, meetConfig = new { startTime = app.Clock.GetUtcNow().AddDays(1) } };

        var without = await tenant.PostAsync("/api/saas/workflows/simulate", trigger);
        var with = await connected.PostAsync("/api/saas/workflows/simulate", trigger);

        without.Data.GetProperty("meet").GetProperty("wouldBeMade").GetBoolean().Should().BeFalse();
        without.Data.GetProperty("meet").Text("warning").Should().Contain("not connected");
        with.Data.GetProperty("meet").GetProperty("wouldBeMade").GetBoolean().Should().BeTrue();
        with.Data.GetProperty("actions")[0].GetProperty("input").Text("content").Should().StartWith("Join https://meet.google.com/");
    }

    /// <summary>An event as a process leaves it that dies right after accepting it.</summary>
    private async Task<string> AcceptedAsync(TestTenant tenant, bool poison = false, string? key = null, bool cancels = false)
    {
        var scope = await app.ScopeAsync(tenant);
        var log = new EventLog
        {
            Id = ObjectId.GenerateNewId(),
            Trigger = "form_submitted",
            Source = EventSource.Client,
            Status = EventStatus.Received,
            Phone = "+919876573099",
            CorrelationKey = key,
            // A request that no reading would have let through stands for whatever nobody has thought of.
            Request = new BsonDocument { ["trigger"] = "form_submitted", ["createLeadIfMissing"] = poison ? "perhaps" : BsonBoolean.True, ["cancelPending"] = cancels },
            ReceivedAt = app.Clock.GetUtcNow().UtcDateTime,
        };
        await scope.Db.Events.InsertOneAsync(log);
        return log.Id.ToString();
    }

    private async Task DrainAsync(TestTenant tenant)
    {
        await app.Services.GetRequiredService<Outbox>().ArmAsync(await app.ScopeAsync(tenant), CancellationToken.None);
        app.Clock.Advance(TimeSpan.FromSeconds(25));
        await app.RunDueAsync();
    }
}
