namespace Ecodrix.Tests.Api.Chat;

public sealed class TemplateTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Syncing_pages_through_everything_keeps_the_mapping_and_marks_what_has_vanished()
    {
        var tenant = await app.TenantAsync();
        var waba = $"{Random.Shared.NextInt64(100_000_000_000, 999_999_999_999)}";
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { whatsappBusinessId = waba }, ("x-admin-key", AppFixture.AdminKey));
        for (var n = 0; n < 130; n++)
        {
            await CreateAsync(waba, $"extra_{n:000}");
        }

        var first = (await tenant.PostAsync("/api/saas/chat/templates/sync", new { })).Data;
        first.GetProperty("total").GetInt32().Should().BeGreaterThan(130, "a page holds 100");
        first.GetProperty("added").GetInt32().Should().Be(first.GetProperty("total").GetInt32());
        await MapAsync(tenant, "appointment_confirmed");
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{app.Sandbox.GraphUrl}/v25.0/{waba}/message_templates?name=extra_007");
        request.Headers.Authorization = new("Bearer", "sandbox-access-token-0001");
        (await app.Http.SendAsync(request)).EnsureSuccessStatusCode();

        var second = (await tenant.PostAsync("/api/saas/chat/templates/sync", new { })).Data;

        second.GetProperty("added").GetInt32().Should().Be(0);
        second.GetProperty("updated").GetInt32().Should().Be(0);
        second.GetProperty("removed").GetInt32().Should().Be(1);
        second.GetProperty("changes").EnumerateArray().Select(c => (c.Text("name"), c.Text("what"))).Should().Contain(("extra_007", "no longer at Meta"));
        first.GetProperty("changes").EnumerateArray().Select(c => (c.Text("name"), c.Text("what"))).Should().Contain(("appointment_confirmed", "new, approved"));
        (await tenant.GetAsync("/api/saas/chat/templates/extra_007")).Code.Should().Be("TEMPLATE_NOT_FOUND");
        (await tenant.GetAsync("/api/saas/chat/templates/appointment_confirmed?language=en_US")).Data.Text("mappingStatus").Should().Be("mapped");
        (await tenant.GetAsync("/api/saas/chat/templates?mappingStatus=mapped&search=appointment_conf&status=APPROVED")).Json.GetProperty("total").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task The_seeds_mapping_validates_and_previews_with_its_context()
    {
        var tenant = await SyncedAsync();
        var before = (await tenant.GetAsync("/api/saas/chat/templates/appointment_confirmed/validate?language=en_US")).Data;
        before.GetProperty("valid").GetBoolean().Should().BeFalse();
        before.GetProperty("variables").GetArrayLength().Should().Be(3);

        await MapAsync(tenant, "appointment_confirmed");

        (await tenant.GetAsync("/api/saas/chat/templates/appointment_confirmed/validate?language=en_US")).Data.GetProperty("valid").GetBoolean().Should().BeTrue();
        var preview = (await tenant.PostAsync("/api/saas/chat/templates/appointment_confirmed/preview?language=en_US", new
        {
            context = new { lead = new { firstName = "Ravi" }, @event = new { doctorName = "Dr. Sharma", appointmentTime = "3 pm" } },
        })).Data;
        preview.Text("body").Should().Be("Hello Ravi, your appointment with Dr. Sharma is confirmed for 3 pm. We look forward to seeing you.");
        preview.Text("header").Should().Be("Appointment confirmed");
        preview.Text("footer").Should().Be("Reply STOP to opt out");
        preview.GetProperty("buttons").GetArrayLength().Should().Be(2);
        preview.Text("missing").Should().BeNull();
    }

    [Fact]
    public async Task A_mapping_that_is_not_saved_is_previewed_instead_of_the_one_that_is_and_nothing_of_it_is_kept()
    {
        var tenant = await SyncedAsync();
        await MapAsync(tenant, "appointment_confirmed");
        var lead = (await tenant.PostAsync("/api/crm/leads", new { firstName = "Meera", phone = ChatSteps.NewPhone() })).Data.Text("id");
        object Draft(object second) => new { leadId = lead, mapping = new { mappings = new[] { new { variableIndex = 1, source = "lead", field = "firstName" }, second }, onEmptyVariable = "fallback" } };

        var tried = await tenant.PostAsync("/api/saas/chat/templates/appointment_confirmed/preview?language=en_US", Draft(new { variableIndex = 2, source = "static", value = "Dr. Rao" }));
        var unfinished = await tenant.PostAsync("/api/saas/chat/templates/appointment_confirmed/preview?language=en_US", Draft(new { variableIndex = 2, source = "static" }));

        tried.Data.Text("body").Should().StartWith("Hello Meera, your appointment with Dr. Rao is confirmed");
        tried.Data.Text("missing").Should().Contain("is not mapped", "the third variable is not in the mapping that is tried");
        (unfinished.Status, unfinished.Code).Should().Be((400, "VALIDATION_ERROR"));
        var kept = (await tenant.GetAsync("/api/saas/chat/templates/appointment_confirmed?language=en_US")).Data;
        kept.Text("mappingStatus").Should().Be("mapped");
        kept.Text("onEmptyVariable").Should().Be("skip");
    }

    [Fact]
    public async Task A_mapping_that_fits_no_variable_is_refused_with_all_faults()
    {
        var tenant = await SyncedAsync();

        var answer = await tenant.PutAsync("/api/saas/chat/templates/appointment_confirmed/mapping?language=en_US", new
        {
            mappings = new object[] { new { variableIndex = 4, source = "lead", field = "firstName" }, new { variableIndex = 1, source = "static" }, new { variableIndex = 2, source = "collection", field = "x", collection = "messages" } },
        });

        answer.Status.Should().Be(400);
        answer.Json.GetProperty("details").GetArrayLength().Should().Be(3);
        (await tenant.PutAsync("/api/saas/chat/templates/appointment_confirmed/mapping", new { mappings = new[] { new { variableIndex = 1, source = "nowhere" } } })).Status.Should().Be(400);
    }

    [Theory]
    [InlineData("visits", "$where", "matchField")]
    [InlineData("visits", "patient.$where", "matchField")]
    [InlineData("visits", "", "matchField")]
    [InlineData("visits", "a\0b", "matchField")]
    [InlineData("vi\0sits", "phone", "collection")]
    [InlineData("", "phone", "collection")]
    [InlineData(".visits", "phone", "collection")]
    [InlineData("visits..old", "phone", "collection")]
    public async Task A_collection_is_looked_up_by_a_field_and_by_nothing_else(string collection, string matchField, string fault)
    {
        var tenant = await SyncedAsync();
        object mapping = new { mappings = new[] { new { variableIndex = 1, source = "collection", field = "x", collection, matchField } } };

        var mapped = await tenant.PutAsync("/api/saas/chat/templates/appointment_confirmed/mapping?language=en_US", mapping);
        var previewed = await tenant.PostAsync("/api/saas/chat/templates/appointment_confirmed/preview?language=en_US", new { mapping, context = new { lead = new { phone = "+919876543210" } } });

        foreach (var answer in new[] { mapped, previewed })
        {
            answer.Status.Should().Be(400, answer.Json.ToString());
            answer.Json.GetProperty("details").EnumerateArray().Select(d => d.Text("field")).Should().Contain($"mappings[0].{fault}");
        }
    }

    [Fact]
    public async Task What_is_looked_up_is_a_value_and_never_a_condition()
    {
        var tenant = await SyncedAsync();
        object mapping = new { mappings = new[] { new { variableIndex = 1, source = "collection", field = "x", collection = "visits", matchField = "phone", matchWith = "event.a" } } };

        var preview = await tenant.PostAsync("/api/saas/chat/templates/appointment_confirmed/preview?language=en_US", new { mapping, context = new { @event = new { a = new Dictionary<string, int> { ["$gt"] = 1 } } } });

        preview.Status.Should().Be(200, preview.Json.ToString());
        preview.Data.Text("missing").Should().Contain("came out empty");
    }

    [Fact]
    public async Task Headers_buttons_names_fallbacks_and_collections_are_filled_alike()
    {
        var tenant = await SyncedAsync();
        var lead = (await tenant.PostAsync("/api/crm/leads", new { firstName = "Meera", phone = ChatSteps.NewPhone() })).Data;
        await tenant.PutAsync("/api/saas/chat/templates/order_status/mapping", new
        {
            mappings = new object[]
            {
                new { component = "header", variableIndex = 1, source = "static", value = "SKB-1" },
                new { variableIndex = 1, source = "lead", field = "firstName" },
                new { variableIndex = 2, source = "event", field = "state", fallback = "on its way" },
                new { component = "button", buttonIndex = 0, source = "event", field = "order.number", fallback = "unknown" },
            },
            onEmptyVariable = "fallback",
        });

        var preview = (await tenant.PostAsync("/api/saas/chat/templates/order_status/preview", new { leadId = lead.Text("id"), context = new { @event = new { order = new { number = 4471 } } } })).Data;

        preview.Text("header").Should().Be("Order SKB-1");
        preview.Text("body").Should().Be("Hi Meera, your order is on its way and will reach you soon.");
        preview.GetProperty("buttons")[0].Text("url").Should().Be("https://example.com/track/4471");
        preview.GetProperty("components").GetArrayLength().Should().Be(3);
        (await tenant.PutAsync("/api/saas/chat/templates/welcome_coupon/mapping", new
        {
            mappings = new object[] { new { name = "first_name", source = "lead", field = "firstName" }, new { name = "discount", source = "static", value = "10%" }, new { buttonIndex = 0, source = "static", value = "WELCOME10" } },
        })).Data.Text("mappingStatus").Should().Be("mapped");
        var named = (await tenant.PostAsync("/api/saas/chat/templates/welcome_coupon/preview", new { leadId = lead.Text("id") })).Data.GetProperty("components");
        named[0].GetProperty("parameters")[0].Text("parameter_name").Should().Be("first_name");
        named[1].GetProperty("parameters")[0].Text("coupon_code").Should().Be("WELCOME10");
    }

    [Theory]
    [InlineData("skip", "skipped")]
    [InlineData("fail", "failed")]
    public async Task A_rule_without_variables_uses_the_mapping_and_says_what_it_did_with_an_empty_one(string policy, string status)
    {
        var tenant = await SyncedAsync();
        await MapAsync(tenant, "appointment_confirmed", policy);
        (await tenant.PostAsync("/api/crm/automations", new
        {
            name = "WA",
            trigger = "appointment_confirmed",
            actions = new[] { new { type = "send_whatsapp", config = new { templateName = "appointment_confirmed", language = "en_US" } } },
        })).Status.Should().Be(201);
        var phone = ChatSteps.NewPhone();

        var full = await FireAsync(tenant, phone, new { doctorName = "Dr. Sharma", appointmentTime = "3 pm" });
        var empty = await FireAsync(tenant, phone, new { doctorName = "Dr. Sharma" });

        full.Text("status").Should().Be("completed");
        app.SentTo(phone).Should().ContainSingle().Which.GetProperty("template").GetProperty("components")[0].GetProperty("parameters").EnumerateArray().Select(p => p.Text("text"))
            .Should().Equal("Ravi", "Dr. Sharma", "3 pm");
        empty.Text("status").Should().Be(status);
        empty.Text("error").Should().Contain("{{3}}").And.Contain("event.appointmentTime");
        (await tenant.GetAsync("/api/saas/chat/templates/appointment_confirmed/used-by")).Data[0].Text("kind").Should().Be("automation");
    }

    [Fact]
    public async Task Only_the_tenants_own_collections_are_offered()
    {
        var tenant = await SyncedAsync();
        await tenant.PostAsync("/api/crm/leads", new { firstName = "Meera", phone = ChatSteps.NewPhone() });

        (await tenant.GetAsync("/api/saas/chat/collections")).Data.GetArrayLength().Should().Be(0);
        foreach (var name in new[] { "leads", "messages", "settings", "system.indexes", "nothing" })
        {
            (await tenant.GetAsync($"/api/saas/chat/collections/{name}/fields")).Code.Should().Be("COLLECTION_NOT_FOUND");
        }
    }

    private static Task<TestAnswer> MapAsync(TestTenant tenant, string name, string policy = "skip") => tenant.PutAsync($"/api/saas/chat/templates/{name}/mapping?language=en_US", new
    {
        mappings = new object[]
        {
            new { variableIndex = 1, source = "lead", field = "firstName" }, new { variableIndex = 2, source = "event", field = "doctorName" }, new { variableIndex = 3, source = "event", field = "appointmentTime" },
        },
        onEmptyVariable = policy,
    });

    private async Task<System.Text.Json.JsonElement> FireAsync(TestTenant tenant, string phone, object variables)
    {
        var fired = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "appointment_confirmed", phone, variables, createLeadIfMissing = true, leadData = new { firstName = "Ravi" } });
        await app.RunDueAsync();
        return (await tenant.GetAsync($"/api/saas/events/logs/{fired.Data.Text("eventLogId")}")).Data.GetProperty("actions")[0];
    }

    private async Task<TestTenant> SyncedAsync()
    {
        var tenant = await app.TenantAsync();
        (await tenant.PostAsync("/api/saas/chat/templates/sync", new { })).Status.Should().Be(200);
        return tenant;
    }

    private async Task CreateAsync(string waba, string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{app.Sandbox.GraphUrl}/v25.0/{waba}/message_templates");
        request.Headers.Authorization = new("Bearer", "sandbox-access-token-0001");
        request.Content = System.Net.Http.Json.JsonContent.Create(new { name, language = "en_US", category = "UTILITY", components = new[] { new { type = "BODY", text = "Hello there." } } });
        (await app.Http.SendAsync(request)).EnsureSuccessStatusCode();
    }
}
