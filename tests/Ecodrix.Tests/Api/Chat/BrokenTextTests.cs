using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Texts that cannot be written as they are, and webhooks that cannot be worked off: nobody else's messages wait for them.</summary>
public sealed class BrokenTextTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Theory]
    [InlineData(118)]
    [InlineData(119)]
    [InlineData(120)]
    [InlineData(599)]
    [InlineData(600)]
    public async Task An_emoji_where_a_text_is_cut_comes_in_and_goes_out(int before)
    {
        var tenant = await app.TenantAsync();
        var (phone, next) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());
        var text = new string('a', before) + "😀 and more";

        await tenant.WritesAsync(phone, text);
        await tenant.WritesAsync(phone, text);
        await tenant.WritesAsync(next, "Hello");
        var sent = await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text });
        await app.RunDueAsync();

        sent.Status.Should().Be(201, sent.Json.ToString());
        (await tenant.MessagesAsync(next)).Should().ContainSingle();
        (await tenant.MessagesAsync(phone)).Select(m => (m.Text("text"), m.Text("status"))).Should().BeEquivalentTo([(text, "received"), (text, "received"), (text, "sent")]);
        app.SentTo(phone).Single().GetProperty("text").Text("body").Should().Be(text);
        (await tenant.ConversationAsync(phone)).GetProperty("lastMessage").Text("text").Should().Be(before == 119 ? text[..119] : text[..120]);
    }

    [Fact]
    public async Task An_emoji_where_the_name_of_a_file_is_cut_does_not_stop_the_upload()
    {
        var tenant = await app.TenantAsync();
        using var form = new MultipartFormDataContent();
        using var file = new ByteArrayContent("Hello"u8.ToArray());
        form.Add(file, "file", new string('a', 119) + "😀.txt");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/saas/chat/upload") { Content = form };
        request.Headers.Add("x-api-key", tenant.Key);
        request.Headers.Add("x-client-code", tenant.Code);

        using var answer = await app.Http.SendAsync(request);

        ((int)answer.StatusCode).Should().Be(201, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Half_a_character_in_a_name_or_text_of_a_webhook_is_shown_replaced_and_holds_nobody_up()
    {
        var tenant = await app.TenantAsync();
        var (known, fresh, other) = (ChatSteps.NewPhone(), ChatSteps.NewPhone(), ChatSteps.NewPhone());
        await tenant.WritesAsync(known, "Hello");
        foreach (var (phone, text) in new[] { (known, "HALF"), (fresh, "Hi HALF"), (other, "Me too") })
        {
            var body = ChatSteps.Inbound(tenant, phone, ChatSteps.Says(text), phone == other ? "Asha" : "Ravi HALF").Replace("HALF", "\\ud83d", StringComparison.Ordinal);
            (await tenant.WebhookAsync(body)).Status.Should().Be(200);
        }

        await app.RunDueAsync();

        (await tenant.MessagesAsync(known)).Select(m => m.Text("text")).Should().Contain("\ufffd");
        (await tenant.MessagesAsync(fresh)).Single().Text("text").Should().Be("Hi \ufffd");
        (await tenant.ConversationAsync(fresh)).Text("name").Should().Be("Ravi \ufffd");
        (await tenant.MessagesAsync(other)).Should().ContainSingle();
    }

    [Fact]
    public async Task A_webhook_that_cannot_be_worked_off_waits_by_itself_and_is_taken_once_the_cause_is_gone()
    {
        var tenant = await app.TenantAsync();
        var (broken, other) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());
        await tenant.WritesAsync(broken, "Hello");
        await tenant.WritesAsync(other, "Hello");
        var leads = app.Database(tenant).GetCollection<BsonDocument>("leads");
        await leads.UpdateOneAsync(new BsonDocument("phone", broken), new BsonDocument("$set", new BsonDocument("status", "nonsense")));

        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, broken, ChatSteps.Says("First")));
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, other, ChatSteps.Says("Second")));
        await app.RunDueAsync();

        (await tenant.MessagesAsync(other)).Should().HaveCount(2, "it does not wait for somebody else's");
        (await tenant.MessagesAsync(broken)).Should().HaveCount(1);
        await leads.UpdateOneAsync(new BsonDocument("phone", broken), new BsonDocument("$set", new BsonDocument("status", "open")));
        app.Clock.Advance(TimeSpan.FromMinutes(10));
        await app.RunDueAsync();
        (await tenant.MessagesAsync(broken)).Should().HaveCount(2);
        (await tenant.ConversationAsync(broken)).GetProperty("unreadCount").GetInt32().Should().Be(2);
    }

    [Theory]
    [InlineData("POST", "/api/crm/leads", """{"firstName":"HALF","phone":"PHONE"}""")]
    [InlineData("POST", "/api/crm/leads", """{"firstName":"A","phone":"PHONE","metadata":{"refs":{"id":"HALF"},"extra":{"HALF":"HALF","a\u0000b":[{"c":"HALF"}]}}}""")]
    [InlineData("POST", "/api/saas/workflows/trigger", """{"trigger":"form_submitted","phone":"PHONE","variables":{"a":"HALF"},"data":{"HALF":["HALF"]},"callbackMetadata":{"x":"HALF"}}""")]
    [InlineData("POST", "/api/saas/chat/send", """{"to":"PHONE","templateName":"lead_welcome","variables":["HALF","x"]}""")]
    [InlineData("POST", "/api/saas/chat/send", """{"to":"PHONE","contacts":[{"name":{"formatted_name":"HALF"},"HALF":"HALF"}]}""")]
    [InlineData("POST", "/api/saas/chat/broadcast?dryRun=true", """{"name":"x","templateName":"lead_welcome","recipients":[{"phone":"PHONE","variables":["HALF","x"]}]}""")]
    [InlineData("PATCH", "/api/saas/chat/settings", """{"optOutKeywords":["HALF"]}""")]
    public async Task Half_a_character_in_a_body_is_no_fault_of_ours(string method, string path, string body)
    {
        var tenant = await app.TenantAsync();
        var sent = body.Replace("HALF", "\\ud83d", StringComparison.Ordinal).Replace("PHONE", ChatSteps.NewPhone(), StringComparison.Ordinal);

        var answer = await app.SendAsync(new HttpMethod(method), path, sent, ("x-api-key", tenant.Key), ("x-client-code", tenant.Code));

        answer.Status.Should().BeLessThan(500, answer.Json.ToString());
        answer.Status.Should().NotBe(404, path);
    }

    [Fact]
    public async Task Half_a_character_from_anywhere_else_is_written_replaced()
    {
        var tenant = await app.TenantAsync();
        var scope = await app.ScopeAsync(tenant);

        await scope.Db.Collection<BsonDocument>("texts").InsertOneAsync(new BsonDocument("text", "a\ud83d"));

        var texts = app.Database(tenant).GetCollection<BsonDocument>("texts");
        (await texts.Find(new BsonDocument()).SingleAsync())["text"].AsString.Should().Be("a\ufffd");
    }
}
