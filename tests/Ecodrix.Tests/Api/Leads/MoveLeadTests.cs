using System.Text.Json;
using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.Chat;

namespace Ecodrix.Tests.Api.Leads;

public sealed class MoveLeadTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Moving_fires_exit_and_enter_once_and_moving_to_the_same_stage_nothing()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("stage_enter");
        await tenant.ListenAsync("stage_exit");
        var (_, stages) = await tenant.PipelineAsync();
        var lead = await tenant.LeadAsync();

        await tenant.PatchAsync($"/api/crm/leads/{lead}/move", new { stageId = stages["Proposal"] });
        await tenant.PatchAsync($"/api/crm/leads/{lead}/move", new { stageId = stages["Proposal"] });
        await app.RunDueAsync();

        (await tenant.EventsAsync("stage_enter")).Should().ContainSingle();
        (await tenant.EventsAsync("stage_exit")).Should().ContainSingle();
        (await tenant.GetAsync($"/api/crm/leads/{lead}/activities?type=stage_changed")).Texts("title").Should().Equal("Moved from New to Proposal");
    }

    [Fact]
    public async Task A_card_goes_before_or_after_another_and_no_other_card_is_touched()
    {
        var tenant = await app.TenantAsync();
        var (pipeline, stages) = await tenant.PipelineAsync();
        var a = await tenant.LeadAsync("9876500001");
        var b = await tenant.LeadAsync("9876500002");
        var c = await tenant.LeadAsync("9876500003");
        var column = $"/api/crm/pipelines/{pipeline}/stages/{stages["New"]}/leads";
        await tenant.PatchAsync($"/api/crm/leads/{a}/move", new { stageId = stages["New"], beforeLeadId = b });
        await tenant.PatchAsync($"/api/crm/leads/{c}/move", new { stageId = stages["New"], afterLeadId = a });

        (await tenant.GetAsync(column)).Texts("id").Should().Equal(a, c, b);
        (await tenant.GetAsync($"{column}?page=2&limit=2")).Texts("id").Should().Equal(b);
        // The same gap again and again: there is always room.
        for (var i = 0; i < 60; i++)
        {
            await tenant.PatchAsync($"/api/crm/leads/{(i % 2 == 0 ? b : c)}/move", new { stageId = stages["New"], afterLeadId = a });
        }

        (await tenant.GetAsync(column)).Texts("id").Should().Equal(a, c, b);
        (await tenant.GetAsync($"/api/crm/leads/{a}")).Data.GetProperty("version").GetInt32().Should().Be(2);
        (await tenant.PatchAsync($"/api/crm/leads/{b}/move", new { stageId = stages["Lost"], afterLeadId = a })).Code.Should().Be("VALIDATION_ERROR");
        (await tenant.PatchAsync($"/api/crm/leads/{b}/move", new { stageId = stages["New"], afterLeadId = a, beforeLeadId = c })).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_newcomer_stands_above_a_card_that_was_dragged_to_the_top()
    {
        var tenant = await app.TenantAsync();
        var (pipeline, stages) = await tenant.PipelineAsync();
        var a = await tenant.LeadAsync("9876500001");
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var b = await tenant.LeadAsync("9876500002");
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await tenant.PatchAsync($"/api/crm/leads/{a}/move", new { stageId = stages["New"], beforeLeadId = b });
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var c = await tenant.LeadAsync("9876500003");

        (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/stages/{stages["New"]}/leads")).Texts("id").Should().Equal(c, a, b);
    }

    [Theory]
    [InlineData("won", "Won", "deal_won")]
    [InlineData("lost", "Lost", "deal_lost")]
    public async Task Converting_closes_moves_and_fires_once_and_a_deal_can_be_taken_up_again(string status, string stage, string trigger)
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync(trigger);
        var (_, stages) = await tenant.PipelineAsync();
        var lead = await tenant.LeadAsync();

        var after = await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status, reason = "Signed contract" });
        await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status });
        await app.RunDueAsync();

        after.Data.GetProperty("status").GetString().Should().Be(status);
        after.Data.GetProperty("stageId").GetString().Should().Be(stages[stage]);
        after.Data.GetProperty("closeReason").GetString().Should().Be("Signed contract");
        after.Data.GetProperty("closedAt").ValueKind.Should().Be(JsonValueKind.String);
        (await tenant.EventsAsync(trigger)).Should().ContainSingle();

        var open = await tenant.PatchAsync($"/api/crm/leads/{lead}/move", new { stageId = stages["Contacted"] });
        open.Data.GetProperty("status").GetString().Should().Be("open");
        open.Data.GetProperty("closedAt").ValueKind.Should().Be(JsonValueKind.Null);
        (await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status = "maybe" })).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task Who_converts_an_archived_lead_takes_it_out_and_moves_it()
    {
        var tenant = await app.TenantAsync();
        foreach (var trigger in new[] { "stage_exit", "stage_enter", "deal_won" })
        {
            await tenant.ListenAsync(trigger);
        }

        var (_, stages) = await tenant.PipelineAsync();
        var lead = await tenant.LeadAsync();
        await tenant.PatchAsync($"/api/crm/leads/{lead}/archive", null);

        var won = (await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status = "won" })).Data;
        await app.RunDueAsync();

        won.GetProperty("status").GetString().Should().Be("won");
        won.GetProperty("stageId").GetString().Should().Be(stages["Won"]);
        (await tenant.EventsAsync("deal_won")).Should().ContainSingle();
        (await tenant.EventsAsync("stage_exit")).Should().ContainSingle();
        (await tenant.EventsAsync("stage_enter")).Should().ContainSingle();
        (await tenant.GetAsync($"/api/crm/leads/{lead}/activities?type=stage_changed")).Texts("title").Should().Equal("Moved from New to Won");
    }

    [Fact]
    public async Task A_won_deal_in_the_archive_that_gets_in_touch_is_open_in_an_open_stage()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("stage_enter");
        var (_, stages) = await tenant.PipelineAsync();
        var lead = await tenant.LeadAsync();
        await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status = "won" });
        await tenant.PatchAsync($"/api/crm/leads/{lead}/archive", null);
        await app.RunDueAsync();

        await tenant.FireAsync("form_submitted", "9876543210");
        await app.RunDueAsync();

        var open = (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data;
        open.GetProperty("status").GetString().Should().Be("open");
        open.GetProperty("stageId").GetString().Should().Be(stages["New"]);
        open.GetProperty("closedAt").ValueKind.Should().Be(JsonValueKind.Null);
        (await tenant.EventsAsync("stage_enter")).Should().HaveCount(2);
        (await tenant.GetAsync($"/api/crm/leads/{lead}/activities")).Texts("title").Should().Contain(["Moved from Won to New", "Opened again: got in touch"]);
    }

    [Fact]
    public async Task Who_writes_to_us_is_not_silent_and_a_rule_that_is_tried_says_the_same()
    {
        var tenant = await app.TenantAsync();
        var rule = await tenant.RuleAsync("no_contact", new { type = "add_tag", config = new { tag = "silent" } }, new { triggerConfig = new { days = 3 } });
        var (fresh, known) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());
        var lead = await tenant.LeadAsync(known);
        await tenant.LeadAsync(fresh);
        await tenant.WritesAsync(known, "Hello");
        app.Clock.Advance(TimeSpan.FromDays(4));
        // One in a conversation that is there, one in a new one: they are taken on different ways.
        await tenant.WritesAsync(known, "Hello again");
        await tenant.WritesAsync(fresh, "Hello");

        await app.ScanForSilenceAsync(tenant.Code);

        (await tenant.EventsAsync("no_contact")).Should().BeEmpty();
        (await TriedAsync()).Should().BeFalse();
        app.Clock.Advance(TimeSpan.FromDays(4));
        (await TriedAsync()).Should().BeTrue();
        await app.ScanForSilenceAsync(tenant.Code);
        (await tenant.EventsAsync("no_contact")).Should().HaveCount(2);

        async Task<bool> TriedAsync() => (await tenant.PostAsync($"/api/crm/automations/{rule}/test", new { leadId = lead })).Data.GetProperty("matched").GetBoolean();
    }

    [Fact]
    public async Task A_lead_taken_out_of_the_archive_is_what_the_stage_says_that_it_was_moved_to_meanwhile()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("deal_won");
        var stages = (await tenant.GetAsync("/api/crm/pipelines")).Data[0].GetProperty("stages").EnumerateArray().ToList();
        var (first, won) = (stages[0].GetProperty("id").GetString(), stages.Single(s => s.GetProperty("isWon").GetBoolean()).GetProperty("id").GetString());
        var (opened, closed) = (await tenant.LeadAsync("9876500001"), await tenant.LeadAsync("9876500002"));
        await tenant.PatchAsync($"/api/crm/leads/{closed}/convert", new { status = "won" });
        foreach (var (lead, to) in new[] { (opened, won), (closed, first) })
        {
            await tenant.PatchAsync($"/api/crm/leads/{lead}/archive", null);
            await tenant.PatchAsync($"/api/crm/leads/{lead}/move", new { stageId = to });
        }

        (await tenant.PatchAsync($"/api/crm/leads/{opened}/unarchive", null)).Data.GetProperty("status").GetString().Should().Be("won");
        var again = (await tenant.PatchAsync($"/api/crm/leads/{closed}/unarchive", null)).Data;
        again.GetProperty("status").GetString().Should().Be("open");
        again.GetProperty("closedAt").ValueKind.Should().Be(JsonValueKind.Null);
        await app.RunDueAsync();
        (await tenant.EventsAsync("deal_won")).Should().HaveCount(2, "each was won once");
    }

    [Theory]
    [InlineData("convert", """{"status":"won"}""", "convert", """{"status":"open"}""")]
    [InlineData("archive", null, "unarchive", null)]
    public async Task For_a_lead_that_is_taken_up_again_silence_begins_anew(string away, string? how, string back, string? andHow)
    {
        var tenant = await app.TenantAsync();
        var rule = await tenant.RuleAsync("no_contact", new { type = "add_tag", config = new { tag = "silent" } }, new { triggerConfig = new { days = 3 } });
        var lead = await tenant.LeadAsync();
        await tenant.PatchAsync($"/api/crm/leads/{lead}/{away}", how);
        app.Clock.Advance(TimeSpan.FromDays(4));
        await app.ScanForSilenceAsync(tenant.Code);

        await tenant.PatchAsync($"/api/crm/leads/{lead}/{back}", andHow);
        await app.ScanForSilenceAsync(tenant.Code);

        (await tenant.EventsAsync("no_contact")).Should().BeEmpty();
        (await tenant.PostAsync($"/api/crm/automations/{rule}/test", new { leadId = lead })).Data.GetProperty("matched").GetBoolean().Should().BeFalse();
        app.Clock.Advance(TimeSpan.FromDays(4));
        await app.ScanForSilenceAsync(tenant.Code);
        (await tenant.EventsAsync("no_contact")).Should().ContainSingle();
    }

    [Fact]
    public async Task Silence_fires_once_for_each_number_of_days_and_again_after_new_contact()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("no_contact", new { days = 3 });
        await tenant.ListenAsync("no_contact", new { days = 10 });
        var lead = await tenant.LeadAsync();

        async Task ScanAsync(int days)
        {
            app.Clock.Advance(TimeSpan.FromDays(days));
            await app.ScanForSilenceAsync(tenant.Code);
        }

        await ScanAsync(2);
        (await tenant.EventsAsync("no_contact")).Should().BeEmpty();
        await ScanAsync(2);
        await ScanAsync(1);
        (await tenant.EventsAsync("no_contact")).Should().ContainSingle();
        await ScanAsync(6);
        (await tenant.EventsAsync("no_contact")).Should().HaveCount(2);
        await tenant.PostAsync($"/api/crm/leads/{lead}/calls", new { durationMinutes = 1 });
        await ScanAsync(4);
        (await tenant.EventsAsync("no_contact")).Should().HaveCount(3);
    }

    [Fact]
    public async Task A_silence_after_a_call_that_is_entered_days_later_is_noticed_the_next_morning_and_once()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("no_contact", new { days = 3 });
        var lead = await tenant.LeadAsync();
        app.Clock.Advance(TimeSpan.FromDays(20));
        await app.ScanForSilenceAsync(tenant.Code);
        (await tenant.EventsAsync("no_contact")).Should().ContainSingle();

        await tenant.PostAsync($"/api/crm/leads/{lead}/calls", new { durationMinutes = 3, occurredAt = app.Clock.GetUtcNow().AddDays(-4) });
        app.Clock.Advance(TimeSpan.FromDays(1));
        await app.RunDueAsync();
        (await tenant.EventsAsync("no_contact")).Should().HaveCount(2);

        await app.ScanForSilenceAsync(tenant.Code);
        (await tenant.EventsAsync("no_contact")).Should().HaveCount(2);
    }

    [Fact]
    public async Task A_deal_that_was_won_before_it_was_put_away_is_not_won_a_second_time()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("deal_won");
        var lead = await tenant.LeadAsync();
        await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status = "won" });
        var closed = (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("closedAt").GetString();
        app.Clock.Advance(TimeSpan.FromDays(40));
        await tenant.PatchAsync($"/api/crm/leads/{lead}/archive", null);

        var again = await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status = "won" });
        await app.RunDueAsync();

        (again.Data.GetProperty("status").GetString(), again.Data.GetProperty("closedAt").GetString()).Should().Be(("won", closed));
        (await tenant.EventsAsync("deal_won")).Should().ContainSingle();
    }

    [Fact]
    public async Task What_hears_that_a_deal_is_lost_by_a_move_knows_why()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("deal_lost", new { type = "add_tag", config = new { tag = "dear" } }, new { condition = new { field = "lead.closeReason", @operator = "eq", value = "Too expensive" } });
        var (_, stages) = await tenant.PipelineAsync();
        var (one, many) = (await tenant.LeadAsync("9876500001"), await tenant.LeadAsync("9876500002"));

        (await tenant.PatchAsync($"/api/crm/leads/{one}/move", new { stageId = stages["Lost"], reason = " Too expensive " })).Data.GetProperty("closeReason").GetString().Should().Be("Too expensive");
        (await tenant.PostAsync("/api/crm/leads/bulk", new { ids = new[] { many }, action = "move", stageId = stages["Lost"], reason = "Too expensive" })).Status.Should().Be(200);
        await app.RunDueAsync();

        foreach (var lead in (string[])[one, many])
        {
            (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("tags").EnumerateArray().Select(t => t.GetString()).Should().Equal("dear");
        }

        // Said better afterwards, which is no second loss; and gone with the deal that is taken up again.
        (await tenant.PatchAsync($"/api/crm/leads/{one}/move", new { stageId = stages["Lost"], reason = "Chose another" })).Data.GetProperty("closeReason").GetString().Should().Be("Chose another");
        await app.RunDueAsync();
        (await tenant.EventsAsync("deal_lost")).Should().HaveCount(2);
        (await tenant.PatchAsync($"/api/crm/leads/{one}/move", new { stageId = stages["New"] })).Data.GetProperty("closeReason").ValueKind.Should().Be(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_reason_is_taken_only_with_a_move_that_ends_a_deal()
    {
        var tenant = await app.TenantAsync();
        var (_, stages) = await tenant.PipelineAsync();
        var lead = await tenant.LeadAsync();
        object[] refused =
        [
            new { ids = new[] { lead }, action = "move", stageId = stages["Contacted"], reason = "Why not" },
            new { ids = new[] { lead }, action = "archive", reason = "Why not" },
            new { ids = new[] { lead }, action = "move", stageId = stages["Lost"], reason = new string('x', 501) },
        ];

        foreach (var body in refused)
        {
            var answer = await tenant.PostAsync("/api/crm/leads/bulk", body);
            answer.Code.Should().Be("VALIDATION_ERROR");
            answer.Json.ToString().Should().Contain("\"reason\"");
        }

        (await tenant.PatchAsync($"/api/crm/leads/{lead}/move", new { stageId = stages["Contacted"], reason = "Why not" })).Code.Should().Be("VALIDATION_ERROR");
        (await tenant.PatchAsync($"/api/crm/leads/{lead}/move", new { stageId = stages["Lost"], reason = new string('x', 501) })).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_bulk_move_needs_a_stage_that_is_named()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync();

        (await tenant.PostAsync("/api/crm/leads/bulk", new { ids = new[] { lead }, action = "move", stageId = "" })).Code.Should().Be("VALIDATION_ERROR");
    }
}
