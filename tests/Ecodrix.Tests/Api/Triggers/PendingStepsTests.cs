using System.Threading.Channels;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Triggers;
using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.Leads;
using Ecodrix.Tests.Api.People;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;
using MongoDB.Driver;
using ChatSteps = Ecodrix.Tests.Api.Chat.ChatSteps;

namespace Ecodrix.Tests.Api.Triggers;

/// <summary>What waits to be done for a lead, as it stands beside its conversation and on its card.</summary>
public sealed class PendingStepsTests(AppFixture app) : IClassFixture<AppFixture>
{
    private PendingSteps Pending => app.Services.GetRequiredService<PendingSteps>();

    [Fact]
    public async Task What_waits_for_a_lead_is_told_the_next_first_until_it_is_done_or_called_off()
    {
        var tenant = await app.TenantAsync();
        var (scope, _) = await tenant.MemberAsync();
        await tenant.RuleAsync("form_submitted", Tag(90));
        await tenant.RuleAsync("form_submitted", new[] { Tag(0), Tag(30) });
        var phone = ChatSteps.NewPhone();
        var later = await tenant.FireAsync("payment_captured", phone, new { delayMinutes = 60 });
        var running = await tenant.FireAsync("form_submitted", phone);
        await tenant.FireAsync("form_submitted", ChatSteps.NewPhone());
        var lead = (await tenant.EventAsync(running)).Text("leadId");
        await app.RunDueAsync();

        var steps = await Pending.OfLeadAsync(scope, lead, 10, default);
        steps.Select(s => (s.EventId, s.ActionType)).Should().Equal((running, "add_tag"), (later, null), (running, "add_tag"));
        steps.Should().OnlyContain(s => s.LeadId == lead).And.BeInAscendingOrder(s => s.At);
        (await tenant.EventAsync(running)).GetProperty("actions").EnumerateArray().Where(a => a.Text("status") == "queued").Select(a => a.Text("id"))
            .Should().BeEquivalentTo([steps[0].ActionId, steps[2].ActionId]);
        (await Pending.OfLeadAsync(scope, lead, 1, default)).Should().Equal(steps[0]);

        (await tenant.PostAsync($"/api/saas/events/logs/{later}/cancel", new { })).Status.Should().Be(200);
        (await Pending.OfLeadAsync(scope, lead, 10, default)).Should().OnlyContain(s => s.EventId == running);
        app.Clock.Advance(TimeSpan.FromMinutes(100));
        await app.RunDueAsync();
        (await Pending.OfLeadAsync(scope, lead, 10, default)).Should().BeEmpty();
    }

    [Fact]
    public async Task The_next_step_of_many_leads_is_read_at_once_and_only_of_those_who_may_be_seen()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var (all, _) = await tenant.MemberAsync();
        var (own, email) = await tenant.MemberAsync(onlyOwn: true);
        await tenant.RuleAsync("form_submitted", new[] { Tag(20), Tag(30) });
        var (mine, theirs, idle) = (await WaitingAsync(email), await WaitingAsync("somebody@example.com"), await tenant.LeadAsync(ChatSteps.NewPhone()));

        var next = await Pending.NextOfLeadsAsync(all, [mine, theirs, idle], default);
        next.Keys.Should().BeEquivalentTo([mine, theirs]);
        next[mine].Should().Be((await Pending.OfLeadAsync(all, mine, 1, default)).Single());
        (await Pending.NextOfLeadsAsync(own, [mine, theirs, idle], default)).Keys.Should().Equal(mine);
        (await FluentActions.Awaiting(() => Pending.OfLeadAsync(own, theirs, 1, default)).Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be("LEAD_NOT_FOUND");
        (await Pending.NextOfLeadsAsync((await other.MemberAsync()).Scope, [mine, theirs], default)).Should().BeEmpty();

        async Task<string> WaitingAsync(string owner)
        {
            var phone = ChatSteps.NewPhone();
            var lead = await tenant.LeadAsync(phone, new { assignedTo = owner });
            await tenant.FireAsync("form_submitted", phone);
            return lead;
        }
    }

    [Fact]
    public async Task What_waits_is_read_from_an_index_that_holds_nothing_else()
    {
        var tenant = await app.TenantAsync();
        var (scope, _) = await tenant.MemberAsync();
        var leads = Enumerable.Range(0, 20).Select(_ => ObjectId.GenerateNewId()).ToList();
        await scope.Db.Events.InsertManyAsync(leads.SelectMany(lead => Enum.GetValues<EventStatus>().SelectMany(status => Enumerable.Range(0, 10).Select(_ =>
            new EventLog { Id = ObjectId.GenerateNewId(), Trigger = "form_submitted", LeadId = lead, Status = status, ReceivedAt = DateTime.UnixEpoch }))));

        var shown = leads.Take(2).ToList();

        (await Pending.NextOfLeadsAsync(scope, [.. shown.Select(l => l.ToString())], default)).Should().HaveCount(2);

        var find = new BsonDocument { ["find"] = EventLog.Collection, ["filter"] = new BsonDocument { ["leadId"] = new BsonDocument("$in", new BsonArray(shown)), ["status"] = new BsonDocument("$in", EventLog.Waiting) } };
        var plan = await scope.Db.Database.RunCommandAsync<BsonDocument>(new BsonDocument { ["explain"] = find, ["verbosity"] = "executionStats" });
        plan["queryPlanner"]["winningPlan"].ToString().Should().Contain("\"leadId_1\"");
        plan["executionStats"]["totalDocsExamined"].ToInt32().Should().BeLessThanOrEqualTo(2 * 10 * 3);
    }

    [Fact]
    public async Task An_event_that_fires_ends_or_is_called_off_is_told_live_with_its_lead()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var lead = await tenant.LeadAsync(phone);
        await tenant.RuleAsync("form_submitted", Tag(0));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var heard = Channel.CreateUnbounded<LiveEvent>();
        var listening = ListenAsync();

        var later = await tenant.FireAsync("payment_captured", phone, new { delayMinutes = 60 });
        await HearAsync(later);
        await tenant.PostAsync($"/api/saas/events/logs/{later}/cancel", new { });
        await HearAsync(later);
        var now = await tenant.FireAsync("form_submitted", phone);
        await HearAsync(now);
        await app.RunDueAsync();
        await HearAsync(now);
        await stop.CancelAsync();
        await listening;

        // Listens as soon as it is called.
        async Task ListenAsync()
        {
            try
            {
                await foreach (var live in app.Services.GetRequiredService<ILiveBus>().ListenAsync(tenant.Code, stop.Token))
                {
                    heard.Writer.TryWrite(live);
                }
            }
            catch (OperationCanceledException)
            {
                // Enough was heard.
            }
        }

        async Task HearAsync(string log)
        {
            LiveEvent live;
            do
            {
                live = await heard.Reader.ReadAsync(stop.Token);
            }
            while (live.Name != "event.updated" || !live.Mentions(log));
            live.Mentions(lead).Should().BeTrue();
        }
    }

    private static object Tag(int delay) => new { type = "add_tag", delayMinutes = delay, config = new { tag = $"after-{delay}" } };
}
