using Bunit;
using Bunit.TestDoubles;
using Ecodrix.Components.Feedback;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;

namespace Ecodrix.Tests.Components.Feedback;

public sealed class UnsavedGuardTests : CrmComponentTest
{
    [Fact]
    public async Task Who_leaves_what_is_not_saved_is_asked_first()
    {
        var dialogs = Context.Render<MudDialogProvider>();
        Context.Render<UnsavedGuard>(p => p.Add(c => c.IsDirty, () => true));
        var navigation = Context.Services.GetRequiredService<BunitNavigationManager>();
        var here = navigation.Uri;

        await Context.Renderer.Dispatcher.InvokeAsync(() => navigation.NavigateTo("/leads"));

        dialogs.WaitForElements("button").Select(b => b.TextContent.Trim()).Should().Contain("Leave").And.Contain("Stay");
        navigation.Uri.Should().Be(here);
    }

    [Fact]
    public void Who_has_changed_nothing_is_asked_nothing()
    {
        var dialogs = Context.Render<MudDialogProvider>();
        Context.Render<UnsavedGuard>(p => p.Add(c => c.IsDirty, () => false));
        var navigation = Context.Services.GetRequiredService<BunitNavigationManager>();

        navigation.NavigateTo("/leads");

        navigation.History.Should().ContainSingle().Which.State.Should().Be(NavigationState.Succeeded);
        dialogs.FindAll("button").Should().BeEmpty();
    }
}
