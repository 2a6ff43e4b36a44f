using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Conversations that are deleted, or go into another, while something is put into them.</summary>
public sealed class GoneConversationTests(AppFixture app) : IClassFixture<AppFixture>
{
    /// <summary>Who writes under a name that is known is taken together with others, else alone.</summary>
    [Theory]
    [InlineData("Ravi")]
    [InlineData("Ravi Kumar")]
    public async Task What_a_contact_writes_while_their_conversation_is_deleted_makes_a_new_one(string name)
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");
        var id = (await tenant.ConversationAsync(phone)).Text("id");
        // Before it is noted on the conversation, which has been looked up.
        Between(c => Writes(c, "conversations") && c.ToString().Contains("unreadCount", StringComparison.Ordinal), () => tenant.DeleteAsync($"/api/saas/chat/conversations/{id}"));

        await tenant.WritesAsync(phone, "Still here", name);

        app.Commands.Before.Should().BeNull();
        var conversation = await tenant.ConversationAsync(phone);
        conversation.Text("id").Should().NotBe(id);
        conversation.GetProperty("unreadCount").GetInt32().Should().Be(1);
        (await tenant.MessagesAsync(phone)).Select(m => m.Text("text")).Should().Equal("Still here");
    }

    [Theory]
    [InlineData("insert")]
    [InlineData("update")]
    public async Task What_is_sent_while_the_conversation_is_deleted_is_kept_in_a_new_one(string before)
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");
        var id = (await tenant.ConversationAsync(phone)).Text("id");
        // Before the message is there, and before it is noted on the conversation.
        var collection = before == "insert" ? "messages" : "conversations";
        Between(c => c.GetElement(0) is { } first && first.Name == before && first.Value == collection, () => tenant.DeleteAsync($"/api/saas/chat/conversations/{id}"));

        var sent = await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "appointment_confirmed", templateLanguage = "en_US", variables = new[] { "Ravi", "Rao", "3 pm" } });
        await app.RunDueAsync();

        app.Commands.Before.Should().BeNull();
        sent.Status.Should().Be(201);
        (await tenant.MessagesAsync(phone)).Select(m => m.Text("id")).Should().Equal(sent.Data.Text("id"));
        app.SentTo(phone).Should().ContainSingle();
    }

    [Fact]
    public async Task What_is_put_into_a_conversation_while_it_goes_into_another_goes_along()
    {
        var tenant = await app.TenantAsync();
        var (phone, userId) = (ChatSteps.NewPhone(), $"IN.{Guid.NewGuid():n}");
        await tenant.WritesAsync(phone, "By number");
        await DeliverAsync(tenant, ChatSteps.Inbound(tenant, null, ChatSteps.Says("By name"), userId: userId));
        var messages = app.Database(tenant).GetCollection<BsonDocument>("messages");
        // As another node puts it there: after the others have been moved, before the conversation goes.
        Between(c => c.GetElement(0) is { Name: "delete" } first && first.Value == "conversations", async () =>
        {
            var conversation = await app.Database(tenant).GetCollection<BsonDocument>("conversations").Find(new BsonDocument("userId", userId)).FirstAsync();
            var late = await messages.Find(new BsonDocument("text", "By name")).FirstAsync();
            late["_id"] = ObjectId.GenerateNewId();
            late["wamid"] = ChatSteps.Wamid();
            late["text"] = "In between";
            late["conversationId"] = conversation["_id"];
            await messages.InsertOneAsync(late);
        });

        await DeliverAsync(tenant, ChatSteps.Inbound(tenant, phone, ChatSteps.Says("Both"), userId: userId));

        app.Commands.Before.Should().BeNull();
        (await tenant.MessagesAsync(phone)).Select(m => m.Text("text")).Should().BeEquivalentTo("By number", "By name", "In between", "Both");
    }

    private void Between(Func<BsonDocument, bool> before, Func<Task> act) => app.Commands.Before = (_, command) =>
    {
        if (before(command))
        {
            app.Commands.Before = null;
            act().GetAwaiter().GetResult();
        }
    };

    private static bool Writes(BsonDocument command, string collection) => command.GetElement(0) is { Name: "update" or "findAndModify" } first && first.Value == collection;

    private async Task DeliverAsync(TestTenant tenant, string body)
    {
        (await tenant.WebhookAsync(body)).Status.Should().Be(200);
        await app.RunDueAsync();
    }
}
