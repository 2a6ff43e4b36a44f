using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Ecodrix.Tests.Api.People;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Chat;

public sealed class SendTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_text_within_the_window_is_queued_at_once_and_sent_by_a_worker()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Is 3 pm free?");

        var answer = await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Sure, 3 pm works" });

        answer.Status.Should().Be(201);
        answer.Data.Text("status").Should().Be("queued");
        await app.RunDueAsync();
        var sent = app.SentTo(phone).Single();
        sent.Text("to").Should().Be(phone);
        sent.Text("biz_opaque_callback_data").Should().Be(answer.Data.Text("id"));
        var message = (await tenant.GetAsync($"/api/saas/chat/messages/{answer.Data.Text("id")}")).Data;
        message.Text("status").Should().Be("sent");
        message.Text("wamid").Should().StartWith("wamid.");
    }

    [Fact]
    public async Task Free_text_outside_the_window_is_refused_with_the_templates_that_may_be_sent()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        await tenant.WritesAsync(phone, "Hello", at: app.Clock.GetUtcNow().AddHours(-25));

        var answer = await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Too late" });

        answer.Status.Should().Be(409);
        answer.Code.Should().Be("WINDOW_CLOSED");
        answer.Json.GetProperty("details").GetProperty("expiresAt").GetString().Should().NotBeNull();
        answer.Json.GetProperty("details").GetProperty("templates").EnumerateArray().Select(t => t.GetString()).Should().Contain("appointment_confirmed").And.NotContain("flash_sale");
        app.SentTo(phone).Should().BeEmpty();
        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "x", templateName = "visit_follow_up" })).Status.Should().Be(201, "with both, the template is sent");
    }

    [Fact]
    public async Task Whoever_writes_stop_gets_nothing_more_until_they_write_again()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Stop");

        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Hello" })).Code.Should().Be("OPTED_OUT");
        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "visit_follow_up" })).Code.Should().Be("OPTED_OUT");
        (await tenant.ConversationAsync(phone)).GetProperty("optedOut").GetBoolean().Should().BeTrue();
        var lead = (await tenant.GetAsync($"/api/crm/leads?search={Uri.EscapeDataString(phone)}")).Data[0];
        lead.GetProperty("optedOut").GetBoolean().Should().BeTrue();

        app.Clock.Advance(TimeSpan.FromSeconds(2));
        await tenant.WritesAsync(phone, "But when is my appointment?");
        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "At 3" })).Status.Should().Be(201, "an answer is wanted");
        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "visit_follow_up" })).Code.Should().Be("OPTED_OUT");

        await tenant.WritesAsync(phone, "start");
        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "visit_follow_up" })).Status.Should().Be(201);
    }

    [Fact]
    public async Task Every_kind_of_message_reaches_Meta_in_its_form()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var theirs = await tenant.WritesAsync(phone, "Hello");
        object[] messages =
        [
            new { to = phone, text = "A reply", replyTo = theirs, previewUrl = false },
            new { to = phone, mediaUrl = "https://example.com/a.jpg", mediaType = "image", caption = "A picture" },
            new { to = phone, mediaUrl = "https://example.com/a.mp4", mediaType = "video" },
            new { to = phone, mediaUrl = "https://example.com/a.pdf", mediaType = "document", fileName = "Receipt.pdf" },
            new { to = phone, mediaUrl = "https://example.com/a.ogg", mediaType = "audio", voice = true },
            new { to = phone, mediaUrl = "https://example.com/a.webp", mediaType = "sticker" },
            new { to = phone, location = new { latitude = 12.97, longitude = 77.59, name = "Clinic" } },
            new { to = phone, contacts = new[] { new { name = new { formatted_name = "Dr. Sharma", first_name = "Asha" }, phones = new[] { new { phone = "+919876543210" } } } } },
            new { to = phone, interactive = new { type = "button", body = "Is 3 pm fine?", footer = "Reply here", buttons = new[] { new { title = "Yes" }, new { title = "No" } } } },
            new { to = phone, interactive = new { type = "list", body = "Choose", buttonText = "Times", sections = new[] { new { title = "Today", rows = new[] { new { title = "3 pm", description = "Dr. Sharma" } } } } } },
            new { to = phone, interactive = new { type = "cta_url", body = "Pay here", buttonText = "Pay", url = "https://example.com/pay" } },
            new { to = phone, interactive = new { type = "location_request_message", body = "Where are you?" } },
            new { to = phone, templateName = "appointment_confirmed", templateLanguage = "en_US", variables = new[] { "Ravi", "Dr. Sharma", "3 pm" } },
            new { to = phone, templateName = "appointment_cancelled", variables = new { patient_name = "Ravi", date = "15 March" } },
            new { to = phone, templateName = "seasonal_offer", headerValue = "https://example.com/offer.jpg", variables = new[] { "Ravi", "20%" }, buttonValues = new Dictionary<string, string> { ["0"] = "health" } },
            new { to = phone, templateName = "welcome_coupon", variables = new { first_name = "Ravi", discount = "10%" }, buttonValues = new Dictionary<string, string> { ["0"] = "WELCOME10" } },
            new { to = phone, templateName = "order_status", headerValue = "SKB-1", variables = new[] { "Ravi", "packed" }, buttonValues = new Dictionary<string, string> { ["0"] = "SKB-1" } },
        ];
        foreach (var message in messages)
        {
            var answer = await tenant.PostAsync("/api/saas/chat/send", message);
            answer.Status.Should().Be(201, answer.Json.ToString());
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var sent = app.SentTo(phone);
        sent.Should().HaveCount(messages.Length);
        sent[0].GetProperty("context").Text("message_id").Should().Be(theirs);
        sent.Select(s => s.Text("type")).Should().Equal(
            "text", "image", "video", "document", "audio", "sticker", "location", "contacts", "interactive", "interactive", "interactive", "interactive", "template", "template", "template", "template", "template");
        await OutgoingSchema.CheckAsync(sent);
        (await tenant.MessagesAsync(phone)).Where(m => m.Text("direction") == "out").Should().OnlyContain(m => m.Text("status") == "sent");
    }

    [Theory]
    [InlineData("""{"to":"PHONE"}""", "text")]
    [InlineData("""{"text":"x"}""", "to")]
    [InlineData("""{"to":"123","text":"x"}""", "to")]
    [InlineData("""{"to":"PHONE","mediaUrl":"https://e.com/a","mediaType":"image","location":{"latitude":1,"longitude":1}}""", "")]
    [InlineData("""{"to":"PHONE","mediaUrl":"http://127.0.0.1/a","mediaType":"image"}""", "mediaUrl")]
    [InlineData("""{"to":"PHONE","mediaUrl":"https://e.com/a","mediaType":"audio","caption":"x"}""", "caption")]
    [InlineData("""{"to":"PHONE","location":{"latitude":91,"longitude":1}}""", "location.latitude")]
    [InlineData("""{"to":"PHONE","interactive":{"type":"button","body":"x","buttons":[{"title":"a"},{"title":"a"}]}}""", "interactive.buttons")]
    [InlineData("""{"to":"PHONE","text":"x","replyTo":"wamid.unknown"}""", "replyTo")]
    [InlineData("""{"to":"PHONE","text":"x","location":{"latitude":1,"longitude":1}}""", "text")]
    [InlineData("""{"to":"PHONE","text":"x","contacts":[{"name":{"formatted_name":"Asha"}}]}""", "text")]
    [InlineData("""{"to":"PHONE","text":"x","interactive":{"type":"button","body":"x","buttons":[{"title":"a"}]}}""", "text")]
    [InlineData("""{"to":"PHONE","interactive":{"type":"button","body":"x","buttons":[{"title":"a","id":"1"},{"title":"b","id":"1"}]}}""", "interactive.buttons")]
    [InlineData("""{"to":"PHONE","interactive":{"type":"button","body":"x","buttons":[{"title":"a","id":"button-2"},{"title":"b"}]}}""", "interactive.buttons")]
    [InlineData("""{"to":"PHONE","interactive":{"type":"list","body":"x","buttonText":"y","sections":[{"title":"s","rows":[{"title":"a","id":"1"}]},{"title":"t","rows":[{"title":"b","id":"1"}]}]}}""", "interactive.sections")]
    [InlineData("""{"to":"PHONE","templateName":"order_status","headerValue":"1","variables":["a","b"],"buttonValues":{"0":"x","00":"y"}}""", "buttonValues.00")]
    [InlineData("""{"to":"PHONE","templateName":"order_status","headerValue":"1","variables":["a","b"],"buttonValues":{"0":"x","1":"y"}}""", "buttonValues.1")]
    [InlineData("""{"to":"PHONE","templateName":"order_status","headerValue":"1","variables":["a","b"],"buttonValues":{"-1":"x","two":"y"}}""", "buttonValues.two")]
    public async Task A_message_that_Meta_would_refuse_is_refused_before_with_the_field(string body, string field)
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");

        var answer = await tenant.PostAsync("/api/saas/chat/send", body.Replace("PHONE", phone, StringComparison.Ordinal));

        answer.Status.Should().Be(400, answer.Json.ToString());
        answer.Json.GetProperty("details").EnumerateArray().Select(d => d.GetProperty("field").GetString()).Should().Contain(field);
    }

    [Theory]
    [InlineData("broadcast", """{"name":"x","templateName":"lead_welcome","recipients":[{"phone":"+919876543210","variables":{"a\u0000b":"x"}}]}""")]
    [InlineData("send", """{"to":"+919876543210","contacts":[{"name":{"formatted_name":"x","a\u0000":"x"}}]}""")]
    [InlineData("templates/lead_welcome/preview", """{"context":{"lead":{"a\u0000":"x"}}}""")]
    public async Task A_name_that_cannot_be_kept_is_refused_in_words(string route, string body)
    {
        var tenant = await app.TenantAsync();
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });

        var answer = await tenant.PostAsync($"/api/saas/chat/{route}", body);

        (answer.Status, answer.Code).Should().Be((400, "VALIDATION_ERROR"));
        answer.Json.Text("message").Should().Contain("NUL");
    }

    [Fact]
    public async Task Meta_refusing_ends_in_words_and_a_remedy_and_the_message_can_be_retried_once_it_failed()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");
        var id = (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Hi" })).Data.Text("id")!;
        await app.RunDueAsync();
        var wamid = (await tenant.GetAsync($"/api/saas/chat/messages/{id}")).Data.Text("wamid")!;
        await tenant.WebhookAsync(ChatSteps.Status(id, wamid, "failed", app.Clock.GetUtcNow(), 131026));
        await app.RunDueAsync();

        var failed = (await tenant.GetAsync($"/api/saas/chat/messages/{id}")).Data;
        failed.Text("status").Should().Be("failed");
        failed.GetProperty("error").GetProperty("code").GetInt32().Should().Be(131026);
        failed.GetProperty("error").GetProperty("hint").GetString().Should().Contain("WhatsApp");

        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/retry", new { })).Data.Text("status").Should().Be("queued");
        await app.RunDueAsync();
        await tenant.WebhookAsync(ChatSteps.Status(id, wamid, "failed", app.Clock.GetUtcNow(), 131049));
        await app.RunDueAsync();
        (await tenant.GetAsync($"/api/saas/chat/messages/{id}")).Data.Text("status").Should().Be("sent", "what is said about the first attempt no longer counts");
        app.SentTo(phone).Should().HaveCount(2);
        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/retry", new { })).Code.Should().Be("NOT_FAILED");
    }

    [Fact]
    public async Task What_a_wrong_number_did_not_get_is_sent_to_the_right_one_and_only_as_that_one_may_get_it()
    {
        var tenant = await app.TenantAsync();
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        var (wrong, right, others) = (ChatSteps.NewPhone(), ChatSteps.NewPhone(), ChatSteps.NewPhone());
        var lead = (await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone = wrong })).Data.Text("id")!;
        await tenant.PostAsync("/api/crm/leads", new { firstName = "Priya", phone = others, assignedTo = "priya@example.com" });
        var (agent, _) = await tenant.MemberAsync(onlyOwn: false);
        var (limited, _) = await tenant.MemberAsync(onlyOwn: true);
        var sending = app.Services.GetRequiredService<ChatSending>();
        var template = await FailedAsync(new { to = wrong, templateName = "appointment_confirmed", templateLanguage = "en_US", variables = new[] { "Ravi", "Dr. Sharma", "3 pm" } });
        await tenant.PatchAsync($"/api/crm/leads/{lead}", new { phone = right });

        var again = await sending.SendElsewhereAsync(agent, template, right[3..], default);

        await app.RunDueAsync();
        app.SentTo(right).Single().GetProperty("template").Text("name").Should().Be("appointment_confirmed");
        var there = (await tenant.GetAsync($"/api/saas/chat/conversations/{again.ConversationId}")).Data;
        (there.Text("phone"), there.Text("leadId")).Should().Be((right, lead));
        (await tenant.GetAsync($"/api/saas/chat/messages/{template}")).Data.Text("status").Should().Be("failed", "what the wrong number did not get stays as it was");
        await RefusedAsync("NOT_FAILED", again.Id, right, agent);
        await RefusedAsync("VALIDATION_ERROR", template, "12", agent);
        await RefusedAsync("MESSAGE_NOT_FOUND", template, right, limited);

        await tenant.WritesAsync(wrong, "Hello");
        var text = await FailedAsync(new { to = wrong, text = "Is 3 pm right?" });
        await RefusedAsync("WINDOW_CLOSED", text, others, agent);
        await tenant.WritesAsync(right, "It is me");
        await sending.SendElsewhereAsync(agent, text, right, default);
        await app.RunDueAsync();
        app.SentTo(right).Should().HaveCount(2);

        async Task<string> FailedAsync(object body)
        {
            var id = (await tenant.PostAsync("/api/saas/chat/send", body)).Data.Text("id")!;
            await app.RunDueAsync();
            var wamid = (await tenant.GetAsync($"/api/saas/chat/messages/{id}")).Data.Text("wamid")!;
            await tenant.WebhookAsync(ChatSteps.Status(id, wamid, "failed", app.Clock.GetUtcNow(), 131026));
            await app.RunDueAsync();
            return id;
        }

        async Task RefusedAsync(string code, string message, string to, TenantScope who) =>
            (await FluentActions.Awaiting(() => sending.SendElsewhereAsync(who, message, to, default)).Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be(code);
    }

    [Fact]
    public async Task A_template_without_a_value_is_refused_and_names_the_variable()
    {
        var tenant = await app.TenantAsync();

        var answer = await tenant.PostAsync("/api/saas/chat/send", new { to = ChatSteps.NewPhone(), templateName = "appointment_confirmed", variables = new[] { "Ravi", "Dr. Sharma" } });

        answer.Status.Should().Be(422);
        answer.Code.Should().Be("VARIABLES_MISSING");
        answer.Json.GetProperty("message").GetString().Should().Contain("{{3}}");
        (await tenant.PostAsync("/api/saas/chat/send", new { to = ChatSteps.NewPhone(), templateName = "nothing_like_it" })).Code.Should().Be("TEMPLATE_NOT_FOUND");
        (await tenant.PostAsync("/api/saas/chat/send", new { to = ChatSteps.NewPhone(), templateName = "flash_sale", variables = new[] { "50%" } })).Code.Should().Be("TEMPLATE_NOT_APPROVED");
    }

    [Fact]
    public async Task Reactions_and_stars_are_kept_and_reactions_reach_the_contact()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var wamid = await tenant.WritesAsync(phone, "Thank you!");
        var id = (await tenant.MessagesAsync(phone))[0].Text("id");

        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/react", new { emoji = "👍" })).Data.GetProperty("reactions")[0].Text("emoji").Should().Be("👍");
        app.SentTo(phone).Single().GetProperty("reaction").Text("message_id").Should().Be(wamid);
        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/react", new { emoji = "" })).Data.GetProperty("reactions").GetArrayLength().Should().Be(0);
        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/react", new { emoji = "ok" })).Status.Should().Be(400);

        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/star", new { })).Data.GetProperty("starred").GetBoolean().Should().BeTrue();
        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/star", new { })).Data.GetProperty("starred").GetBoolean().Should().BeFalse();

        app.Clock.Advance(TimeSpan.FromDays(31));
        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/react", new { emoji = "👍" })).Code.Should().Be("TOO_OLD_TO_REACT");
    }
}
