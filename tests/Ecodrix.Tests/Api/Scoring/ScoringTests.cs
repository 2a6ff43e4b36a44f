using Ecodrix.Engine.Jobs;
using Ecodrix.Tests.Api.Chat;
using Ecodrix.Tests.Api.Leads;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Scoring;

public sealed class ScoringTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly object Rules = new
    {
        hotThreshold = 70,
        coldThreshold = 20,
        rules = new object[]
        {
            new { field = "source", @operator = "eq", value = "referral", score = 50 },
            new { field = "dealValue", @operator = "gt", value = 50000, score = 40 },
            new { field = "tags", @operator = "contains", value = "cold", score = -80 },
        },
        recalculateOnTriggers = new[] { "payment_captured" },
    };

    [Fact]
    public async Task A_score_follows_the_fields_says_where_it_comes_from_and_crosses_once()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("score_above");
        await tenant.ListenAsync("score_below");
        (await tenant.PatchAsync("/api/crm/scoring", Rules)).Status.Should().Be(200);
        var lead = await tenant.LeadAsync(more: new { source = "referral" });
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("score").GetInt32().Should().Be(50);

        var hot = await tenant.PatchAsync($"/api/crm/leads/{lead}", new { dealValue = 60000 });
        await tenant.PatchAsync($"/api/crm/leads/{lead}", new { dealValue = 70000 });
        await app.RunDueAsync();

        hot.Data.GetProperty("score").GetInt32().Should().Be(90);
        (await tenant.EventsAsync("score_above")).Should().ContainSingle();
        var whole = (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data;
        whole.GetProperty("scoreBreakdown").GetArrayLength().Should().Be(2);
        whole.GetProperty("scoreHistory")[0].GetProperty("to").GetInt32().Should().Be(90);

        await tenant.PatchAsync($"/api/crm/leads/{lead}/tags", new { add = new[] { "cold" } });
        await app.RunDueAsync();
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("score").GetInt32().Should().Be(10);
        (await tenant.EventsAsync("score_below")).Should().ContainSingle();
        (await tenant.PostAsync($"/api/crm/scoring/{lead}/recalculate", "{}")).Data.GetProperty("score").GetInt32().Should().Be(10);
    }

    [Fact]
    public async Task New_rules_are_previewed_and_then_score_everyone_as_a_job()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync("9876500001", new { source = "referral", dealValue = 90000 });
        await tenant.LeadAsync("9876500002", new { source = "web" });

        var preview = (await tenant.PostAsync("/api/crm/scoring/preview", Rules)).Data;
        preview.GetProperty("newlyHot").GetInt32().Should().Be(1);
        preview.GetProperty("crossing")[0].GetProperty("id").GetString().Should().Be(lead);
        preview.GetProperty("buckets")[4].GetProperty("then").GetInt32().Should().Be(1);
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("score").GetInt32().Should().Be(0);

        var job = (await tenant.PatchAsync("/api/crm/scoring", Rules)).Data.GetProperty("rescoreJobId").GetString();
        await app.RunDueAsync();
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("score").GetInt32().Should().Be(90);
        var status = (await tenant.GetAsync($"/api/saas/jobs/status/{job}")).Data;
        status.GetProperty("status").GetString().Should().Be("completed");
        status.GetProperty("result").GetProperty("scored").GetInt32().Should().Be(2);
        (await tenant.GetAsync("/api/crm/analytics/scores")).Data[4].GetProperty("count").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task Rules_that_were_kept_just_before_the_process_ended_and_scores_by_the_rules_of_before_are_made_good_shortly_after()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync("9876500001", new { source = "referral", dealValue = 90000 });
        var jobs = 0;
        (await app.CutOffAsync(c => c.GetElement(0) is { Name: "insert" } insert && insert.Value == "jobs" && ++jobs > 1, () => tenant.PatchAsync("/api/crm/scoring", Rules))).Status.Should().Be(500);
        await app.RunDueAsync();
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("score").GetInt32().Should().Be(0);

        app.Clock.Advance(TimeSpan.FromSeconds(11));
        await app.RunDueAsync();
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("score").GetInt32().Should().Be(90);
    }

    [Fact]
    public async Task A_contact_scores_a_lead_again_where_a_rule_asks_when_it_was()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("score_above");
        await tenant.PatchAsync("/api/crm/scoring", new { rules = new[] { new { field = "lastContactedAt", @operator = "exists", score = 80 } } });
        var phones = new[] { ChatSteps.NewPhone(), ChatSteps.NewPhone(), ChatSteps.NewPhone() };
        var (called, known) = (await tenant.LeadAsync(phones[0]), await tenant.LeadAsync(phones[1]));
        var version = await VersionAsync();

        await tenant.PostAsync($"/api/crm/leads/{called}/calls", new { durationMinutes = 1 });
        var scored = await VersionAsync();
        app.Clock.Advance(TimeSpan.FromHours(1));
        await tenant.PostAsync($"/api/crm/leads/{called}/calls", new { durationMinutes = 1 });
        await tenant.WritesAsync(phones[1], "Hello");
        await tenant.WritesAsync(phones[2], "Hello");

        foreach (var phone in phones)
        {
            (await tenant.GetAsync($"/api/crm/leads?search={phone[1..]}")).Data[0].GetProperty("score").GetInt32().Should().Be(80, phone);
        }

        (await tenant.EventsAsync("score_above")).Should().HaveCount(3);
        (await tenant.GetAsync($"/api/crm/leads/{known}")).Data.GetProperty("scoreHistory")[0].GetProperty("why").GetString().Should().Be("contact");
        scored.Should().Be(version + 1);
        (await VersionAsync()).Should().Be(scored, "a contact that changes no score is no edit");

        async Task<int> VersionAsync() => (await tenant.GetAsync($"/api/crm/leads/{called}")).Data.GetProperty("version").GetInt32();
    }

    [Fact]
    public async Task Messages_of_many_known_contacts_at_once_score_each_again()
    {
        var tenant = await app.TenantAsync();
        await tenant.PatchAsync("/api/crm/scoring", new { rules = new[] { new { field = "lastContactedAt", @operator = "exists", score = 80 } } });
        var phone = ChatSteps.NewPhone();
        var lead = await tenant.LeadAsync(phone);
        await tenant.WritesAsync(phone, "Hello");
        var leads = app.Database(tenant).GetCollection<BsonDocument>("leads");
        // As a contact of before left it, who is met again in a conversation that is there.
        await leads.UpdateOneAsync(new BsonDocument(), Builders<BsonDocument>.Update.Unset("lastContactedAt").Set("score", 0).Set("scoreBreakdown", new BsonArray()));

        await tenant.WritesAsync(phone, "Hello again");

        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("score").GetInt32().Should().Be(80);
    }

    [Fact]
    public async Task All_leads_are_scored_by_the_rules_the_job_is_for_though_this_node_holds_those_of_before()
    {
        var tenant = await app.TenantAsync();
        await tenant.PatchAsync("/api/crm/scoring", Rules);
        await app.RunDueAsync();
        var lead = await tenant.LeadAsync(more: new { source = "referral" });
        // Another node takes the change, and this one the job.
        var changed = await app.Database(tenant).GetCollection<BsonDocument>("scoring").FindOneAndUpdateAsync<BsonDocument>(
            new BsonDocument(), Builders<BsonDocument>.Update.Set("rules.0.score", 30).Inc("version", 1), new() { ReturnDocument = ReturnDocument.After });
        var scope = await app.ScopeAsync(tenant);
        await app.Services.GetRequiredService<JobQueue>().EnqueueAsync(
            scope, [new NewJob(ObjectId.GenerateNewId(), "scoring.rescore", new BsonDocument("version", changed["version"]))], CancellationToken.None);
        await app.RunDueAsync();

        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("score").GetInt32().Should().Be(30);
    }

    [Theory]
    [InlineData("""{"hotThreshold":10,"coldThreshold":20}""")]
    [InlineData("""{"hotThreshold":101}""")]
    [InlineData("""{"rules":[{"field":"nothing","operator":"eq","value":1,"score":5}]}""")]
    [InlineData("""{"rules":[{"field":"source","operator":"like","value":1,"score":5}]}""")]
    [InlineData("""{"rules":[{"field":"source","operator":"eq","value":"x","score":500}]}""")]
    [InlineData("""{"recalculateOnTriggers":["lead_created"]}""")]
    public async Task What_is_wrong_is_refused(string body) =>
        (await (await app.TenantAsync()).PatchAsync("/api/crm/scoring", body)).Code.Should().Be("VALIDATION_ERROR");
}
