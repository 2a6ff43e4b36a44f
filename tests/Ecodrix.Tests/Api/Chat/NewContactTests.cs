using Ecodrix.Tests.Api.Leads;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Many who write for the first time are met together, and each is one lead and one conversation whatever comes in between.</summary>
public sealed class NewContactTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Many_first_messages_at_once_make_one_lead_and_one_conversation_each_with_a_handful_of_commands()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("lead_created");
        var phones = Enumerable.Range(0, 30).Select(_ => ChatSteps.NewPhone()).ToList();
        var known = await tenant.LeadAsync(phones[0], new { assignedTo = "anna" });
        var (merged, gone) = (await tenant.LeadAsync(ChatSteps.NewPhone()), await tenant.LeadAsync(phones[1]));
        await tenant.PostAsync($"/api/crm/leads/{merged}/merge", new { otherId = gone });
        await app.RunDueAsync();
        var local = $"55{Random.Shared.Next(10_000_000, 99_999_999)}";
        foreach (var phone in phones.Concat(phones).Append($"+521{local}").Append($"+52{local}"))
        {
            await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says(phone == phones[2] ? "STOP" : "Hello")));
        }

        var inserts = new List<string>();
        app.Commands.Before = (_, command) =>
        {
            lock (inserts)
            {
                inserts.Add(Words(command));
            }
        };
        await app.RunDueAsync();
        app.Commands.Before = null;

        inserts.Count(i => i == "insert leads").Should().BeLessThanOrEqualTo(2, "the leads are made together");
        inserts.Count(i => i == "insert conversations").Should().BeLessThanOrEqualTo(2);
        inserts.Count(i => i == "insert messages").Should().BeLessThanOrEqualTo(4);
        var conversations = (await tenant.GetAsync("/api/saas/chat/conversations?limit=100")).Data.EnumerateArray().ToList();
        conversations.Should().HaveCount(31).And.OnlyContain(c => c.GetProperty("unreadCount").GetInt32() == 2);
        (await tenant.GetAsync("/api/crm/leads?limit=100")).Data.GetArrayLength().Should().Be(31);
        conversations.Select(c => c.Text("leadId")).Should().OnlyHaveUniqueItems().And.Contain(known).And.Contain(merged);
        (await tenant.EventsAsync("lead_created")).Should().HaveCount(32, "each lead's making fires once, those made by hand too");
        (await tenant.ConversationAsync(phones[0])).Text("assignedTo").Should().Be("anna");
        var stopped = await tenant.ConversationAsync(phones[2]);
        stopped.GetProperty("optedOut").GetBoolean().Should().BeTrue();
        (await tenant.GetAsync($"/api/crm/leads/{stopped.Text("leadId")}")).Data.GetProperty("optedOut").GetBoolean().Should().BeTrue();
    }

    [Theory]
    [InlineData("insert leads")]
    [InlineData("insert conversations")]
    public async Task Who_is_made_by_somebody_else_in_between_is_still_one(string step)
    {
        var tenant = await app.TenantAsync();
        var phones = Enumerable.Range(0, 3).Select(_ => ChatSteps.NewPhone()).ToList();
        foreach (var phone in phones)
        {
            await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says("Hello")));
        }

        app.Commands.Before = (_, command) =>
        {
            if (Words(command) == step)
            {
                app.Commands.Before = null;
                var made = step == "insert leads"
                    ? tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone = phones[1] })
                    : tenant.PostAsync("/api/saas/chat/conversations", new { phone = phones[1] });
                made.GetAwaiter().GetResult().Status.Should().BeOneOf(200, 201);
            }
        };
        await app.RunDueAsync();

        app.Commands.Before.Should().BeNull("it should have come in between");
        var conversations = (await tenant.GetAsync("/api/saas/chat/conversations")).Data.EnumerateArray().ToList();
        conversations.Select(c => c.Text("phone")).Should().BeEquivalentTo(phones);
        conversations.Should().OnlyContain(c => c.GetProperty("unreadCount").GetInt32() == 1);
        conversations.Select(c => c.Text("leadId")).Should().BeEquivalentTo((await tenant.GetAsync("/api/crm/leads")).Data.EnumerateArray().Select(l => l.Text("id")));
    }

    [Theory]
    [InlineData("leads")]
    [InlineData("conversations")]
    [InlineData("messages")]
    public async Task A_crash_in_between_leaves_nobody_out_and_counts_nothing_twice(string before)
    {
        var tenant = await app.TenantAsync();
        var phones = Enumerable.Range(0, 3).Select(_ => ChatSteps.NewPhone()).ToList();
        foreach (var phone in phones)
        {
            await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says("Hello")));
        }

        app.Commands.CutOff = command => Words(command) == $"insert {before}";
        try
        {
            await app.RunDueAsync();
        }
        finally
        {
            app.Commands.CutOff = null;
        }

        (await app.Database(tenant).GetCollection<BsonDocument>("messages").CountDocumentsAsync(new BsonDocument())).Should().Be(0);
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        await app.RunDueAsync();

        var conversations = (await tenant.GetAsync("/api/saas/chat/conversations")).Data.EnumerateArray().ToList();
        conversations.Select(c => c.Text("phone")).Should().BeEquivalentTo(phones);
        conversations.Should().OnlyContain(c => c.GetProperty("unreadCount").GetInt32() == 1);
        (await tenant.GetAsync("/api/crm/leads")).Data.GetArrayLength().Should().Be(3);
        foreach (var phone in phones)
        {
            (await tenant.MessagesAsync(phone)).Should().ContainSingle();
        }
    }

    private static string Words(BsonDocument command) => command.ElementCount == 0 ? "" : $"{command.GetElement(0).Name} {command.GetElement(0).Value}";
}
