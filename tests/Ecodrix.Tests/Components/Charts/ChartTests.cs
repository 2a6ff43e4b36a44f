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
        var chart = Context.Render<ChartCard>(p => p.Add(c => c.Title, "Sources").Add(c => c.Columns, ["Source", "Leads"]).Add(c => c.Rows, [["web", new ChartCell("₹1,000", "1000", "/c/x/leads?source=web")]]).AddChildContent("<i>drawn</i>"));
        chart.Markup.Should().Contain("drawn");

        chart.Find("[aria-label='Sources as a table']").Click();

        chart.Markup.Should().NotContain("drawn");
        chart.FindAll("td").Select(td => td.TextContent).Should().Equal("web", "₹1,000");
        chart.Find("td a").GetAttribute("href").Should().Be("/c/x/leads?source=web");
        chart.Render(p => p.Add(c => c.Rows, []));
        chart.Markup.Should().Contain("Nothing in this time");
    }

    [Fact]
    public void The_csv_has_plain_figures_and_no_formula_a_stranger_typed()
    {
        var chart = Context.Render<ChartCard>(p => p.Add(c => c.Title, "Sources").Add(c => c.File, "acme-sources").Add(c => c.Columns, ["Source", "Value"])
            .Add(c => c.Rows, [["=HYPERLINK(1)", new ChartCell("₹1,20,000", "120000")]]));

        chart.Find("[aria-label='Sources as CSV']").Click();

        var call = Context.JSInterop.Invocations["ecodrix.save"].Should().ContainSingle().Subject;
        call.Arguments[0].Should().Be("acme-sources.csv");
        call.Arguments[2].Should().Be("Source,Value\r\n'=HYPERLINK(1),120000\r\n");
    }

    [Fact]
    public void A_line_is_drawn_from_the_figures_of_days_and_sums_long_times_up()
    {
        var few = Context.Render<Sparkline>(p => p.Add(s => s.Values, [0, 2, 1]));
        few.Find("polyline").GetAttribute("points").Should().Be("0,22 50,2 100,12");

        var many = Context.Render<Sparkline>(p => p.Add(s => s.Values, [.. Enumerable.Repeat(1.0, 365)]));
        many.Find("polyline").GetAttribute("points")!.Split(' ').Should().HaveCount(28);
        Context.Render<Sparkline>(p => p.Add(s => s.Values, [3])).Markup.Trim().Should().BeEmpty();
    }

    [Fact]
    public void Days_with_something_on_them_open_it()
    {
        var calendar = Context.Render<CalendarHeatmap>(p => p.Add(c => c.Days, [new HeatmapDay("2026-03-02", 3), new HeatmapDay("2026-03-03", 0)]).Add(c => c.Href, d => d.Count == 0 ? null : $"/c/x/activity?from={d.Date}"));

        calendar.FindAll("a").Should().ContainSingle().Which.GetAttribute("href").Should().Be("/c/x/activity?from=2026-03-02");
        calendar.FindAll("rect").Should().HaveCount(2);
    }

    [Fact]
    public void A_time_is_chosen_by_preset_or_by_days()
    {
        var chosen = new List<RangeChoice>();
        var picker = Context.Render<RangePicker>(p => p.Add(r => r.Range, "30d").Add(r => r.From, new DateOnly(2026, 3, 1)).Add(r => r.To, new DateOnly(2026, 3, 30)).Add(r => r.OnRange, chosen.Add));
        picker.Find("button[aria-pressed=true]").TextContent.Should().Be("30 days");

        picker.FindAll("button")[0].Click();
        picker.FindAll("input")[0].Change("2026-02-01");
        // Digits of a year on their way, and a field that is emptied, are no choice.
        picker.FindAll("input")[1].Change("0202-03-15");
        picker.FindAll("input")[1].Change("");

        chosen.Should().Equal(new RangeChoice("7d", null, null), new RangeChoice(null, new DateOnly(2026, 2, 1), new DateOnly(2026, 3, 30)));
    }

    [Fact]
    public void Losing_more_is_not_praised()
    {
        var tile = Context.Render<KpiTile>(p => p.Add(t => t.Label, "Lost").Add(t => t.Value, "3").Add(t => t.Change, 0.5).Add(t => t.LessIsBetter, true).Add(t => t.Trend, [1, 2]));

        tile.Find(".change").ClassList.Should().Contain("down").And.NotContain("up");
        tile.FindAll("polyline").Should().ContainSingle();
    }

    [Theory]
    [InlineData(0.5, "▲ 50 %")]
    [InlineData(-0.25, "▼ 25 %")]
    public void A_tile_says_which_way_it_went_in_signs_too(double change, string text) =>
        Context.Render<KpiTile>(p => p.Add(t => t.Label, "Won").Add(t => t.Value, "3").Add(t => t.Change, change)).Find(".change").TextContent.Trim().Should().Be(text);
}
