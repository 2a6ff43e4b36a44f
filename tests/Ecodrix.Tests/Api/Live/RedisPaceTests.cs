using System.Diagnostics;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ecodrix.Tests.Api.Live;

public sealed class RedisPaceTests
{
    private const int PerSecond = 60;

    [RedisFact]
    public async Task Two_nodes_send_no_faster_together_than_one_may()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await BusAsync(redis);
        await using var two = await BusAsync(redis);

        var (taken, elapsed) = await TakeForAsync(TimeSpan.FromSeconds(2), Pace(one), Pace(two));

        taken.Should().BeLessThanOrEqualTo((int)((PerSecond / 2) + (PerSecond * elapsed.TotalSeconds)) + 1).And.BeGreaterThan(PerSecond);
    }

    [RedisFact]
    public async Task While_redis_is_away_each_node_keeps_the_pace_for_itself()
    {
        var redis = await RedisServer.StartAsync();
        await using var bus = await BusAsync(redis);
        await redis.DisposeAsync();

        (await Pace(bus).TakeAsync("1", PerSecond, 1_000, CancellationToken.None)).Should().Be(PerSecond / 2);
    }

    [RedisFact]
    public async Task Some_is_left_for_others_and_each_number_has_its_own_pace()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await BusAsync(redis);
        await using var two = await BusAsync(redis);

        (await Pace(one).TakeAsync("1", 20, 10, CancellationToken.None, leave: 4)).Should().Be(6);
        (await Pace(two).TakeAsync("2", 20, 10, CancellationToken.None)).Should().Be(10);
    }

    private static async Task<(int Taken, TimeSpan Elapsed)> TakeForAsync(TimeSpan time, params NumberPace[] nodes)
    {
        var (taken, started) = (0, Stopwatch.StartNew());
        using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (started.Elapsed < time)
        {
            foreach (var node in nodes)
            {
                taken += await node.TakeAsync("1", PerSecond, 10, CancellationToken.None);
            }

            await beat.WaitForNextTickAsync();
        }

        return (taken, started.Elapsed);
    }

    private static NumberPace Pace(RedisLiveBus bus) => new(TimeProvider.System, [new RedisPace(bus)]);

    private static async Task<RedisLiveBus> BusAsync(RedisServer redis)
    {
        var bus = new RedisLiveBus(redis.Configuration, NullLogger<RedisLiveBus>.Instance);
        await bus.ConnectAsync();
        return bus;
    }
}
