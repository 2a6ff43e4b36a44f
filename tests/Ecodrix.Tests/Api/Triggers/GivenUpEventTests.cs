using System.Text.Json;
using Ecodrix.Engine.Triggers;
using Ecodrix.Tests.Api.Automations;

namespace Ecodrix.Tests.Api.Triggers;

/// <summary>An event whose time comes while it cannot be worked on: it ends, its client is told, and it can be taken up again.</summary>
public sealed class GivenUpEventTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly object Tag = new { type = "add_tag", config = new { tag = "late" } };

    [Fact]
    public async Task An_event_that_is_given_up_ends_as_failed_and_its_client_is_told()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", Tag);

        var log = await GivenUpAsync(tenant, "9876574001");

        var ended = await tenant.EventAsync(log);
        ended.Text("status").Should().Be("failed");
        ended.Text("note").Should().Contain("could not be worked on");
        ended.GetProperty("finishedAt").ValueKind.Should().Be(JsonValueKind.String, "what has not ended is kept for ever");
        app.Sandbox.Callbacks.Of(tenant.Code).Should().ContainSingle().Which.Body.Should().Contain("\"status\":\"failed\"");
    }

    [Fact]
    public async Task Its_job_tried_again_takes_it_up_and_the_client_hears_of_the_new_end()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", Tag);
        var log = await GivenUpAsync(tenant, "9876574002");

        (await tenant.PostAsync($"/api/saas/jobs/{await JobAsync(tenant)}/retry", new { })).Status.Should().Be(200);
        var waiting = await tenant.EventAsync(log);
        waiting.Text("status").Should().Be("scheduled");
        waiting.GetProperty("note").ValueKind.Should().Be(JsonValueKind.Null);
        await app.RunDueAsync();

        var ended = await tenant.EventAsync(log);
        ended.Text("status").Should().Be("completed");
        (await tenant.GetAsync($"/api/crm/leads/{ended.Text("leadId")}")).Data.GetProperty("tags").ToString().Should().Contain("late");
        app.Sandbox.Callbacks.Of(tenant.Code).Should().HaveCount(2);
    }

    [Fact]
    public async Task It_can_be_replayed_and_then_its_job_is_not_tried_again()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", Tag);
        var log = await GivenUpAsync(tenant, "9876574003");

        var replay = await tenant.PostAsync($"/api/saas/events/logs/{log}/replay", new { });
        await app.RunDueAsync();
        var again = await tenant.PostAsync($"/api/saas/jobs/{await JobAsync(tenant)}/retry", new { });

        replay.Status.Should().Be(200, replay.Json.ToString());
        (await tenant.EventAsync(replay.Data.Text("eventLogId"))).Text("status").Should().Be("completed");
        again.Code.Should().Be("ALREADY_DONE");
        (await tenant.EventAsync(log)).Text("status").Should().Be("failed", "it stays as it was");
    }

    private static async Task<string> JobAsync(TestTenant tenant) => (await tenant.GetAsync("/api/saas/jobs?status=failed&kind=event.fire")).Data[0].Text("jobId");

    /// <summary>An event each of whose attempts is cut off after its actions' jobs are enqueued and before that is written down.</summary>
    private async Task<string> GivenUpAsync(TestTenant tenant, string phone)
    {
        var log = await tenant.FireAsync("form_submitted", phone, new { delayMinutes = 10, callbackUrl = app.Sandbox.CallbackUrl(tenant.Code) });
        // A new connection says hello with a command that shows nothing.
        app.Commands.CutOff = c => c.ElementCount > 0 && c.GetElement(0) is { Name: "update" } first && first.Value == EventLog.Collection && c.ToString().Contains("startedAt", StringComparison.Ordinal);
        try
        {
            for (var attempt = 0; attempt < 8; attempt++)
            {
                app.Clock.Advance(TimeSpan.FromMinutes(10));
                await app.RunDueAsync();
            }
        }
        finally
        {
            app.Commands.CutOff = null;
        }

        // Its actions' jobs have found no event to act for.
        app.Clock.Advance(TimeSpan.FromSeconds(5));
        await app.RunDueAsync();
        return log;
    }
}
