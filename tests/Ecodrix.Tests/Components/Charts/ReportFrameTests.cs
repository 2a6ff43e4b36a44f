using Bunit;
using Ecodrix.Components.Charts;
using Ecodrix.Engine.Kernel;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.Tests.Components.Charts;

public sealed class ReportFrameTests : CrmComponentTest
{
    private int _tries;

    [Theory]
    [InlineData(false, 6)]
    [InlineData(true, 1)]
    public void While_a_report_is_read_its_place_is_kept_in_its_own_shape(bool bare, int rows)
    {
        var frame = Show(null, bare: bare);

        frame.FindAll("section[aria-label=Funnel] [aria-busy=true]").Should().ContainSingle();
        frame.Find("section").ClassList.Contains("low").Should().Be(bare);
        frame.FindAll(".mud-skeleton").Should().HaveCount(rows);
    }

    [Fact]
    public void A_report_that_was_read_is_shown_as_its_page_draws_it()
    {
        var frame = Show("3 leads");

        frame.Find("p").TextContent.Should().Be("3 leads");
        frame.FindAll("section").Should().BeEmpty();
    }

    [Fact]
    public void A_report_that_cannot_be_read_says_why_in_its_place_and_is_tried_again_also_where_an_earlier_one_was_shown()
    {
        var fault = new RefusedException(RefusalKind.Unavailable, "DATABASE_UNAVAILABLE", "The database does not answer.");

        foreach (var value in new[] { null, "3 leads" })
        {
            var frame = Show(value, fault);
            frame.Find("section[aria-label=Funnel] [role=alert]").TextContent.Should().Contain("Funnel cannot be shown").And.Contain("does not answer").And.Contain("DATABASE_UNAVAILABLE").And.NotContain("3 leads");
            frame.Find("button").Click();
        }

        _tries.Should().Be(2);
    }

    private IRenderedComponent<ReportFrame<string>> Show(string? value, RefusedException? fault = null, bool bare = false) => Context.Render<ReportFrame<string>>(p => p
        .Add(f => f.Title, "Funnel").Add(f => f.Value, value).Add(f => f.Fault, fault).Add(f => f.Bare, bare).Add(f => f.OnRetry, EventCallback.Factory.Create(this, () => _tries++))
        .Add(f => f.ChildContent, words => $"<p>{words}</p>"));
}
