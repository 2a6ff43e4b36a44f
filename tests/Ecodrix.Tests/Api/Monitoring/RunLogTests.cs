using Ecodrix.Tests.Api.Automations;

namespace Ecodrix.Tests.Api.Monitoring;

public sealed class RunLogTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_rules_run_log_holds_what_it_acted_on_and_nothing_else()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var large = await tenant.RuleAsync("payment_captured", new { type = "add_tag", config = new { tag = "large" } }, new { condition = new { field = "data.amount", @operator = "gt", value = 1000 } });
        var every = await tenant.RuleAsync("payment_captured", new[] { new { type = "add_tag", config = new { tag = "paid" } }, new { type = "add_tag", config = new { tag = "thanked" } } });
        var (small, big) = (await FireAsync(tenant, 10), await FireAsync(tenant, 5000));
        await tenant.FireAsync("form_submitted", "9876500083");
        await app.RunDueAsync();

        (await IdsAsync(tenant, $"ruleId={large}")).Should().Equal(big);
        (await IdsAsync(tenant, $"ruleId={every}&limit=1&page=2")).Should().Equal([small], "an event with two actions of the rule is one run");
        (await IdsAsync(tenant, $"ruleId={every}&status=failed")).Should().BeEmpty();
        (await IdsAsync(other, $"ruleId={every}")).Should().BeEmpty();
        (await tenant.GetAsync("/api/saas/events/logs?ruleId=nonsense")).Code.Should().Be("INVALID_ID");
    }

    private async Task<string> FireAsync(TestTenant tenant, int amount)
    {
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        return await tenant.FireAsync("payment_captured", "9876500082", new { data = new { amount } });
    }

    private static async Task<List<string>> IdsAsync(TestTenant tenant, string query) =>
        [.. (await tenant.GetAsync($"/api/saas/events/logs?{query}")).Data.EnumerateArray().Select(e => e.Text("id"))];
}
