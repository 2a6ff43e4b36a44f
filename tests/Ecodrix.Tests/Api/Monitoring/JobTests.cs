using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.People;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Monitoring;

public sealed class JobTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Nowhere = "000000000000000000000000";

    [Fact]
    public async Task A_failed_action_tried_again_takes_its_event_up_and_goes_on_with_what_it_held_up()
    {
        var tenant = await app.TenantAsync();
        var catcher = $"reopened-{tenant.Code}";
        await tenant.RuleAsync("form_submitted", new[]
        {
            new { type = "assign_to", config = (object)new { assignTo = "{{ data.owner | slice: 0, 200 }}" } },
            new { type = "wait_until", config = (object)new { until = "{{ lead.metadata.extra.at }}" } },
            new { type = "add_tag", config = (object)new { tag = "after" } },
        }, new { stopOnError = true });
        var log = await tenant.FireAsync("form_submitted", "9876551001", new { data = new { owner = "asha" }, callbackUrl = app.Sandbox.CallbackUrl(catcher) });
        await app.RunDueAsync();
        var failed = await tenant.EventAsync(log);
        failed.Text("status").Should().Be("partial");
        failed.Action(2).Text("status").Should().Be("skipped");
        var dead = await tenant.GetAsync("/api/saas/jobs?status=failed");
        dead.Json.GetProperty("total").GetInt32().Should().Be(1);
        var job = dead.Data[0].Text("jobId");
        job.Should().Be(failed.Action(1).Text("id"));
        dead.Data[0].Text("eventLogId").Should().Be(log);

        // What was wrong is put right, and then it is tried again.
        await tenant.PatchAsync($"/api/crm/leads/{failed.Text("leadId")}/metadata", new { extra = new { at = "2020-01-01T00:00:00Z" } });
        var again = await tenant.PostAsync($"/api/saas/jobs/{job}/retry", new { });
        again.Status.Should().Be(200, again.Json.ToString());
        again.Data.Text("status").Should().Be("queued");
        (await tenant.EventAsync(log)).Text("status").Should().Be("processing");
        await app.RunDueAsync();

        var done = await tenant.EventAsync(log);
        done.Text("status").Should().Be("completed");
        done.GetProperty("actions").EnumerateArray().Select(a => a.Text("status")).Should().Equal("completed", "completed", "completed");
        app.Sandbox.Callbacks.Of(catcher).Should().HaveCount(2, "the client hears of the new end too");
        (await tenant.PostAsync($"/api/saas/jobs/{job}/retry", new { })).Code.Should().Be("JOB_NOT_FAILED");
    }

    [Fact]
    public async Task Pending_actions_are_called_off_one_by_one()
    {
        var tenant = await app.TenantAsync();
        var stranger = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = 60, config = new { tag = "one" } });
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = 60, config = new { tag = "two" } });
        var log = await tenant.FireAsync("form_submitted", "9876551002");
        var pending = (await tenant.GetAsync("/api/saas/jobs?status=queued&kind=automation.action")).Data;
        pending.GetArrayLength().Should().Be(2);
        var one = (await tenant.EventAsync(log)).Action(0).Text("id");

        (await stranger.PostAsync($"/api/saas/jobs/{one}/cancel", new { })).Code.Should().Be("JOB_NOT_FOUND");
        (await tenant.PostAsync($"/api/saas/jobs/{one}/cancel", new { })).Data.Text("status").Should().Be("cancelled");
        (await tenant.PostAsync($"/api/saas/jobs/{one}/cancel", new { })).Code.Should().Be("JOB_NOT_QUEUED");
        app.Clock.Advance(TimeSpan.FromHours(2));
        await app.RunDueAsync();

        var ended = await tenant.EventAsync(log);
        ended.Text("status").Should().Be("completed");
        ended.GetProperty("actions").EnumerateArray().Select(a => a.Text("status")).Should().BeEquivalentTo("cancelled", "completed");
    }

    [Fact]
    public async Task What_is_offered_to_be_called_off_is_what_can_be()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = 60, config = new { tag = "one" } });
        await tenant.FireAsync("form_submitted", "9876551009");
        var (agent, _) = await tenant.MemberAsync();
        var jobs = (await app.Services.GetRequiredService<JobMonitoring>().ListAsync(agent, new JobFilter { Status = "queued" }, Paging.From(), default)).Items;
        var control = app.Services.GetRequiredService<JobControl>();

        jobs.Where(job => control.MayCallOff(agent, job)).Select(job => job.Kind).Should().Equal("automation.action");
        foreach (var job in jobs.Where(job => !control.MayCallOff(agent, job)).ToList())
        {
            (await tenant.PostAsync($"/api/saas/jobs/{job.JobId}/cancel", new { })).Code.Should().Be("JOB_NOT_YOURS", job.Kind);
        }

        jobs.Should().HaveCountGreaterThan(1, "the platform's own work is in the list too");
        control.MayCallOff(agent, jobs.Single(j => j.Kind == "automation.action") with { Status = JobStatus.Processing }).Should().BeFalse();
        control.MayCallOff(agent, jobs[0] with { Kind = "unknown.kind" }).Should().BeFalse();
    }

    [Fact]
    public async Task The_queue_tells_its_depth_its_oldest_job_and_its_dead_letters_of_this_client_only()
    {
        var tenant = await app.TenantAsync();
        var stranger = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new[]
        {
            new { type = "add_tag", delayMinutes = 1, config = (object)new { tag = "soon" } },
        });
        await tenant.RuleAsync("payment_captured", new { type = "move_stage", config = new { stageId = Nowhere } });
        await tenant.FireAsync("payment_captured", "9876551003");
        await app.RunDueAsync();
        await tenant.FireAsync("form_submitted", "9876551003");
        app.Clock.Advance(TimeSpan.FromMinutes(3));

        var queue = (await tenant.GetAsync("/api/saas/jobs/queue")).Data;
        queue.GetProperty("deadLetters").GetInt32().Should().Be(1);
        queue.GetProperty("due").GetInt32().Should().BeGreaterThanOrEqualTo(1);
        queue.GetProperty("oldestDueSeconds").GetDouble().Should().BeGreaterThanOrEqualTo(119);
        var health = (await tenant.GetAsync("/api/saas/health/client")).Data;
        health.GetProperty("queueDepth").GetInt32().Should().Be(queue.GetProperty("waiting").GetInt32());
        (await stranger.GetAsync("/api/saas/jobs/queue")).Data.GetProperty("deadLetters").GetInt32().Should().Be(0);
        (await tenant.GetAsync("/api/saas/jobs?status=lost")).Code.Should().Be("VALIDATION_ERROR");
        await app.RunDueAsync();
    }

    [Fact]
    public async Task While_an_action_waits_its_trace_says_queued_with_the_time_and_only_a_fault_says_retrying()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "wait_until", config = new { until = "{{ data.at }}" } });
        var at = app.Clock.GetUtcNow().AddHours(3).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var log = await tenant.FireAsync("form_submitted", "9876551004", new { data = new { at } });
        await app.RunDueAsync();

        var waiting = (await tenant.EventAsync(log)).Action(0);

        waiting.Text("status").Should().Be("queued");
        waiting.Text("runAt").Should().StartWith(at[..19]);
        waiting.GetProperty("input").Text("until").Should().Be(at);
    }
}
