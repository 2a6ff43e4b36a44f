using System.Text.Json;

namespace Ecodrix.Tests.Api.Automations;

public sealed class LimitTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly object Note = new { type = "create_note", config = new { content = "Met" } };

    [Fact]
    public async Task A_change_decided_by_an_older_version_is_refused()
    {
        var tenant = await app.TenantAsync();
        var rule = await tenant.RuleAsync("form_submitted", Note);
        var version = (await tenant.GetAsync($"/api/crm/automations/{rule}")).Data.GetProperty("version").GetInt32();
        (await tenant.PatchAsync($"/api/crm/automations/{rule}", new { enabled = false, version })).Data.GetProperty("version").GetInt32().Should().Be(version + 1);

        (await tenant.PatchAsync($"/api/crm/automations/{rule}", new { name = "Stale", enabled = true, version })).Code.Should().Be("VERSION_CONFLICT");

        (await tenant.GetAsync($"/api/crm/automations/{rule}")).Data.GetProperty("enabled").GetBoolean().Should().BeFalse();
        (await tenant.PatchAsync($"/api/crm/automations/{rule}", new { name = "Whatever is there" })).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_rule_once_per_lead_meets_each_lead_once_and_says_why_it_did_not_again()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", Note, new { limits = new { oncePerLead = true } });

        var first = await tenant.FireAsync("form_submitted", "9876521001");
        var again = await tenant.FireAsync("form_submitted", "9876521001");
        var other = await tenant.FireAsync("form_submitted", "9876521002");
        await app.RunDueAsync();

        (await tenant.EventAsync(first)).GetProperty("rulesMatched").GetInt32().Should().Be(1);
        (await tenant.EventAsync(other)).GetProperty("rulesMatched").GetInt32().Should().Be(1);
        var skipped = (await tenant.EventAsync(again)).GetProperty("rules")[0];
        skipped.GetProperty("matched").GetBoolean().Should().BeFalse();
        skipped.Text("why").Should().StartWith("skipped: limit").And.Contain(first);
    }

    [Fact]
    public async Task A_daily_limit_counts_by_the_clients_day_and_starts_again_the_next()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", Note, new { limits = new { perLeadPerDay = 2 } });

        var matched = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            matched.Add((await tenant.EventAsync(await tenant.FireAsync("form_submitted", "9876521003"))).GetProperty("rulesMatched").GetInt32());
        }

        app.Clock.Advance(TimeSpan.FromHours(24));
        matched.Add((await tenant.EventAsync(await tenant.FireAsync("form_submitted", "9876521003"))).GetProperty("rulesMatched").GetInt32());

        matched.Should().Equal(1, 1, 0, 1);
    }

    [Fact]
    public async Task Of_many_events_at_once_a_limited_rule_takes_exactly_as_many_as_it_may()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", Note, new { limits = new { perLeadPerDay = 3 } });
        await tenant.FireAsync("payment_captured", "9876521004");

        var events = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => tenant.FireAsync("form_submitted", "9876521004")));
        var logs = await Task.WhenAll(events.Select(tenant.EventAsync));

        logs.Sum(l => l.GetProperty("rulesMatched").GetInt32()).Should().Be(3);
    }

    [Fact]
    public async Task Limits_are_shown_changed_and_lifted_and_wrong_ones_refused()
    {
        var tenant = await app.TenantAsync();
        var rule = await tenant.RuleAsync("form_submitted", Note, new { limits = new { perLeadPerDay = 2 } });

        (await tenant.GetAsync($"/api/crm/automations/{rule}")).Data.GetProperty("limits").GetProperty("perLeadPerDay").GetInt32().Should().Be(2);
        (await tenant.PatchAsync($"/api/crm/automations/{rule}", new { name = "Renamed" })).Data.GetProperty("limits").ValueKind.Should().Be(JsonValueKind.Object);
        (await tenant.PatchAsync($"/api/crm/automations/{rule}", """{"limits":null}""")).Data.GetProperty("limits").ValueKind.Should().Be(JsonValueKind.Null);
        (await tenant.PatchAsync($"/api/crm/automations/{rule}", new { limits = new { perLeadPerDay = 0 } })).Code.Should().Be("VALIDATION_ERROR");
    }
}
