using Bunit;
using Ecodrix.Components.Automations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Ecodrix.Tests.Components.Automations;

public sealed class LiquidFieldTests : CrmComponentTest
{
    private static readonly string[] Names = ["lead.firstName", "lead.lastName", "lead.metadata.extra.plan", "variables.doctorName", "data.", "tenant.name"];

    private readonly List<string> _told = [];

    [Theory]
    [InlineData("Hello {{", "lead.firstName lead.lastName lead.metadata.extra.plan variables.doctorName data. tenant.name")]
    [InlineData("Hello {{ LEAD.f", "lead.firstName")]
    [InlineData("{{ lead.firstName }} and {{- plan", "lead.metadata.extra.plan")]
    [InlineData("{{ doc", "variables.doctorName")]
    [InlineData("{{ lead.firstName | ca", "capitalize")]
    [InlineData("{{ lead.firstName | strip | up", "upcase")]
    [InlineData("{{ lead.firstName", "")]
    [InlineData("{{ nothing.like.it", "")]
    [InlineData("{{ lead.firstName | default: \"le", "")]
    [InlineData("{{ lead.firstName }} lead.", "")]
    [InlineData("lead.", "")]
    public void Names_are_offered_in_braces_filters_after_a_bar_and_nothing_elsewhere(string before, string offered) =>
        string.Join(' ', LiquidOffers.At(before, Names).Items.Select(o => o.Text)).Should().Be(offered);

    [Fact]
    public void Who_cannot_see_the_list_hears_where_they_are_in_it_and_escape_closes_it()
    {
        var field = Show("{{ lead.", lines: 0);
        field.Find("input[role=combobox]").GetAttribute("aria-expanded").Should().Be("false");
        field.Find("input").Input("{{ lead.");

        field.Find("input").GetAttribute("aria-expanded").Should().Be("true");
        field.Find($"#{field.Find("input").GetAttribute("aria-controls")}").GetAttribute("role").Should().Be("listbox");
        Active().Should().Be("lead.firstName");
        field.Find("input").KeyDown("ArrowUp");
        Active().Should().Be("lead.metadata.extra.plan");
        field.Find("input").KeyDown("ArrowDown");
        Active().Should().Be("lead.firstName");
        field.Find("input").KeyDown("Escape");

        field.Find("input").GetAttribute("aria-expanded").Should().Be("false");
        field.Find("input").HasAttribute("aria-activedescendant").Should().BeFalse();
        field.FindAll("[role=option]").Should().BeEmpty();
        _told.Should().BeEmpty();

        string Active() => field.Find($"#{field.Find("input").GetAttribute("aria-activedescendant")}").TextContent.Trim();
    }

    [Theory]
    [InlineData("Enter")]
    [InlineData("Tab")]
    [InlineData("mouse")]
    public void A_name_is_taken_by_key_or_mouse_and_its_braces_are_closed(string by)
    {
        var field = Show("Hello {{la", lines: 3);
        field.Find("textarea").HasAttribute("role").Should().BeFalse("a field of many lines may not be called a combobox");
        field.Find("textarea").Input("Hello {{la");

        if (by == "mouse")
        {
            field.Find("[role=option]").MouseDown(new MouseEventArgs { Button = 0 });
        }
        else
        {
            field.Find("textarea").KeyDown(by);
        }

        Context.JSInterop.Invocations["ecodrix.complete"].Should().ContainSingle().Which.Arguments.Skip(1).Should().Equal(2, " lead.lastName", true);
        _told.Should().Equal("completed");
        field.FindAll("[role=option]").Should().BeEmpty();
    }

    [Theory]
    [InlineData("{{ da", 2, "data.")]
    [InlineData("{{ lead.firstName | def", 3, "default: ")]
    public void What_is_only_a_beginning_leaves_the_braces_open(string before, int over, string written)
    {
        var field = Show(before, lines: 3);
        field.Find("textarea").Input(before);
        field.Find("textarea").KeyDown("Enter");

        Context.JSInterop.Invocations["ecodrix.complete"].Should().ContainSingle().Which.Arguments.Skip(1).Should().Equal(over, written, false);
    }

    [Fact]
    public void What_is_written_without_the_list_is_told_when_the_field_is_left()
    {
        var field = Show("Hello", lines: 3);
        field.Find("textarea").Input("Hello");
        field.FindAll("[role=option]").Should().BeEmpty();
        field.Find("textarea").KeyDown("Enter");
        field.Find("textarea").Change("Hello you");

        _told.Should().Equal("Hello you");
        Context.JSInterop.Invocations["ecodrix.complete"].Should().BeEmpty();
    }

    private IRenderedComponent<LiquidField> Show(string before, int lines)
    {
        Context.JSInterop.Setup<string?>("ecodrix.beforeCaret", _ => true).SetResult(before);
        Context.JSInterop.Setup<string?>("ecodrix.complete", _ => true).SetResult("completed");
        return Context.Render<LiquidField>(p => p
            .Add(f => f.Value, "").Add(f => f.Label, "Body").Add(f => f.Lines, lines).Add(f => f.Names, Names)
            .Add(f => f.OnValue, EventCallback.Factory.Create<string>(this, _told.Add)));
    }
}
