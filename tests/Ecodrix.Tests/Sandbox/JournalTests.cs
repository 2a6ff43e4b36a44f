using Ecodrix.Sandbox;
using Ecodrix.Sandbox.Graph.Numbers;
using Ecodrix.Sandbox.Webhooks;

namespace Ecodrix.Tests.Sandbox;

public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sandbox-journal-").FullName;

    private string File => Path.Combine(_folder, "sandbox.jsonl");

    [Fact]
    public async Task Messages_counters_windows_and_addresses_survive_a_restart()
    {
        await using (var before = await SandboxFixture.StartAsync(o => (o.DataPath, o.EnforceWindow) = (File, true)))
        {
            before.Host.Graph.ConfigureWebhook("555", new WebhookSettings("http://127.0.0.1:9/hook", "secret", "token"));
            before.Host.Graph.Receive(new InboundMessage { From = "+919876543210", Text = "Hi" });
            var id = await before.AcceptedAsync(SandboxFixture.TextTo("+919876543210", "नमस्ते", "job-1"));
            await before.Receiver.StatusesOfAsync(id, 3);
        }

        await System.IO.File.AppendAllTextAsync(File, "{\"message\":{\"id\":\"cut o");
        await using var after = await SandboxFixture.StartAsync(o => (o.DataPath, o.EnforceWindow) = (File, true));

        var message = after.Host.Graph.Messages.Single();
        message.Request.Should().Contain("job-1");
        message.Statuses.Select(s => s.Status).Should().StartWith("sent").And.Contain("delivered");
        after.Host.Graph.AcceptedByOpaqueData["job-1"].Should().Be(1);
        var state = await after.GetAsync("/sandbox/api/state");
        state.GetProperty("numbers").EnumerateArray().Single(n => n.GetProperty("id").GetString() == "555")
            .GetProperty("webhookUrl").GetString().Should().Be("http://127.0.0.1:9/hook");
        await after.AcceptedAsync(SandboxFixture.TextTo("+919876543210", "The window is still open"));
    }

    [Fact]
    public async Task Statuses_that_nobody_acknowledged_are_posted_after_a_restart()
    {
        string id;
        await using (var before = await SandboxFixture.StartAsync(o => (o.DataPath, o.WebhookUrl) = (File, "http://127.0.0.1:9/nobody")))
        {
            id = await before.AcceptedAsync(SandboxFixture.TextTo("+919876543210"));
            before.Host.Graph.Messages.Single().Id.Should().Be(id);
        }

        await using var after = await SandboxFixture.StartAsync(o => o.DataPath = File);

        var statuses = await after.Receiver.StatusesOfAsync(id, 3);
        statuses.Select(s => s.GetProperty("status").GetString()).Should().Equal("sent", "delivered", "read");
    }

    [Fact]
    public async Task Clearing_empties_the_file_too()
    {
        await using (var before = await SandboxFixture.StartAsync(o => (o.DataPath, o.AutoStatuses) = (File, false)))
        {
            await before.AcceptedAsync(SandboxFixture.TextTo("+919876543210"));
            before.Host.Graph.Clear();
        }

        var state = new SandboxState(new SandboxOptions { DataPath = File });
        await using var _ = state;
        state.Graph.Messages.Should().BeEmpty();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
