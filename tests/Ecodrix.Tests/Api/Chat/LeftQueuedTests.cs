using Ecodrix.Tests.Api.Automations;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Messages that were tried, and that nobody will try again: none stays queued or being sent.</summary>
public sealed class LeftQueuedTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const int Passing = 131000;

    private static readonly object Send = new
    {
        type = "send_whatsapp",
        config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "Ravi", "Rao", "3 pm" } },
    };

    [Fact]
    public async Task Calling_a_broadcast_off_ends_what_it_had_put_back()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        app.Sandbox.Graph.RefuseSends(phone[1..], Passing);
        var (broadcast, message) = await LaunchedAsync(tenant, phone);
        (await tenant.MessageStatusAsync(message)).Should().Be("queued");

        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{broadcast}/cancel", new { })).Status.Should().Be(200);

        (await FailureAsync(tenant, message)).Should().Contain("called off");
        app.Sandbox.Graph.RefuseSends(phone[1..], null);
        await LaterAsync();
        app.SentTo(phone).Should().BeEmpty();
    }

    [Fact]
    public async Task What_a_broadcast_puts_back_after_it_was_called_off_is_ended_too()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        app.Sandbox.Graph.RefuseSends(phone[1..], Passing);
        var broadcast = await LaunchAsync(tenant, phone);
        app.Commands.Before = (_, command) =>
        {
            if (command.GetElement(0) is { Name: "insert" } first && first.Value == "messages")
            {
                app.Commands.Before = null;
                tenant.PostAsync($"/api/saas/chat/broadcasts/{broadcast}/cancel", new { }).GetAwaiter().GetResult().Status.Should().Be(200);
            }
        };

        await app.RunDueAsync();

        app.Commands.Before.Should().BeNull();
        (await FailureAsync(tenant, await RecipientAsync(tenant, broadcast))).Should().Contain("called off");
    }

    [Fact]
    public async Task What_arrived_without_saying_so_before_its_broadcast_was_called_off_counts_as_sent_once_that_is_told()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        app.Sandbox.Graph.LoseAnswers(phone[1..], true);
        var (broadcast, message) = await LaunchedAsync(tenant, phone);
        (await tenant.MessageStatusAsync(message)).Should().Be("sending");

        await tenant.PostAsync($"/api/saas/chat/broadcasts/{broadcast}/cancel", new { });
        (await tenant.MessageStatusAsync(message)).Should().Be("failed");
        await ArrivesAsync(tenant, message);

        (await tenant.MessageStatusAsync(message)).Should().Be("sent");
        (await tenant.GetAsync($"/api/saas/chat/broadcasts/{broadcast}/recipients?status=sent")).Data.GetArrayLength().Should().Be(1);
    }

    [Fact]
    public async Task Who_opts_out_before_it_is_tried_again_is_left_out_and_their_message_ends()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        app.Sandbox.Graph.RefuseSends(phone[1..], Passing);
        var (broadcast, message) = await LaunchedAsync(tenant, phone);
        await tenant.WritesAsync(phone, "STOP");
        app.Sandbox.Graph.RefuseSends(phone[1..], null);

        await LaterAsync();

        (await tenant.GetAsync($"/api/saas/chat/broadcasts/{broadcast}/recipients?status=skipped")).Data.GetArrayLength().Should().Be(1);
        (await FailureAsync(tenant, message)).Should().Contain("opted out");
        app.SentTo(phone).Should().BeEmpty();
    }

    [Fact]
    public async Task Who_opts_out_after_a_message_arrived_of_which_a_crash_kept_the_broadcast_from_hearing_has_got_it()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        app.Sandbox.Graph.RefuseSends(phone[1..], Passing);
        var (broadcast, message) = await LaunchedAsync(tenant, phone);
        // As a crash leaves it between the two writes.
        await app.Database(tenant).GetCollection<BsonDocument>("messages").UpdateOneAsync(
            new BsonDocument("_id", new ObjectId(message)), BsonDocument.Parse($$"""{ "$set": { "status": "sent", "progress": 20, "wamid": "wamid.{{message}}" } }"""));
        await tenant.WritesAsync(phone, "STOP");

        await LaterAsync();

        (await tenant.GetAsync($"/api/saas/chat/broadcasts/{broadcast}/recipients?status=sent")).Data.GetArrayLength().Should().Be(1);
        (await tenant.MessageStatusAsync(message)).Should().Be("sent");
    }

    [Theory]
    [InlineData(true, "skipped", "opted out")]
    [InlineData(false, "failed", "PAUSED")]
    public async Task An_action_that_may_no_longer_send_ends_the_message_it_had_put_back(bool optsOut, string status, string why)
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.RuleAsync("form_submitted", Send);
        app.Sandbox.Graph.RefuseSends(phone[1..], Passing);
        var log = await tenant.FireAsync("form_submitted", phone);
        await app.RunDueAsync();
        var message = (await tenant.EventAsync(log)).Action(0).GetProperty("id").GetString()!;
        (await tenant.MessageStatusAsync(message)).Should().Be("queued");
        if (optsOut)
        {
            await tenant.WritesAsync(phone, "STOP");
        }
        else
        {
            await PauseTemplateAsync(tenant);
        }

        await LaterAsync();

        (await tenant.EventAsync(log)).Action(0).GetProperty("status").GetString().Should().Be(status);
        (await FailureAsync(tenant, message)).Should().Contain(why);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_action_whose_message_arrived_without_saying_so_is_done_whatever_stands_in_the_way_now(bool optsOut)
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.RuleAsync("form_submitted", Send);
        app.Sandbox.Graph.LoseAnswers(phone[1..], true);
        var log = await tenant.FireAsync("form_submitted", phone);
        await app.RunDueAsync();
        var message = (await tenant.EventAsync(log)).Action(0).GetProperty("id").GetString()!;
        await ArrivesAsync(tenant, message);
        await (optsOut ? tenant.WritesAsync(phone, "STOP") : PauseTemplateAsync(tenant));

        await LaterAsync();

        var action = (await tenant.EventAsync(log)).Action(0);
        action.GetProperty("status").GetString().Should().Be("completed");
        action.GetProperty("input").GetProperty("to").GetString().Should().Be(phone);
        (await tenant.MessageStatusAsync(message)).Should().Be("sent");
    }

    private async Task<(string Broadcast, string Message)> LaunchedAsync(TestTenant tenant, string phone)
    {
        var id = await LaunchAsync(tenant, phone);
        await app.RunDueAsync();
        return (id, await RecipientAsync(tenant, id));
    }

    private static async Task<string> LaunchAsync(TestTenant tenant, string phone) =>
        (await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "Test", templateName = "visit_follow_up", recipients = new[] { new { phone } } })).Data.GetProperty("id").GetString()!;

    private static async Task<string> RecipientAsync(TestTenant tenant, string broadcast) =>
        (await tenant.GetAsync($"/api/saas/chat/broadcasts/{broadcast}/recipients")).Data.EnumerateArray().Single().GetProperty("id").GetString()!;

    private static async Task<string> FailureAsync(TestTenant tenant, string message)
    {
        var found = (await tenant.GetAsync($"/api/saas/chat/messages/{message}")).Data;
        found.GetProperty("status").GetString().Should().Be("failed", found.ToString());
        return found.GetProperty("error").GetProperty("hint").GetString()!;
    }

    private async Task<string> PauseTemplateAsync(TestTenant tenant)
    {
        var paused = await app.Database(tenant).GetCollection<BsonDocument>("templates").UpdateManyAsync(
            new BsonDocument("name", "appointment_confirmed"), BsonDocument.Parse("""{ "$set": { "status": "PAUSED" } }"""));
        paused.ModifiedCount.Should().BePositive();
        return "PAUSED";
    }

    private async Task ArrivesAsync(TestTenant tenant, string message)
    {
        await tenant.WebhookAsync(ChatSteps.Status(message, $"wamid.{message}", "sent", app.Clock.GetUtcNow()));
        await app.RunDueAsync();
    }

    private async Task LaterAsync()
    {
        for (var step = 0; step < 3; step++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(3));
            await app.RunDueAsync();
        }
    }
}
