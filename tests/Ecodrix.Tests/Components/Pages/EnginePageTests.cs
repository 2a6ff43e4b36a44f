using Ecodrix.App.Pages;
using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Components.Pages;

public sealed class EnginePageTests : CrmComponentTest
{
    [Fact]
    public async Task A_slow_answer_to_an_earlier_question_neither_replaces_the_latest_nor_is_its_failure_told()
    {
        Context.Services.AddSingleton(new SignedIn(null!, null!));
        Context.Services.AddLogging();
        var page = Context.Render<Searching>().Instance;
        TaskCompletionSource<string> slow = new(), slower = new(), fast = new();
        Task<string?> r = page.AskAsync(slow), ra = page.AskAsync(slower), ravi = page.AskAsync(fast);

        fast.SetResult("ravi");
        slow.SetResult("r");
        slower.SetException(new RefusedException(RefusalKind.Invalid, "VALIDATION_ERROR", "No."));

        (await ravi).Should().Be("ravi");
        (await r).Should().BeNull();
        (await ra).Should().BeNull();
        page.Told.Should().BeNull();
    }

    [Fact]
    public async Task The_failure_of_the_latest_question_is_told()
    {
        Context.Services.AddSingleton(new SignedIn(null!, null!));
        Context.Services.AddLogging();
        var page = Context.Render<Searching>().Instance;
        TaskCompletionSource<string> slow = new(), fast = new();
        Task<string?> earlier = page.AskAsync(slow), latest = page.AskAsync(fast);

        fast.SetException(new TimeoutException());
        (await latest).Should().BeNull();
        slow.SetResult("r");

        (await earlier).Should().BeNull();
        page.Told!.Code.Should().Be("DATABASE_UNAVAILABLE");
    }

    [Fact]
    public async Task What_is_asked_for_again_before_it_is_done_is_done_once_and_what_is_asked_for_afterwards_again()
    {
        Context.Services.AddSingleton(new SignedIn(null!, null!));
        Context.Services.AddLogging();
        var page = Context.Render<Searching>().Instance;
        var (first, calls) = (new TaskCompletionSource(), 0);

        var click = page.DoOnceAsync(() => Count(first.Task));
        await page.DoOnceAsync(() => Count(Task.CompletedTask));
        calls.Should().Be(1);
        first.SetException(new InvalidOperationException());
        await ((Func<Task>)(() => click)).Should().ThrowAsync<InvalidOperationException>();
        await page.DoOnceAsync(() => Count(Task.CompletedTask));

        calls.Should().Be(2);

        Task Count(Task work)
        {
            calls++;
            return work;
        }
    }

    private sealed class Searching : EnginePage
    {
        public Task DoOnceAsync(Func<Task> act) => OnceAsync(act);

        public RefusedException? Told => Fault;

        public Task<string?> AskAsync(TaskCompletionSource<string> answer) => LatestAsync(_ => answer.Task);
    }
}
