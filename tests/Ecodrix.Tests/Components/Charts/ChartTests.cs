using Bunit;
using Ecodrix.Components.Charts;
using Ecodrix.Engine.Analytics;

namespace Ecodrix.Tests.Components.Charts;

public sealed class ChartTests : CrmComponentTest
{
    [Fact]
    public void Bars_are_as_long_as_their_values_and_link_to_the_records()
    {
        var bars = Context.Render<BarList>(p => p.Add(b => b.Bars, [new Bar("New", 12, "12", null, "/c/x/leads?stageId=1"), new Bar("Won", 3, "3", "25%")]));

        bars.FindAll("rect:not(.back)").Select(r => r.GetAttribute("width")).Should().Equal("100", "25");
        bars.Find("a").GetAttribute("href").Should().Be("/c/x/leads?stageId=1");
        bars.Markup.Should().Contain("25%");
    }

    [Fact]
    public void Bars_of_nothing_have_no_length() =>
        Context.Render<BarList>(p => p.Add(b => b.Bars, [new Bar("New", 0, "0")])).Find("rect:not(.back)").GetAttribute("width").Should().Be("0");

    [Fact]
    public void The_calendar_has_every_day_in_its_week_and_shades_by_the_busiest()
    {
        // 1 March 2026 is a Sunday.
        var days = Enumerable.Range(1, 9).Select(d => new HeatmapDay($"2026-03-0{d}", d == 5 ? 8 : d == 6 ? 2 : 0)).ToList();

        var calendar = Context.Render<CalendarHeatmap>(p => p.Add(c => c.Days, days));

        var rects = calendar.FindAll("rect");
        rects.Should().HaveCount(9);
        (rects[0].GetAttribute("x"), rects[0].GetAttribute("y")).Should().Be(("30", "78"));
        (rects[1].GetAttribute("x"), rects[1].GetAttribute("y")).Should().Be(("43", "0"));
        rects[4].ClassName.Should().Be("l4");
        rects[5].ClassName.Should().Be("l1");
        calendar.Find("svg").GetAttribute("aria-label").Should().Be("10 activities in 9 days");
    }

    [Fact]
    public void A_chart_turns_into_a_table_and_says_when_there_is_nothing()
    {
        var chart = Context.Render<ChartCard>(p => p.Add(c => c.Title, "Sources").Add(c => c.Columns, ["Source", "Leads"]).Add(c => c.Rows, [["web", "3"]]).AddChildContent("<i>drawn</i>"));
        chart.Markup.Should().Contain("drawn");

        chart.Find("[aria-label='Sources as a table']").Click();

        chart.Markup.Should().NotContain("drawn");
        chart.FindAll("td").Select(td => td.TextContent).Should().Equal("web", "3");
        chart.Render(p => p.Add(c => c.Rows, []));
        chart.Markup.Should().Contain("Nothing in this time");
    }

    [Theory]
    [InlineData(0.5, "▲ 50 %")]
    [InlineData(-0.25, "▼ 25 %")]
    public void A_tile_says_which_way_it_went_in_signs_too(double change, string text) =>
        Context.Render<KpiTile>(p => p.Add(t => t.Label, "Won").Add(t => t.Value, "3").Add(t => t.Change, change)).Find(".change").TextContent.Trim().Should().Be(text);
}
