using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Tests.Api.Chat;
using Ecodrix.Tests.Reference;

namespace Ecodrix.Tests.Api.WhatsApp;

public sealed class WebhookTests(AppFixture app) : IClassFixture<AppFixture>
{
    [ReferenceFact]
    public async Task Each_of_Metas_example_webhooks_is_ingested_and_its_messages_are_shown()
    {
        var problems = new List<string>();
        var files = ReferenceFiles.Examples("webhooks").Concat(ReferenceFiles.Examples("bsuid-2026").Where(f => !Path.GetFileName(f).StartsWith("send-", StringComparison.Ordinal))).ToList();
        foreach (var chunk in files.Chunk(25))
        {
            var tenant = await app.TenantAsync();
            foreach (var file in chunk)
            {
                var body = await File.ReadAllTextAsync(file);
                (await tenant.WebhookAsync(body)).Status.Should().Be(200, file);
                await app.RunDueAsync();
                foreach (var wamid in Messages(body))
                {
                    if (!await ShownAsync(tenant, wamid))
                    {
                        problems.Add($"{Path.GetFileName(file)}: {wamid}");
                    }
                }
            }

            app.Clock.Advance(TimeSpan.FromMinutes(1));
            await app.RunDueAsync();
            var jobs = await tenant.GetAsync("/api/saas/health/client");
            jobs.Data.GetProperty("queueDepth").GetInt32().Should().Be(0, "every webhook is worked off");
        }

        files.Count.Should().BeGreaterThan(120);
        problems.Should().BeEmpty();
    }

