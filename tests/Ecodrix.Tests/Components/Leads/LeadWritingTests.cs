using Bunit;
using Ecodrix.Components.Formats;
using Ecodrix.Components.Leads;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Timeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Ecodrix.Tests.Components.Leads;

/// <summary>What is written about a lead: its fields, notes, and what happened.</summary>
public sealed class LeadWritingTests : CrmComponentTest
{
    private static readonly TenantFormat Mumbai = new("IN", "INR", "Asia/Kolkata");

    [Fact]
    public void A_note_is_only_its_text_and_a_call_has_minutes_an_outcome_and_a_time()
    {
        var form = new Activities(this);

        form.Button("Add note").HasAttribute("disabled").Should().BeTrue();
        form.View.FindAll("input").Should().BeEmpty();
        form.Text("Prefers evenings");
        form.Button("Add note").HasAttribute("disabled").Should().BeFalse();
        form.Button("Call").Click();

        form.Button("Call").GetAttribute("aria-pressed").Should().Be("true");
        form.Draft.Text.Should().Be("Prefers evenings", "what is written stays with another kind");
        form.Field("Minutes").Change("12.5");
        form.Field("What came of it").Input("Interested");
        (form.Draft.Kind, form.Draft.Minutes, form.Draft.Outcome, form.Draft.At).Should().Be((ActivityType.Call, 12.5m, "Interested", null));
        form.Button("Log call").Click();
        form.Added.Should().Be(1);
    }

    [Theory]
    [InlineData("Meeting", "What it was about", ActivityType.Meeting)]
    [InlineData("E-mail", "Subject", ActivityType.Email)]
    public void A_meeting_and_an_e_mail_say_what_they_were_about(string kind, string field, ActivityType type)
    {
        var form = new Activities(this);

        form.Button(kind).Click();
        form.Field(field).Input("The price");

        (form.Draft.Kind, form.Draft.About).Should().Be((type, "The price"));
        form.Button($"Log {kind.ToLowerInvariant()}").HasAttribute("disabled").Should().BeFalse();
    }

    [Fact]
    public void When_it_was_is_now_in_the_tenants_zone_until_another_time_is_chosen()
    {
        var form = new Activities(this);
        form.Button("Call").Click();

        var when = $"When, in {Mumbai.Zone}";
        form.Field(when).GetAttribute("value").Should().Be("2026-03-20T17:30");
        form.Field(when).Change("0202-03-19T09:15");
        form.Draft.At.Should().BeNull("that is a year half typed");
        form.Field(when).Change("2026-03-19T09:15");
        form.Draft.At.Should().Be(new DateTime(2026, 3, 19, 9, 15, 0));
        form.Field(when).Change("");
        form.Draft.At.Should().BeNull();
    }

    [Fact]
    public void A_time_that_the_clock_left_out_is_the_one_an_hour_later() =>
        new TenantFormat("US", "USD", "America/New_York").ToUtc(new DateTime(2026, 3, 8, 2, 30, 0)).Should().Be(new DateTime(2026, 3, 8, 7, 30, 0));

    [Fact]
    public void A_note_is_edited_where_it_stands_and_what_was_written_stays_while_it_is_not_saved()
    {
        var (saved, works) = (new List<(string, string)>(), false);
        var list = Context.Render<TimelineList>(p => p.Add(t => t.Entries, [Note("n1", "Wants a second opinion"), Note("n2", "Other")]).Add(t => t.CanEdit, true)
            .Add(t => t.Save, (id, text) =>
            {
                saved.Add((id, text));
                return Task.FromResult(works);
            }));

        Press("Edit");
        list.Find("textarea").GetAttribute("value").Should().Be("Wants a second opinion");
        list.Find("textarea").Input("Has a second opinion");
        Press("Save note");
        list.Find("textarea").GetAttribute("value").Should().Be("Has a second opinion");
        // Something else happens with the lead meanwhile.
        list.Render(p => p.Add(t => t.Entries, [Note("n3", "New"), Note("n1", "Wants a second opinion"), Note("n2", "Other")]));
        list.Find("textarea").GetAttribute("value").Should().Be("Has a second opinion");
        works = true;
        Press("Save note");

        saved.Should().Equal(("n1", "Has a second opinion"), ("n1", "Has a second opinion"));
        list.FindAll("textarea").Should().BeEmpty();
        list.Render(p => p.Add(t => t.CanEdit, false));
        list.FindAll("button").Should().BeEmpty();

        void Press(string text) => list.FindAll("button").First(b => b.TextContent == text).Click();
    }

