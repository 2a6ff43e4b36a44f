using System.Text.Json;
using Ecodrix.Tests.Api.Media;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Each request that is sent to Meta, held against Meta's schema where that is at hand.</summary>
public sealed class OutgoingFormTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Reactions_marks_of_reading_and_typing_are_in_Metas_form()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var theirs = await tenant.WritesAsync(phone, "Thank you!");
        var conversation = (await tenant.ConversationAsync(phone)).Text("id");
        var message = (await tenant.MessagesAsync(phone))[0].Text("id");

        (await tenant.PostAsync($"/api/saas/chat/messages/{message}/react", new { emoji = "👍" })).Status.Should().Be(200);
        (await tenant.PostAsync($"/api/saas/chat/messages/{message}/react", new { emoji = "" })).Status.Should().Be(200);
        (await tenant.PostAsync($"/api/saas/chat/conversations/{conversation}/typing", new { })).Status.Should().Be(200);
        (await tenant.PostAsync($"/api/saas/chat/conversations/{conversation}/read", new { })).Status.Should().Be(200);
        await app.RunDueAsync();

        var sent = app.SentTo(phone);
        sent.Select(s => s.GetProperty("reaction").Text("emoji")).Should().Equal("👍", "");
        var marks = app.Sandbox.Graph.Reads.Select(r => JsonSerializer.Deserialize<JsonElement>(r)).Where(r => r.Text("message_id") == theirs).ToList();
        marks.Select(m => m.TryGetProperty("typing_indicator", out _)).Should().Equal(true, false);
        await OutgoingSchema.CheckAsync([.. sent, .. marks]);
    }

    [Fact]
    public async Task Files_of_ours_go_by_Metas_id_as_messages_and_as_headers()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");
        var (picture, sticker, document) = (await FileAsync(MediaTests.Jpeg(20, 20), "a.jpg"), await FileAsync(MediaTests.WebP(512, 512, 4), "a.webp"), await FileAsync("Take one a day."u8.ToArray(), "a.txt"));

        var sent = await SendAsync(
            tenant, phone,
            new { to = phone, mediaUrl = picture, mediaType = "image", caption = "Here" },
            new { to = phone, mediaUrl = sticker },
            new { to = phone, mediaUrl = document, caption = "How to take them" },
            new { to = phone, templateName = "seasonal_offer", headerValue = picture, variables = new[] { "Ravi", "20%" }, buttonValues = new Dictionary<string, string> { ["0"] = "health", ["1"] = "STOP_OFFERS" } },
            new { to = phone, templateName = "payment_receipt", headerValue = document, variables = new[] { "Ravi", "₹1,500" } });

        sent.Select(s => s.Text("type")).Should().Equal("image", "sticker", "document", "template", "template");
        sent.Take(3).Should().OnlyContain(s => s.GetProperty(s.Text("type")!).Text("id") != null);
        var headers = sent.Skip(3).Select(s => s.GetProperty("template").GetProperty("components")[0].GetProperty("parameters")[0]).ToList();
        headers[0].GetProperty("image").Text("id").Should().Be(sent[0].GetProperty("image").Text("id"), "it was uploaded once");
        headers[1].GetProperty("document").Text("id").Should().Be(sent[2].GetProperty("document").Text("id"));

        async Task<string?> FileAsync(byte[] bytes, string name) => (await MediaTests.UploadAsync(tenant, bytes, name)).Data.Text("url");
    }

    [Fact]
    public async Task A_quick_reply_carries_what_comes_back_when_it_is_pressed()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();

        var sent = await SendAsync(
            tenant, phone,
            new { to = phone, templateName = "appointment_confirmed", templateLanguage = "en_US", variables = new[] { "Ravi", "Dr. Sharma", "3 pm" }, buttonValues = new Dictionary<string, string> { ["1"] = "RESCHEDULE:42" } },
            new { to = phone, templateName = "appointment_confirmed", templateLanguage = "en_US", variables = new[] { "Ravi", "Dr. Sharma", "3 pm" } });

        var button = sent[0].GetProperty("template").GetProperty("components").EnumerateArray().Single(c => c.Text("type") == "button");
        (button.Text("sub_type"), button.Text("index"), button.GetProperty("parameters")[0].Text("payload")).Should().Be(("quick_reply", "1", "RESCHEDULE:42"));
        sent[1].GetProperty("template").GetProperty("components").EnumerateArray().Should().NotContain(c => c.Text("type") == "button");
        var tooLong = await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "lead_welcome", variables = new[] { "Ravi", "x" }, buttonValues = new Dictionary<string, string> { ["0"] = new('x', 257) } });
        tooLong.Status.Should().Be(400);
    }

    [Fact]
    public async Task Places_cards_and_lists_are_in_Metas_form_with_all_they_can_have()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");
        var card = new
        {
            name = new { formatted_name = "Dr. Asha Sharma", first_name = "Asha", last_name = "Sharma", prefix = "Dr." },
            phones = new[] { new { phone = "+919876543210", type = "WORK", wa_id = "919876543210" } },
            emails = new[] { new { email = "asha@clinic.in", type = "WORK" } },
            org = new { company = "City Clinic", department = "Cardiology", title = "Consultant" },
            addresses = new[] { new { street = "1 MG Road", city = "Bengaluru", country = "India", country_code = "in", type = "WORK" } },
            urls = new[] { new { url = "https://clinic.in", type = "WORK" } },
        };

        await SendAsync(
            tenant, phone,
            new { to = phone, location = new { latitude = -12.5, longitude = 77 } },
            new { to = phone, location = new { latitude = 12.97, longitude = 77.59, name = "City Clinic", address = "1 MG Road" } },
            new { to = phone, contacts = new object[] { card, new { name = new { formatted_name = "Reception", first_name = "Reception" } } } },
            new
            {
                to = phone,
                interactive = new
                {
                    type = "list",
                    header = "Times",
                    body = "Choose a time",
                    footer = "City Clinic",
                    buttonText = "Times",
                    sections = new[]
                    {
                        new { title = "Today", rows = new[] { new { id = "t-15", title = "3 pm", description = (string?)"Dr. Sharma" }, new { id = "t-16", title = "4 pm", description = (string?)null } } },
                        new { title = "Tomorrow", rows = new[] { new { id = "m-10", title = "10 am", description = (string?)"Dr. Rao" } } },
                    },
                },
            },
            new { to = phone, interactive = new { type = "button", header = "One question", body = "Is 3 pm fine?", footer = "Reply here", buttons = new[] { new { id = "yes", title = "Yes" }, new { id = "no", title = "No" } } } });
    }

    /// <summary>Sends one after the other; answers what Meta got, which has its form.</summary>
    private async Task<List<JsonElement>> SendAsync(TestTenant tenant, string phone, params object[] messages)
    {
        foreach (var message in messages)
        {
            var answer = await tenant.PostAsync("/api/saas/chat/send", message);
            answer.Status.Should().Be(201, answer.Json.ToString());
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var sent = app.SentTo(phone);
        sent.Should().HaveCount(messages.Length);
        await OutgoingSchema.CheckAsync(sent);
        return sent;
    }
}
