using System.Net;
using System.Text.Json.Nodes;
using Ecodrix.Sandbox.Webhooks;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Webhooks that were cut off, come again, or come in another order than they were written.</summary>
public sealed class InboundRepeatTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_crash_after_a_message_was_kept_loses_neither_the_wish_in_it_nor_its_file()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");
        var lead = (await tenant.ConversationAsync(phone)).Text("leadId");
        string[] webhooks = [ChatSteps.Inbound(tenant, phone, ChatSteps.Says("STOP")), Picture(tenant, phone)];
        await DeliverAsync(tenant, webhooks);
        // As a crash leaves it right after the messages were kept: what follows from them is not there.
        var database = app.Database(tenant);
        await database.GetCollection<BsonDocument>("conversations").UpdateOneAsync(
            new BsonDocument("phone", phone), BsonDocument.Parse("""{ "$set": { "optOut": "none" }, "$unset": { "optedOutAt": "", "wishAt": "" } }"""));
        await database.GetCollection<BsonDocument>("leads").UpdateOneAsync(new BsonDocument("phone", phone), BsonDocument.Parse("""{ "$set": { "optedOut": false } }"""));
        await database.GetCollection<BsonDocument>("messages").UpdateOneAsync(
            new BsonDocument("type", "image"), BsonDocument.Parse("""{ "$set": { "media.state": "pending" }, "$unset": { "media.fileId": "" } }"""));

        await DeliverAsync(tenant, [.. webhooks.Select(w => w + " ")]);

        (await tenant.ConversationAsync(phone)).Text("optOut").Should().Be("all");
        (await tenant.ConversationAsync(phone)).GetProperty("unreadCount").GetInt32().Should().Be(3, "repeats count nothing twice");
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("optedOut").GetBoolean().Should().BeTrue();
        (await tenant.MessagesAsync(phone)).Single(m => m.Text("type") == "image").GetProperty("media").Text("state").Should().Be("stored");
    }

    [Fact]
    public async Task A_crash_between_conversation_and_lead_leaves_no_lead_that_may_still_be_written_to()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");
        var lead = (await tenant.ConversationAsync(phone)).Text("leadId");
        var stop = ChatSteps.Inbound(tenant, phone, ChatSteps.Says("STOP"));
        await DeliverAsync(tenant, stop);
        await app.Database(tenant).GetCollection<BsonDocument>("leads").UpdateOneAsync(new BsonDocument("phone", phone), BsonDocument.Parse("""{ "$set": { "optedOut": false } }"""));

        await DeliverAsync(tenant, stop + " ");

        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("optedOut").GetBoolean().Should().BeTrue();
    }

    [Theory]
    [InlineData("STOP", "START", true)]
    [InlineData("START", "STOP", false)]
    public async Task The_wish_written_last_counts_in_whatever_order_they_come(string last, string first, bool optedOut)
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var now = app.Clock.GetUtcNow();
        await tenant.WritesAsync(phone, "Hello", at: now.AddSeconds(-100));
        await tenant.WritesAsync(phone, last, at: now.AddSeconds(-50));
        await tenant.WritesAsync(phone, first, at: now.AddSeconds(-80));

        var conversation = await tenant.ConversationAsync(phone);
        conversation.GetProperty("optedOut").GetBoolean().Should().Be(optedOut);
        (await tenant.GetAsync($"/api/crm/leads/{conversation.Text("leadId")}")).Data.GetProperty("optedOut").GetBoolean().Should().Be(optedOut);
    }

    [Theory]
    [InlineData("stop", "resume", "marketing")]
    [InlineData("resume", "stop", "none")]
    public async Task The_marketing_preference_told_last_counts_in_whatever_order_they_come(string last, string first, string optOut)
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var now = app.Clock.GetUtcNow().ToUnixTimeSeconds();
        await DeliverAsync(tenant, Preference(phone, last, now - 50), Preference(phone, first, now - 80));

        (await tenant.ConversationAsync(phone)).Text("optOut").Should().Be(optOut);
    }

    [Fact]
    public async Task What_an_agent_switches_is_not_undone_by_a_wish_written_before()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var now = app.Clock.GetUtcNow();
        await tenant.WritesAsync(phone, "STOP", at: now.AddSeconds(-100));
        var id = (await tenant.ConversationAsync(phone)).Text("id");

        (await tenant.PatchAsync($"/api/saas/chat/conversations/{id}", new { optedOut = false })).Data.GetProperty("optedOut").GetBoolean().Should().BeFalse();
        await tenant.WritesAsync(phone, "STOP", at: now.AddSeconds(-50));
        (await tenant.ConversationAsync(phone)).GetProperty("optedOut").GetBoolean().Should().BeFalse("the agent decided after it was written");

        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await tenant.WritesAsync(phone, "STOP");
        (await tenant.ConversationAsync(phone)).GetProperty("optedOut").GetBoolean().Should().BeTrue();
    }

    [Fact]
    public async Task A_conversation_that_goes_into_another_takes_its_wish_labels_and_owner_along()
    {
        var tenant = await app.TenantAsync();
        var (old, fresh) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());
        await tenant.WritesAsync(old, "Hello");
        app.Clock.Advance(TimeSpan.FromSeconds(5));
        await tenant.WritesAsync(fresh, "STOP");
        await tenant.PatchAsync($"/api/saas/chat/conversations/{(await tenant.ConversationAsync(fresh)).Text("id")}", new { labels = new[] { "vip" }, assignedTo = "asha@clinic.in" });

        await DeliverAsync(tenant, ChatSteps.Inbound(tenant, old, new JsonObject
        {
            ["type"] = "system",
            ["system"] = new JsonObject { ["body"] = "changed", ["wa_id"] = fresh[1..], ["type"] = "user_changed_number" },
        }));

        var one = (await tenant.GetAsync("/api/saas/chat/conversations")).Data.EnumerateArray().Should().ContainSingle().Subject;
        (one.Text("phone"), one.Text("optOut"), one.Text("assignedTo")).Should().Be((fresh, "all", "asha@clinic.in"));
        one.GetProperty("labels")[0].GetString().Should().Be("vip");
        one.GetProperty("unreadCount").GetInt32().Should().Be(2);
    }

    [Fact]
    public async Task Merging_that_was_cut_off_before_the_other_conversation_went_counts_nothing_twice()
    {
        var tenant = await app.TenantAsync();
        var (phone, userId) = (ChatSteps.NewPhone(), $"IN.{Guid.NewGuid():n}");
        await DeliverAsync(tenant, ChatSteps.Inbound(tenant, null, ChatSteps.Says("STOP"), userId: userId));
        var conversations = app.Database(tenant).GetCollection<BsonDocument>("conversations");
        var other = await conversations.Find(new BsonDocument("userId", userId)).SingleAsync();
        await tenant.WritesAsync(phone, "Hello");
        await DeliverAsync(tenant, ChatSteps.Inbound(tenant, phone, ChatSteps.Says("Both"), userId: userId));
        // As a crash leaves it right before the other goes.
        await conversations.UpdateOneAsync(new BsonDocument("phone", phone), BsonDocument.Parse("""{ "$unset": { "userId": "" } }"""));
        await conversations.InsertOneAsync(other);

        await DeliverAsync(tenant, ChatSteps.Inbound(tenant, phone, ChatSteps.Says("Both again"), userId: userId));

        var one = (await tenant.GetAsync("/api/saas/chat/conversations")).Data.EnumerateArray().Should().ContainSingle().Subject;
        one.GetProperty("unreadCount").GetInt32().Should().Be(4);
        one.Text("optOut").Should().Be("all");
    }

    [Fact]
    public async Task A_deleted_conversation_takes_the_files_of_the_contact_along()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");
        await DeliverAsync(tenant, Picture(tenant, phone));
        var url = (await tenant.MessagesAsync(phone)).Single(m => m.Text("type") == "image").GetProperty("media").Text("url")!;
        (await StatusAsync(url)).Should().Be(HttpStatusCode.OK);

        (await tenant.DeleteAsync($"/api/saas/chat/conversations/{(await tenant.ConversationAsync(phone)).Text("id")}")).Status.Should().Be(200);

        (await StatusAsync(url)).Should().Be(HttpStatusCode.NotFound);
        (await app.Database(tenant).GetCollection<BsonDocument>("media").CountDocumentsAsync(new BsonDocument())).Should().Be(0);
    }

    [Fact]
    public async Task One_person_in_two_writings_of_a_number_is_one_lead_and_opts_out_of_broadcasts_too()
    {
        var tenant = await app.TenantAsync();
        var local = $"55{Random.Shared.Next(10_000_000, 99_999_999)}";
        var (dialled, metas) = ($"+52{local}", $"+521{local}");
        var lead = (await tenant.PostAsync("/api/crm/leads", new { firstName = "Ana", phone = dialled })).Data.Text("id");

        await tenant.WritesAsync(metas, "STOP", "Ana");

        (await tenant.GetAsync("/api/crm/leads")).Json.GetProperty("total").GetInt32().Should().Be(1);
        (await tenant.ConversationAsync(metas)).Text("leadId").Should().Be(lead);
        (await tenant.PostAsync("/api/saas/chat/send", new { to = dialled, templateName = "lead_welcome", variables = new[] { "Ana", "x" } })).Code.Should().Be("OPTED_OUT");
        var report = (await tenant.PostAsync("/api/saas/chat/broadcast?dryRun=true", Broadcast(dialled))).Data;
        (report.GetProperty("willSend").GetInt32(), report.GetProperty("optedOut").GetInt32()).Should().Be((0, 1));

        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await tenant.WritesAsync(metas, "START", "Ana");
        (await tenant.PostAsync("/api/saas/chat/broadcast", Broadcast(dialled))).Status.Should().Be(201);
        await app.RunDueAsync();
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await app.RunDueAsync();
        (await tenant.GetAsync("/api/saas/chat/conversations")).Json.GetProperty("total").GetInt32().Should().Be(1);
        (await tenant.MessagesAsync(metas)).Should().HaveCount(3);
    }

    [Fact]
    public async Task One_number_in_two_writings_gets_one_message_of_a_broadcast()
    {
        var tenant = await app.TenantAsync();

        var report = (await tenant.PostAsync("/api/saas/chat/broadcast?dryRun=true", Broadcast("+541143215678", "+5491143215678"))).Data;

        (report.GetProperty("willSend").GetInt32(), report.GetProperty("duplicate").GetInt32()).Should().Be((1, 1));
    }

    [Fact]
    public async Task A_lead_made_of_a_contact_whom_Meta_writes_otherwise_has_a_number_that_can_be_dialled()
    {
        var tenant = await app.TenantAsync();
        var local = $"55{Random.Shared.Next(10_000_000, 99_999_999)}";
        await tenant.WritesAsync($"+521{local}", "Hola", "Ana");
        await tenant.WritesAsync($"+521{local}", "Buenas", "Ana");

        (await tenant.GetAsync("/api/crm/leads")).Data.EnumerateArray().Should().ContainSingle().Subject.Text("phone").Should().Be($"+52{local}");
        (await tenant.MessagesAsync($"+521{local}")).Should().HaveCount(2);
    }

    private static object Broadcast(params string[] phones) => new
    {
        name = "Camp",
        templateName = "lead_welcome",
        recipients = phones.Select(phone => new { phone, variables = new[] { "Ana", "March 20" } }).ToArray(),
    };

    private static string Preference(string phone, string value, long at) => ChatSteps.Envelope("user_preferences", new JsonObject
    {
        ["user_preferences"] = new JsonArray(new JsonObject { ["wa_id"] = phone[1..], ["category"] = "marketing_messages", ["value"] = value, ["timestamp"] = at }),
    });

    private string Picture(TestTenant tenant, string phone)
    {
        var picture = app.Sandbox.Graph.Receive(new InboundMessage { From = phone, Type = "image" }).Content.Text("id");
        return ChatSteps.Inbound(tenant, phone, new JsonObject { ["type"] = "image", ["image"] = new JsonObject { ["id"] = picture, ["mime_type"] = "image/png", ["sha256"] = "x" } });
    }

    private async Task DeliverAsync(TestTenant tenant, params string[] webhooks)
    {
        foreach (var body in webhooks)
        {
            (await tenant.WebhookAsync(body)).Status.Should().Be(200);
            await app.RunDueAsync();
        }
    }

    private async Task<HttpStatusCode> StatusAsync(string url)
    {
        using var answer = await app.Http.GetAsync(new Uri(new Uri(url, UriKind.RelativeOrAbsolute) is { IsAbsoluteUri: true } whole ? whole.PathAndQuery : url, UriKind.Relative));
        return answer.StatusCode;
    }
}
