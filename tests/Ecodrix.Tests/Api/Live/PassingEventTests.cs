using Ecodrix.Engine.Live;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ecodrix.Tests.Api.Live;

/// <summary>What is true only for seconds: heard by who listens, kept for nobody.</summary>
public sealed class PassingEventTests
{
    private static readonly PresenceSignal Signal = new("c1", "p1", "Asha", PresenceState.Replying, true);

    [Fact]
    public async Task One_node_hears_it_and_nobody_gets_it_again()
    {
        var bus = new InProcessLiveBus(TimeProvider.System);
        var heard = new TaskCompletionSource<LiveEvent>();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var listening = ListenAsync(bus, heard, stop.Token);
        bus.Publish("clinic", "lead.updated", new { });

        await PassUntilHeardAsync(bus, heard.Task, stop.Token);
        await stop.CancelAsync();
        await listening;

        var live = await heard.Task;
        ConversationPresence.Read(live).Should().Be(Signal);
        live.Owner.Should().Be("asha@example.com");
        (await bus.SinceAsync("clinic", "", CancellationToken.None)).Events.Select(e => e.Name).Should().Equal("lead.updated");
    }

    [RedisFact]
    public async Task Another_node_hears_it_too()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = new RedisLiveBus(redis.Configuration, NullLogger<RedisLiveBus>.Instance);
        await using var two = new RedisLiveBus(redis.Configuration, NullLogger<RedisLiveBus>.Instance);
        await Task.WhenAll(one.ConnectAsync(), two.ConnectAsync());
        var heard = new TaskCompletionSource<LiveEvent>();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var listening = ListenAsync(two, heard, stop.Token);

        await PassUntilHeardAsync(one, heard.Task, stop.Token);
        await stop.CancelAsync();
        await listening;

        var live = await heard.Task;
        live.Passing.Should().BeTrue();
        live.Cursor.Should().BeEmpty();
        ConversationPresence.Read(live).Should().Be(Signal);
    }

    // A listener is there once it hears something.
    private static async Task PassUntilHeardAsync(ILiveBus bus, Task heard, CancellationToken ct)
    {
        while (!heard.IsCompleted)
        {
            ct.ThrowIfCancellationRequested();
            bus.Pass("clinic", ConversationPresence.EventName, Signal, "asha@example.com");
            await Task.Yield();
        }
    }

    private static async Task ListenAsync(ILiveBus bus, TaskCompletionSource<LiveEvent> heard, CancellationToken ct)
    {
        try
        {
            await foreach (var live in bus.ListenAsync("clinic", ct))
            {
                if (live.Name == ConversationPresence.EventName)
                {
                    heard.TrySetResult(live);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
