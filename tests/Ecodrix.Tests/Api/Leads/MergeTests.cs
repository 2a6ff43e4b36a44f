using Ecodrix.Tests.Api.Automations;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Leads;

/// <summary>However two leads become one, and whatever comes in between: one is there afterwards, with all that either had.</summary>
public sealed class MergeTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Of_two_merges_that_cross_one_succeeds_and_its_lead_stays()
    {
        var tenant = await app.TenantAsync();
        for (var pair = 0; pair < 15; pair++)
        {
            var a = await tenant.LeadAsync($"98765001{pair:00}");
            var b = await tenant.LeadAsync($"98765002{pair:00}");
            await tenant.PostAsync($"/api/crm/leads/{a}/notes", new { content = "Of a" });
            await tenant.PostAsync($"/api/crm/leads/{b}/notes", new { content = "Of b" });

            var answers = await Task.WhenAll(MergeAsync(tenant, a, b), MergeAsync(tenant, b, a));

            answers.Should().ContainSingle(m => m.Status == 200, string.Join("\n", answers.Select(m => m.Json)));
            answers.Single(m => m.Status != 200).Code.Should().BeOneOf("LEAD_NOT_FOUND", "VERSION_CONFLICT");
            var kept = answers.Single(m => m.Status == 200).Data.GetProperty("id").GetString();
            var whole = await tenant.GetAsync($"/api/crm/leads/{kept}");
            whole.Status.Should().Be(200);
            whole.Json.ToString().Should().Contain($"98765001{pair:00}").And.Contain($"98765002{pair:00}");
            (await tenant.GetAsync($"/api/crm/leads/{kept}/notes")).Texts("content").Should().BeEquivalentTo("Of a", "Of b");
            (await tenant.GetAsync($"/api/crm/leads/{(kept == a ? b : a)}")).Code.Should().Be("LEAD_NOT_FOUND");
        }
    }

    [Fact]
    public async Task A_lead_without_a_number_gets_the_others_own_one_not_one_that_was_given_up_before()
    {
        var tenant = await app.TenantAsync();
        var older = await tenant.LeadAsync("9876500011");
        var other = await tenant.LeadAsync("9876500012");
        await MergeAsync(tenant, other, older);
        var keep = await ByMailAsync(tenant, "ravi@example.com");

        var merged = await MergeAsync(tenant, keep, other);

        merged.Data.GetProperty("phone").GetString().Should().Be("+919876500012", merged.Json.ToString());
        (await tenant.GetAsync($"/api/crm/leads/{keep}")).Data.GetProperty("otherPhones").EnumerateArray().Select(p => p.GetString()).Should().Equal("+919876500011");
    }

    [Fact]
    public async Task What_is_changed_in_the_other_meanwhile_is_merged_too_and_fires()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("tag_added");
        await tenant.ListenAsync("lead_created");
        var keep = await tenant.LeadAsync("9876500001");
        var other = await tenant.LeadAsync("9876500002");

        var tagging = Enumerable.Range(0, 20).Select(async i =>
            (Tag: $"t{i}", (await tenant.PatchAsync($"/api/crm/leads/{other}/tags", new { add = new[] { $"t{i}" } })).Status)).ToList();
        var merged = await MergeAsync(tenant, keep, other);
        var tagged = (await Task.WhenAll(tagging)).Where(t => t.Status == 200).Select(t => t.Tag).ToList();
        if (merged.Status != 200)
        {
            // Too much going on: nothing is lost by it, and it may be repeated.
            merged.Code.Should().Be("VERSION_CONFLICT");
            merged = await MergeAsync(tenant, keep, other);
        }

        await app.RunDueAsync();

        merged.Status.Should().Be(200, merged.Json.ToString());
        var tags = (await tenant.GetAsync($"/api/crm/leads/{keep}")).Data.GetProperty("tags").EnumerateArray().Select(t => t.GetString());
        tags.Should().BeEquivalentTo(tagged);
        (await tenant.EventsAsync("lead_created")).Should().HaveCount(2).And.OnlyContain(e => e.GetProperty("leadId").GetString() == keep);
        (await tenant.GetAsync($"/api/crm/leads/{keep}/activities?limit=100")).Texts("title").Count(t => t == "Merged with Ravi").Should().Be(1);
    }

    [Fact]
    public async Task A_lead_without_a_number_gets_the_others()
    {
        var tenant = await app.TenantAsync();
        var keep = await ByMailAsync(tenant, "ravi@example.com");
        var other = await tenant.LeadAsync("9876500002");

        var merged = await MergeAsync(tenant, keep, other);

        merged.Data.GetProperty("phone").GetString().Should().Be("+919876500002");
        var whole = (await tenant.GetAsync($"/api/crm/leads/{keep}")).Data;
        whole.GetProperty("phone").GetString().Should().Be("+919876500002");
        whole.GetProperty("otherPhones").GetArrayLength().Should().Be(0);
        (await tenant.GetAsync("/api/crm/leads?search=9876500002")).Texts("id").Should().Equal(keep);
        (await tenant.PostAsync("/api/crm/leads", new { firstName = "X", phone = "9876500002" })).Json.ToString().Should().Contain("DUPLICATE_PHONE").And.Contain(keep);
    }

    [Fact]
    public async Task A_merge_that_was_cut_off_while_the_number_changed_hands_can_be_repeated_either_way()
    {
        var tenant = await app.TenantAsync();
        var leads = app.Database(tenant).GetCollection<BsonDocument>("leads");
        var number = 9876500010;
        foreach (var keepsOther in new[] { false, true })
        {
            var phone = $"+91{++number}";
            var (keep, other) = (await ByMailAsync(tenant, $"m{number}@example.com"), await tenant.LeadAsync(phone));
            // As the process leaves it that dies after the other let go of its number.
            await leads.UpdateManyAsync(
                Builders<BsonDocument>.Filter.In("_id", new[] { ObjectId.Parse(keep), ObjectId.Parse(other) }),
                Builders<BsonDocument>.Update.Unset("phone").Set("otherPhones", new BsonArray { phone }).Inc("version", 1));

            var (stays, goes) = keepsOther ? (other, keep) : (keep, other);
            var merged = await MergeAsync(tenant, stays, goes);

            merged.Status.Should().Be(200, merged.Json.ToString());
            merged.Data.GetProperty("phone").GetString().Should().Be(phone);
        }
    }

    [Fact]
    public async Task What_was_still_written_to_the_other_when_it_went_is_found_with_the_one_that_stays()
    {
        var tenant = await app.TenantAsync();
        var (keep, other) = (await tenant.LeadAsync("9876500001"), await tenant.LeadAsync("9876500002"));
        await tenant.PostAsync($"/api/crm/leads/{other}/notes", new { content = "From the other" });
        await MergeAsync(tenant, keep, other);
        // As it is where the process died before all had followed.
        await app.Database(tenant).GetCollection<BsonDocument>("activities").UpdateManyAsync(
            new BsonDocument("leadId", ObjectId.Parse(keep)), Builders<BsonDocument>.Update.Set("leadId", ObjectId.Parse(other)));
        (await tenant.GetAsync($"/api/crm/leads/{keep}/notes")).Texts("content").Should().BeEmpty();

        app.Clock.Advance(TimeSpan.FromMinutes(2));
        await app.RunDueAsync();

        (await tenant.GetAsync($"/api/crm/leads/{keep}/notes")).Texts("content").Should().Equal("From the other");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_still_written_to_the_leads_of_a_chain_is_found_with_the_last(bool inOrder)
    {
        var tenant = await app.TenantAsync();
        string[] phones = [Chat.ChatSteps.NewPhone(), Chat.ChatSteps.NewPhone(), Chat.ChatSteps.NewPhone()];
        var (a, b, c) = (await tenant.LeadAsync(phones[0]), await tenant.LeadAsync(phones[1]), await tenant.LeadAsync(phones[2]));
        await Chat.ChatSteps.WritesAsync(tenant, phones[0], "Of a");
        await Chat.ChatSteps.WritesAsync(tenant, phones[1], "Of b");
        await tenant.PostAsync($"/api/crm/leads/{a}/notes", new { content = "Of a" });
        await tenant.PostAsync($"/api/crm/leads/{b}/notes", new { content = "Of b" });
        await app.RunDueAsync();
        var db = app.Database(tenant);
        string[] kinds = ["activities", "conversations"];
        var before = new Dictionary<string, List<BsonDocument>>();
        foreach (var kind in kinds)
        {
            before[kind] = await db.GetCollection<BsonDocument>(kind).Find(Builders<BsonDocument>.Filter.In("leadId", new[] { ObjectId.Parse(a), ObjectId.Parse(b) })).ToListAsync();
        }

        (await MergeAsync(tenant, b, a)).Status.Should().Be(200);
        app.Clock.Advance(TimeSpan.FromSeconds(20));
        (await MergeAsync(tenant, c, b)).Status.Should().Be(200);
        foreach (var (kind, document) in before.SelectMany(k => k.Value.Select(d => (k.Key, d))))
        {
            // As work writes it that had looked its lead up before the merges.
            await db.GetCollection<BsonDocument>(kind).UpdateOneAsync(new BsonDocument("_id", document["_id"]), Builders<BsonDocument>.Update.Set("leadId", document["leadId"]));
        }

        if (!inOrder)
        {
            // The first merge's own work may be retried, or another node's turn.
            await app.Looking.GetDatabase("ecodrix").GetCollection<BsonDocument>("jobs").UpdateOneAsync(
                new BsonDocument { ["kind"] = "leads.merged", ["payload.other"] = ObjectId.Parse(a) }, Builders<BsonDocument>.Update.Set("runAt", app.Clock.GetUtcNow().AddMinutes(3).UtcDateTime));
        }

        for (var minute = 0; minute < 4; minute++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            await app.RunDueAsync();
        }

        (await tenant.GetAsync($"/api/crm/leads/{c}/notes")).Texts("content").Should().BeEquivalentTo("Of a", "Of b");
        foreach (var phone in phones[..2])
        {
            (await Chat.ChatSteps.ConversationAsync(tenant, phone)).GetProperty("leadId").GetString().Should().Be(c);
        }
    }

    [Fact]
    public async Task A_note_that_is_being_written_while_its_lead_goes_through_two_merges_stands_with_the_last()
    {
        var tenant = await app.TenantAsync();
        foreach (var step in (string[])["find leads", "insert activities"])
        {
            var (a, b, c) = (await tenant.LeadAsync(Chat.ChatSteps.NewPhone()), await tenant.LeadAsync(Chat.ChatSteps.NewPhone()), await tenant.LeadAsync(Chat.ChatSteps.NewPhone()));
            await app.RunDueAsync();
            var seen = 0;
            app.Commands.Before = (_, command) =>
            {
                // After the note's lead was found once, and before what it is written to is.
                var isStep = $"{command.GetElement(0).Name} {command.GetElement(0).Value}" == step;
                if (isStep && ++seen == (step == "find leads" ? 2 : 1))
                {
                    app.Commands.Before = null;
                    MergeAsync(tenant, b, a).GetAwaiter().GetResult().Status.Should().Be(200);
                    MergeAsync(tenant, c, b).GetAwaiter().GetResult().Status.Should().Be(200);
                }
            };

            (await tenant.PostAsync($"/api/crm/leads/{a}/notes", new { content = "Late" })).Status.Should().Be(201);
            app.Commands.Before.Should().BeNull("both merges should have come in between");
            app.Clock.Advance(TimeSpan.FromMinutes(2));
            await app.RunDueAsync();

            (await tenant.GetAsync($"/api/crm/leads/{c}/notes")).Texts("content").Should().Equal("Late");
        }
    }

    [Fact]
    public async Task An_owner_that_comes_with_the_other_is_an_assignment_and_the_conversation_goes_along()
    {
        var (tenant, phone) = (await app.TenantAsync(), Chat.ChatSteps.NewPhone());
        var (keep, other) = (await tenant.LeadAsync(phone), await tenant.LeadAsync("9876500002", new { assignedTo = "anna" }));
        await Chat.ChatSteps.WritesAsync(tenant, phone, "Hello");

        await MergeAsync(tenant, keep, other);
        await app.RunDueAsync();

        (await tenant.GetAsync($"/api/crm/leads/{keep}")).Data.GetProperty("assignedTo").GetString().Should().Be("anna");
        (await tenant.GetAsync($"/api/crm/leads/{keep}/activities?limit=100")).Texts("title").Should().Contain("Assigned to anna");
        (await Chat.ChatSteps.ConversationAsync(tenant, phone)).GetProperty("assignedTo").GetString().Should().Be("anna");
    }

    [Fact]
    public async Task The_later_contact_counts_for_score_and_silence()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("no_contact", new { days = 3 });
        await tenant.PatchAsync("/api/crm/scoring", new { rules = new[] { new { field = "lastContactedAt", @operator = "exists", score = 40 } } });
        var keep = await tenant.LeadAsync("9876500001");
        app.Clock.Advance(TimeSpan.FromDays(4));
        var other = await tenant.LeadAsync("9876500002");
        await tenant.PostAsync($"/api/crm/leads/{other}/calls", new { durationMinutes = 1 });

        await MergeAsync(tenant, keep, other);
        await app.ScanForSilenceAsync(tenant.Code);

        (await tenant.GetAsync($"/api/crm/leads/{keep}")).Data.GetProperty("score").GetInt32().Should().Be(40);
        (await tenant.EventsAsync("no_contact")).Should().BeEmpty();
    }

    [Fact]
    public async Task What_a_rule_did_once_for_the_other_it_does_not_do_again_for_the_one_that_stays()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "create_note", config = new { content = "Welcome" } }, new { limits = new { oncePerLead = true } });
        await tenant.RuleAsync("payment_captured", new { type = "create_note", config = new { content = "Thanks" } }, new { limits = new { perLeadPerDay = 2 } });
        var keep = await tenant.LeadAsync("9876500001");
        var other = await tenant.LeadAsync("9876500002");
        await tenant.FireAsync("payment_captured", "9876500001");
        foreach (var trigger in (string[])["form_submitted", "payment_captured"])
        {
            await tenant.FireAsync(trigger, "9876500002");
        }

        await app.RunDueAsync();
        await MergeAsync(tenant, keep, other);
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        await app.RunDueAsync();
        foreach (var trigger in (string[])["form_submitted", "payment_captured"])
        {
            await tenant.FireAsync(trigger, "9876500002");
        }

        await app.RunDueAsync();

        (await tenant.GetAsync($"/api/crm/leads/{keep}/notes")).Texts("content").Should().BeEquivalentTo("Welcome", "Thanks", "Thanks");
    }

    private static Task<TestAnswer> MergeAsync(TestTenant tenant, string keep, string other) => tenant.PostAsync($"/api/crm/leads/{keep}/merge", new { otherId = other });

    private static async Task<string> ByMailAsync(TestTenant tenant, string email)
    {
        var fired = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", email, createLeadIfMissing = true });
        return fired.Data.Text("leadId");
    }
}
