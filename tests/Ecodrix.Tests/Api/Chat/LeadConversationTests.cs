using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Tests.Api.People;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>The conversations with a lead, and those the business begins.</summary>
public sealed class LeadConversationTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task The_conversations_with_a_lead_are_told_with_the_newest_first_and_only_to_who_may_see_them()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var (first, second) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());
        await tenant.WritesAsync(first, "Hello", "Ravi");
        var lead = (await tenant.ConversationAsync(first)).Text("leadId")!;
        await tenant.PatchAsync($"/api/crm/leads/{lead}", new { phone = second });
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        await tenant.WritesAsync(second, "This is my new number", "Ravi");
        await tenant.WritesAsync(ChatSteps.NewPhone(), "Somebody else");
        var (all, _) = await tenant.MemberAsync();
        var (limited, _) = await tenant.MemberAsync(onlyOwn: true);

        (await PhonesAsync(all)).Should().Equal(second, first);
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        await tenant.WritesAsync(first, "And the old one again");
        (await PhonesAsync(all)).Should().Equal(first, second);
        (await PhonesAsync(limited)).Should().BeEmpty();
        (await PhonesAsync((await other.MemberAsync()).Scope)).Should().BeEmpty();

        async Task<IEnumerable<string?>> PhonesAsync(TenantScope scope) =>
            (await app.Services.GetRequiredService<ConversationSearch>().OfLeadAsync(scope, lead, default)).Select(c => c.Phone);
    }

    [Fact]
    public async Task Who_sees_only_their_own_begins_conversations_with_their_leads_and_strangers_and_none_for_a_colleague()
    {
        var tenant = await app.TenantAsync();
        var (limited, email) = await tenant.MemberAsync(onlyOwn: true);
        var (mine, theirs, stranger) = (ChatSteps.NewPhone(), ChatSteps.NewPhone(), ChatSteps.NewPhone());
        var lead = (await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone = mine, assignedTo = email })).Data.Text("id");
        await tenant.PostAsync("/api/crm/leads", new { firstName = "Priya", phone = theirs, assignedTo = "priya@example.com" });
        var edits = app.Services.GetRequiredService<ConversationEdits>();

        var begun = await edits.CreateAsync(limited, new NewConversation(mine), default);
        var unknown = await edits.CreateAsync(limited, new NewConversation(stranger), default);
        var refused = await FluentActions.Awaiting(() => edits.CreateAsync(limited, new NewConversation(theirs), default)).Should().ThrowAsync<RefusedException>();

        (begun.LeadId, begun.AssignedTo, begun.Window.Open).Should().Be((lead, email, false));
        (unknown.LeadId, unknown.AssignedTo).Should().Be((null, email));
        refused.Which.Code.Should().Be("CONVERSATION_NOT_FOUND");
        (await app.Database(tenant).GetCollection<BsonDocument>("conversations").CountDocumentsAsync(new BsonDocument("phone", theirs))).Should().Be(0, "who is refused has begun nothing for a colleague");
    }
}
