using Bunit;
using Ecodrix.Components.Forms;
using Microsoft.AspNetCore.Components;

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

    private IRenderedComponent<PageKeys> Show() => Context.Render<PageKeys>(p => p
        .Add(k => k.Keys, Taken).Add(k => k.Within, ".drawer").Add(k => k.OnReady, EventCallback.Factory.Create(this, () => _heard.Add("ready"))).Add(k => k.OnKey, EventCallback.Factory.Create<string>(this, _heard.Add)));
}
