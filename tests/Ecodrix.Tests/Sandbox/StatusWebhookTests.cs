using System.Text.Json;

namespace Ecodrix.Tests.Sandbox;

public sealed class StatusWebhookTests
{
    [Fact]
    public async Task An_accepted_message_is_sent_then_delivered_then_read_and_each_webhook_is_signed()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var id = await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876543210", reference: "job-1"));

        var statuses = await sandbox.Receiver.StatusesOfAsync(id, 3);
        statuses.Select(s => s.GetProperty("status").GetString()).Should().Equal("sent", "delivered", "read");
        statuses.Should().OnlyContain(s => s.GetProperty("biz_opaque_callback_data").GetString() == "job-1"
            && s.GetProperty("timestamp").ValueKind == JsonValueKind.String && s.GetProperty("recipient_id").GetString() == "919876543210");
        sandbox.Receiver.Received.Should().OnlyContain(r => r.IsSignedWith(SandboxFixture.AppSecret));
    }

    [Fact]
    public async Task A_webhook_that_is_not_answered_with_200_comes_again_byte_for_byte()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        sandbox.Receiver.AnswerWith(500, 503, 202);

        var id = await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876543210"));

        var statuses = await sandbox.Receiver.StatusesOfAsync(id, 3);
        statuses.Select(s => s.GetProperty("status").GetString()).Should().Equal("sent", "delivered", "read");
        var tries = sandbox.Receiver.Received.Take(4).ToList();
        tries.Select(t => t.AnsweredWith).Should().Equal(500, 503, 202, 200);
        tries.Select(t => Convert.ToHexString(t.Body)).Distinct().Should().ContainSingle();
    }
}
