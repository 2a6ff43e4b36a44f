using System.Text.Json;
using Ecodrix.Tests.Api.Chat;
using Ecodrix.Tests.Api.Live;
using Ecodrix.Tests.Api.Withstand;

namespace Ecodrix.Tests.Api.Leads;

/// <summary>Undoing an import takes back what the import did, all of it, and nothing that anybody else did.</summary>
public sealed class ImportUndoTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Leads_that_somebody_worked_on_or_that_got_in_touch_are_kept()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("lead_created");
        var phones = Enumerable.Range(0, 8).Select(_ => ChatSteps.NewPhone()).ToList();
        var import = await ImportAsync(tenant, [.. phones.Select((p, at) => new { firstName = $"Row{at}", phone = p })]);
        await app.RunDueAsync();
        var leads = await IdsAsync(tenant, phones);

        (await tenant.PostAsync($"/api/crm/leads/{leads[0]}/notes", new { content = "Wants to be called after six" })).Status.Should().Be(201);
        (await tenant.PostAsync($"/api/crm/leads/{leads[1]}/calls", new { durationMinutes = 3 })).Status.Should().Be(201);
        (await tenant.PostAsync($"/api/crm/leads/{leads[2]}/activities", new { type = "custom", title = "Sent the price list" })).Status.Should().Be(201);
        await tenant.WritesAsync(phones[3], "Hello");
        await Automations.Rules.FireAsync(tenant, "form_submitted", phones[4]);
        await Automations.Rules.FireAsync(tenant, "form_submitted", phones[5], new { delayMinutes = 60 });
        await app.RunDueAsync();

        var reverted = await tenant.PostAsync($"/api/crm/leads/import/{import}/revert", "{}");

        Counts(reverted).Should().Be((2, 0, 6), reverted.Json.ToString());
        (await tenant.GetAsync($"/api/crm/leads/{leads[0]}/notes")).Texts("content").Should().Equal("Wants to be called after six");
        (await tenant.GetAsync("/api/crm/leads?limit=100")).Texts("phone").Should().BeEquivalentTo(phones.Take(6));
        Counts((await tenant.GetAsync($"/api/crm/leads/import/{import}")).Data.GetProperty("reverted")).Should().Be((2, 0, 6));
        Counts(await tenant.PostAsync($"/api/crm/leads/import/{import}/revert", "{}")).Should().Be((2, 0, 6), "it is undone already");
    }

    [Fact]
    public async Task A_restored_lead_has_its_fields_score_tags_and_owner_back_and_its_timeline_and_listeners_are_told()
    {
        var tenant = await app.TenantAsync();
        await tenant.PatchAsync("/api/crm/scoring", new
        {
            rules = new object[]
            {
                new { field = "source", @operator = "eq", value = "expo", score = 20 },
                new { field = "lastName", @operator = "eq", value = "Kumar", score = 30 },
            },
        });
        await tenant.ListenAsync("tag_added");
        await tenant.ListenAsync("tag_removed");
        var phone = ChatSteps.NewPhone();
        var lead = await tenant.LeadAsync(phone, new { lastName = "Kumar", assignedTo = "anna", tags = new[] { "old" } });
        await tenant.WritesAsync(phone, "Hello");
        var import = await ImportAsync(tenant, new { phone, source = "expo", tags = new[] { "list" }, assignedTo = "bert" });
        await app.RunDueAsync();
        var changed = (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data;
        (changed.GetProperty("score").GetInt32(), changed.Text("assignedTo"), (await tenant.ConversationAsync(phone)).Text("assignedTo")).Should().Be((50, "bert", "bert"));

        await using var hears = await app.HearAsync(tenant);
        Counts(await tenant.PostAsync($"/api/crm/leads/import/{import}/revert", "{}")).Should().Be((0, 1, 0));
        await app.RunDueAsync();

        var restored = (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data;
        (restored.GetProperty("score").GetInt32(), restored.Text("source"), restored.Text("assignedTo")).Should().Be((30, null, "anna"));
        restored.GetProperty("scoreBreakdown").EnumerateArray().Sum(p => p.GetProperty("score").GetInt32()).Should().Be(30);
        restored.GetProperty("tags").EnumerateArray().Select(t => t.GetString()).Should().Equal("old");
        (await tenant.ConversationAsync(phone)).Text("assignedTo").Should().Be("anna", "it goes with its lead");
        (await tenant.GetAsync($"/api/crm/leads/{lead}/activities?limit=100")).Texts("title").Should()
            .Contain(["Import undone", "Assigned to anna", "Tag added: old", "Tag removed: list", "Score 50 → 30"]);
        (await tenant.EventsAsync("tag_added")).Should().HaveCount(2, "the import's tag, and the old one coming back");
        (await tenant.EventsAsync("tag_removed")).Should().HaveCount(2);
        await HeardAsync(hears, lead, "import undone");
    }

    [Fact]
    public async Task New_scoring_rules_do_not_stand_in_the_way()
    {
        var tenant = await app.TenantAsync();
        var known = await tenant.LeadAsync("9876500021", new { lastName = "Kumar" });
        var import = await ImportAsync(tenant, new { phone = "9876500021", lastName = "Wrong" }, new { phone = "9876500022", lastName = "Wrong" });
        await app.RunDueAsync();
        await tenant.PatchAsync("/api/crm/scoring", new { rules = new[] { new { field = "lastName", @operator = "exists", score = 10 } } });
        await app.RunDueAsync();
        (await tenant.GetAsync($"/api/crm/leads/{known}")).Data.GetProperty("score").GetInt32().Should().Be(10);

        Counts(await tenant.PostAsync($"/api/crm/leads/import/{import}/revert", "{}")).Should().Be((1, 1, 0));

        (await tenant.GetAsync("/api/crm/leads")).Texts("lastName").Should().Equal("Kumar");
    }

    [Fact]
    public async Task A_known_lead_is_moved_to_the_stage_its_row_names_and_back_again_by_undoing()
    {
        var tenant = await app.TenantAsync();
        var (pipeline, stages) = await tenant.PipelineAsync();
        await tenant.ListenAsync("stage_enter");
        var known = await tenant.LeadAsync("9876500031");
        var there = await tenant.LeadAsync("9876500032");
        await tenant.PatchAsync($"/api/crm/leads/{there}/move", new { stageId = stages["Contacted"] });

        var sent = await tenant.PostAsync("/api/crm/leads/import", new
        {
            leads = new object[]
            {
                new { phone = "9876500031", stageId = stages["Proposal"] }, new { phone = "9876500032", pipelineId = pipeline },
                new { phone = "9876500031", stageId = "zz" }, new { phone = "9876500033", pipelineId = "000000000000000000000000" },
            },
        });
        await app.RunDueAsync();

        (sent.Data.GetProperty("updated").GetInt32(), sent.Data.GetProperty("failed").GetInt32()).Should().Be((2, 2), sent.Json.ToString());
        sent.Data.GetProperty("errors").EnumerateArray().Select(e => e.Text("field")).Should().Equal("stageId", "pipelineId");
        (await StageAsync(known)).Should().Be(stages["Proposal"]);
        (await StageAsync(there)).Should().Be(stages["Contacted"]);
        (await tenant.GetAsync($"/api/crm/leads/{known}/activities?type=stage_changed")).Texts("title").Should().Equal("Moved from New to Proposal");
        (await tenant.EventsAsync("stage_enter")).Should().HaveCount(2);

        Counts(await tenant.PostAsync($"/api/crm/leads/import/{sent.Data.Text("importId")}/revert", "{}")).Should().Be((0, 2, 0));
        (await StageAsync(known)).Should().Be(stages["New"]);

        async Task<string?> StageAsync(string lead) => (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.Text("stageId");
    }

    [Fact]
    public async Task Of_a_removed_lead_listeners_are_told_and_what_rules_were_going_to_do_is_called_off()
    {
        var tenant = await app.TenantAsync();
        await Automations.Rules.RuleAsync(tenant, "lead_created", new { type = "create_note", delayMinutes = 60, config = new { content = "Welcome" } });
        var import = await ImportAsync(tenant, new { firstName = "Wrong", phone = "9876500001" });
        await app.RunDueAsync();
        var lead = (await tenant.GetAsync("/api/crm/leads")).Texts("id").Single()!;

        await using var hears = await app.HearAsync(tenant);
        Counts(await tenant.PostAsync($"/api/crm/leads/import/{import}/revert", "{}")).Should().Be((1, 0, 0));

        await HeardAsync(hears, lead, "erased");
        (await tenant.EventsAsync("lead_created")).Single().Text("status").Should().Be("cancelled");
    }

    [Fact]
    public async Task An_undo_that_was_cut_off_when_the_leads_were_gone_finishes_with_all_of_theirs_when_repeated()
    {
        var tenant = await app.TenantAsync();
        await Automations.Rules.RuleAsync(tenant, "lead_created", new { type = "create_note", delayMinutes = 60, config = new { content = "Welcome" } });
        var import = await ImportAsync(tenant, new { firstName = "Wrong", phone = ChatSteps.NewPhone() }, new { firstName = "Wrong too", phone = ChatSteps.NewPhone() });
        await app.RunDueAsync();

        (await app.CutOffAsync(c => c.GetElement(0) is { Name: "delete" } delete && delete.Value == "activities", () => tenant.PostAsync($"/api/crm/leads/import/{import}/revert", "{}"))).Status.Should().Be(500);
        (await tenant.GetAsync("/api/crm/leads")).Data.GetArrayLength().Should().Be(0, "they were gone already");

        Counts(await tenant.PostAsync($"/api/crm/leads/import/{import}/revert", "{}")).Should().Be((2, 0, 0));
        (await tenant.EventsAsync("lead_created")).Select(e => e.Text("status")).Should().Equal("cancelled", "cancelled");
        (await app.Database(tenant).GetCollection<MongoDB.Bson.BsonDocument>("activities").CountDocumentsAsync(new MongoDB.Bson.BsonDocument())).Should().Be(0);
    }

    [Fact]
    public async Task Undoing_an_import_leaves_alone_what_others_changed_since_and_finds_the_lead_of_an_earlier_import_as_that_left_it()
    {
        var tenant = await app.TenantAsync();
        var (first, second) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());
        await ImportAsync(tenant, new { firstName = "Asha", phone = first }, new { firstName = "Kim", phone = second });
        var later = await ImportAsync(tenant, new { firstName = "Changed", phone = first }, new { firstName = "Changed", phone = second });
        var leads = await IdsAsync(tenant, [first, second]);
        await tenant.PatchAsync($"/api/crm/leads/{leads[1]}", new { lastName = "Rao" });

        Counts(await tenant.PostAsync($"/api/crm/leads/import/{later}/revert", "{}")).Should().Be((0, 1, 1));

        (await tenant.GetAsync($"/api/crm/leads/{leads[0]}")).Data.Text("firstName").Should().Be("Asha");
        (await tenant.GetAsync($"/api/crm/leads/{leads[1]}")).Data.Text("firstName").Should().Be("Changed");
    }

    [Fact]
    public async Task A_lead_that_was_there_before_stays_as_the_import_left_it_where_somebody_worked_on_it_since()
    {
        var tenant = await app.TenantAsync();
        var phones = Enumerable.Range(0, 3).Select(_ => ChatSteps.NewPhone()).ToList();
        await ImportAsync(tenant, [.. phones.Select(p => new { firstName = "Asha", phone = p })]);
        var later = await ImportAsync(tenant, [.. phones.Select(p => new { firstName = "Changed", phone = p })]);
        var leads = await IdsAsync(tenant, phones);
        await app.RunDueAsync();
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await tenant.PostAsync($"/api/crm/leads/{leads[0]}/notes", new { content = "As agreed with Changed" });
        await Automations.Rules.FireAsync(tenant, "form_submitted", phones[1]);

        Counts(await tenant.PostAsync($"/api/crm/leads/import/{later}/revert", "{}")).Should().Be((0, 1, 2));
        (await tenant.GetAsync($"/api/crm/leads/{leads[0]}")).Data.Text("firstName").Should().Be("Changed");
        (await tenant.GetAsync($"/api/crm/leads/{leads[2]}")).Data.Text("firstName").Should().Be("Asha");
    }

    [Fact]
    public async Task A_note_that_is_written_while_an_import_is_being_undone_keeps_its_lead()
    {
        var tenant = await app.TenantAsync();
        var phones = new[] { ChatSteps.NewPhone(), ChatSteps.NewPhone() };
        var import = await ImportAsync(tenant, [.. phones.Select(p => new { firstName = "Row", phone = p })]);
        await app.RunDueAsync();
        var leads = await IdsAsync(tenant, phones);
        app.Commands.Before = (database, command) =>
        {
            if (database == $"ecodrix_{tenant.Code}" && command.GetElement(0) is { Name: "delete" } delete && delete.Value == "leads")
            {
                app.Commands.Before = null;
                Now(() => tenant.PostAsync($"/api/crm/leads/{leads[0]}/notes", new { content = "Just in time" }));
            }
        };

        Counts(await tenant.PostAsync($"/api/crm/leads/import/{import}/revert", "{}")).Should().Be((1, 0, 1));

        app.Commands.Before.Should().BeNull("the note came in between");
        (await tenant.GetAsync($"/api/crm/leads/{leads[0]}/notes")).Texts("content").Should().Equal("Just in time");
        (await tenant.GetAsync("/api/crm/leads")).Texts("phone").Should().Equal(phones[0]);
        (await tenant.GetAsync($"/api/crm/leads/{leads[0]}/activities")).Texts("type").Should().Equal("lead_created");
    }

    private static void Now(Func<Task> act) => Task.Run(act).GetAwaiter().GetResult();

    private static async Task<string> ImportAsync(TestTenant tenant, params object[] rows)
    {
        var import = await tenant.PostAsync("/api/crm/leads/import", new { leads = rows });
        import.Status.Should().Be(200, import.Json.ToString());
        import.Data.GetProperty("failed").GetInt32().Should().Be(0, import.Json.ToString());
        return import.Data.Text("importId")!;
    }

    /// <summary>The leads' ids in the order of their numbers.</summary>
    private static async Task<List<string>> IdsAsync(TestTenant tenant, IReadOnlyList<string> phones)
    {
        var leads = (await tenant.GetAsync("/api/crm/leads?limit=100")).Data.EnumerateArray().ToDictionary(l => l.Text("phone")!, l => l.Text("id")!);
        return [.. phones.Select(p => leads[p])];
    }

    private static (int Removed, int Restored, int Kept) Counts(TestAnswer answer) => Counts(answer.Data);

    private static (int Removed, int Restored, int Kept) Counts(JsonElement view) =>
        (view.GetProperty("removed").GetInt32(), view.GetProperty("restored").GetInt32(), view.GetProperty("kept").GetInt32());

    private static Task HeardAsync(Listening hears, string lead, string what) => Eventually.IsTrueAsync(
        () => Task.FromResult(hears.Seen.Any(e => e.Name == "lead.updated" && e.Data.GetProperty("data") is var told && told.Text("id") == lead && told.Text("what") == what)),
        TimeSpan.FromSeconds(20),
        () => $"{what} of {lead}; heard: {string.Join(" ", hears.Seen.Select(e => e.Data.GetRawText()))}");
}
