using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.Leads;

namespace Ecodrix.Tests.Api.Triggers;

public sealed class ReplayTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly object Send = new
    {
        type = "send_whatsapp",
        config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "{{ lead.firstName }}", "{{ variables.doctor }}", "3 pm" } },
    };

    [Fact]
    public async Task A_replay_does_what_failed_and_never_sends_the_same_message_twice()
    {
        var tenant = await app.TenantAsync();
        var rule = await tenant.RuleAsync("form_submitted", new[] { Send, new { type = "assign_to", config = new { assignTo = "{{ data.owner }}" } } });
        var root = await tenant.FireAsync("form_submitted", "9876541001", new { variables = new { doctor = "Rao" }, data = new { owner = "asha" } });
        await app.RunDueAsync();
        var sends = Sends("+919876541001");
        // Today's rules: a third action has come.
        await tenant.PatchAsync($"/api/crm/automations/{rule}", new { actions = new[] { Send, new { type = "assign_to", config = new { assignTo = "{{ data.owner }}" } }, new { type = "add_tag", config = new { tag = "{{ data.owner }}" } } } });

        var replayed = await tenant.PostAsync($"/api/saas/events/logs/{root}/replay", new { });
        await app.RunDueAsync();

        replayed.Status.Should().Be(200, replayed.Json.ToString());
        replayed.Data.GetProperty("alreadyDone").GetInt32().Should().Be(2);
        var log = await tenant.EventAsync(replayed.Data.Text("eventLogId"));
        log.Text("source").Should().Be("replay");
        log.Text("causedBy").Should().Be(root);
        log.Text("status").Should().Be("completed");
        log.Action(0).Text("error").Should().StartWith("skipped: already done").And.Contain(root);
        log.Action(2).Text("status").Should().Be("completed");
        log.Action(2).GetProperty("input").Text("tag").Should().Be("asha", "the payload is the original one");
        Sends("+919876541001").Should().Be(sends);
        sends.Should().Be(1);

        var tree = await tenant.EventAsync(root);
        tree.GetProperty("caused").EnumerateArray().Select(c => c.Text("id")).Should().Contain(log.Text("id"));
        log.GetProperty("cause").Text("id").Should().Be(root);
    }

    [Fact]
    public async Task A_forced_replay_does_everything_again()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", Send);
        var root = await tenant.FireAsync("form_submitted", "9876541002", new { variables = new { doctor = "Rao" } });
        await app.RunDueAsync();

        var forced = await tenant.PostAsync($"/api/saas/events/logs/{root}/replay", new { force = true });
        await app.RunDueAsync();

        forced.Data.GetProperty("alreadyDone").GetInt32().Should().Be(0);
        Sends("+919876541002").Should().Be(2);
        (await tenant.EventAsync(forced.Data.Text("eventLogId"))).GetProperty("forced").GetBoolean().Should().BeTrue();
    }

    [Fact]
    public async Task What_is_still_under_way_in_the_event_or_an_earlier_replay_is_not_begun_again()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = 60, config = new { tag = "later" } });
        var root = await tenant.FireAsync("form_submitted", "9876541003");

        var first = await tenant.PostAsync($"/api/saas/events/logs/{root}/replay", new { });
        var second = await tenant.PostAsync($"/api/saas/events/logs/{first.Data.Text("eventLogId")}/replay", new { });

        first.Data.GetProperty("alreadyDone").GetInt32().Should().Be(1);
        first.Data.Text("status").Should().Be("skipped");
        second.Data.Text("replayOf").Should().Be(root, "a replay of a replay is one of the event itself");
        second.Data.Text("eventLogId").Should().NotBe(first.Data.Text("eventLogId"));
        (await tenant.EventAsync(second.Data.Text("eventLogId"))).Action(0).Text("error").Should().Contain("still under way");
    }

    [Fact]
    public async Task What_was_done_is_known_by_what_it_does_when_the_rule_was_edited()
    {
        var tenant = await app.TenantAsync();
        var catcher = $"edited-{tenant.Code}";
        var request = new { type = "http_request", config = (object)new { url = app.Sandbox.CallbackUrl(catcher), method = "POST" } };
        var note = new { type = "create_note", config = (object)new { content = "Edited" } };
        var rule = await tenant.RuleAsync("form_submitted", new[] { request });
        var root = await tenant.FireAsync("form_submitted", "9876541011");
        await app.RunDueAsync();
        await tenant.PatchAsync($"/api/crm/automations/{rule}", new { actions = new[] { note, new { type = "http_request", config = (object)new { method = "POST", url = app.Sandbox.CallbackUrl(catcher), body = "" } } } });

        var replayed = await tenant.PostAsync($"/api/saas/events/logs/{root}/replay", new { });
        await app.RunDueAsync();

        var log = await tenant.EventAsync(replayed.Data.Text("eventLogId"));
        log.Action(0).Text("status").Should().Be("completed", "a note had never been made");
        log.Action(1).Text("error").Should().StartWith("skipped: already done");
        app.Sandbox.Callbacks.Of(catcher).Should().ContainSingle();
    }

    [Fact]
    public async Task The_same_template_to_the_same_contact_is_the_same_message_and_of_two_alike_each_is_sent_once()
    {
        var tenant = await app.TenantAsync();
        var rule = await tenant.RuleAsync("form_submitted", new[] { Send, Send });
        var root = await tenant.FireAsync("form_submitted", "9876541012", new { variables = new { doctor = "Rao" } });
        await app.RunDueAsync();
        var changed = new { type = "send_whatsapp", config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "{{ lead.firstName }}", "Iyer", "4 pm" } } };
        await tenant.PatchAsync($"/api/crm/automations/{rule}", new { actions = new object[] { changed, changed, changed } });

        var replayed = await tenant.PostAsync($"/api/saas/events/logs/{root}/replay", new { });
        await app.RunDueAsync();

        replayed.Data.GetProperty("alreadyDone").GetInt32().Should().Be(2);
        Sends("+919876541012").Should().Be(3, "the third had never been sent");
    }

    [Fact]
    public async Task What_a_replay_has_done_is_not_done_again_by_trying_the_first_run_once_more()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "wait_until", config = new { until = "{{ lead.metadata.extra.at }}" } });
        var root = await tenant.FireAsync("form_submitted", "9876541013");
        await app.RunDueAsync();
        var failed = await tenant.EventAsync(root);
        failed.Action(0).Text("status").Should().Be("failed");
        await tenant.PatchAsync($"/api/crm/leads/{failed.Text("leadId")}/metadata", new { extra = new { at = "2020-01-01T00:00:00Z" } });
        var replayed = await tenant.PostAsync($"/api/saas/events/logs/{root}/replay", new { });
        await app.RunDueAsync();
        (await tenant.EventAsync(replayed.Data.Text("eventLogId"))).Text("status").Should().Be("completed");

        var again = await tenant.PostAsync($"/api/saas/jobs/{failed.Action(0).Text("id")}/retry", new { });

        again.Status.Should().Be(409);
        again.Code.Should().Be("ALREADY_DONE");
        (await tenant.EventAsync(root)).Text("status").Should().Be("failed", "it stays as it was");
    }

    [Fact]
    public async Task What_failed_in_a_forced_replay_can_be_tried_again()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", Send);
        var root = await tenant.FireAsync("form_submitted", "9876541014", new { variables = new { doctor = "Rao" } });
        await app.RunDueAsync();
        app.Sandbox.Graph.RefuseSends("919876541014", 131026);
        var forced = (await tenant.PostAsync($"/api/saas/events/logs/{root}/replay", new { force = true })).Data.Text("eventLogId");
        await app.RunDueAsync();
        var failed = (await tenant.EventAsync(forced)).Action(0);
        failed.Text("status").Should().Be("failed");
        app.Sandbox.Graph.RefuseSends("919876541014", null);

        (await tenant.PostAsync($"/api/saas/jobs/{failed.Text("id")}/retry", new { })).Status.Should().Be(200);
        await app.RunDueAsync();

        (await tenant.EventAsync(forced)).Text("status").Should().Be("completed");
        Sends("+919876541014").Should().Be(2);
    }

    [Fact]
    public async Task A_replay_keeps_the_rules_limit_of_the_event_it_repeats()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "move_stage", config = new { stageId = "000000000000000000000000" } }, new { limits = new { oncePerLead = true } });
        var root = await tenant.FireAsync("form_submitted", "9876541004");
        await app.RunDueAsync();
        (await tenant.EventAsync(root)).Text("status").Should().Be("failed");

        var replayed = await tenant.PostAsync($"/api/saas/events/logs/{root}/replay", new { });

        replayed.Data.GetProperty("rulesMatched").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task A_system_event_is_replayed_with_what_had_changed()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("tag_added", new { type = "create_note", config = new { content = "Tagged {{ data.tag }}" } }, new { triggerConfig = new { tag = "vip" } });
        var lead = await tenant.LeadAsync("9876541005");
        await tenant.PatchAsync($"/api/crm/leads/{lead}/tags", new { add = new[] { "vip" } });
        await app.RunDueAsync();
        var root = (await tenant.EventsAsync("tag_added"))[0].Text("id");

        var forced = await tenant.PostAsync($"/api/saas/events/logs/{root}/replay", new { force = true });
        await app.RunDueAsync();

        (await tenant.EventAsync(forced.Data.Text("eventLogId"))).Action(0).GetProperty("input").Text("content").Should().Be("Tagged vip");
    }

    [Fact]
    public async Task An_event_that_has_not_run_cannot_be_replayed_and_nobody_elses_can()
    {
        var tenant = await app.TenantAsync();
        var stranger = await app.TenantAsync();
        var waiting = await tenant.FireAsync("form_submitted", "9876541006", new { delayMinutes = 60 });

        (await tenant.PostAsync($"/api/saas/events/logs/{waiting}/replay", new { })).Code.Should().Be("EVENT_PENDING");
        (await stranger.PostAsync($"/api/saas/events/logs/{waiting}/replay", new { })).Code.Should().Be("EVENT_NOT_FOUND");
    }

    /// <summary>Messages that reached Meta for a number.</summary>
    private int Sends(string phone) => app.Sandbox.Graph.Messages.Count(m => m.To.TrimStart('+') == phone.TrimStart('+'));
}
