using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Tests.Api.Chat;
using Ecodrix.Tests.Api.Leads;
using Ecodrix.Tests.Api.People;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Pipelines;

/// <summary>The board shows only cards that need a reply, or that have not moved for long.</summary>
public sealed class CardFilterTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_card_needs_a_reply_from_the_contacts_message_until_somebody_answers_or_settles_it()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var (pipeline, stages) = await tenant.PipelineAsync();
        var phone = ChatSteps.NewPhone();
        var lead = await tenant.LeadAsync(phone);
        await tenant.LeadAsync(ChatSteps.NewPhone());
        await other.LeadAsync(ChatSteps.NewPhone());

        (await WaitingAsync()).Should().BeEmpty();
        await tenant.WritesAsync(phone, "Is 3 pm free?");
        (await WaitingAsync()).Should().Equal(lead);
        (await CountAsync("needsReply=false")).Should().Be(1);
        (await tenant.GetAsync("/api/crm/leads?needsReply=true")).Json.GetProperty("total").GetInt32().Should().Be(1);
        (await other.GetAsync("/api/crm/leads?needsReply=true")).Json.GetProperty("total").GetInt32().Should().Be(0);

        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Yes" })).Status.Should().BeInRange(200, 201);
        await app.RunDueAsync();
        (await WaitingAsync()).Should().BeEmpty();

        await tenant.WritesAsync(phone, "Thank you");
        (await WaitingAsync()).Should().Equal(lead);
        await tenant.PatchAsync($"/api/saas/chat/conversations/{(await tenant.ConversationAsync(phone)).Text("id")}", new { status = "resolved" });
        (await WaitingAsync()).Should().BeEmpty();

        async Task<List<string>> WaitingAsync()
        {
            var cards = (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/stages/{stages["New"]}/leads?needsReply=true")).Data.EnumerateArray().Select(l => l.Text("id")!).ToList();
            (await CountAsync("needsReply=true")).Should().Be(cards.Count, "the board's sums are those of the cards");
            return cards;
        }

        async Task<int> CountAsync(string query) => (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/board?{query}")).Data.GetProperty("count").GetInt32();
    }

    [Fact]
    public async Task Cards_of_nobody_are_found_as_none()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var (pipeline, stages) = await tenant.PipelineAsync();
        var lead = await tenant.LeadAsync(ChatSteps.NewPhone());
        await tenant.LeadAsync(ChatSteps.NewPhone(), new { assignedTo = "asha@example.com" });
        await other.LeadAsync(ChatSteps.NewPhone());

        (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/stages/{stages["New"]}/leads?assignedTo=none")).Texts("id").Should().Equal(lead);
        (await tenant.GetAsync("/api/crm/leads?assignedTo=none")).Texts("id").Should().Equal(lead);
        (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/board?assignedTo=none")).Data.GetProperty("count").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task Columns_that_are_read_together_have_each_their_own_cards()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var (_, stages) = await tenant.PipelineAsync();
        var scope = (await tenant.MemberAsync()).Scope;
        var (first, second) = (await tenant.LeadAsync(ChatSteps.NewPhone()), await tenant.LeadAsync(ChatSteps.NewPhone()));
        var moved = await tenant.LeadAsync(ChatSteps.NewPhone());
        await tenant.PatchAsync($"/api/crm/leads/{moved}/move", new { stageId = stages["Contacted"] });
        await other.LeadAsync(ChatSteps.NewPhone());

        var columns = await app.Services.GetRequiredService<LeadSearch>()
            .StagesAsync(scope, [stages["New"], stages["Contacted"], stages["Won"]], new LeadFilter(), Paging.From(1, 1), default);

        columns[stages["New"]].Items.Should().ContainSingle().Which.Id.Should().BeOneOf(first, second);
        columns[stages["New"]].Total.Should().Be(2);
        columns[stages["Contacted"]].Items.Should().ContainSingle().Which.Id.Should().Be(moved);
        columns[stages["Won"]].Total.Should().Be(0);
    }

    [Fact]
    public async Task A_rules_message_is_no_answer()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.LeadAsync(phone);
        await tenant.WritesAsync(phone, "Hello?");
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        await tenant.PostAsync("/api/crm/automations", new
        {
            name = "Confirm",
            trigger = "appointment_confirmed",
            actions = new[] { new { type = "send_whatsapp", config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "Ravi", "Dr. Sharma", "3 PM" } } } },
        });

        await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "appointment_confirmed", phone });
        await app.RunDueAsync();

        (await tenant.GetAsync("/api/crm/leads?needsReply=true")).Json.GetProperty("total").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task Stale_cards_are_those_that_have_not_moved_since()
    {
        var tenant = await app.TenantAsync();
        var (pipeline, stages) = await tenant.PipelineAsync();
        var stays = await tenant.LeadAsync("9876500001");
        var moves = await tenant.LeadAsync("9876500002");
        app.Clock.Advance(TimeSpan.FromDays(15));
        await tenant.PatchAsync($"/api/crm/leads/{moves}/move", new { stageId = stages["Contacted"] });
        await tenant.LeadAsync("9876500003");
        var since = $"{app.Clock.GetUtcNow().AddDays(-14):yyyy-MM-ddTHH:mm:ssZ}";

        var board = (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/board?status=open&inStageSince={since}")).Data;
        var cards = (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/stages/{stages["New"]}/leads?inStageSince={since}")).Data;

        board.GetProperty("count").GetInt32().Should().Be(1);
        cards.EnumerateArray().Select(l => l.Text("id")).Should().Equal(stays);
        (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/board?inStageSince=long")).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task Who_sees_only_their_own_hears_of_no_other_waiting_conversation()
    {
        var tenant = await app.TenantAsync();
        var (scope, email) = await tenant.MemberAsync(onlyOwn: true);
        var (mine, theirs) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());
        var lead = await tenant.LeadAsync(mine, new { assignedTo = email });
        await tenant.LeadAsync(theirs, new { assignedTo = "somebody" });
        await tenant.WritesAsync(mine, "Hello");
        await tenant.WritesAsync(theirs, "Hello");
        var search = app.Services.GetRequiredService<LeadSearch>();

        (await search.CountAsync(scope, new LeadFilter { NeedsReply = true }, default)).Should().Be(1);
        (await search.ListAsync(scope, new LeadFilter { NeedsReply = true }, Paging.From(), default)).Items.Select(l => l.Id).Should().Equal(lead);
    }
}
