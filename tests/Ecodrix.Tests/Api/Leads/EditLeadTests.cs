namespace Ecodrix.Tests.Api.Leads;

public sealed class EditLeadTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_patch_changes_what_is_present_and_null_clears()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync(more: new { lastName = "Kumar", email = "ravi@example.com", source = "website" });

        var after = await tenant.PatchAsync($"/api/crm/leads/{lead}", """{"firstName":"Ravindra","lastName":null,"dealValue":1200.5,"tags":["vip"],"unknown":1}""");

        after.Status.Should().Be(200);
        after.Data.GetProperty("firstName").GetString().Should().Be("Ravindra");
        after.Data.GetProperty("lastName").GetString().Should().BeNull();
        after.Data.GetProperty("email").GetString().Should().Be("ravi@example.com");
        after.Data.GetProperty("dealValue").GetDecimal().Should().Be(1200.5m);
        after.Data.GetProperty("version").GetInt32().Should().Be(2);
        (await tenant.GetAsync("/api/crm/leads?search=ravindra")).Json.GetProperty("total").GetInt32().Should().Be(1);
        (await tenant.GetAsync("/api/crm/leads?search=kumar")).Json.GetProperty("total").GetInt32().Should().Be(0);
        await app.RunDueAsync();
        (await tenant.GetAsync($"/api/crm/leads/{lead}/activities")).Texts("type").Should().Contain(["custom", "tag_added"]);
    }

    [Fact]
    public async Task A_stale_version_is_refused_in_the_body_and_in_if_match()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync();
        await tenant.PatchAsync($"/api/crm/leads/{lead}", new { lastName = "First" });

        (await tenant.PatchAsync($"/api/crm/leads/{lead}", new { lastName = "Second", version = 1 })).Code.Should().Be("VERSION_CONFLICT");
        var header = await app.SendAsync(HttpMethod.Patch, $"/api/crm/leads/{lead}", new { lastName = "Third" }, ("x-api-key", tenant.Key), ("x-client-code", tenant.Code), ("If-Match", "\"1\""));
        header.Status.Should().Be(409);
        (await tenant.PatchAsync($"/api/crm/leads/{lead}", new { lastName = "Fourth", version = 2 })).Data.GetProperty("lastName").GetString().Should().Be("Fourth");
    }

    [Theory]
    [InlineData("""{"firstName":""}""", "VALIDATION_ERROR")]
    [InlineData("""{"phone":"12"}""", "VALIDATION_ERROR")]
    [InlineData("""{"phone":null}""", "VALIDATION_ERROR")]
    [InlineData("""{"email":"nobody"}""", "VALIDATION_ERROR")]
    [InlineData("""{"dealValue":-1}""", "VALIDATION_ERROR")]
    [InlineData("""{"status":"won"}""", "VALIDATION_ERROR")]
    [InlineData("""{"stageId":"65b2000000000000000000aa"}""", "VALIDATION_ERROR")]
    [InlineData("""{"score":99}""", "VALIDATION_ERROR")]
    [InlineData("""{"metadata":{"refs":{"a.b":"x"}}}""", "VALIDATION_ERROR")]
    [InlineData("""{"phone":"9876500002"}""", "DUPLICATE_PHONE")]
    public async Task What_is_wrong_is_refused_and_changes_nothing(string body, string code)
    {
        var tenant = await app.TenantAsync();
        await tenant.LeadAsync("9876500002");
        var lead = await tenant.LeadAsync("9876500001");

        (await tenant.PatchAsync($"/api/crm/leads/{lead}", body)).Code.Should().Be(code);
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("version").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task A_lead_may_be_sent_back_as_it_was_read()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync(more: new { tags = new[] { "a" }, dealValue = 10 });

        var read = (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.ToString();

        (await tenant.PatchAsync($"/api/crm/leads/{lead}", read)).Data.GetProperty("version").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task Metadata_is_merged_found_by_reference_and_listed_as_fields()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync(more: new { metadata = new { refs = new { appointmentId = "a-1", bookingId = "b-1" }, extra = new { plan = "Premium" } } });

        var after = await tenant.PatchAsync($"/api/crm/leads/{lead}/metadata", """{"refs":{"appointmentId":"a-2","bookingId":null},"extra":{"seats":3}}""");

        after.Data.GetProperty("metadata").GetProperty("refs").ToString().Should().Contain("a-2").And.NotContain("bookingId");
        after.Data.GetProperty("metadata").GetProperty("extra").GetProperty("plan").GetString().Should().Be("Premium");
        (await tenant.GetAsync("/api/crm/leads/by-ref?field=appointmentId&value=a-2")).Data.GetProperty("id").GetString().Should().Be(lead);
        (await tenant.GetAsync("/api/crm/leads/by-ref?field=appointmentId&value=a-1")).Code.Should().Be("LEAD_NOT_FOUND");
        (await tenant.GetAsync("/api/crm/leads?appointmentId=a-2")).Json.GetProperty("total").GetInt32().Should().Be(1);
        (await tenant.GetAsync("/api/crm/leads/by-ref?field=appointmentId")).Code.Should().Be("VALIDATION_ERROR");
        var fields = await tenant.GetAsync("/api/crm/fields");
        fields.Data[0].GetProperty("field").GetString().Should().Be("firstName");
        fields.Texts("field").Should().Contain(["metadata.refs.appointmentId", "metadata.extra.plan", "metadata.extra.seats"]);
    }

    [Fact]
    public async Task References_are_kept_and_looked_up_as_they_are_and_may_not_be_too_long()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync(more: new { metadata = new { refs = new Dictionary<string, string> { ["orderId"] = " o-1 ", [" own"] = new('x', 500) } } });

        (await tenant.GetAsync("/api/crm/leads/by-ref?field=orderId&value=%20o-1%20")).Data.GetProperty("id").GetString().Should().Be(lead);
        (await tenant.GetAsync("/api/crm/leads?orderId=%20o-1%20")).Json.GetProperty("total").GetInt32().Should().Be(1);
        (await tenant.GetAsync("/api/crm/leads/by-ref?field=orderId&value=o-1")).Code.Should().Be("LEAD_NOT_FOUND");
        (await tenant.GetAsync($"/api/crm/leads/by-ref?field=%20own&value={new string('x', 500)}")).Data.GetProperty("id").GetString().Should().Be(lead);
        (await tenant.GetAsync($"/api/crm/leads/by-ref?field=own&value={new string('x', 501)}")).Code.Should().Be("LEAD_NOT_FOUND");
        (await tenant.GetAsync("/api/crm/leads/by-ref?field=own&value=")).Code.Should().Be("VALIDATION_ERROR");
        var refused = await tenant.PatchAsync($"/api/crm/leads/{lead}/metadata", new { refs = new { orderId = new string('x', 501) } });
        refused.Code.Should().Be("VALIDATION_ERROR");
        refused.Json.ToString().Should().Contain("metadata.refs.orderId may have at most 500 characters.");
    }

    [Theory]
    [InlineData("---", 0)]
    [InlineData(" . ", 0)]
    [InlineData("%20", 1)]
    [InlineData("ra-", 1)]
    public async Task A_search_for_nothing_but_separators_finds_nothing(string search, int found)
    {
        var tenant = await app.TenantAsync();
        await tenant.LeadAsync();

        (await tenant.GetAsync($"/api/crm/leads?search={search}")).Json.GetProperty("total").GetInt32().Should().Be(found);
    }

    [Theory]
    [InlineData("pune")]
    [InlineData("[annual]")]
    [InlineData("ravi ravindra.kumar@example.com")]
    [InlineData("कुमार")]
    public async Task A_search_finds_every_word_however_far_back_it_stands_and_whatever_is_around_it(string search)
    {
        var tenant = await app.TenantAsync();
        await tenant.LeadAsync(more: new { lastName = "कुमार", email = "ravindra.kumar@example.com", dealTitle = "\"Annual\" maintenance contract for the outpatient automation in Pune" });

        (await tenant.GetAsync($"/api/crm/leads?search={Uri.EscapeDataString(search)}")).Json.GetProperty("total").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task A_range_up_to_the_last_moment_there_is_is_open()
    {
        var tenant = await app.TenantAsync();
        await tenant.LeadAsync();

        (await tenant.GetAsync("/api/crm/leads?createdTo=9999-12-31T23:59:59.999Z")).Json.GetProperty("total").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task An_archived_lead_is_out_of_lists_and_comes_back_as_it_was_or_open_when_it_gets_in_touch()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync();
        await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status = "won" });

        (await tenant.PatchAsync($"/api/crm/leads/{lead}/archive", null)).Data.GetProperty("status").GetString().Should().Be("archived");
        (await tenant.GetAsync("/api/crm/leads")).Json.GetProperty("total").GetInt32().Should().Be(0);
        (await tenant.GetAsync("/api/crm/leads?status=archived")).Json.GetProperty("total").GetInt32().Should().Be(1);
        (await tenant.PatchAsync($"/api/crm/leads/{lead}/unarchive", null)).Data.GetProperty("status").GetString().Should().Be("won");

        await tenant.PatchAsync($"/api/crm/leads/{lead}/archive", null);
        await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210" });
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("status").GetString().Should().Be("open");
    }

    [Fact]
    public async Task Erasing_needs_a_word_and_leaves_nothing_of_the_person()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("form_submitted");
        var fired = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210", createLeadIfMissing = true, variables = new { secret = "Diagnosis" } });
        var lead = fired.Data.GetProperty("leadId").GetString();
        await tenant.PostAsync($"/api/crm/leads/{lead}/notes", new { content = "Diagnosis" });
        await app.RunDueAsync();

        (await tenant.DeleteAsync($"/api/crm/leads/{lead}")).Code.Should().Be("CONFIRM_REQUIRED");
        var erased = await tenant.DeleteAsync($"/api/crm/leads/{lead}?confirm=true");

        erased.Data.GetProperty("events").GetInt32().Should().BeGreaterThanOrEqualTo(1);
        erased.Data.GetProperty("activities").GetInt32().Should().BeGreaterThanOrEqualTo(2);
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Code.Should().Be("LEAD_NOT_FOUND");
        var log = await tenant.GetAsync($"/api/saas/events/logs/{fired.Data.GetProperty("eventLogId").GetString()}");
        log.Json.ToString().Should().NotContain("Diagnosis").And.NotContain("9876543210");
    }

    [Fact]
    public async Task Merging_keeps_one_lead_with_what_both_had_and_both_numbers_find_it()
    {
        var tenant = await app.TenantAsync();
        var keep = await tenant.LeadAsync("9876500001", new { tags = new[] { "a" }, metadata = new { refs = new { x = "1" } } });
        var other = await tenant.LeadAsync("9876500002", new { email = "o@example.com", dealValue = 500, tags = new[] { "b" }, metadata = new { refs = new { x = "2", y = "3" } } });
        await tenant.PostAsync($"/api/crm/leads/{other}/notes", new { content = "From the other" });

        var merged = await tenant.PostAsync($"/api/crm/leads/{keep}/merge", new { otherId = other });

        merged.Data.GetProperty("email").GetString().Should().Be("o@example.com");
        merged.Data.GetProperty("dealValue").GetDecimal().Should().Be(500);
        merged.Data.GetProperty("tags").ToString().Should().Contain("a").And.Contain("b");
        merged.Data.GetProperty("metadata").GetProperty("refs").ToString().Should().Contain("\"1\"").And.Contain("\"3\"");
        (await tenant.GetAsync($"/api/crm/leads/{keep}/notes")).Texts("content").Should().Equal("From the other");
        (await tenant.GetAsync($"/api/crm/leads/{other}")).Code.Should().Be("LEAD_NOT_FOUND");
        (await tenant.PostAsync("/api/crm/leads", new { firstName = "X", phone = "9876500002" })).Code.Should().Be("DUPLICATE_PHONE");
        var fired = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876500002", createLeadIfMissing = true });
        fired.Data.GetProperty("leadId").GetString().Should().Be(keep);
        (await tenant.PostAsync($"/api/crm/leads/{keep}/merge", new { otherId = keep })).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_bulk_assignment_says_to_whom_and_only_an_explicit_null_is_nobody()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync(more: new { assignedTo = "asha" });

        var misspelt = await tenant.PostAsync("/api/crm/leads/bulk", new { ids = new[] { lead }, action = "assign", assignTo = "kim" });
        await app.RunDueAsync();

        misspelt.Code.Should().Be("VALIDATION_ERROR", misspelt.Json.ToString());
        misspelt.Json.GetProperty("details")[0].GetProperty("field").GetString().Should().Be("assignedTo");
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("assignedTo").GetString().Should().Be("asha");

        foreach (var owner in new[] { "kim", null })
        {
            (await tenant.PostAsync("/api/crm/leads/bulk", new { ids = new[] { lead }, action = "assign", assignedTo = owner })).Status.Should().Be(200);
            await app.RunDueAsync();
            (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("assignedTo").GetString().Should().Be(owner);
        }
    }

    [Theory]
    [InlineData("""{"add":["  "]}""")]
    [InlineData("""{"add":[],"remove":[""]}""")]
    [InlineData("""{}""")]
    [InlineData("""{"add":["a"],"remove":["a "]}""")]
    public async Task A_bulk_tag_that_would_change_nothing_is_refused(string tags)
    {
        var tenant = await app.TenantAsync();
        var body = System.Text.Json.Nodes.JsonNode.Parse(tags)!.AsObject();
        body["ids"] = new System.Text.Json.Nodes.JsonArray(await tenant.LeadAsync());
        body["action"] = "tag";

        (await tenant.PostAsync("/api/crm/leads/bulk", body.ToJsonString())).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_bulk_change_that_was_cut_off_goes_on_where_it_was_and_says_which_leads_it_could_not_change()
    {
        var tenant = await app.TenantAsync();
        var import = await tenant.PostAsync("/api/crm/leads/import", new { leads = Enumerable.Range(0, 150).Select(n => new { firstName = $"Row {n}", phone = $"98765{n:00000}" }) });
        import.Data.GetProperty("created").GetInt32().Should().Be(150, import.Json.ToString());
        var ids = new List<string?> { "65b2000000000000000000aa" };
        for (var page = 1; page <= 2; page++)
        {
            ids.AddRange((await tenant.GetAsync($"/api/crm/leads?limit=100&page={page}")).Texts("id"));
        }

        var job = (await tenant.PostAsync("/api/crm/leads/bulk", new { ids, action = "tag", add = new[] { "campaign" } })).Data.GetProperty("jobId").GetString();
        var writes = 0;
        bool IsWrite(MongoDB.Bson.BsonDocument c) => c.ElementCount > 0 && c.GetElement(0) is { Name: "findAndModify" } write && write.Value == "leads" && c.ToString().Contains("campaign", StringComparison.Ordinal);
        app.Commands.CutOff = c => IsWrite(c) && ++writes > 120;
        await app.RunDueAsync();
        (app.Commands.CutOff, writes) = (null, 0);
        (await tenant.GetAsync("/api/crm/leads?tags=campaign")).Json.GetProperty("total").GetInt32().Should().Be(120);
        app.Commands.Before = (_, c) => writes += IsWrite(c) ? 1 : 0;
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        await app.RunDueAsync();
        app.Commands.Before = null;

        var result = (await tenant.GetAsync($"/api/saas/jobs/status/{job}")).Data.GetProperty("result");
        (result.GetProperty("changed").GetInt32(), result.GetProperty("failed").GetInt32()).Should().Be((150, 1), result.ToString());
        result.GetProperty("failures")[0].GetProperty("leadId").GetString().Should().Be("65b2000000000000000000aa");
        result.GetProperty("failures")[0].GetProperty("code").GetString().Should().Be("LEAD_NOT_FOUND");
        writes.Should().BeInRange(30, 51, "but for what it had not said yet, what was changed is not changed again");
        (await tenant.GetAsync("/api/crm/leads?tags=campaign")).Json.GetProperty("total").GetInt32().Should().Be(150);
    }

    [Fact]
    public async Task A_bulk_change_runs_as_a_job_with_progress_and_says_what_came_of_it()
    {
        var tenant = await app.TenantAsync();
        for (var i = 0; i < 5; i++)
        {
            await tenant.LeadAsync($"987650000{i}", new { source = i < 3 ? "web" : "walk_in" });
        }

        var started = await tenant.PostAsync("/api/crm/leads/bulk", new { filter = new { source = "web" }, action = "tag", add = new[] { "campaign" } });
        started.Data.GetProperty("total").GetInt32().Should().Be(3);
        await app.RunDueAsync();

        var job = await tenant.GetAsync($"/api/saas/jobs/status/{started.Data.GetProperty("jobId").GetString()}");
        job.Data.GetProperty("status").GetString().Should().Be("completed");
        job.Data.GetProperty("progress").GetDouble().Should().Be(1);
        job.Data.GetProperty("result").GetProperty("changed").GetInt32().Should().Be(3);
        (await tenant.GetAsync("/api/crm/leads?tags=campaign")).Json.GetProperty("total").GetInt32().Should().Be(3);
        (await tenant.PostAsync("/api/crm/leads/bulk", new { ids = Enumerable.Repeat("65b2000000000000000000aa", 10_001), action = "archive" })).Code.Should().Be("TOO_MANY_LEADS");
        (await tenant.PostAsync("/api/crm/leads/bulk", new { ids = new[] { "65b2000000000000000000aa" }, action = "move", stageId = "65b2000000000000000000aa" })).Code.Should().Be("STAGE_NOT_FOUND");
        (await tenant.PostAsync("/api/crm/leads/bulk", new { action = "dance" })).Code.Should().Be("VALIDATION_ERROR");
    }
}
