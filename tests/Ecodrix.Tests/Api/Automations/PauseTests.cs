using Ecodrix.Engine.Jobs;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Automations;

public sealed class PauseTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task While_paused_events_are_accepted_and_wait_and_go_on_when_resumed()
    {
        var tenant = await app.TenantAsync();
        var other = await app.TenantAsync();
        foreach (var each in new[] { tenant, other })
        {
            await each.RuleAsync("form_submitted", new { type = "add_tag", config = new { tag = "form" } });
        }

        await tenant.PauseAsync(true);
        var waiting = await tenant.FireAsync("form_submitted", "9876531001");
        var free = await other.FireAsync("form_submitted", "9876531001");
        await app.RunDueAsync();

        (await other.EventAsync(free)).Text("status").Should().Be("completed");
        var log = await tenant.EventAsync(waiting);
        log.Text("status").Should().Be("scheduled");
        log.Text("waiting").Should().Contain("paused");
        log.GetProperty("leadId").GetString().Should().NotBeNull("the lead is made at once");

        await tenant.PauseAsync(false);
        await app.RunDueAsync();

        (await tenant.EventAsync(waiting)).Text("status").Should().Be("completed");
    }

    [Fact]
    public async Task Actions_under_way_are_held_without_using_up_attempts_and_can_still_be_called_off()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = 10, config = new { tag = "later" } });
        var kept = await tenant.FireAsync("form_submitted", "9876531002");
        var dropped = await tenant.FireAsync("form_submitted", "9876531003");

        await tenant.PauseAsync(true);
        app.Clock.Advance(TimeSpan.FromMinutes(20));
        await app.RunDueAsync();
        await app.RunDueAsync();

        (await tenant.EventAsync(kept)).Text("status").Should().Be("processing");
        var job = (await tenant.EventAsync(kept)).Action(0).Text("id");
        var status = (await tenant.GetAsync($"/api/saas/jobs/status/{job}")).Data;
        status.Text("status").Should().Be("queued");
        status.GetProperty("attempts").GetInt32().Should().Be(0);
        status.Text("error").Should().Contain("paused");
        (await tenant.PostAsync($"/api/saas/events/logs/{dropped}/cancel", new { })).Data.GetProperty("cancelled").GetInt32().Should().Be(1);

        await tenant.PauseAsync(false);
        await app.RunDueAsync();

        (await tenant.EventAsync(kept)).Text("status").Should().Be("completed");
        (await tenant.EventAsync(dropped)).Text("status").Should().Be("cancelled");
    }

    [Fact]
    public async Task What_was_held_is_let_go_even_if_the_process_dies_right_after_the_switch()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", config = new { tag = "form" } });
        await tenant.PauseAsync(true);
        var waiting = await tenant.FireAsync("form_submitted", "9876531005");
        await app.RunDueAsync();

        var resumed = await app.CutOffAsync(
            c => c.ElementCount > 0 && c.GetElement(0) is { Name: "insert" } first && first.Value == "audit",
            () => app.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { automationsPaused = false }, ("x-admin-key", AppFixture.AdminKey)));
        resumed.Status.Should().Be(500);
        app.Clock.Advance(TimeSpan.FromSeconds(15));
        await app.RunDueAsync();

        (await tenant.EventAsync(waiting)).Text("status").Should().Be("completed");
    }

    [Fact]
    public async Task A_job_that_was_held_just_after_the_switch_is_let_go_a_little_later()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", config = new { tag = "form" } });
        await tenant.PauseAsync(true);
        var late = await tenant.FireAsync("form_submitted", "9876531004");
        await tenant.PauseAsync(false);
        // As a node does it that read the old setting a moment ago.
        var queue = app.Services.GetRequiredService<JobQueue>();
        await queue.Jobs.UpdateManyAsync(
            j => j.Tenant == tenant.Code && j.Kind == "event.fire",
            Builders<Job>.Update.Set(j => j.After, AutomationGate.Of(tenant.Code)));
        await app.RunDueAsync();
        (await tenant.EventAsync(late)).Text("status").Should().Be("scheduled");

        app.Clock.Advance(TimeSpan.FromSeconds(15));
        await app.RunDueAsync();

        (await tenant.EventAsync(late)).Text("status").Should().Be("completed");
    }
}
