using Ecodrix.Engine.Live;
using Ecodrix.Tests.Api.Withstand;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ecodrix.Tests.Api.Live;

public sealed class RedisLiveBusTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [RedisFact]
    public async Task Every_node_hears_every_event_of_a_tenant_in_the_order_of_its_cursors()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await NodeAsync(redis);
        await using var two = await NodeAsync(redis);

        await Task.WhenAll(
            Task.Run(() => PublishAsync(one.Bus, "first", 500)),
            Task.Run(() => PublishAsync(two.Bus, "second", 500)));
        await Eventually.IsTrueAsync(() => Task.FromResult(one.Heard.Count == 1000 && two.Heard.Count == 1000), Soon);

        var cursors = one.Heard.Select(e => e.Cursor).ToList();
        cursors.Should().BeInAscendingOrder(StringComparer.Ordinal).And.OnlyHaveUniqueItems();
        two.Heard.Select(e => e.Cursor).Should().Equal(cursors);
        two.Heard.Select(e => e.Data.ToString()).Should().Equal(one.Heard.Select(e => e.Data.ToString()));
    }

    [RedisFact]
    public async Task A_client_that_lost_one_node_gets_what_it_missed_from_another()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await NodeAsync(redis);
        await using var two = await NodeAsync(redis);
        await PublishAsync(one.Bus, "n", 3);
        await Eventually.IsTrueAsync(() => Task.FromResult(two.Heard.Count == 3), Soon);

        var missed = await two.Bus.SinceAsync("clinic", one.Heard[0].Cursor, CancellationToken.None);
        var unknown = await two.Bus.SinceAsync("clinic", "0123456789ab0123456789ab", CancellationToken.None);

        missed.Complete.Should().BeTrue();
        missed.Events.Select(e => e.Cursor).Should().Equal(one.Heard.Skip(1).Select(e => e.Cursor));
        missed.Events.Should().OnlyContain(e => e.Owner == "asha@example.com");
        unknown.Complete.Should().BeFalse();
    }

    [RedisFact]
    public async Task While_redis_is_away_a_node_still_tells_its_own_and_afterwards_all_again()
    {
        var redis = await RedisServer.StartAsync();
        var port = int.Parse(redis.Configuration.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        await using var one = await NodeAsync(redis);
        await using var two = await NodeAsync(redis);
        await redis.DisposeAsync();

        await Eventually.IsTrueAsync(async () =>
        {
            await PublishAsync(one.Bus, "alone", 1);
            return one.Heard.Count > 0;
        }, Soon);
        await using var again = await RedisServer.StartAsync(port);
        await Eventually.IsTrueAsync(async () =>
        {
            await PublishAsync(one.Bus, "together", 1);
            return two.Heard.Any(e => e.Data.ToString()!.Contains("together", StringComparison.Ordinal));
        }, Soon);
    }

    private static Task PublishAsync(RedisLiveBus bus, string what, int times)
    {
        for (var i = 0; i < times; i++)
        {
            bus.Publish("clinic", "lead.updated", new { what = $"{what} {i}" }, "asha@example.com");
        }

        return Task.CompletedTask;
    }

    private static async Task<Node> NodeAsync(RedisServer redis)
    {
        var node = new Node(new RedisLiveBus($"{redis.Configuration}", NullLogger<RedisLiveBus>.Instance));
        await node.Bus.ConnectAsync();
        node.Listen();
        return node;
    }

    private sealed class Node(RedisLiveBus bus) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<LiveEvent> _heard = [];
        private Task _listening = Task.CompletedTask;

        public RedisLiveBus Bus => bus;

        public IReadOnlyList<LiveEvent> Heard
        {
            get
            {
                lock (_heard)
                {
                    return [.. _heard];
                }
            }
        }

        public void Listen() => _listening = ListenAsync();

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _listening;
            await bus.DisposeAsync();
            _stop.Dispose();
        }

        private async Task ListenAsync()
        {
            try
            {
                await foreach (var live in bus.ListenAsync("clinic", _stop.Token))
                {
                    lock (_heard)
                    {
                        _heard.Add(live);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }
}
