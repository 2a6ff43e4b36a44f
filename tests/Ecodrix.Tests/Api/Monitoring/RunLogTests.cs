using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Triggers;
using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.People;
using Microsoft.Extensions.DependencyInjection;

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

    [Fact]
    public async Task A_rule_needs_review_for_runs_in_which_an_action_of_its_own_failed_lately_and_the_list_holds_those()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var (scope, _) = await tenant.MemberAsync();
        var move = new { type = "move_stage", config = new { stageId = "000000000000000000000000" } };
        var broken = await tenant.RuleAsync("payment_captured", new object[] { move, move, new { type = "add_tag", config = new { tag = "paid" } } });
        var sound = await tenant.RuleAsync("payment_captured", new { type = "add_tag", config = new { tag = "paid" } });
        var old = await FireAsync(tenant, 10);
        await app.RunDueAsync();
        app.Clock.Advance(TimeSpan.FromDays(8));
        var since = app.Clock.GetUtcNow().UtcDateTime.AddDays(-7);
        var lately = await FireAsync(tenant, 10);
        await app.RunDueAsync();

        var stats = app.Services.GetRequiredService<EventStats>();
        (await stats.FailingByRuleAsync(scope, [broken, sound], since, default)).Should().Equal(new Dictionary<string, long> { [broken] = 1 });
        (await stats.FailingByRuleAsync(scope, [sound], since, default)).Should().BeEmpty();
        (await stats.FailingByRuleAsync((await other.MemberAsync()).Scope, [broken], since, default)).Should().BeEmpty();
        (await FluentActions.Awaiting(async () => await stats.FailingByRuleAsync((await tenant.MemberAsync(onlyOwn: true)).Scope, [broken], since, default)).Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be("NOT_PERMITTED");
        (await IdsAsync(tenant, $"ruleId={broken}&failing=true")).Should().Equal(lately, old);
        (await IdsAsync(tenant, $"ruleId={sound}&failing=true")).Should().BeEmpty();
        (await IdsAsync(tenant, "failing=true")).Should().Equal(lately, old);
        (await IdsAsync(other, "failing=true")).Should().BeEmpty();
    }

    private async Task<string> FireAsync(TestTenant tenant, int amount)
    {
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        return await tenant.FireAsync("payment_captured", "9876500082", new { data = new { amount } });
    }

    private static async Task<List<string>> IdsAsync(TestTenant tenant, string query) =>
        [.. (await tenant.GetAsync($"/api/saas/events/logs?{query}")).Data.EnumerateArray().Select(e => e.Text("id"))];
}
