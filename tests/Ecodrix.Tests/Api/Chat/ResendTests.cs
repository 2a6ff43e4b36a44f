using Ecodrix.Tests.Api.Automations;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Messages that Meta took without saying so: given up, and then asked for once more.</summary>
public sealed class ResendTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly TimeSpan Reconciled = TimeSpan.FromMinutes(3);

    private static readonly object Send = new
    {
        type = "send_whatsapp",
        config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "Ravi", "Rao", "3 pm" } },
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_given_up_while_it_may_have_arrived_waits_for_its_webhook_before_it_goes_out_again(bool arrived)
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");
        app.Sandbox.Graph.LoseAnswers(phone[1..], true);
        var id = (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Once" })).Data.Text("id")!;
        await GiveUpAsync();
        (await tenant.MessageStatusAsync(id)).Should().Be("failed");
        app.Sandbox.Graph.LoseAnswers(phone[1..], false);
        var sent = app.SentTo(phone).Count;

        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/retry", new { })).Data.Text("status").Should().Be("sending");
        await app.RunDueAsync();
        app.SentTo(phone).Should().HaveCount(sent, "Meta may have it");
        if (arrived)
        {
            await ArrivesAsync(tenant, id);
        }

        app.Clock.Advance(Reconciled);
        await app.RunDueAsync();

        app.SentTo(phone).Should().HaveCount(arrived ? sent : sent + 1);
        (await tenant.MessageStatusAsync(id)).Should().Be("sent");
    }

    [Fact]
    public async Task A_message_given_up_that_turns_out_to_be_sent_is_sent_and_can_be_sent_no_second_time()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");
        app.Sandbox.Graph.LoseAnswers(phone[1..], true);
        var id = (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "Once" })).Data.Text("id")!;
        await GiveUpAsync();
        app.Clock.Advance(Reconciled);

        await tenant.WebhookAsync(ChatSteps.Status(id, $"wamid.{id}", "sent", app.Clock.GetUtcNow()));
        await app.RunDueAsync();

        var message = (await tenant.GetAsync($"/api/saas/chat/messages/{id}")).Data;
        message.Text("status").Should().Be("sent", message.ToString());
        message.TryGetProperty("error", out var error).Should().Be(error.ValueKind is System.Text.Json.JsonValueKind.Null);
        (await tenant.PostAsync($"/api/saas/chat/messages/{id}/retry", new { })).Code.Should().Be("NOT_FAILED");
    }

    [Fact]
    public async Task The_action_of_a_message_that_may_have_arrived_is_tried_again_without_a_second_copy()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.RuleAsync("form_submitted", Send);
        var (log, action) = await GivenUpActionAsync(tenant, phone);
        var sent = app.SentTo(phone).Count;

        (await tenant.PostAsync($"/api/saas/jobs/{action}/retry", new { })).Status.Should().Be(200);
        await app.RunDueAsync();
        await ArrivesAsync(tenant, action);
        app.Clock.Advance(Reconciled);
        await app.RunDueAsync();

        app.SentTo(phone).Should().HaveCount(sent);
        (await tenant.EventAsync(log)).Text("status").Should().Be("completed");
    }

    [Fact]
    public async Task A_recipient_whose_message_may_have_arrived_gets_no_second_copy_by_trying_those_that_failed_again()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        app.Sandbox.Graph.LoseAnswers(phone[1..], true);
        var id = (await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "Test", templateName = "visit_follow_up", recipients = new[] { new { phone } } })).Data.Text("id")!;
        await GiveUpAsync();
        var recipient = (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}/recipients?status=failed")).Data.EnumerateArray().Single().Text("id")!;
        app.Sandbox.Graph.LoseAnswers(phone[1..], false);
        var sent = app.SentTo(phone).Count;

        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/retry-failed", new { })).Status.Should().Be(200);
        await app.RunDueAsync();
        (await tenant.MessageStatusAsync(recipient)).Should().Be("sending");
        await ArrivesAsync(tenant, recipient);
        app.Clock.Advance(Reconciled);
        await app.RunDueAsync();
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await app.RunDueAsync();

        app.SentTo(phone).Should().HaveCount(sent);
        (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}")).Data.Text("status").Should().Be("completed");
    }

    [Fact]
    public async Task An_action_that_failed_before_it_noted_its_message_sends_it_when_tried_again()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        var admin = ("x-admin-key", AppFixture.AdminKey);
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        await tenant.RuleAsync("form_submitted", Send);
        (await app.SendAsync(HttpMethod.Delete, $"/api/clients/{tenant.Code}/secrets/whatsappPhoneNumberId", null, admin)).Status.Should().Be(200);
        var log = await tenant.FireAsync("form_submitted", phone);
        await app.RunDueAsync();
        var action = (await tenant.EventAsync(log)).Action(0);
        action.GetProperty("status").GetString().Should().Be("failed");
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { whatsappPhoneNumberId = "106540352242922" }, admin);

        (await tenant.PostAsync($"/api/saas/jobs/{action.GetProperty("id").GetString()}/retry", new { })).Status.Should().Be(200);
        await app.RunDueAsync();

        (await tenant.EventAsync(log)).Text("status").Should().Be("completed");
        app.SentTo(phone).Should().ContainSingle();
    }

    [Fact]
    public async Task A_replay_sends_nothing_that_may_have_arrived_or_has()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.RuleAsync("form_submitted", Send);
        var (log, action) = await GivenUpActionAsync(tenant, phone);
        var sent = app.SentTo(phone).Count;

        (await ReplayAsync()).Should().Contain("perhaps sent");
        await ArrivesAsync(tenant, action, "delivered");
        app.Clock.Advance(Reconciled);
        (await ReplayAsync()).Should().Contain("(sent in event");

        app.SentTo(phone).Should().HaveCount(sent);

        async Task<string?> ReplayAsync()
        {
            var replayed = await tenant.PostAsync($"/api/saas/events/logs/{log}/replay", new { });
            await app.RunDueAsync();
            return (await tenant.EventAsync(replayed.Data.Text("eventLogId")!)).Action(0).GetProperty("error").GetString();
        }
    }

    /// <summary>An action whose message Meta took each time without saying so, until the job gave up.</summary>
    private async Task<(string Log, string Action)> GivenUpActionAsync(TestTenant tenant, string phone)
    {
        app.Sandbox.Graph.LoseAnswers(phone[1..], true);
        var log = await tenant.FireAsync("form_submitted", phone);
        await GiveUpAsync();
        app.Sandbox.Graph.LoseAnswers(phone[1..], false);
        var action = (await tenant.EventAsync(log)).Action(0);
        action.GetProperty("status").GetString().Should().Be("failed");
        return (log, action.GetProperty("id").GetString()!);
    }

    /// <summary>Eight attempts, each of which waits two minutes for its webhook; what is given up last was sent just now.</summary>
    private async Task GiveUpAsync()
    {
        for (var attempt = 0; attempt < 7; attempt++)
        {
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromSeconds(121));
        }

        await app.RunDueAsync();
    }

    private async Task ArrivesAsync(TestTenant tenant, string message, string status = "sent")
    {
        await tenant.WebhookAsync(ChatSteps.Status(message, $"wamid.{message}", status, app.Clock.GetUtcNow()));
        await app.RunDueAsync();
    }
}
