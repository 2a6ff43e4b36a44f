using Ecodrix.Tests.Api.Leads;

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
