using Bunit;
using Ecodrix.Components.Leads;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Timeline;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.Tests.Components.Leads;

public sealed class LeadPiecesTests : CrmComponentTest
{
    [Theory]
    [InlineData(70, "hot")]
    [InlineData(69, "warm")]
    [InlineData(19, "cold")]
    public void A_score_is_hot_warm_or_cold(int score, string tone) =>
        Context.Render<ScoreDot>(p => p.Add(s => s.Score, score)).Find(".score").ClassList.Should().Contain(tone);

    [Fact]
    public void A_note_can_be_pinned_and_a_trace_opened()
    {
        string? pinned = null;
        var list = Context.Render<TimelineList>(p => p.Add(t => t.Entries, [Entry("n1", TimelineKind.Note, null), Entry("a1", TimelineKind.Activity, "65b2000000000000000000bb")])
            .Add(t => t.CanEdit, true).Add(t => t.EventPath, "/c/x/events/{0}").Add(t => t.OnPin, EventCallback.Factory.Create<string>(this, id => pinned = id)));

        list.FindAll("button").Single(b => b.TextContent == "Pin").Click();

        pinned.Should().Be("n1");
        list.Find("a").GetAttribute("href").Should().Be("/c/x/events/65b2000000000000000000bb");
    }

    [Fact]
    public void A_form_sends_the_version_it_was_decided_by()
    {
        LeadChanges? sent = null;
        var form = Context.Render<LeadForm>(p => p.Add(f => f.Lead, Lead()).Add(f => f.OnSave, EventCallback.Factory.Create<LeadChanges>(this, c => sent = c)));

        form.FindAll("button").Single(b => b.TextContent.Contains("Save", StringComparison.Ordinal)).Click();

        sent!.Version.Should().Be(3);
        sent.Phone.IsPresent.Should().BeFalse();
        sent.FirstName.Value.Should().Be("Ravi");
    }

    [Fact]
    public void A_dry_run_says_that_nothing_is_written_and_why_rows_are_left_out()
    {
        var summary = Context.Render<ImportSummary>(p => p.Add(s => s.Import, new ImportView(2, 1, 1, [new ImportError(2, "12", "phone", "Not a number.")], null, true, default)));

        summary.Markup.Should().Contain("2 new").And.Contain("1 updated").And.Contain("1 left out").And.Contain("Nothing is written yet").And.Contain("Row 3: Not a number.");
    }

    private static TimelineEntryView Entry(string id, TimelineKind kind, string? log) => new()
    {
        Id = id,
        Kind = kind,
        LeadId = "l",
        Type = kind == TimelineKind.Note ? ActivityType.NoteAdded : ActivityType.TagAdded,
        Title = "Title",
        Body = "Body",
        Data = [],
        PerformedBy = "Asha",
        EventLogId = log,
        Pinned = kind == TimelineKind.Note ? false : null,
        CreatedAt = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc),
    };
}
