using Bunit;
using Bunit.TestDoubles;
using Ecodrix.Components.Feedback;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;

namespace Ecodrix.Tests.Components.Feedback;

public sealed class UnsavedGuardTests : CrmComponentTest
{
    [Theory]
    [InlineData("Stay", NavigationState.Prevented)]
    [InlineData("Leave", NavigationState.Succeeded)]
    public async Task Who_leaves_what_is_not_saved_is_asked_first(string answer, NavigationState outcome)
    {
        var dialogs = Context.Render<MudDialogProvider>();
        Context.Render<UnsavedGuard>(p => p.Add(c => c.IsDirty, () => true));
        var navigation = Context.Services.GetRequiredService<BunitNavigationManager>();

        await Context.Renderer.Dispatcher.InvokeAsync(() => navigation.NavigateTo("/leads"));
        dialogs.WaitForElements("button").Single(b => b.TextContent.Trim() == answer).Click();

        dialogs.WaitForAssertion(() => navigation.History.Should().ContainSingle().Which.State.Should().Be(outcome));
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
