using Ecodrix.Engine.Live;
using Microsoft.Extensions.Time.Testing;

namespace Ecodrix.Tests.Api.Live;

/// <summary>What a node keeps of its tenants' events for those who were away.</summary>
public sealed class LiveHistoryTests
{
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly InProcessLiveBus _bus;

    public LiveHistoryTests() => _bus = new InProcessLiveBus(_clock);

    [Fact]
    public async Task All_that_a_large_broadcast_makes_in_an_hour_is_kept_whoever_else_there_is()
    {
        var known = await PublishAsync("clinic", 1);
        await PublishAsync("clinic", 60_000);
        for (var tenant = 0; tenant < 3_000; tenant++)
        {
            await PublishAsync($"other{tenant}", 1);
        }

        var missed = await SinceAsync("clinic", known);

        (missed.Complete, missed.Events.Count).Should().Be((true, 60_000));
    }

    [Fact]
    public async Task What_is_older_than_an_hour_is_let_go_and_who_knows_nothing_later_is_told_that_it_is_not_all()
    {
        var old = await PublishAsync("clinic", 2);
        _clock.Advance(TimeSpan.FromMinutes(40));
        var known = await PublishAsync("clinic", 1);
        _clock.Advance(TimeSpan.FromMinutes(21));
        await PublishAsync("other", 1);

        (await SinceAsync("clinic", old)).Should().BeEquivalentTo(new { Complete = true, Events = new[] { new { Cursor = known } } }, "it knew all that was let go");
        (await SinceAsync("clinic", "")).Complete.Should().BeFalse();
        _clock.Advance(TimeSpan.FromMinutes(40));

        (await SinceAsync("clinic", old)).Complete.Should().BeFalse();
        (await SinceAsync("clinic", known)).Should().BeEquivalentTo(new { Complete = true, Events = Array.Empty<object>() }, "nothing came after it");
        string.CompareOrdinal(await PublishAsync("clinic", 1), known).Should().BePositive("a silent tenant's cursors go on");
    }

    [Fact]
    public async Task Of_more_than_memory_shall_hold_the_oldest_go_first()
    {
        var old = await PublishAsync("clinic", 1);
        await PublishAsync("clinic", 1);
        var known = await PublishAsync("busy", 1);
        await PublishAsync("busy", 64_999);

        (await SinceAsync("clinic", old)).Complete.Should().BeFalse();
        (await SinceAsync("busy", known)).Should().BeEquivalentTo(new { Complete = true }).And.Match<MissedEvents>(m => m.Events.Count == 64_999);
    }

    private Task<MissedEvents> SinceAsync(string tenant, string cursor) => _bus.SinceAsync(tenant, cursor, CancellationToken.None);

    /// <summary>The cursor of the last.</summary>
    private async Task<string> PublishAsync(string tenant, int times)
    {
        for (var i = 0; i < times; i++)
        {
            _bus.Publish(tenant, "message.status", new { i });
        }

        return times > 1_000 ? "" : (await SinceAsync(tenant, "")).Events[^1].Cursor;
    }
}
