using Bunit;
using Ecodrix.Components.Forms;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.JSInterop;

namespace Ecodrix.Tests.Components.Forms;

public sealed class PageKeysTests : CrmComponentTest
{
    private static readonly string[] Taken = ["j", "k"];

    private readonly List<string> _heard = [];

    [Fact]
    public async Task The_browser_is_asked_once_for_the_keys_of_the_page_and_what_it_hears_is_told()
    {
        var listener = Context.JSInterop.SetupModule(i => i.Identifier == "ecodrix.keys");
        listener.SetupVoid("dispose").SetVoidResult();

        var keys = Show();
        keys.Render(p => p.Add(k => k.Within, ".drawer"));

        var asked = Context.JSInterop.Invocations["ecodrix.keys"].Should().ContainSingle().Subject;
        asked.Arguments[1].Should().BeSameAs(Taken);
        asked.Arguments[2].Should().Be(".drawer");
        keys.Markup.Should().BeEmpty();
        await keys.Instance.PressedAsync("j");
        _heard.Should().Equal("ready", "j");
    }

    [Fact]
    public async Task The_browser_listens_no_longer_once_it_is_gone()
    {
        var listener = Context.JSInterop.SetupModule(i => i.Identifier == "ecodrix.keys");
        listener.SetupVoid("dispose").SetVoidResult();
        Show();

        await Context.DisposeComponentsAsync();

        listener.VerifyInvoke("dispose");
    }

    [Fact]
    public async Task The_browser_does_not_listen_for_what_went_before_it_had_answered()
    {
        var browser = new SlowBrowser();
        Context.Services.AddSingleton<IJSRuntime>(browser);
        Show();
        await Context.DisposeComponentsAsync();
        var listener = new Listener();

        browser.Answer.SetResult(listener);

        await listener.Ended.WaitAsync(TimeSpan.FromSeconds(20));
        _heard.Should().BeEmpty();
    }

    private IRenderedComponent<PageKeys> Show() => Context.Render<PageKeys>(p => p
        .Add(k => k.Keys, Taken).Add(k => k.Within, ".drawer").Add(k => k.OnReady, EventCallback.Factory.Create(this, () => _heard.Add("ready"))).Add(k => k.OnKey, EventCallback.Factory.Create<string>(this, _heard.Add)));

    private sealed class SlowBrowser : IJSRuntime
    {
        public TaskCompletionSource<object> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args) => (TValue)await Answer.Task;

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) => InvokeAsync<TValue>(identifier, args);
    }

    private sealed class Listener : IJSObjectReference
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args)
        {
            if (identifier == "dispose")
            {
                _ended.TrySetResult();
            }

            return default;
        }

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) => InvokeAsync<TValue>(identifier, args);

        public ValueTask DisposeAsync() => default;
    }
}
