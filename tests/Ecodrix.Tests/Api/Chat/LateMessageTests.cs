using System.Text.Json.Nodes;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Messages that come after others which were written later.</summary>
public sealed class LateMessageTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_message_that_comes_late_changes_nothing_of_what_came_after_it_but_is_unread()
    {
        var (tenant, phone, now) = (await app.TenantAsync(), ChatSteps.NewPhone(), app.Clock.GetUtcNow());
        await tenant.WritesAsync(phone, "Newer", at: now.AddSeconds(-30));
        await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Answer" });
        await app.RunDueAsync();
        var id = (await tenant.ConversationAsync(phone)).Text("id");
        await tenant.PatchAsync($"/api/saas/chat/conversations/{id}", new { status = "resolved", blocked = true });

        await tenant.WritesAsync(phone, "Older", at: now.AddSeconds(-90));

        var conversation = await tenant.ConversationAsync(phone);
        conversation.GetProperty("lastMessage").Text("text").Should().Be("Answer");
        conversation.GetProperty("lastMessageAt").GetDateTimeOffset().Should().BeCloseTo(now, TimeSpan.FromSeconds(1));
        (conversation.Text("status"), conversation.GetProperty("blocked").GetBoolean()).Should().Be(("resolved", true));
        conversation.GetProperty("unreadCount").GetInt32().Should().Be(2);
        (await tenant.MessagesAsync(phone)).Select(m => m.Text("text")).Should().Equal("Answer", "Newer", "Older");
    }

    [Fact]
    public async Task What_a_contact_wrote_before_a_broadcast_and_nobody_has_answered_still_opens_the_conversation()
    {
        var (tenant, phone, now) = (await app.TenantAsync(), ChatSteps.NewPhone(), app.Clock.GetUtcNow());
        await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "Test", templateName = "visit_follow_up", recipients = new[] { new { phone } } });
        await app.RunDueAsync();
        (await tenant.ConversationAsync(phone)).Text("status").Should().Be("resolved");

        await tenant.WritesAsync(phone, "Before", at: now.AddSeconds(-60));

        var conversation = await tenant.ConversationAsync(phone);
        conversation.Text("status").Should().Be("open");
        conversation.GetProperty("lastMessage").Text("text").Should().NotBe("Before");
        conversation.GetProperty("window").GetProperty("open").GetBoolean().Should().BeTrue();
    }

    [Fact]
    public async Task Of_a_new_contacts_messages_that_all_come_late_the_last_one_is_shown()
    {
        var (tenant, phone, now) = (await app.TenantAsync(), ChatSteps.NewPhone(), app.Clock.GetUtcNow());
        await tenant.WritesAsync(phone, "First", at: now.AddSeconds(-100));
        await tenant.WritesAsync(phone, "Third", at: now.AddSeconds(-50));
        await tenant.WritesAsync(phone, "Second", at: now.AddSeconds(-80));

        var conversation = await tenant.ConversationAsync(phone);
        conversation.GetProperty("lastMessage").Text("text").Should().Be("Third");
        conversation.GetProperty("unreadCount").GetInt32().Should().Be(3);
        conversation.GetProperty("lastMessageAt").GetDateTimeOffset().Should().BeCloseTo(now.AddSeconds(-50), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_text_that_looks_like_a_field_is_shown_as_it_is()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());

        await tenant.WritesAsync(phone, "$phone");

        (await tenant.ConversationAsync(phone)).GetProperty("lastMessage").Text("text").Should().Be("$phone");
    }

    [Fact]
    public async Task An_echo_that_comes_late_is_no_answer_to_what_was_written_after_it()
    {
        var (tenant, phone, now) = (await app.TenantAsync(), ChatSteps.NewPhone(), app.Clock.GetUtcNow());
        await tenant.WritesAsync(phone, "Newer", at: now.AddSeconds(-10));

        await EchoAsync(tenant, phone, "Older", now.AddSeconds(-60));
        (await tenant.ConversationAsync(phone)).GetProperty("lastMessage").Text("text").Should().Be("Newer");
        await EchoAsync(tenant, phone, "Newest", now.AddSeconds(-1));

        (await tenant.ConversationAsync(phone)).GetProperty("lastMessage").Text("text").Should().Be("Newest");
        (await tenant.MessagesAsync(phone)).Select(m => m.Text("text")).Should().Equal("Newest", "Newer", "Older");
    }

    private async Task EchoAsync(TestTenant tenant, string phone, string text, DateTimeOffset at)
    {
        var echo = ChatSteps.Says(text);
        (echo["from"], echo["to"], echo["id"], echo["timestamp"]) = ("15550783881", phone[1..], ChatSteps.Wamid(), $"{at.ToUnixTimeSeconds()}");
        (await tenant.WebhookAsync(ChatSteps.Envelope("smb_message_echoes", new JsonObject { ["message_echoes"] = new JsonArray(echo) }))).Status.Should().Be(200);
        await app.RunDueAsync();
    }
}
