using System.Globalization;
using System.Text.Json;
using Ecodrix.Tests.Api.Leads;

namespace Ecodrix.Tests.Api.Analytics;

public sealed class AnalyticsTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task The_figures_are_those_worked_out_by_hand()
    {
        var tenant = await app.TenantAsync();
        var (pipeline, stages) = await tenant.PipelineAsync();
        await tenant.PatchAsync("/api/crm/scoring", new
        {
            rules = new object[] { new { field = "dealValue", @operator = "gt", value = 200, score = 30 }, new { field = "source", @operator = "eq", value = "referral", score = 20 } },
        });
        // Before the range: one lead that stays open (100), one that is won within it (300).
        var old = await tenant.LeadAsync("9876500001", new { dealValue = 100, source = "web" });
        var won = await tenant.LeadAsync("9876500002", new { dealValue = 300, source = "web", assignedTo = "asha" });
        app.Clock.Advance(TimeSpan.FromDays(10));
        // Within 7 days: three more, one lost, one in Proposal since 6 hours after it came.
        var lost = await tenant.LeadAsync("9876500003", new { dealValue = 50, source = "referral" });
        var moved = await tenant.LeadAsync("9876500004", new { dealValue = 400, source = "referral" });
        await tenant.LeadAsync("9876500005");
        app.Clock.Advance(TimeSpan.FromHours(6));
        await tenant.PatchAsync($"/api/crm/leads/{won}/convert", new { status = "won" });
        await tenant.PatchAsync($"/api/crm/leads/{lost}/convert", new { status = "lost" });
        await tenant.PatchAsync($"/api/crm/leads/{moved}/move", new { stageId = stages["Proposal"] });
        await tenant.PostAsync($"/api/crm/leads/{old}/calls", new { durationMinutes = 5, performedBy = "asha" });
        await app.RunDueAsync();

        var overview = (await tenant.GetAsync("/api/crm/analytics/overview?range=7d")).Data;
        Numbers(overview, "totalLeads", "newLeads", "openLeads", "wonLeads", "lostLeads", "pipelineValue", "wonValue", "conversionRate", "avgScore").Should().Equal(5, 3, 3, 1, 1, 500, 300, 0.5m, 20);
        Numbers(overview.GetProperty("previous"), "totalLeads", "newLeads", "openLeads", "wonLeads", "pipelineValue", "avgScore").Should().Equal(2, 2, 2, 0, 400, 15);

        var funnel = (await tenant.GetAsync($"/api/crm/analytics/funnel?pipelineId={pipeline}")).Data.GetProperty("stages");
        funnel.EnumerateArray().Select(s => s.GetProperty("count").GetInt32()).Should().Equal(5, 2, 2, 2, 1, 1);
        funnel[3].GetProperty("conversionFromFirst").GetDouble().Should().Be(0.4);
        funnel[4].GetProperty("conversionFromPrevious").GetDouble().Should().Be(0.5);

        var sources = (await tenant.GetAsync("/api/crm/analytics/sources?range=7d")).Data;
        sources.EnumerateArray().Select(s => (s.GetProperty("source").GetString(), s.GetProperty("count").GetInt32(), s.GetProperty("totalValue").GetDecimal())).Should().Equal(("referral", 2, 450), ("unknown", 1, 0));

        Numbers(sources[0], "won", "lost", "conversionRate").Should().Equal(0, 1, 0);
        var web = (await tenant.GetAsync("/api/crm/analytics/sources?range=30d")).Data.EnumerateArray().Single(s => s.GetProperty("source").GetString() == "web");
        Numbers(web, "count", "won", "lost", "conversionRate", "totalValue").Should().Equal(2, 1, 0, 1, 400);

        var team = (await tenant.GetAsync("/api/crm/analytics/team?range=7d")).Data[0];
        team.GetProperty("assignedTo").GetString().Should().Be("asha");
        Numbers(team, "wonDeals", "revenue", "activities").Should().Equal(1, 300, 1);

        var time = (await tenant.GetAsync($"/api/crm/analytics/stage-time?pipelineId={pipeline}")).Data[0];
        // Three stays in New ended: 246 h, 6 h, 6 h.
        Numbers(time, "avgHours", "medianHours", "completed", "current").Should().Equal(86, 6, 3, 2);

        (await tenant.GetAsync("/api/crm/analytics/scores")).Data.EnumerateArray().Select(b => b.GetProperty("count").GetInt32()).Should().Equal(2, 2, 1, 0, 0);
    }

    [Fact]
    public async Task Days_are_the_tenants_also_where_a_day_has_twenty_five_hours()
    {
        var tenant = await app.TenantAsync();
        await app.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { timeZone = "Europe/Berlin" }, ("x-admin-key", AppFixture.AdminKey));
        var lead = await tenant.LeadAsync();
        // Clocks went back in Berlin on 26 October 2025 at 03:00: that day lasted from 22:00Z on the 25th to 23:00Z on the 26th.
        foreach (var at in new[] { "2025-10-25T21:59:00Z", "2025-10-25T22:00:00Z", "2025-10-26T22:59:00Z", "2025-10-26T23:00:00Z" })
        {
            await tenant.PostAsync($"/api/crm/leads/{lead}/activities", new { type = "custom", title = at, occurredAt = at });
        }

        var days = (await tenant.GetAsync("/api/crm/analytics/heatmap?from=2025-10-25&to=2025-10-27")).Data;

        days.EnumerateArray().Select(d => (d.GetProperty("date").GetString(), d.GetProperty("count").GetInt32()))
            .Should().Equal(("2025-10-25", 1), ("2025-10-26", 2), ("2025-10-27", 1));
        (await tenant.GetAsync("/api/crm/analytics/heatmap?range=90d")).Data.GetArrayLength().Should().Be(90);
    }

    [Fact]
    public async Task Before_some_days_come_as_many_days_also_where_one_of_them_has_twenty_three_hours()
    {
        var tenant = await app.TenantAsync();
        await app.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { timeZone = "Europe/Berlin" }, ("x-admin-key", AppFixture.AdminKey));

        // Clocks go forward in Berlin on 28 March 2027: the two days before the 29th begin at 23:00Z on the 26th, in winter time.
        app.Clock.SetUtcNow(new DateTimeOffset(2027, 3, 26, 22, 30, 0, TimeSpan.Zero));
        await tenant.LeadAsync("9876500001");
        app.Clock.Advance(TimeSpan.FromHours(1));
        await tenant.LeadAsync("9876500002");

        var overview = (await tenant.GetAsync("/api/crm/analytics/overview?from=2027-03-29&to=2027-03-30")).Data;
        var hours = (await tenant.GetAsync("/api/crm/analytics/overview?from=2027-03-28T23:00:00Z&to=2027-03-30T23:00:00Z")).Data;

        overview.GetProperty("previous").GetProperty("newLeads").GetInt32().Should().Be(1);
        hours.GetProperty("previous").GetProperty("newLeads").GetInt32().Should().Be(1, "a time that is not of whole days is as long as it says");
    }

    [Theory]
    [InlineData("overview?range=8d")]
    [InlineData("overview?range=7d&from=2025-01-01")]
    [InlineData("sources?from=yesterday")]
    [InlineData("heatmap?from=2025-02-01&to=2025-01-01")]
    [InlineData("funnel?pipelineId=x")]
    [InlineData("heatmap?from=0001-01-01&to=0001-01-31")]
    [InlineData("overview?to=0001-01-05")]
    public async Task What_is_wrong_is_refused(string route) =>
        (await (await app.TenantAsync()).GetAsync($"/api/crm/analytics/{route}")).Code.Should().BeOneOf("VALIDATION_ERROR", "INVALID_ID");

    [Fact]
    public async Task Another_tenants_pipeline_is_not_there()
    {
        var (theirs, _) = await (await app.TenantAsync()).PipelineAsync();

        (await (await app.TenantAsync()).GetAsync($"/api/crm/analytics/funnel?pipelineId={theirs}")).Code.Should().Be("PIPELINE_NOT_FOUND");
    }

    [Fact]
    public async Task What_the_platform_notes_of_a_change_is_nobodys_work()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync("9876500041");
        var other = await tenant.LeadAsync("9876500042");
        await tenant.PatchAsync($"/api/crm/leads/{lead}", new { dealTitle = "Renamed" });
        await tenant.PostAsync($"/api/crm/leads/{lead}/merge", new { otherId = other });
        await tenant.PostAsync($"/api/crm/leads/{lead}/activities", new { type = "custom", title = "Sent the price list" });
        await app.RunDueAsync();

        var team = (await tenant.GetAsync("/api/crm/analytics/team?range=7d")).Data;
        team.GetArrayLength().Should().Be(1);
        Numbers(team[0], "activities").Should().Equal(1);
        (await tenant.GetAsync("/api/crm/activities?byPeople=true")).Json.GetProperty("total").GetInt32().Should().Be(1);
    }

    private static IEnumerable<decimal> Numbers(JsonElement row, params string[] names) =>
        names.Select(n => decimal.Parse(row.GetProperty(n).GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture));
}
