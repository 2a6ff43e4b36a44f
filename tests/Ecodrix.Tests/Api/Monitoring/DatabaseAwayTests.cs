using System.Net;
using Ecodrix.Tests.Api.Automations;
using MongoDB.Driver;
using MongoDB.Driver.Core.Clusters;
using MongoDB.Driver.Core.Connections;
using MongoDB.Driver.Core.Servers;

namespace Ecodrix.Tests.Api.Monitoring;

/// <summary>A client's own database is away for longer than any job would be tried.</summary>
public sealed class DatabaseAwayTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(9);

    [Fact]
    public async Task What_is_due_meanwhile_waits_and_is_done_when_the_database_is_back()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "add_tag", delayMinutes = 5, config = new { tag = "late" } });
        await tenant.RuleAsync("deal_won", new { type = "add_tag", config = new { tag = "later" } });
        var delayed = await tenant.FireAsync("form_submitted", "9876552001");
        var scheduled = await tenant.FireAsync("deal_won", "9876552001", new { delayMinutes = 5 });

        await AwayAsync(tenant, async () =>
        {
            for (var passed = TimeSpan.Zero; passed < Outage; passed += TimeSpan.FromMinutes(1))
            {
                app.Clock.Advance(TimeSpan.FromMinutes(1));
                await app.RunDueAsync();
            }
        });
        var waiting = (await tenant.GetAsync("/api/saas/jobs?status=queued")).Data.EnumerateArray().ToList();
        waiting.Select(j => j.Text("kind")).Should().Contain(["automation.action", "event.fire"]);
        waiting.Should().OnlyContain(j => j.Text("error").Contains("does not answer", StringComparison.Ordinal) && !j.Text("error").Contains("27017", StringComparison.Ordinal));

        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.RunDueAsync();

        (await tenant.EventAsync(delayed)).Text("status").Should().Be("completed");
        (await tenant.EventAsync(scheduled)).Text("status").Should().Be("completed");
        (await tenant.GetAsync("/api/saas/jobs?status=failed")).Data.GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task A_job_given_up_while_the_database_goes_is_written_down_when_it_is_back()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "move_stage", config = new { stageId = "000000000000000000000000" } });
        var fired = await tenant.FireAsync("form_submitted", "9876552002");

        await AwayAsync(tenant, app.RunDueAsync, command => command == "findAndModify");
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.RunDueAsync();

        var ended = await tenant.EventAsync(fired);
        ended.Action(0).Text("status").Should().Be("failed");
        ended.Action(0).Text("error").Should().NotContain("silent");
        (await tenant.GetAsync("/api/saas/jobs?status=failed")).Data.GetArrayLength().Should().Be(1);
    }

    private async Task AwayAsync(TestTenant tenant, Func<Task> meanwhile, Func<string, bool>? which = null)
    {
        var endpoint = new DnsEndPoint("db.example", 27017);
        app.Commands.Before = (database, command) =>
        {
            if (database == $"ecodrix_{tenant.Code}" && which?.Invoke(command.GetElement(0).Name) != false)
            {
                throw new MongoConnectionException(new ConnectionId(new ServerId(new ClusterId(), endpoint)), "No connection to db.example:27017");
            }
        };
        try
        {
            await meanwhile();
        }
        finally
        {
            app.Commands.Before = null;
        }
    }
}
