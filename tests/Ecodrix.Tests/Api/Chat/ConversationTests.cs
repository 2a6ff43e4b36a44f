using System.Text.Json.Nodes;

namespace Ecodrix.Tests.Api.Chat;

public sealed class ConversationTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_first_message_makes_a_conversation_and_a_lead_and_the_window_is_open()
    {
        var tenant = await app.TenantAsync();
        var other = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();

        await tenant.WritesAsync(phone, "Hello there", "Priya");

        var conversation = await tenant.ConversationAsync(phone);
        conversation.Text("name").Should().Be("Priya");
        conversation.Text("status").Should().Be("open");
        conversation.GetProperty("unreadCount").GetInt32().Should().Be(1);
        conversation.GetProperty("window").GetProperty("open").GetBoolean().Should().BeTrue();
        conversation.GetProperty("lastMessage").Text("text").Should().Be("Hello there");
        var lead = (await tenant.GetAsync($"/api/crm/leads/{conversation.Text("leadId")}")).Data;
        lead.Text("source").Should().Be("whatsapp");
        lead.Text("firstName").Should().Be("Priya");
        (await other.GetAsync("/api/saas/chat/conversations")).Json.GetProperty("total").GetInt32().Should().Be(0);
        (await other.GetAsync($"/api/saas/chat/conversations/{conversation.Text("id")}")).Code.Should().Be("CONVERSATION_NOT_FOUND");
    }

    [Fact]
    public async Task Many_first_messages_at_once_and_repeats_of_them_make_one_conversation_with_each_message_once()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var ids = Enumerable.Range(0, 20).Select(_ => ChatSteps.Wamid()).ToList();
        // Each in a webhook of its own, each twice in different bodies, all worked off side by side.
        await Task.WhenAll(ids.Concat(ids).Select((id, n) => tenant.WebhookAsync(ChatSteps.Inbound(
            tenant, phone, new JsonObject { ["type"] = "text", ["text"] = new JsonObject { ["body"] = "Hello" }, ["copy"] = n }, wamid: id))));
        await app.RunDueAsync();

        (await tenant.ConversationAsync(phone)).GetProperty("unreadCount").GetInt32().Should().Be(20);
        (await tenant.MessagesAsync(phone)).Should().HaveCount(20);
        (await tenant.GetAsync("/api/crm/leads")).Json.GetProperty("total").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task Conversations_are_filtered_counted_labelled_assigned_and_snoozed_until_their_time()
    {
        var tenant = await app.TenantAsync();
        var (a, b) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());
        await tenant.WritesAsync(a, "One", "Anil Mehta");
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await tenant.WritesAsync(b, "Two", "Bina Rao");
        var first = (await tenant.ConversationAsync(a)).Text("id");

        var changed = await tenant.PatchAsync($"/api/saas/chat/conversations/{first}", new { assignedTo = "asha@clinic.in", labels = new[] { "billing", "Billing", "vip" } });
        changed.Data.GetProperty("labels").GetArrayLength().Should().Be(2);
        await Lists(tenant, "assignedTo=asha@clinic.in", a);
        await Lists(tenant, "assignedTo=none", b);
        await Lists(tenant, "label=vip", a);
        await Lists(tenant, "search=bina", b);
        await Lists(tenant, "unread=true", b, a);
        await Lists(tenant, "", b, a);
        var counts = (await tenant.GetAsync("/api/saas/chat/conversations/counts?assignedTo=asha@clinic.in")).Data;
        counts.GetRawText().Should().Be("""{"mine":1,"unassigned":1,"all":2,"unread":2}""");

        var until = app.Clock.GetUtcNow().AddHours(2);
        (await tenant.PatchAsync($"/api/saas/chat/conversations/{first}", new { snoozedUntil = until })).Data.Text("status").Should().Be("snoozed");
        await Lists(tenant, "status=open", b);
        await Lists(tenant, "status=active", b);
        app.Clock.Advance(TimeSpan.FromHours(1));
        await app.RunDueAsync();
        await Lists(tenant, "status=snoozed", a);
        app.Clock.Advance(TimeSpan.FromHours(1.1));
        await app.RunDueAsync();
        await Lists(tenant, "status=open", b, a);

        (await tenant.PatchAsync($"/api/saas/chat/conversations/{first}", new { status = "snoozed" })).Status.Should().Be(400);
        await tenant.PatchAsync($"/api/saas/chat/conversations/{first}", new { status = "resolved" });
        await tenant.WritesAsync(a, "One more thing");
        (await tenant.ConversationAsync(a)).Text("status").Should().Be("open", "a new message needs an answer");
    }

    [Fact]
    public async Task A_snoozed_conversation_comes_back_by_taking_its_time_away_and_none_is_snoozed_without_the_job_that_brings_it_back()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");
        var path = $"/api/saas/chat/conversations/{(await tenant.ConversationAsync(phone)).Text("id")}";
        var snooze = new { snoozedUntil = app.Clock.GetUtcNow().AddHours(2) };

        (await app.CutOffAsync(c => c.GetElement(0) is { Name: "insert" } first && first.Value == "jobs", () => tenant.PatchAsync(path, snooze))).Status.Should().Be(500);
        (await tenant.ConversationAsync(phone)).Text("status").Should().Be("open");
        (await tenant.PatchAsync(path, snooze)).Data.Text("status").Should().Be("snoozed");
        var back = (await tenant.PatchAsync(path, """{ "snoozedUntil": null }""")).Data;
        (back.Text("status"), back.Text("snoozedUntil")).Should().Be(("open", null));
        await tenant.PatchAsync(path, new { status = "resolved" });
        (await tenant.PatchAsync(path, """{ "snoozedUntil": null }""")).Data.Text("status").Should().Be("resolved", "it was not snoozed");
    }

    [Fact]
    public async Task Who_wants_no_marketing_can_be_opted_in_again()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WebhookAsync(ChatSteps.Envelope("user_preferences", new JsonObject
        {
            ["user_preferences"] = new JsonArray(new JsonObject { ["wa_id"] = phone[1..], ["category"] = "marketing_messages", ["value"] = "stop", ["timestamp"] = app.Clock.GetUtcNow().ToUnixTimeSeconds() }),
        }));
        await app.RunDueAsync();
        var conversation = await tenant.ConversationAsync(phone);
        conversation.GetProperty("optedOut").GetBoolean().Should().BeTrue();

        var changed = (await tenant.PatchAsync($"/api/saas/chat/conversations/{conversation.Text("id")}", new { optedOut = false })).Data;

        (changed.GetProperty("optedOut").GetBoolean(), changed.Text("optOut")).Should().Be((false, "none"));
    }

    [Fact]
    public async Task Reading_clears_the_count_and_tells_Meta_unless_the_tenant_does_not_want_that()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");
        var id = (await tenant.ConversationAsync(phone)).Text("id");

        (await tenant.PostAsync($"/api/saas/chat/conversations/{id}/read", new { })).Data.GetProperty("unreadCount").GetInt32().Should().Be(0);
        await app.RunDueAsync();
        (await tenant.PostAsync($"/api/saas/chat/conversations/{id}/typing", new { })).Status.Should().Be(200);
        (await tenant.PatchAsync("/api/saas/chat/settings", new { sendReadReceipts = false, optOutKeywords = new[] { "GENUG" } })).Data.GetProperty("sendReadReceipts").GetBoolean().Should().BeFalse();
        await tenant.WritesAsync(phone, "stop");
        (await tenant.ConversationAsync(phone)).GetProperty("optedOut").GetBoolean().Should().BeFalse("the tenant's own list counts");
        await tenant.WritesAsync(phone, "genug!");
        (await tenant.ConversationAsync(phone)).GetProperty("optedOut").GetBoolean().Should().BeTrue();
    }

    [Fact]
    public async Task Messages_are_paged_by_the_last_one_seen_and_found_by_their_words()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        for (var n = 0; n < 5; n++)
        {
            await tenant.WritesAsync(phone, $"Message number {n} about pediatrics");
            app.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var id = (await tenant.ConversationAsync(phone)).Text("id");
        var newest = (await tenant.GetAsync($"/api/saas/chat/conversations/{id}/messages?limit=2")).Data;
        newest.EnumerateArray().Select(m => m.Text("text")![15]).Should().Equal('4', '3');
        var older = (await tenant.GetAsync($"/api/saas/chat/conversations/{id}/messages?limit=2&before={newest[1].Text("id")}")).Data;
        older.EnumerateArray().Select(m => m.Text("text")![15]).Should().Equal('2', '1');

        (await tenant.GetAsync("/api/saas/chat/messages?search=pediat")).Data.GetArrayLength().Should().Be(5);
        (await tenant.GetAsync("/api/saas/chat/messages?search=cardiology")).Data.GetArrayLength().Should().Be(0);
        await tenant.WritesAsync(ChatSteps.NewPhone(), "Good morning, I would like to know whether the zebra clinic is open on Sundays");
        (await tenant.GetAsync("/api/saas/chat/messages?search=zebra+sunday")).Data.GetArrayLength().Should().Be(1);

        (await app.SendAsync(HttpMethod.Delete, $"/api/saas/chat/conversations/{id}", null, ("x-api-key", tenant.Key), ("x-client-code", tenant.Code))).Status.Should().Be(200);
        (await tenant.GetAsync($"/api/saas/chat/conversations/{id}/messages")).Code.Should().Be("CONVERSATION_NOT_FOUND");
    }

    [Fact]
    public async Task A_conversation_made_by_hand_is_the_one_a_message_comes_into_and_takes_the_leads_owner()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", lastName = "Kumar", phone, assignedTo = "asha@clinic.in" });

        var made = await tenant.PostAsync("/api/saas/chat/conversations", new { phone = phone[1..] });
        await tenant.WritesAsync(phone, "Hello");

        made.Status.Should().Be(201);
        made.Data.Text("assignedTo").Should().Be("asha@clinic.in");
        made.Data.Text("name").Should().Be("Ravi Kumar");
        (await tenant.ConversationAsync(phone)).Text("id").Should().Be(made.Data.Text("id"));
    }

    [Fact]
    public async Task Canned_replies_are_filled_in_for_the_contact()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello", "Priya");
        var made = await tenant.PostAsync("/api/saas/chat/canned-replies", new { shortcut = "/Hours", text = "Hi {{ lead.firstName }}, we are open 9–6." });

        made.Status.Should().Be(201);
        made.Data.Text("shortcut").Should().Be("hours");
        (await tenant.PostAsync("/api/saas/chat/canned-replies", new { shortcut = "hours", text = "x" })).Code.Should().Be("SHORTCUT_TAKEN");
        (await tenant.PostAsync("/api/saas/chat/canned-replies", new { shortcut = "bad", text = "{{ lead." })).Status.Should().Be(400);
        var rendered = await tenant.PostAsync($"/api/saas/chat/canned-replies/{made.Data.Text("id")}/render", new { conversationId = (await tenant.ConversationAsync(phone)).Text("id") });
        rendered.Data.Text("text").Should().Be("Hi Priya, we are open 9–6.");
        (await tenant.GetAsync("/api/saas/chat/canned-replies?search=/ho")).Data.GetArrayLength().Should().Be(1);
    }

    [Theory]
    [InlineData("/api/saas/chat/conversations?unread=abc", "unread must be true or false.")]
    [InlineData("/api/saas/chat/conversations?limit=abc", "limit must be a whole number.")]
    [InlineData("/api/crm/leads?page=1.5", "page must be a whole number.")]
    public async Task A_parameter_that_cannot_be_read_is_named(string path, string message)
    {
        var tenant = await app.TenantAsync();

        var answer = await tenant.GetAsync(path);

        (answer.Status, answer.Code, answer.Json.GetProperty("message").GetString()).Should().Be((400, "VALIDATION_ERROR", message));
    }

    private static async Task Lists(TestTenant tenant, string query, params string[] phones)
    {
        var list = await tenant.GetAsync($"/api/saas/chat/conversations?{query}");
        list.Data.EnumerateArray().Select(c => c.Text("phone")).Should().Equal(phones, $"of the query {query}");
        list.Json.GetProperty("total").GetInt32().Should().Be(phones.Length);
    }
}
