using Ecodrix.Tests.Api.Leads;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Automations;

public sealed class DryRunTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly object Confirm = new
    {
        type = "send_whatsapp",
        config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "{{ lead.firstName }}", "{{ variables.doctor }}", "{{ variables.time }}" } },
    };

    [Fact]
    public async Task A_rule_tried_on_a_lead_says_what_would_be_sent_and_executes_nothing()
    {
        var tenant = await app.TenantAsync();
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        var rule = await tenant.RuleAsync("appointment_confirmed", new[] { Confirm, new { type = "add_tag", delayMinutes = 30, config = new { tag = "{{ variables.doctor }}" } } });
        var lead = await tenant.LeadAsync("9876511001");
        await app.RunDueAsync();
        var before = await CountsAsync(tenant);

        var tried = await tenant.PostAsync($"/api/crm/automations/{rule}/test", new { leadId = lead, variables = new { doctor = "Dr. Sharma", time = "3 pm" } });

        tried.Status.Should().Be(200, tried.Json.ToString());
        tried.Data.GetProperty("matched").GetBoolean().Should().BeTrue();
        var send = tried.Data.Action(0);
        send.Text("to").Should().Be("+919876511001");
        send.Text("text").Should().Contain("Ravi").And.Contain("Dr. Sharma").And.Contain("3 pm");
        send.GetProperty("wouldRun").GetBoolean().Should().BeTrue(send.ToString());
        tried.Data.Action(1).GetProperty("input").Text("tag").Should().Be("Dr. Sharma");
        await app.RunDueAsync();
        (await CountsAsync(tenant)).Should().Be(before);
    }

    [Fact]
    public async Task A_rule_that_would_not_match_says_which_value_decided()
    {
        var tenant = await app.TenantAsync();
        var rule = await tenant.RuleAsync("form_submitted", new { type = "add_tag", config = new { tag = "x" } }, new { condition = new { field = "source", @operator = "eq", value = "website" } });
        var lead = await tenant.LeadAsync("9876511002", new { source = "walk-in" });

        var tried = await tenant.PostAsync($"/api/crm/automations/{rule}/test", new { leadId = lead });

        tried.Data.GetProperty("matched").GetBoolean().Should().BeFalse();
        tried.Data.Text("why").Should().Contain("source").And.Contain("walk-in");
        tried.Data.GetProperty("actions").GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task A_test_on_another_clients_lead_or_rule_is_refused()
    {
        var tenant = await app.TenantAsync();
        var stranger = await app.TenantAsync();
        var rule = await tenant.RuleAsync("form_submitted", new { type = "add_tag", config = new { tag = "x" } });
        var theirs = await stranger.LeadAsync("9876511003");

        (await tenant.PostAsync($"/api/crm/automations/{rule}/test", new { leadId = theirs })).Code.Should().Be("LEAD_NOT_FOUND");
        (await stranger.PostAsync($"/api/crm/automations/{rule}/test", new { leadId = theirs })).Code.Should().Be("AUTOMATION_NOT_FOUND");
        (await tenant.PostAsync($"/api/crm/automations/{rule}/test", new { })).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_system_trigger_is_tried_with_what_the_lead_is()
    {
        var tenant = await app.TenantAsync();
        var (_, stages) = await tenant.PipelineAsync();
        var lead = await tenant.LeadAsync("9876511004");
        var here = await tenant.RuleAsync("stage_enter", new { type = "add_tag", config = new { tag = "x" } }, new { triggerConfig = new { stageId = stages["New"] } });
        var there = await tenant.RuleAsync("stage_enter", new { type = "move_stage", config = new { stageId = stages["Won"] } }, new { triggerConfig = new { stageId = stages["Proposal"] } });

        (await tenant.PostAsync($"/api/crm/automations/{here}/test", new { leadId = lead })).Data.GetProperty("matched").GetBoolean().Should().BeTrue();
        (await tenant.PostAsync($"/api/crm/automations/{there}/test", new { leadId = lead })).Data.GetProperty("matched").GetBoolean().Should().BeFalse();
        var moved = await tenant.PostAsync($"/api/crm/automations/{there}/test", new { leadId = lead, data = new { toStageId = stages["Proposal"] } });
        moved.Data.Action(0).Text("text").Should().Be("To Won");
    }

    [Fact]
    public async Task A_simulation_tells_what_a_trigger_would_do_and_writes_nothing()
    {
        var tenant = await app.TenantAsync();
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        await tenant.RuleAsync("appointment_confirmed", new[] { Confirm });
        await tenant.RuleAsync("appointment_confirmed", new { type = "add_tag", config = new { tag = "big" } }, new { name = "Big ones", condition = new { field = "data.amount", @operator = "gt", value = 1000 } });
        await app.RunDueAsync();
        var before = await CountsAsync(tenant);

        var simulated = await tenant.PostAsync("/api/saas/workflows/simulate", new
        {
            trigger = "appointment_confirmed",
            phone = "98765 11005",
            createLeadIfMissing = true,
            leadData = new { firstName = "Meera" },
            variables = new { doctor = "Dr. Rao", time = "9 am" },
            data = new { amount = 500 },
            callbackUrl = "https://client.example/cb",
            delayMinutes = 60,
        });

        simulated.Status.Should().Be(200, simulated.Json.ToString());
        var data = simulated.Data;
        data.GetProperty("leadWouldBeMade").GetBoolean().Should().BeTrue();
        data.Text("leadName").Should().Be("Meera");
        data.GetProperty("scheduled").GetBoolean().Should().BeTrue();
        data.GetProperty("rulesMatched").GetInt32().Should().Be(1);
        data.GetProperty("rules").EnumerateArray().Single(r => r.Text("name") == "Big ones").Text("why").Should().Contain("500");
        data.Action(0).Text("text").Should().Contain("Meera").And.Contain("Dr. Rao");
        data.GetProperty("actions").GetArrayLength().Should().Be(1);
        await app.RunDueAsync();
        (await CountsAsync(tenant)).Should().Be(before);
    }

    [Fact]
    public async Task A_simulation_names_everything_that_would_stand_in_the_way()
    {
        var tenant = await app.TenantAsync();
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        await tenant.RuleAsync("form_submitted", new[]
        {
            new { type = "send_whatsapp", config = (object)new { templateName = "appointment_confirmed", language = "en_US" } },
            new { type = "send_whatsapp", config = (object)new { templateName = "no_such_template", language = "en_US" } },
            new { type = "add_tag", config = (object)new { tag = "x" } },
        }, new { limits = new { oncePerLead = true } });
        var lead = await tenant.LeadAsync("9876511006");
        await tenant.PatchAsync($"/api/crm/leads/{lead}", new { optedOut = true });

        var first = await tenant.PostAsync("/api/saas/workflows/simulate", new { trigger = "form_submitted", phone = "9876511006" });
        first.Data.Action(0).Codes().Should().Contain(["OPTED_OUT", "VARIABLE_MISSING"]).And.NotContain("LIMIT");
        first.Data.Action(1).Codes().Should().Contain("TEMPLATE_NOT_FOUND");
        first.Data.Action(2).Codes().Should().BeEmpty();

        var nobody = await tenant.PostAsync("/api/saas/workflows/simulate", new { trigger = "form_submitted", email = "nobody@example.com" });
        nobody.Data.Action(0).Codes().Should().Contain("NO_PHONE");
        nobody.Data.Action(2).Codes().Should().Contain("NO_LEAD");

        await tenant.FireAsync("form_submitted", "9876511006");
        await tenant.PauseAsync(true);
        var later = await tenant.PostAsync("/api/saas/workflows/simulate", new { trigger = "form_submitted", phone = "9876511006" });
        later.Data.GetProperty("rulesMatched").GetInt32().Should().Be(0);
        later.Data.Action(2).Codes().Should().Contain(["LIMIT", "PAUSED"]);
    }

    [Fact]
    public async Task A_simulation_is_refused_as_the_trigger_would_be()
    {
        var tenant = await app.TenantAsync();

        (await tenant.PostAsync("/api/saas/workflows/simulate", new { trigger = "stage_enter", phone = "9876511007" })).Code.Should().Be("UNKNOWN_TRIGGER");
        (await tenant.PostAsync("/api/saas/workflows/simulate", new { trigger = "form_submitted" })).Code.Should().Be("VALIDATION_ERROR");
        (await tenant.PostAsync("/api/saas/workflows/simulate", "[]")).Status.Should().Be(400);
    }

    /// <summary>How much there is of everything the tenant owns, jobs included.</summary>
    private async Task<string> CountsAsync(TestTenant tenant)
    {
        var database = app.Database(tenant);
        var names = await (await database.ListCollectionNamesAsync()).ToListAsync();
        var counts = new List<string>();
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            counts.Add($"{name}={await database.GetCollection<BsonDocument>(name).CountDocumentsAsync(new BsonDocument())}");
        }

        counts.Add($"jobs={await app.Looking.GetDatabase("ecodrix").GetCollection<BsonDocument>("jobs").CountDocumentsAsync(new BsonDocument("tenant", tenant.Code))}");
        return string.Join(' ', counts);
    }
}
