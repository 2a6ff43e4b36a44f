using Ecodrix.App.Pages;

namespace Ecodrix.Tests.Components.Pages;

/// <summary>Pages that have heard of the same change share one reading, and nobody is given an answer from before what they heard.</summary>
public sealed class SharedReadingsTests
{
    private readonly SharedReadings _shared = new();
    private int _reads;

    [Fact]
    public async Task Pages_that_heard_before_a_reading_began_share_its_answer()
    {
        var heard = SharedReadings.Now;

        var first = await AskAsync("inbox", heard);
        var second = await AskAsync("inbox", heard);

        second.Should().BeSameAs(first);
        _reads.Should().Be(1);
    }

    [Fact]
    public async Task Pages_that_ask_while_it_is_read_wait_for_the_same_answer()
    {
        var heard = SharedReadings.Now;
        var answer = new TaskCompletionSource<object>();
        var first = _shared.ReadAsync("inbox", heard, () => answer.Task);

        var second = AskAsync("inbox", heard);
        answer.SetResult("rows");

        (await second).Should().Be("rows").And.Be(await first);
        _reads.Should().Be(0);
    }

    [Fact]
    public async Task What_is_heard_after_a_reading_began_is_read_anew()
    {
        await AskAsync("inbox", SharedReadings.Now);
        await AskAsync("inbox", SharedReadings.Now);

        _reads.Should().Be(2);
    }

    [Fact]
    public async Task Another_question_has_its_own_answer()
    {
        var heard = SharedReadings.Now;

        await AskAsync("inbox of all", heard);
        await AskAsync("inbox of one", heard);

        _reads.Should().Be(2);
    }

    [Fact]
    public async Task A_reading_that_failed_is_not_what_somebody_gets_who_tries_again()
    {
        await FluentActions.Awaiting(() => _shared.ReadAsync<object>("inbox", SharedReadings.Now, () => throw new TimeoutException())).Should().ThrowAsync<TimeoutException>();

        (await AskAsync("inbox", SharedReadings.Now)).Should().NotBeNull();
    }

    private Task<object> AskAsync(string question, long since) => _shared.ReadAsync<object>(question, since, () =>
    {
        _reads++;
        return Task.FromResult(new object());
    });
}
