using System.Text.Json;
using Ecodrix.Engine.Live;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Chat;

public sealed class BroadcastTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task The_seeds_broadcast_reaches_everybody_once_and_says_who_was_left_out_and_why()
    {
        var tenant = await app.TenantAsync();
        var (a, b, stopped) = (ChatSteps.NewPhone(), ChatSteps.NewPhone(), ChatSteps.NewPhone());
        await tenant.WritesAsync(stopped, "STOP");
        var body = new
        {
            name = "Summer Health Camp",
            templateName = "lead_welcome",
            recipients = new object[]
            {
                new { phone = a, variables = new[] { "Ravi", "March 20" } }, new { phone = b[1..], variables = new[] { "Priya", "March 20" } },
                new { phone = a, variables = new[] { "Ravi", "again" } }, new { phone = "12", variables = new[] { "x", "y" } },
                new { phone = stopped, variables = new[] { "x", "y" } }, new { phone = ChatSteps.NewPhone() },
            },
        };
        var report = await tenant.PostAsync("/api/saas/chat/broadcast?dryRun=true", body);
        report.Status.Should().Be(200);
        report.Data.GetProperty("willSend").GetInt32().Should().Be(2);
        (report.Data.GetProperty("duplicate").GetInt32(), report.Data.GetProperty("invalid").GetInt32(), report.Data.GetProperty("optedOut").GetInt32(), report.Data.GetProperty("missingVariables").GetInt32()).Should().Be((1, 1, 1, 1));
        report.Data.Text("sample").Should().StartWith("Hi Ravi");
        (await tenant.GetAsync("/api/saas/chat/broadcasts")).Json.GetProperty("total").GetInt32().Should().Be(0);

        var answer = await tenant.PostAsync("/api/saas/chat/broadcast", body);
        answer.Status.Should().Be(201);
        answer.Data.Text("status").Should().Be("queued");
        answer.Data.GetProperty("skipped").GetArrayLength().Should().Be(4);
        await StepAsync();

        var done = await BroadcastAsync(tenant, answer);
        done.Text("status").Should().Be("completed");
        done.GetProperty("counts").GetRawText().Should().Be("""{"total":6,"queued":0,"sent":2,"delivered":0,"read":0,"failed":0,"skipped":4}""");
        await OutgoingSchema.CheckAsync(app.SentTo(a));
        app.SentTo(a).Should().ContainSingle();
        app.SentTo(b).Should().ContainSingle();
        (await tenant.MessagesAsync(a)).Single().GetProperty("sentBy").Text("kind").Should().Be("broadcast");
        (await tenant.ConversationAsync(a)).Text("status").Should().Be("resolved", "nobody has to answer yet");

        var id = done.Text("id");
        var recipient = (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}/recipients?status=sent")).Data[0];
        await tenant.WebhookAsync(ChatSteps.Status(recipient.Text("id")!, ChatSteps.Wamid(), "read", app.Clock.GetUtcNow()));
        await StepAsync();
        var counts = (await BroadcastAsync(tenant, answer)).GetProperty("counts");
        (counts.GetProperty("sent").GetInt32(), counts.GetProperty("delivered").GetInt32(), counts.GetProperty("read").GetInt32()).Should().Be((2, 1, 1), "who read was also delivered and sent");
        using var csv = new HttpRequestMessage(HttpMethod.Get, $"/api/saas/chat/broadcasts/{id}/recipients?format=csv");
        csv.Headers.Add("x-api-key", tenant.Key);
        csv.Headers.Add("x-client-code", tenant.Code);
        using var text = await app.Http.SendAsync(csv);
        (await text.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(7);
    }

    [Fact]
    public async Task It_keeps_to_the_pace_and_can_be_paused_resumed_and_cancelled()
    {
        var tenant = await app.TenantAsync();
        await OwnNumberAsync(tenant);
        var phones = Enumerable.Range(0, 120).Select(_ => ChatSteps.NewPhone()).ToList();
        var launched = await LaunchAsync(tenant, phones, rate: 20);
        await app.RunDueAsync();
        Sent(phones).Should().Be(10, "half a second's worth may come at once");
        await StepAsync(seconds: 1);
        Sent(phones).Should().BeInRange(25, 31);

        var id = launched.Data.Text("id");
        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/pause", new { })).Data.Text("status").Should().Be("paused");
        var before = Sent(phones);
        await StepAsync(seconds: 3);
        Sent(phones).Should().Be(before);
        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/pause", new { })).Code.Should().Be("BROADCAST_STATE");

        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/resume", new { })).Status.Should().Be(200);
        await StepAsync(seconds: 1);
        Sent(phones).Should().BeGreaterThan(before).And.BeLessThan(120);
        var cancelled = (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/cancel", new { })).Data;
        var sent = Sent(phones);
        cancelled.GetProperty("counts").GetProperty("skipped").GetInt32().Should().Be(120 - sent);
        await StepAsync(seconds: 5);
        Sent(phones).Should().Be(sent);
        phones.Should().OnlyContain(p => app.SentTo(p).Count <= 1);
    }

    [Fact]
    public async Task A_scheduled_one_waits_and_an_audience_goes_to_the_leads_that_match()
    {
        var tenant = await app.TenantAsync();
        var phones = new List<string>();
        for (var n = 0; n < 5; n++)
        {
            phones.Add(ChatSteps.NewPhone());
            await tenant.PostAsync("/api/crm/leads", new { firstName = $"Lead{n}", phone = phones[n], tags = n < 3 ? new[] { "camp" } : [] });
        }

        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        await tenant.PutAsync("/api/saas/chat/templates/lead_welcome/mapping", new { mappings = new object[] { new { variableIndex = 1, source = "lead", field = "firstName" }, new { variableIndex = 2, source = "static", value = "the camp" } } });
        var launched = await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "Camp", templateName = "lead_welcome", audience = new { filter = new { tags = "camp" } }, scheduledAt = app.Clock.GetUtcNow().AddHours(1) });
        launched.Data.Text("status").Should().Be("scheduled");
        launched.Data.GetProperty("counts").GetProperty("total").GetInt32().Should().Be(3);
        await StepAsync(seconds: 2);
        Sent(phones).Should().Be(0);

        app.Clock.Advance(TimeSpan.FromHours(1));
        await StepAsync(seconds: 2);

        Sent(phones).Should().Be(3);
        app.SentTo(phones[0]).Single().GetProperty("template").GetProperty("components")[0].GetProperty("parameters")[0].Text("text").Should().Be("Lead0");
        (await BroadcastAsync(tenant, launched)).Text("status").Should().Be("completed");
    }

    [Fact]
    public async Task Too_many_failures_stop_it_and_only_the_failed_are_retried()
    {
        var tenant = await app.TenantAsync();
        await OwnNumberAsync(tenant);
        var phones = Enumerable.Range(0, 30).Select(_ => ChatSteps.NewPhone()).ToList();
        var launched = await LaunchAsync(tenant, phones, rate: 60, stopAt: 0.2);
        await app.RunDueAsync();
        var id = launched.Data.Text("id");
        var sent = (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}/recipients?limit=100&status=sent")).Data.EnumerateArray().ToList();
        sent.Should().HaveCount(30);
        foreach (var recipient in sent.Take(8))
        {
            var wamid = (await tenant.GetAsync($"/api/saas/chat/messages/{recipient.Text("id")}")).Data.Text("wamid")!;
            await tenant.WebhookAsync(ChatSteps.Status(recipient.Text("id")!, wamid, "failed", app.Clock.GetUtcNow(), 131026));
        }

        await StepAsync(seconds: 3);
        var done = await BroadcastAsync(tenant, launched);
        done.GetProperty("counts").GetProperty("failed").GetInt32().Should().Be(8);
        var failed = (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}/recipients?status=failed")).Data[0];
        failed.GetProperty("errorCode").GetInt32().Should().Be(131026);
        failed.Text("error").Should().NotBeNullOrEmpty();

        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/retry-failed", new { })).Status.Should().Be(200);
        await StepAsync(seconds: 3);
        phones.Sum(p => app.SentTo(p).Count).Should().Be(38, "eight failed and got a second one");
        (await BroadcastAsync(tenant, launched)).GetProperty("counts").GetProperty("failed").GetInt32().Should().Be(0);
    }

    [Fact]
    public async Task Looking_at_one_tells_nobody_so_that_whoever_looks_at_each_change_comes_to_an_end()
    {
        var tenant = await app.TenantAsync();
        var launched = await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "Test", templateName = "visit_follow_up", recipients = new[] { new { phone = ChatSteps.NewPhone() } } });
        await StepAsync();
        (await BroadcastAsync(tenant, launched)).Text("status").Should().Be("completed");
        var told = await ToldAsync();

        await BroadcastAsync(tenant, launched);
        await StepAsync();
        (await ToldAsync()).Should().Be(told);

        // What nobody counted, as where a process ended between a recipient and the asking: it is seen at once, and told once.
        var recipients = app.Database(tenant).GetCollection<BsonDocument>("broadcastRecipients");
        await recipients.UpdateOneAsync(Builders<BsonDocument>.Filter.Empty, Builders<BsonDocument>.Update.Set("status", "read"));
        for (var look = 0; look < 3; look++)
        {
            (await BroadcastAsync(tenant, launched)).GetProperty("counts").GetProperty("read").GetInt32().Should().Be(1);
            await StepAsync();
        }

        (await ToldAsync()).Should().Be(told + 1);

        async Task<int> ToldAsync() => (await app.Services.GetRequiredService<ILiveBus>().SinceAsync(tenant.Code, "", default)).Events.Count(e => e.Name == "broadcast.progress");
    }

    [Theory]
    [InlineData("1e29")]
    [InlineData("-0.1")]
    [InlineData("1.5")]
    public async Task A_rate_that_is_no_share_is_refused(string rate)
    {
        var tenant = await app.TenantAsync();

        var answer = await tenant.PostAsync("/api/saas/chat/broadcast", $$"""{"name":"Test","templateName":"visit_follow_up","recipients":[{"phone":"{{ChatSteps.NewPhone()}}"}],"pauseIfFailureRateAbove":{{rate}}}""");

        (answer.Status, answer.Code).Should().Be((400, "VALIDATION_ERROR"));
        answer.Json.GetProperty("details")[0].Text("field").Should().Be("pauseIfFailureRateAbove");
    }

    [Fact]
    public async Task Csv_gives_recipients_with_their_columns_as_variables()
    {
        var tenant = await app.TenantAsync();
        var (a, b) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());

        var launched = await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "CSV", templateName = "lead_welcome", csv = $"phone,name,what\r\n{a},Ravi,\"the camp, in March\"\r\n{b},Priya,yoga\r\n,,\r\n" });
        await StepAsync();

        launched.Status.Should().Be(201, launched.Json.ToString());
        app.SentTo(a).Single().GetProperty("template").GetProperty("components")[0].GetProperty("parameters").EnumerateArray().Select(p => p.Text("text")).Should().Equal("Ravi", "the camp, in March");
        (await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "CSV", templateName = "lead_welcome", csv = "name\nRavi" })).Status.Should().Be(400);
        (await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "Both", templateName = "lead_welcome", csv = "phone\n1", recipients = Array.Empty<object>() })).Status.Should().Be(400);
        foreach (var csv in new[] { $"phone,na\0me\n{a},Ravi", $"phone,name\n{a},Ra\0vi" })
        {
            var refused = await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "CSV", templateName = "lead_welcome", csv });
            refused.Status.Should().Be(400);
            refused.Json.ToString().Should().Contain("UTF-8");
        }
    }

    private static Task<TestAnswer> LaunchAsync(TestTenant tenant, IEnumerable<string> phones, int rate, double? stopAt = null) => tenant.PostAsync("/api/saas/chat/broadcast", new
    {
        name = "Test",
        templateName = "visit_follow_up",
        recipients = phones.Select(phone => new { phone }),
        ratePerSecond = rate,
        pauseIfFailureRateAbove = stopAt,
    });

    /// <summary>The pace belongs to a number: a test that measures it needs one of its own.</summary>
    private async Task OwnNumberAsync(TestTenant tenant) => await app.SendAsync(
        HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { whatsappPhoneNumberId = $"{Random.Shared.NextInt64(100_000_000_000_000, 999_999_999_999_999)}" }, ("x-admin-key", AppFixture.AdminKey));

    private int Sent(IEnumerable<string> phones) => phones.Count(p => app.SentTo(p).Count > 0);

    private static async Task<JsonElement> BroadcastAsync(TestTenant tenant, TestAnswer launched) => (await tenant.GetAsync($"/api/saas/chat/broadcasts/{launched.Data.Text("id")}")).Data;

    private async Task StepAsync(int seconds = 3)
    {
        for (var step = 0; step < seconds * 5; step++)
        {
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromMilliseconds(200));
        }

        await app.RunDueAsync();
    }
}
