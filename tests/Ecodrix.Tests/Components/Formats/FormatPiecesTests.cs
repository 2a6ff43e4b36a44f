using System.Text.Json.Nodes;
using Bunit;
using Ecodrix.Components.Charts;
using Ecodrix.Components.Formats;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Ecodrix.Tests.Components.Formats;

public sealed class FormatPiecesTests : CrmComponentTest
{
    [Fact]
    public void Copying_copies_the_whole_text_whatever_is_shown_and_says_that_it_did()
    {
        var copy = Context.JSInterop.Setup<bool>("ecodrix.copy", "65b2000000000000000000aa").SetResult(true);
        var button = Context.Render<CopyText>(p => p.Add(c => c.Text, "65b2000000000000000000aa").Add(c => c.Shown, "…0000aa").Add(c => c.What, "the lead's id"));
        var before = button.Find("svg").InnerHtml;

        button.Find("button").GetAttribute("aria-label").Should().Be("…0000aa: copy the lead's id");
        button.Find("button").Click();

        copy.Invocations.Should().ContainSingle();
        button.Find("svg").InnerHtml.Should().NotBe(before);
    }

    [Fact]
    public void A_copy_that_the_browser_refused_does_not_look_done()
    {
        Context.JSInterop.Setup<bool>("ecodrix.copy", "x").SetResult(false);
        var button = Context.Render<CopyText>(p => p.Add(c => c.Text, "x"));
        var before = button.Find("svg").InnerHtml;

        button.Find("button").Click();

        button.Find("svg").InnerHtml.Should().Be(before);
    }

    [Fact]
    public void Json_is_indented_and_what_is_not_json_is_shown_as_it_came()
    {
        Block(p => p.Add(c => c.Json, JsonNode.Parse("""{"name":"रवि"}"""))).Should().Be("{\n  \"name\": \"रवि\"\n}");
        Block(p => p.Add(c => c.Raw, """{"a":1}""")).Should().Be("{\n  \"a\": 1\n}");
        Block(p => p.Add(c => c.Raw, "<h1>502</h1>")).Should().Be("<h1>502</h1>");

        string Block(Action<ComponentParameterCollectionBuilder<JsonBlock>> more) =>
            Context.Render<JsonBlock>(p => more(p.Add(c => c.Title, "Body"))).Find("pre").TextContent.ReplaceLineEndings("\n");
    }

    [Theory]
    [InlineData("2026-03-15", "2026-03-15", 1)]
    [InlineData("", null, 1)]
    [InlineData("0202-03-15", null, 0)]
    [InlineData("15 March", null, 0)]
    public void A_day_is_told_when_it_is_whole_or_taken_away_and_not_while_its_year_is_typed(string typed, string? told, int times)
    {
        var days = new List<string?>();
        var field = Context.Render<DayField>(p => p.Add(c => c.Label, "From").Add(c => c.Day, "2026-03-01").Add(c => c.OnDay, d => days.Add(d)));

        field.Find("label").TextContent.Trim().Should().Be("From");
        field.Find("input").GetAttribute("value").Should().Be("2026-03-01");
        field.Find("input").Change(typed);

        days.Should().HaveCount(times).And.OnlyContain(d => d == told);
    }

    [Fact]
    public void A_moment_is_written_for_people_with_the_exact_time_on_hover_and_nothing_for_none()
    {
        Context.Services.AddSingleton<TimeProvider>(new FakeTimeProvider(new DateTimeOffset(2026, 3, 20, 12, 0, 0, TimeSpan.Zero)));
        var at = new DateTime(2026, 3, 12, 8, 0, 0, DateTimeKind.Utc);

        var time = Context.Render<When>(p => p.Add(c => c.At, at)).Find("time");
        time.TextContent.Should().Contain("12 Mar");
        time.GetAttribute("title").Should().Be(TenantFormat.Default.Exactly(at));
        time.GetAttribute("datetime").Should().StartWith("2026-03-12T08:00:00");
        Context.Render<When>(p => p.Add(c => c.At, null)).Markup.Trim().Should().BeEmpty();
    }

    [Fact]
    public void A_zone_is_found_by_part_of_its_name_written_as_people_write_it_and_the_one_chosen_stays_until_another_is()
    {
        string? chosen = null;
        var picker = Context.Render<ZonePicker>(p => p.Add(c => c.Zone, "Asia/Kolkata").Add(c => c.OnZone, zone => chosen = zone));
        picker.Find("input").GetAttribute("value").Should().Be("Asia/Kolkata");
        picker.Find("label").GetAttribute("for").Should().Be(picker.Find("input").Id);

        picker.Find("input").Focus();
        picker.FindAll("[role=option]").Should().HaveCountGreaterThan(40).And.OnlyContain(o => o.TextContent.Contains('/'), "abbreviations such as EST are no places");
        Found("new york").Should().Contain("America/New_York").And.OnlyContain(z => z.Contains("New_York", StringComparison.Ordinal));
        Found("KOLK").Should().Equal("Asia/Kolkata");
        Found("Atlantis").Should().BeEmpty();
        picker.Find("[role=status]").TextContent.Should().Contain("No zone");
        picker.Find("input").FocusOut();
        picker.Find("input").GetAttribute("value").Should().Be("Asia/Kolkata");
        chosen.Should().BeNull();

        Found("berlin");
        picker.Find("input").KeyDown("Enter");
        chosen.Should().Be("Europe/Berlin");

        IEnumerable<string> Found(string text)
        {
            picker.Find("input").Input(text);
            return [.. picker.FindAll("[role=option]").Select(o => o.TextContent.Trim())];
        }
    }

    [Fact]
    public void A_column_is_a_link_to_the_records_behind_it_and_as_high_as_its_share()
    {
        var chart = Context.Render<Histogram>(p => p.Add(c => c.Bars, [new Bar("0–20", 50, "50", null, "/leads?minScore=0"), new Bar("21–40", 100, "100", null, "/leads?minScore=21"), new Bar("41–60", 0, "0")]));

        chart.FindAll("rect").Select(r => r.GetAttribute("height")).Should().Equal("50", "100", "0");
        chart.FindAll("a")[1].GetAttribute("href").Should().Be("/leads?minScore=21");
    }
}
