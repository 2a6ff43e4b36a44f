using Bunit;
using Ecodrix.Components.Leads;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Pipelines;
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
    public void A_score_is_as_hot_as_the_tenant_says() =>
        Context.Render<ScoreDot>(p => p.Add(s => s.Score, 60).AddCascadingValue(new ScoreTones(60, 30))).Find(".score").ClassList.Should().Contain("hot");

    [Fact]
    public void A_tag_is_added_by_enter_removed_by_its_cross_and_only_shown_to_who_may_not_change_it()
    {
        var (added, removed) = ("", "");
        var tags = Context.Render<TagEditor>(p => p.Add(t => t.Tags, ["hot"]).Add(t => t.OnAdd, EventCallback.Factory.Create<string>(this, t => added = t)).Add(t => t.OnRemove, EventCallback.Factory.Create<string>(this, t => removed = t)));

        tags.Find("input").Input("  vip ");
        tags.Find("input").KeyDown("Enter");
        tags.Find("[aria-label='Remove the tag hot']").Click();

        (added, removed).Should().Be(("vip", "hot"));
        tags.Find("input").GetAttribute("value").Should().BeNullOrEmpty();
        tags.Render(p => p.Add(t => t.ReadOnly, true));
        tags.FindAll("input, button").Should().BeEmpty();
        tags.Markup.Should().Contain("hot");
    }

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
    public void What_is_typed_stays_while_the_lead_changes_and_the_other_fields_follow_it()
    {
        LeadChanges? sent = null;
        var form = Context.Render<LeadForm>(p => p.Add(f => f.Lead, Lead()).Add(f => f.OnSave, EventCallback.Factory.Create<LeadChanges>(this, c => sent = c)));
        Field(form, "Deal").Input("Knee surgery");

        form.Render(p => p.Add(f => f.Lead, Lead() with { Version = 4, Source = "referral" }));
        form.FindAll("[role=status]").Should().BeEmpty("they do not meet");
        form.Render(p => p.Add(f => f.Lead, Lead() with { Version = 5, Source = "referral", DealTitle = "Hip surgery" }));

        form.Find("[role=status]").TextContent.Should().Contain("Changed meanwhile: Deal is Hip surgery now");
        Field(form, "Deal").GetAttribute("value").Should().Be("Knee surgery");
        Field(form, "Source").GetAttribute("value").Should().Be("referral");
        Save(form);
        (sent!.Version, sent.DealTitle.Value, sent.Source.Value).Should().Be((5, "Knee surgery", "referral"));
    }

    [Fact]
    public void A_conflict_takes_nothing_that_was_typed_and_the_next_save_goes_by_the_new_version()
    {
        var sent = new List<LeadChanges>();
        IRenderedComponent<LeadForm> form = null!;
        form = Context.Render<LeadForm>(p => p.Add(f => f.Lead, Lead()).Add(f => f.OnSave, EventCallback.Factory.Create<LeadChanges>(this, c =>
        {
            sent.Add(c);
            // Somebody was first; then it is saved, as the server writes it.
            form.Render(sent.Count == 1
                ? p => p.Add(f => f.Lead, Lead() with { Version = 4 }).Add(f => f.Refused, "VERSION_CONFLICT")
                : p => p.Add(f => f.Lead, Lead() with { Version = 5, Phone = "+919876500001" }).Add(f => f.Refused, (string?)null));
        })));
        Field(form, "Phone").Input("98765 00001");

        Save(form);
        form.Find("[role=status]").TextContent.Should().Contain("changed meanwhile");
        Field(form, "Phone").GetAttribute("value").Should().Be("98765 00001");
        Save(form);

        sent.Select(c => c.Version).Should().Equal(3, 4);
        Field(form, "Phone").GetAttribute("value").Should().Be("+919876500001");
        form.FindAll("[role=status]").Should().BeEmpty();
    }

    private static AngleSharp.Dom.IElement Field(IRenderedComponent<LeadForm> form, string label) =>
        form.Find($"#{form.FindAll("label").Single(l => l.TextContent.Trim() == label).GetAttribute("for")}");

    private static void Save(IRenderedComponent<LeadForm> form) => form.FindAll("button").Single(b => b.TextContent.Contains("Save", StringComparison.Ordinal)).Click();

    [Fact]
    public void A_dry_run_says_that_nothing_is_written_and_why_rows_are_left_out()
    {
        var summary = Context.Render<ImportSummary>(p => p.Add(s => s.Import, new ImportView(2, 1, 1, [new ImportError(2, "12", "phone", "Not a number.")], null, true, default)));

        summary.Markup.Should().Contain("2 new").And.Contain("1 updated").And.Contain("1 left out").And.Contain("Nothing is written yet").And.Contain("Row 3: Not a number.");
    }

    [Fact]
    public void An_import_that_was_undone_says_what_went_and_how_many_leads_were_kept()
    {
        var summary = Context.Render<ImportSummary>(p => p.Add(s => s.Import, new ImportView(3, 1, 0, [], "id", false, default, Reverted: new RevertView(1, 1, 2))));

        summary.Markup.Should().Contain("Undone: 1 removed, 1 restored, 2 kept because somebody has worked on them since.");
    }

    [Fact]
    public void The_stepper_marks_where_the_lead_stands_what_it_has_passed_and_asks_for_the_step_that_is_pressed()
    {
        string? to = null;
        var stepper = Stepper("s2", readOnly: false, id => to = id);

        stepper.FindAll("li button").Select(b => (b.TextContent, b.ClassName, b.GetAttribute("aria-current"))).Should().Equal(
            ("New", "past", null), ("Proposal", "here", "step"), ("Won", "", null));
        stepper.Find("ol").GetAttribute("aria-label").Should().Be("Stage in Sales");
        stepper.FindAll("li button")[2].Click();

        to.Should().Be("s3");
    }

    [Theory]
    [InlineData("s2", "Proposal · 2 of 3")]
    [InlineData("gone", "Choose a stage")]
    public void The_stage_and_its_place_are_always_said_and_lead_to_the_others_by_name(string at, string said)
    {
        var menu = Stepper(at, readOnly: false, _ => { }).Find(".now button");

        menu.TextContent.Trim().Should().Be(said);
        menu.GetAttribute("aria-label").Should().StartWith(said);
    }

    [Fact]
    public void Who_may_only_look_sees_the_stepper_and_moves_nothing() =>
        Stepper("s1", readOnly: true, _ => { }).FindAll("button").Should().OnlyContain(b => b.HasAttribute("disabled")).And.Contain(b => b.GetAttribute("aria-current") == "step");

    [Fact]
    public void Who_may_only_look_reads_the_stage_and_its_place_too() =>
        Stepper("s1", readOnly: true, _ => { }).Find(".now").TextContent.Should().Contain("New").And.Contain("1 of 3");

    [Fact]
    public void A_stage_that_is_no_more_is_marked_nowhere_on_the_stepper() =>
        Stepper("gone", readOnly: false, _ => { }).FindAll("li button").Should().OnlyContain(b => b.ClassName == "" && b.GetAttribute("aria-current") == null);

    [Fact]
    public void The_parts_of_a_score_are_signed_and_summed_within_its_bounds()
    {
        var parts = Context.Render<ScoreParts>(p => p.Add(s => s.Lead, Lead(100) with { ScoreBreakdown = [new ScorePartView("Source is referral", 130), new ScorePartView("Asked to stop", -20), new ScorePartView("Nothing", 0)] }));

        parts.FindAll("dt").Select(d => d.TextContent).Should().Equal("Source is referral", "Asked to stop", "Nothing", "Score, within 0 and 100");
        parts.FindAll("dd").Select(d => d.TextContent).Should().Equal("+130", "-20", "0", "100");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_score_without_parts_says_that_no_rule_applies(bool read)
    {
        var parts = Context.Render<ScoreParts>(p => p.Add(s => s.Lead, Lead(0) with { ScoreBreakdown = read ? [] : null }));

        parts.Markup.Should().Contain("No scoring rule applies to this lead");
        parts.FindAll("dl").Should().BeEmpty();
    }

    private IRenderedComponent<StageStepper> Stepper(string at, bool readOnly, Action<string> move)
    {
        var pipeline = new PipelineView("p", "Sales", null, true, false, Stages, default, default);
        return Context.Render<StageStepper>(p => p.Add(s => s.Pipeline, pipeline).Add(s => s.StageId, at).Add(s => s.ReadOnly, readOnly).Add(s => s.OnMove, EventCallback.Factory.Create(this, move)));
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