    [Fact]
    public async Task What_a_known_contact_writes_in_one_second_is_read_in_the_order_it_came()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");
        string[] written = [.. Enumerable.Range(1, 12).Select(n => $"Line {n}")];
        foreach (var text in written)
        {
            (await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says(text)))).Status.Should().Be(200);
        }

        await app.RunDueAsync();

        (await tenant.MessagesAsync(phone)).Select(m => m.Text("text")).Reverse().Should().Equal(["Hello", .. written]);
    }

    [Fact]
    public async Task What_comes_one_after_the_other_within_a_millisecond_is_read_in_that_order()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        string[] written = [.. Enumerable.Range(1, 8).Select(n => $"Line {n}")];
        foreach (var text in written)
        {
            // The clock stands still: each is worked off by itself, the first of them before its contact is known.
            (await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says(text)))).Status.Should().Be(200);
            await app.RunDueAsync();
        }

        (await tenant.MessagesAsync(phone)).Select(m => m.Text("text")).Reverse().Should().Equal(written);
    }

    [Fact]
    public async Task Ten_thousand_webhook_posts_in_any_order_and_many_times_end_in_the_one_right_state()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");
        var sent = new List<(string Id, string Wamid)>();
        for (var n = 0; n < 40; n++)
        {
            var id = (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = $"Message {n}" })).Data.Text("id")!;
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            sent.Add((id, (await tenant.GetAsync($"/api/saas/chat/messages/{id}")).Data.Text("wamid")!));
        }

        var random = new Random(7);
        var now = app.Clock.GetUtcNow();
        // Ends: most are read, every tenth fails, every seventh fails and is delivered after all.
        var statuses = sent.SelectMany((m, n) => (n % 10 == 0 ? new[] { "sent", "failed" } : n % 7 == 0 ? ["sent", "failed", "delivered"] : ["sent", "delivered", "read"])
            .SelectMany(s => Enumerable.Repeat((m.Id, m.Wamid, Status: s), 87))).ToList();
        statuses.Count.Should().BeGreaterThan(10_000);
        var posts = 0;
        await Parallel.ForEachAsync(statuses.OrderBy(_ => random.Next()).ToList(), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (status, _) =>
        {
            var value = new JsonObject
            {
                // Else most would be known by their body alone.
                ["post"] = Interlocked.Increment(ref posts),
                ["statuses"] = new JsonArray(new JsonObject
                {
                    ["id"] = status.Wamid,
                    ["status"] = status.Status,
                    ["timestamp"] = $"{now.ToUnixTimeSeconds()}",
                    ["biz_opaque_callback_data"] = status.Id,
                    ["errors"] = status.Status == "failed" ? new JsonArray(new JsonObject { ["code"] = 131026, ["title"] = "Undeliverable" }) : null,
                }),
            };
            (await tenant.WebhookAsync(ChatSteps.Envelope("messages", value))).Status.Should().Be(200);
        });

        await app.RunDueAsync();
        var messages = (await tenant.MessagesAsync(phone)).ToDictionary(m => m.Text("id")!);
        foreach (var (message, n) in sent.Select((m, n) => (messages[m.Id], n)))
        {
            message.Text("status").Should().Be(n % 10 == 0 ? "failed" : n % 7 == 0 ? "delivered" : "read", $"of message {n}");
            message.GetProperty("error").ValueKind.Should().Be(n % 10 == 0 ? JsonValueKind.Object : JsonValueKind.Null);
        }
    }

    [Fact]
    public async Task A_contact_without_a_number_has_a_conversation_that_is_merged_when_the_number_becomes_known()
    {
        var tenant = await app.TenantAsync();
        var (phone, userId) = (ChatSteps.NewPhone(), $"IN.{Guid.NewGuid():n}");
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, null, ChatSteps.Says("Only my name"), "Asha", userId: userId));
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says("Only my number"), "Asha"));
        await app.RunDueAsync();
        (await tenant.GetAsync("/api/saas/chat/conversations")).Json.GetProperty("total").GetInt32().Should().Be(2);

        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says("Both"), "Asha", userId: userId));
        await app.RunDueAsync();

        var one = (await tenant.GetAsync("/api/saas/chat/conversations")).Data.EnumerateArray().Should().ContainSingle().Subject;
        one.Text("phone").Should().Be(phone);
        one.Text("userId").Should().Be(userId);
        one.GetProperty("unreadCount").GetInt32().Should().Be(3);
        (await tenant.MessagesAsync(phone)).Should().HaveCount(3);

        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, null, ChatSteps.Says("Only my name again"), "Asha", userId: userId));
        await app.RunDueAsync();
        (await tenant.MessagesAsync(phone)).Should().HaveCount(4);
        var answer = await tenant.PostAsync("/api/saas/chat/send", new { to = userId, text = "Found you" });
        answer.Status.Should().Be(201);
    }

    [Fact]
    public async Task A_contact_who_changes_their_number_keeps_conversation_and_lead()
    {
        var tenant = await app.TenantAsync();
        var (old, fresh) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());
        await tenant.WritesAsync(old, "Hello");
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, old, new JsonObject
        {
            ["type"] = "system",
            ["system"] = new JsonObject { ["body"] = "changed", ["wa_id"] = fresh[1..], ["type"] = "user_changed_number" },
        }));
        await app.RunDueAsync();
        await tenant.WritesAsync(fresh, "It is me");

        var conversation = await tenant.ConversationAsync(fresh);
        (await tenant.MessagesAsync(fresh)).Select(m => m.Text("type")).Should().BeEquivalentTo(["text", "system", "text"]);
        (await tenant.GetAsync($"/api/crm/leads/{conversation.Text("leadId")}")).Data.Text("phone").Should().Be(fresh);
        (await tenant.GetAsync("/api/crm/leads")).Json.GetProperty("total").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task A_reaction_that_comes_before_its_message_finds_it_later_and_an_empty_one_takes_it_back()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var wamid = ChatSteps.Wamid();
        JsonObject Reaction(string? emoji) => new() { ["type"] = "reaction", ["reaction"] = emoji is null ? new JsonObject { ["message_id"] = wamid } : new JsonObject { ["message_id"] = wamid, ["emoji"] = emoji } };
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, Reaction("❤️")));
        await app.RunDueAsync();
        await tenant.WritesAsync(phone, "Hello", wamid: wamid);
        app.Clock.Advance(TimeSpan.FromSeconds(5));
        await app.RunDueAsync();
        (await tenant.MessagesAsync(phone)).Single().GetProperty("reactions")[0].Text("emoji").Should().Be("❤️");

        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, Reaction(null)));
        await app.RunDueAsync();
        (await tenant.MessagesAsync(phone)).Single().GetProperty("reactions").GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task A_webhook_with_a_wrong_signature_is_refused_and_leaves_nothing()
    {
        var tenant = await app.TenantAsync();
        var body = ChatSteps.Inbound(tenant, ChatSteps.NewPhone(), new JsonObject { ["type"] = "text", ["text"] = new JsonObject { ["body"] = "x" } });

        var answer = await app.SendAsync(HttpMethod.Post, $"/api/saas/whatsapp/webhook/{tenant.Code}", body, ("X-Hub-Signature-256", "sha256=" + new string('0', 64)));
        await app.RunDueAsync();

        answer.Status.Should().Be(401);
        (await tenant.GetAsync("/api/saas/chat/conversations")).Json.GetProperty("total").GetInt32().Should().Be(0);
    }

    [Fact]
    public async Task The_handshake_without_a_code_takes_any_clients_token()
    {
        var tenant = await app.TenantAsync();
        var token = $"verify-{Guid.NewGuid():n}";
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { whatsappWebhookToken = token }, ("x-admin-key", AppFixture.AdminKey));

        using var good = await app.Http.GetAsync($"/api/saas/whatsapp/webhook?hub.mode=subscribe&hub.challenge=115820&hub.verify_token={token}");
        using var bad = await app.Http.GetAsync("/api/saas/whatsapp/webhook?hub.mode=subscribe&hub.challenge=115820&hub.verify_token=wrong");

        (await good.Content.ReadAsStringAsync()).Should().Be("115820");
        ((int)bad.StatusCode).Should().Be(403);
    }

    [Fact]
    public async Task Template_and_preference_news_are_taken_over()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        await tenant.WebhookAsync(ChatSteps.Envelope("message_template_status_update", new JsonObject { ["event"] = "PAUSED", ["message_template_id"] = 1, ["message_template_name"] = "seasonal_offer", ["message_template_language"] = "en-US", ["reason"] = "NONE" }));
        await tenant.WebhookAsync(ChatSteps.Envelope("message_template_quality_update", new JsonObject { ["previous_quality_score"] = "GREEN", ["new_quality_score"] = "RED", ["message_template_name"] = "hello_world", ["message_template_language"] = "en-US" }));
        await tenant.WebhookAsync(ChatSteps.Envelope("phone_number_quality_update", new JsonObject { ["display_phone_number"] = "15550783881", ["event"] = "THROUGHPUT_UPGRADE", ["current_limit"] = "TIER_UNLIMITED" }));
        await tenant.WebhookAsync(ChatSteps.Envelope("user_preferences", new JsonObject { ["user_preferences"] = new JsonArray(new JsonObject { ["wa_id"] = phone[1..], ["category"] = "marketing_messages", ["value"] = "stop", ["timestamp"] = 1731705721 }) }));
        await app.RunDueAsync();

        (await tenant.GetAsync("/api/saas/chat/templates/seasonal_offer")).Data.Text("status").Should().Be("paused");
        (await tenant.GetAsync("/api/saas/chat/templates/hello_world")).Data.Text("quality").Should().Be("red");
        (await tenant.GetAsync("/api/saas/whatsapp/notices")).Data.GetArrayLength().Should().Be(3);
        (await tenant.ConversationAsync(phone)).Text("optOut").Should().Be("marketing");
        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "lead_welcome", variables = new[] { "Ravi", "x" } })).Code.Should().Be("OPTED_OUT");
        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "visit_follow_up" })).Status.Should().Be(201, "only marketing is not wanted");
    }

    private static IEnumerable<string> Messages(string body)
    {
        using var json = JsonDocument.Parse(body);
        if (!json.RootElement.TryGetProperty("entry", out var entries))
        {
            yield break;
        }

        foreach (var value in entries.EnumerateArray().SelectMany(e => e.GetProperty("changes").EnumerateArray()).Where(c => c.Text("field") == "messages").Select(c => c.GetProperty("value")))
        {
            if (value.TryGetProperty("messages", out var messages))
            {
                foreach (var message in messages.EnumerateArray().Where(m => m.TryGetProperty("id", out _) && m.Text("type") != "reaction"))
                {
                    yield return message.Text("id")!;
                }
            }
        }
    }

    private static async Task<bool> ShownAsync(TestTenant tenant, string wamid)
    {
        foreach (var conversation in (await tenant.GetAsync("/api/saas/chat/conversations?limit=100")).Data.EnumerateArray())
        {
            var messages = (await tenant.GetAsync($"/api/saas/chat/conversations/{conversation.Text("id")}/messages?limit=100")).Data;
            if (messages.EnumerateArray().Any(m => m.Text("wamid") == wamid))
            {
                return true;
            }
        }

        return false;
    }
}
