using Bunit;
using Ecodrix.Components.Pipelines;
using Ecodrix.Engine.Pipelines;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.Tests.Components.Pipelines;

public sealed class StageEditorTests : CrmComponentTest
{
    private static readonly PipelineView Pipeline = new("p", "Sales", null, true, false, Stages, default, default);

    [Fact]
    public void Moving_a_stage_down_sends_the_whole_new_order()
    {
        StageOrder? sent = null;
        var editor = Context.Render<StageEditor>(p => p.Add(e => e.Pipeline, Pipeline).Add(e => e.All, [Pipeline]).Add(e => e.OnOrder, EventCallback.Factory.Create<StageOrder>(this, o => sent = o)));

        editor.Find("[aria-label='Move New down']").Click();

        sent!.Order!.Select(o => o.StageId).Should().Equal("s2", "s1", "s3");
    }

    [Fact]
    public void Removing_asks_where_the_leads_go_first()
    {
        StageEditor.Removal? sent = null;
        var editor = Context.Render<StageEditor>(p => p.Add(e => e.Pipeline, Pipeline).Add(e => e.All, [Pipeline]).Add(e => e.OnRemove, EventCallback.Factory.Create<StageEditor.Removal>(this, r => sent = r)));

        editor.Find("[aria-label='Remove Proposal']").Click();
        sent.Should().BeNull();
        editor.Find("[aria-label='Stage its leads go to']").Change("s3");
        editor.FindAll("button").Single(b => b.TextContent.Contains("Remove Proposal", StringComparison.Ordinal)).Click();

        sent.Should().Be(new StageEditor.Removal("s2", "s3"));
    }

    [Fact]
    public void A_change_carries_only_what_changed()
    {
        StageEditor.Change? sent = null;
        var editor = Context.Render<StageEditor>(p => p.Add(e => e.Pipeline, Pipeline).Add(e => e.All, [Pipeline]).Add(e => e.OnChange, EventCallback.Factory.Create<StageEditor.Change>(this, c => sent = c)));

        editor.Find("[aria-label='Probability of New in per cent']").Change("35");

        sent!.StageId.Should().Be("s1");
        sent.Changes.Probability.Value.Should().Be(35);
        sent.Changes.Name.IsPresent.Should().BeFalse();
    }

    [Fact]
    public void Who_may_only_look_changes_nothing()
    {
        var editor = Context.Render<StageEditor>(p => p.Add(e => e.Pipeline, Pipeline).Add(e => e.All, [Pipeline]).Add(e => e.ReadOnly, true));

        editor.FindAll("input, select").Should().OnlyContain(i => i.HasAttribute("disabled"));
        editor.FindAll("button").Should().BeEmpty();
    }
}
