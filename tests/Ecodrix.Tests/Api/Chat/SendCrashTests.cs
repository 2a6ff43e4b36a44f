using Ecodrix.Engine.Jobs;
using MongoDB.Bson;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Sending that is cut off between any two of its writes.</summary>
public sealed class SendCrashTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_send_cut_off_before_its_job_leaves_no_message_that_waits_for_ever()
    {
        var (tenant, phone) = await OpenAsync();

        (await app.CutOffAsync(c => Writes(c, "jobs"), () => tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Lost" }))).Status.Should().Be(500);
        await LaterAsync();

        (await tenant.MessagesAsync(phone)).Should().OnlyContain(m => m.Text("direction") == "in");
        await SendsOnceAsync(tenant, phone, 1);
    }

    [Fact]
    public async Task A_send_cut_off_before_its_message_sends_nothing_and_its_job_goes_by_itself()
    {
        var (tenant, phone) = await OpenAsync();

        (await app.CutOffAsync(c => Writes(c, "messages"), () => tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Lost" }))).Status.Should().Be(500);
        (await JobsAsync(tenant)).Should().Be(1);
        await LaterAsync();

        (await JobsAsync(tenant)).Should().Be(0);
        app.SentTo(phone).Should().BeEmpty();
        await SendsOnceAsync(tenant, phone, 1);
    }

    [Fact]
    public async Task A_retry_cut_off_anywhere_leaves_the_message_failed_to_be_retried_and_it_goes_out_once()
    {
        var (tenant, phone) = await OpenAsync();
        var id = await SendsOnceAsync(tenant, phone, 1);
        var wamid = (await tenant.GetAsync($"/api/saas/chat/messages/{id}")).Data.Text("wamid")!;
        await tenant.WebhookAsync(ChatSteps.Status(id, wamid, "failed", app.Clock.GetUtcNow(), 131026));
        await app.RunDueAsync();

        foreach (var collection in new[] { "jobs", "messages" })
        {
            (await app.CutOffAsync(c => Writes(c, collection), () => tenant.PostAsync($"/api/saas/chat/messages/{id}/retry", new { }))).Status.Should().Be(500);
            await app.RunDueAsync();
            (await tenant.MessageStatusAsync(id)).Should().Be("failed", $"the retry was cut off before it wrote to {collection}");
        }

        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/retry", new { })).Status.Should().Be(200);
        await LaterAsync();
        (await tenant.MessageStatusAsync(id)).Should().Be("sent");
        app.SentTo(phone).Should().HaveCount(2);
        (await JobsAsync(tenant)).Should().Be(0);
    }

    [Fact]
    public async Task A_message_that_took_longer_to_write_than_its_job_waits_is_sent()
    {
        var (tenant, phone) = await OpenAsync();
        app.Commands.Before = (_, command) =>
        {
            if (Writes(command, "messages"))
            {
                app.Commands.Before = null;
                LaterAsync().GetAwaiter().GetResult();
            }
        };

        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Slow" })).Status.Should().Be(201);
        await app.RunDueAsync();

        app.Commands.Before.Should().BeNull("the job looked for its message in between");
        app.SentTo(phone).Should().ContainSingle();
    }

    [Fact]
    public async Task A_message_that_failed_twice_for_the_same_reason_can_be_retried_again()
    {
        var (tenant, phone) = await OpenAsync();
        (await app.SendAsync(HttpMethod.Delete, $"/api/clients/{tenant.Code}/secrets/whatsappPhoneNumberId", null, ("x-admin-key", AppFixture.AdminKey))).Status.Should().Be(200);
        var id = (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Hello" })).Data.Text("id")!;
        for (var round = 0; round < 2; round++)
        {
            await app.RunDueAsync();
            (await tenant.MessageStatusAsync(id)).Should().Be("failed");
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            (await tenant.PostAsync($"/api/saas/chat/messages/{id}/retry", new { })).Data.Text("status").Should().Be("queued");
        }

        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { whatsappPhoneNumberId = "106540352242922" }, ("x-admin-key", AppFixture.AdminKey));
        await app.RunDueAsync();
        app.SentTo(phone).Should().ContainSingle();
    }

    private async Task<(TestTenant Tenant, string Phone)> OpenAsync()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");
        return (tenant, phone);
    }

    private async Task<string> SendsOnceAsync(TestTenant tenant, string phone, int times)
    {
        var id = (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Once more" })).Data.Text("id")!;
        await app.RunDueAsync();
        app.SentTo(phone).Should().HaveCount(times);
        return id;
    }

    /// <summary>Whether a command writes to a collection; for jobs, the sending of a message.</summary>
    private static bool Writes(BsonDocument command, string collection) =>
        command.GetElement(0) is { Name: "insert" or "update" or "findAndModify" } first && first.Value == collection
        && (collection != "jobs" || command.ToString().Contains("whatsapp.send", StringComparison.Ordinal));

    private async Task LaterAsync()
    {
        for (var step = 0; step < 12; step++)
        {
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromSeconds(5));
        }

        await app.RunDueAsync();
    }

    private async Task<long> JobsAsync(TestTenant tenant) => await app.Looking.GetDatabase("ecodrix").GetCollection<Job>("jobs")
        .CountDocumentsAsync(new BsonDocument { ["tenant"] = tenant.Code, ["kind"] = "whatsapp.send" });
}
