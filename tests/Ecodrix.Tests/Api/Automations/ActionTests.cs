namespace Ecodrix.Tests.Api.Automations;

public sealed class ActionTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_rule_waits_until_the_time_the_event_names_and_then_writes_its_note()
    {
        var tenant = await app.TenantAsync();
        await RuleAsync(tenant);
        var at = app.Clock.GetUtcNow().AddHours(3).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

        var fired = await tenant.PostAsync("/api/saas/workflows/trigger",
            new { trigger = "form_submitted", phone = "9876543301", createLeadIfMissing = true, data = new { at } });
        await app.RunDueAsync();
        (await NotesAsync(tenant, fired)).Should().Be(0);

        app.Clock.Advance(TimeSpan.FromHours(4));
        await app.RunDueAsync();

        (await NotesAsync(tenant, fired)).Should().Be(1);
    }

    [Fact]
    public async Task Calling_an_event_off_stops_what_is_pending_and_another_client_cannot()
    {
        var tenant = await app.TenantAsync();
        var stranger = await app.TenantAsync();
        await RuleAsync(tenant);
        var fired = await tenant.PostAsync("/api/saas/workflows/trigger",
            new { trigger = "form_submitted", phone = "9876543302", createLeadIfMissing = true, delayMinutes = 60 });
        var path = $"/api/saas/events/logs/{fired.Data.GetProperty("eventLogId").GetString()}/cancel";

        (await stranger.PostAsync(path, new { })).Code.Should().Be("EVENT_NOT_FOUND");
        var cancelled = await tenant.PostAsync(path, new { });

        cancelled.Data.GetProperty("status").GetString().Should().Be("cancelled");
        cancelled.Data.GetProperty("cancelled").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task The_old_trigger_address_still_fires_and_says_where_it_has_gone()
    {
        var tenant = await app.TenantAsync();

        var answer = await tenant.PostAsync("/api/crm/automations/events", new { trigger = "form_submitted", phone = "9876543303" });

        answer.Status.Should().Be(200);
        answer.Headers.Should().ContainKey("Deprecation");
        answer.Headers["Link"].Should().Contain("/api/saas/workflows/trigger");
    }

    private static Task<TestAnswer> RuleAsync(TestTenant tenant) => tenant.PostAsync("/api/crm/automations", new
    {
        name = "Wait and note",
        trigger = "form_submitted",
        actions = new object[]
        {
            new { type = "wait_until", config = new { until = "{{ data.at }}" } },
            new { type = "create_note", config = new { content = "Came in by form" } },
        },
    });

    private static async Task<int> NotesAsync(TestTenant tenant, TestAnswer fired) =>
        (await tenant.GetAsync($"/api/crm/leads/{fired.Data.GetProperty("leadId").GetString()}/notes")).Data.GetArrayLength();
}
