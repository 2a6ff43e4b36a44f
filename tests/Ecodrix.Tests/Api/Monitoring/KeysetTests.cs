using Ecodrix.Tests.Api.Automations;

namespace Ecodrix.Tests.Api.Monitoring;

/// <summary>Logs are read on from where one stopped, whatever has arrived meanwhile.</summary>
public sealed class KeysetTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Theory]
    [InlineData("events", "EVENT_NOT_FOUND")]
    [InlineData("callbacks", "CALLBACK_NOT_FOUND")]
    public async Task A_log_is_read_on_from_an_entry_without_a_gap_and_without_a_repeat(string log, string missing)
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        for (var n = 0; n < 5; n++)
        {
            // The clock stands still for some of them: equal times must not lose or repeat one.
            app.Clock.Advance(TimeSpan.FromSeconds(n % 2));
            await FireAsync(tenant);
        }

        var all = await IdsAsync(tenant, log, "limit=100");
        all.Should().HaveCount(5);
        var first = await IdsAsync(tenant, log, "limit=2");
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await FireAsync(tenant);
        var second = await IdsAsync(tenant, log, $"limit=2&before={first[1]}");
        var rest = await IdsAsync(tenant, log, $"limit=2&before={second[1]}");

        first.Concat(second).Concat(rest).Should().Equal(all);
        (await IdsAsync(tenant, log, $"before={rest[0]}")).Should().BeEmpty();
        (await tenant.GetAsync($"/api/saas/{log}/logs?before=nonsense")).Code.Should().Be("INVALID_ID");
        (await other.GetAsync($"/api/saas/{log}/logs?before={all[0]}")).Code.Should().Be(missing, "it is another tenant's");
    }

    private async Task FireAsync(TestTenant tenant)
    {
        await tenant.FireAsync("form_submitted", "9876500081", new { callbackUrl = app.Sandbox.CallbackUrl(tenant.Code) });
        await app.RunDueAsync();
    }

    private static async Task<List<string>> IdsAsync(TestTenant tenant, string log, string query)
    {
        var answer = await tenant.GetAsync($"/api/saas/{log}/logs?{query}");
        answer.Status.Should().Be(200, answer.Json.ToString());
        return [.. answer.Data.EnumerateArray().Select(e => e.Text("id"))];
    }
}