    [Fact]
    public void What_is_written_into_a_lead_and_not_saved_can_be_put_back_over_the_lead_as_it_is_by_then()
    {
        var form = Context.Render<LeadForm>(p => p.Add(f => f.Lead, Lead()));
        (form.Instance.Text(), form.Instance.IsDirty).Should().Be(("", false));
        Field(form, "Deal").Input("");
        form.Instance.IsDirty.Should().BeFalse("a field that is emptied holds what the lead has: nothing");
        Field(form, "Deal").Input("Knee surgery");
        var text = form.Instance.Text();
        form.Instance.IsDirty.Should().BeTrue();

        LeadChanges? sent = null;
        var later = Context.Render<LeadForm>(p => p.Add(f => f.Lead, Lead() with { Version = 5, Source = "referral", DealTitle = "Hip surgery" }).Add(f => f.OnSave, (LeadChanges c) => sent = c));
        later.InvokeAsync(() => later.Instance.Restore(text));

        (Field(later, "Deal").GetAttribute("value"), Field(later, "Source").GetAttribute("value")).Should().Be(("Knee surgery", "referral"));
        later.Find("[role=status]").TextContent.Should().Contain("Changed meanwhile: Deal is Hip surgery now");
        later.FindAll("button").Single(b => b.TextContent.Contains("Save", StringComparison.Ordinal)).Click();
        (sent!.Version, sent.DealTitle.Value, sent.Source.Value).Should().Be((5, "Knee surgery", "referral"));

        later.InvokeAsync(() => later.Instance.Restore(text));
        later.InvokeAsync(() => later.Instance.Restore(""));
        (Field(later, "Deal").GetAttribute("value"), later.Instance.IsDirty).Should().Be(("Hip surgery", false));
        later.FindAll("[role=status]").Should().BeEmpty();
    }

    private static AngleSharp.Dom.IElement Field(IRenderedComponent<LeadForm> form, string label) =>
        form.Find($"#{form.FindAll("label").Single(l => l.TextContent.Trim() == label).GetAttribute("for")}");

    private static TimelineEntryView Note(string id, string text) => new()
    {
        Id = id,
        Kind = TimelineKind.Note,
        LeadId = "l",
        Type = ActivityType.NoteAdded,
        Title = "Note",
        Body = text,
        Data = [],
        PerformedBy = "Asha",
        Pinned = false,
        CreatedAt = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc),
    };

    /// <summary>The form within what holds its draft.</summary>
    private sealed class Activities
    {
        public Activities(LeadWritingTests test)
        {
            test.Context.Services.AddSingleton<TimeProvider>(new FakeTimeProvider(new DateTimeOffset(2026, 3, 20, 12, 0, 0, TimeSpan.Zero)));
            View = test.Context.Render<ActivityForm>(p => p.Add(f => f.Draft, Draft).Add(f => f.OnAdd, () => Added++).AddCascadingValue(Mumbai).Add(f => f.OnDraft, (ActivityDraft draft) =>
            {
                Draft = draft;
                View!.Render(again => again.Add(f => f.Draft, draft));
            }));
        }

        public IRenderedComponent<ActivityForm> View { get; }

        public ActivityDraft Draft { get; private set; } = new();

        public int Added { get; private set; }

        public AngleSharp.Dom.IElement Button(string name) => View.FindAll("button").Single(b => b.TextContent.Trim() == name);

        public AngleSharp.Dom.IElement Field(string name) => View.FindAll("label").Single(l => l.TextContent.Trim() == name).QuerySelector("input")!;

        public void Text(string text) => View.Find("textarea:not([readonly])").Input(text);
    }
}
