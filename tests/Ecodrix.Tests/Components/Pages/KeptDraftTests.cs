using System.Text.Json;
using Bunit;
using Ecodrix.App.Pages.Shared;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.Tests.Components.Pages;

public sealed class KeptDraftTests : CrmComponentTest
{
    private string _written = "saved";

    [Fact]
    public void What_is_written_is_kept_and_removed_where_it_is_as_it_was_or_saved()
    {
        var draft = Render(null);
        Write(draft, "more");
        Write(draft, "saved");
        Write(draft, "more again");
        draft.InvokeAsync(draft.Instance.ForgetAsync);
        Write(draft, "more again");

        Kept().Should().Equal("more", "", "more again", "");
        draft.FindAll("[role=status]").Should().BeEmpty();
    }

    [Fact]
    public void What_was_kept_is_restored_and_can_be_given_up()
    {
        var draft = Render(new { Before = "saved", Text = "more" });
        draft.WaitForAssertion(() => draft.Find("[role=status]").TextContent.Should().Contain("Restored what you had not saved"));
        _written.Should().Be("more");
        Kept().Should().BeEmpty();

        draft.Find("button").Click();

        _written.Should().Be("saved");
        Kept().Should().Equal("");
        draft.FindAll("[role=status]").Should().BeEmpty();
    }

    [Fact]
    public void What_was_written_before_something_else_was_saved_is_only_offered()
    {
        var draft = Render(new { Before = "older", Text = "more" });
        draft.WaitForAssertion(() => draft.Find("[role=status]").TextContent.Should().Contain("changed since"));
        _written.Should().Be("saved");
        Kept().Should().BeEmpty();

        draft.FindAll("button").Single(b => b.TextContent.Trim() == "Restore").Click();

        _written.Should().Be("more");
    }

    [Fact]
    public void What_another_version_has_kept_harms_nothing()
    {
        var draft = Render(new { Before = "saved", Text = "not to be read" });

        draft.FindAll("[role=status]").Should().BeEmpty();
        _written.Should().Be("saved");
    }

    private IRenderedComponent<KeptDraft> Render(object? kept)
    {
        Context.JSInterop.Setup<string?>("ecodrix.kept", "form").SetResult(kept is null ? null : JsonSerializer.Serialize(kept));
        return Context.Render<KeptDraft>(p => p.Add(d => d.Key, "form").Add(d => d.Text, () => _written).Add(d => d.Ready, true).Add(d => d.IsDirty, () => false)
            .Add(d => d.OnRestore, EventCallback.Factory.Create<string>(this, text => _written = text == "not to be read" ? throw new JsonException() : text)));
    }

    private void Write(IRenderedComponent<KeptDraft> draft, string text)
    {
        _written = text;
        draft.Render();
    }

    /// <summary>The texts the browser was given, in order; blank where it was to forget.</summary>
    private IEnumerable<string?> Kept() => Context.JSInterop.Invocations["ecodrix.keep"].Select(i => i.Arguments[1] as string)
        .Select(json => string.IsNullOrEmpty(json) ? "" : JsonDocument.Parse(json).RootElement.GetProperty("Text").GetString());
}
