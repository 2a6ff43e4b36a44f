using System.Text.Json;
using Ecodrix.Engine.Analytics;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Timeline;
using Ecodrix.Tests.Api.Leads;
using Ecodrix.Tests.Api.People;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Analytics;

/// <summary>Every figure of a report can be opened: the list behind it has as many records as the figure says.</summary>
public sealed class RecordsBehindTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task The_lists_behind_the_figures_have_as_many_records()
    {
        var tenant = await app.TenantAsync();
        var (_, stages) = await tenant.PipelineAsync();
        var old = await tenant.LeadAsync("9876500001", new { dealValue = 100, source = "web" });
        app.Clock.Advance(TimeSpan.FromDays(10));
        var won = await tenant.LeadAsync("9876500002", new { dealValue = 300, source = "web", assignedTo = "asha" });
        var lost = await tenant.LeadAsync("9876500003", new { dealValue = 50 });
        await tenant.LeadAsync("9876500004");
        await tenant.PatchAsync($"/api/crm/leads/{won}/move", new { stageId = stages["Proposal"] });
        await tenant.PatchAsync($"/api/crm/leads/{won}/convert", new { status = "won" });
        await tenant.PatchAsync($"/api/crm/leads/{lost}/convert", new { status = "lost" });
        await tenant.PostAsync($"/api/crm/leads/{old}/calls", new { durationMinutes = 5, performedBy = "asha" });
        await app.RunDueAsync();
        var last = Today();
        var first = last.AddDays(-6);
        var range = $"from={first:yyyy-MM-dd}&to={last:yyyy-MM-dd}";

        var overview = (await tenant.GetAsync($"/api/crm/analytics/overview?{range}")).Data;
        (await FoundAsync(tenant, $"createdFrom={first:yyyy-MM-dd}&createdTo={last:yyyy-MM-dd}")).Should().Be(Number(overview, "newLeads")).And.Be(3);
        (await FoundAsync(tenant, $"openOn={last:yyyy-MM-dd}")).Should().Be(Number(overview, "openLeads")).And.Be(2);
        (await FoundAsync(tenant, $"openOn={first.AddDays(-1):yyyy-MM-dd}")).Should().Be(Number(overview.GetProperty("previous"), "openLeads")).And.Be(1);
        (await FoundAsync(tenant, $"status=won&closedFrom={first:yyyy-MM-dd}&closedTo={last:yyyy-MM-dd}")).Should().Be(Number(overview, "wonLeads")).And.Be(1);
        (await FoundAsync(tenant, $"closedFrom={first:yyyy-MM-dd}&closedTo={first:yyyy-MM-dd}")).Should().Be(0);

        var funnel = (await tenant.GetAsync($"/api/crm/analytics/funnel?{range}")).Data.GetProperty("stages").EnumerateArray().ToList();
        for (var step = 0; step < funnel.Count; step++)
        {
            var later = string.Join(',', funnel.Skip(step).Select(s => s.GetProperty("stageId").GetString()));
            (await FoundAsync(tenant, $"createdFrom={first:yyyy-MM-dd}&beenIn={later}")).Should().Be(Number(funnel[step], "count"));
        }

        Number(funnel[3], "count").Should().Be(1);
        var time = (await tenant.GetAsync($"/api/crm/analytics/stage-time?{range}")).Data[0];
        (await FoundAsync(tenant, $"leftStageId={stages["New"]}&leftFrom={first:yyyy-MM-dd}&leftTo={last:yyyy-MM-dd}")).Should().Be(Number(time, "completed")).And.Be(2);
        (await FoundAsync(tenant, $"leftStageId={stages["New"]}&leftTo={first:yyyy-MM-dd}")).Should().Be(0);
        (await FoundAsync(tenant, $"source=unknown&createdFrom={first:yyyy-MM-dd}")).Should().Be(2);
        (await FoundAsync(tenant, "minScore=0&maxScore=19")).Should().Be(4);
        (await FoundAsync(tenant, "minScore=20&maxScore=100")).Should().Be(0);

        var team = (await tenant.GetAsync($"/api/crm/analytics/team?{range}")).Data[0];
        (await TotalAsync(tenant, $"/api/crm/activities?{range}&performedBy=asha&byPeople=true")).Should().Be(Number(team, "activities")).And.Be(1);
        var today = (await tenant.GetAsync($"/api/crm/analytics/heatmap?{range}")).Data.EnumerateArray().Last();
        (await TotalAsync(tenant, $"/api/crm/activities?from={last:yyyy-MM-dd}&to={last:yyyy-MM-dd}")).Should().Be(Number(today, "count")).And.BeGreaterThan(4);
    }

    [Fact]
    public async Task The_trend_of_the_days_adds_up_to_the_overview()
    {
        var tenant = await app.TenantAsync();
        var won = await tenant.LeadAsync("9876500001", new { dealValue = 300 });
        app.Clock.Advance(TimeSpan.FromDays(2));
        await tenant.LeadAsync("9876500002");
        await tenant.PatchAsync($"/api/crm/leads/{won}/convert", new { status = "won" });

        var days = (await tenant.GetAsync("/api/crm/analytics/trend?range=7d")).Data.EnumerateArray().ToList();

        days.Select(d => (Number(d, "newLeads"), Number(d, "wonLeads"), Number(d, "wonValue"))).Should().Equal(
            (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), (1, 0, 0), (0, 0, 0), (1, 1, 300));
        days[^1].GetProperty("date").GetString().Should().Be($"{Today():yyyy-MM-dd}");
    }

    [Theory]
    [InlineData("leads?createdFrom=yesterday", "createdFrom")]
    [InlineData("leads?closedFrom=2026-03-02&closedTo=2026-03-01", "closedTo")]
    [InlineData("leads?openOn=31.3.2026", "openOn")]
    [InlineData("leads?leftFrom=2026-03-01", "leftStageId")]
    [InlineData("leads?maxScore=101", "maxScore")]
    [InlineData("activities?from=soon", "from")]
    [InlineData("activities?type=dance", "type")]
    [InlineData("analytics/forecast?range=8d", "range")]
    [InlineData("analytics/trend?from=2026-03-02&to=2026-03-01", "to")]
    public async Task What_is_wrong_is_named(string route, string field)
    {
        var answer = await (await app.TenantAsync()).GetAsync($"/api/crm/{route}");

        answer.Code.Should().Be("VALIDATION_ERROR");
        answer.Json.GetProperty("details")[0].GetProperty("field").GetString().Should().Be(field);
    }

    [Fact]
    public async Task Work_logged_under_a_members_name_and_deals_under_their_address_are_one_persons()
    {
        var tenant = await app.TenantAsync();
        var (_, email) = await tenant.MemberAsync(name: "Asha Rao");
        var lead = await tenant.LeadAsync("9876500001", new { dealValue = 300, assignedTo = email });
        await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status = "won" });
        await tenant.PostAsync($"/api/crm/leads/{lead}/calls", new { durationMinutes = 5, performedBy = "Asha Rao" });

        var team = (await tenant.GetAsync("/api/crm/analytics/team?range=7d")).Data;

        team.GetArrayLength().Should().Be(1);
        (team[0].GetProperty("assignedTo").GetString(), Number(team[0], "wonDeals"), Number(team[0], "activities")).Should().Be((email, 1, 1));
        (await TotalAsync(tenant, $"/api/crm/activities?performedBy={Uri.EscapeDataString(email)}&byPeople=true")).Should().Be(1);
    }

    [Fact]
    public async Task Who_sees_only_their_own_sees_their_own_activity_and_nothing_of_leads_that_went_to_others()
    {
        var tenant = await app.TenantAsync();
        var (scope, email) = await tenant.MemberAsync(onlyOwn: true, name: "Vikram Shah");
        var mine = await tenant.LeadAsync("9876500001", new { assignedTo = email });
        var theirs = await tenant.LeadAsync("9876500002", new { assignedTo = "somebody" });
        var notes = app.Services.GetRequiredService<Notes>();
        await notes.CreateAsync(scope, mine, new NewNote { Content = "Prefers evenings" }, default);
        await tenant.PostAsync($"/api/crm/leads/{theirs}/calls", new { durationMinutes = 5, performedBy = "somebody" });

        var feed = await FeedAsync();
        feed.Items.Should().OnlyContain(e => e.Entry.PerformedBy == "Vikram Shah" && e.LeadName != null);
        feed.Items.Should().Contain(e => e.Entry.Body == "Prefers evenings");
        var heat = await app.Services.GetRequiredService<HeatmapReport>().GetAsync(scope, new ReportFilter { Range = "7d" }, default);
        heat.Sum(d => d.Count).Should().Be(feed.Total);

        await tenant.PatchAsync($"/api/crm/leads/{mine}", new { assignedTo = "somebody" });
        (await FeedAsync()).Items.Should().OnlyContain(e => e.LeadName == null && e.Entry.Body == null);

        Task<Page<FeedEntry>> FeedAsync() => app.Services.GetRequiredService<ActivityFeed>().ListAsync(scope, new ActivityFilter(), Paging.From(1, 100), default);
    }

    private static decimal Number(JsonElement row, string name) => row.GetProperty(name).GetDecimal();

    private static Task<decimal> FoundAsync(TestTenant tenant, string query) => TotalAsync(tenant, $"/api/crm/leads?{query}");

    private static async Task<decimal> TotalAsync(TestTenant tenant, string path)
    {
        var answer = await tenant.GetAsync(path);
        answer.Status.Should().Be(200, answer.Json.ToString());
        return answer.Json.GetProperty("total").GetDecimal();
    }

    /// <summary>Today in Kolkata, the zone a tenant has unless it says otherwise.</summary>
    private DateOnly Today() => DateOnly.FromDateTime(app.Clock.GetUtcNow().AddHours(5.5).DateTime);
}
