using Bunit;
using Ecodrix.App.Pages.Events;
using Ecodrix.Components.Traces;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Triggers;

namespace Ecodrix.Tests.Components.Traces;

public sealed class TraceTests : CrmComponentTest
{
    private static readonly DateTime At = new(2026, 3, 20, 8, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void A_trace_tells_from_the_request_to_its_end_with_links_to_what_it_touched()
    {
        var trace = Trace(Event(EventStatus.Completed) with
        {
            LeadId = "65b2000000000000000000aa",
            LeadName = "Ravi Kumar",
            LeadMade = true,
            StartedAt = At,
            FinishedAt = At.AddSeconds(2),
            Rules = [new RuleTraceView("r", "Confirmed", true, "always")],
            Actions = [Action(ActionStatus.Completed) with { MessageStatus = "read" }],
            Caused = [Event(EventStatus.Completed) with { Trigger = "tag_added" }],
        });

        trace.Markup.Should().Contain("Received appointment_confirmed").And.Contain("Lead created").And.Contain("1 rule matched").And.Contain("Caused one more event").And.Contain("Finished");
        trace.Find("a[href='/leads/65b2000000000000000000aa']").TextContent.Should().Be("Ravi Kumar");
        trace.Find(".ticks.read");
        trace.Markup.Should().Contain("Confirmed").And.Contain("tag_added");
    }

    [Fact]
    public void Nobody_to_act_on_and_no_rule_that_listens_are_said_in_words()
    {
        var trace = Trace(Event(EventStatus.Skipped) with { Phone = "+919876543210", StartedAt = At, FinishedAt = At });

        trace.Markup.Should().Contain("Nobody has +919876543210").And.Contain("No enabled rule listens to appointment_confirmed").And.Contain("0 rules matched");
    }

    [Fact]
    public void What_waits_says_for_what_and_a_replay_names_its_original()
    {
        Trace(Event(EventStatus.Received) with { Waiting = "They run when somebody resumes." }).Markup.Should().Contain("Automations are paused").And.Contain("They run when somebody resumes.");
        Trace(Event(EventStatus.Scheduled) with { RunAt = At.AddHours(1) }).Markup.Should().Contain("Waits for its time");
        Trace(Event(EventStatus.Completed) with { ReplayOf = "65b2000000000000000000ff", Forced = true }).Markup.Should().Contain("Replay, forced, of").And.Contain("/events/65b2000000000000000000ff");
    }

    [Theory]
    [InlineData(ActionStatus.Failed, "Try again")]
    [InlineData(ActionStatus.Queued, "Call off")]
    [InlineData(ActionStatus.Retrying, "Call off")]
    [InlineData(ActionStatus.Completed, null)]
    [InlineData(ActionStatus.Skipped, null)]
    public void An_action_offers_the_one_button_that_helps(ActionStatus status, string? button)
    {
        var pressed = new List<string>();
        var action = Context.Render<TraceAction>(p => p.Add(c => c.Action, Action(status) with { Error = "It went wrong." }).Add(c => c.OnRetry, pressed.Add).Add(c => c.OnCancel, pressed.Add));
        var buttons = action.FindAll("button:not(.copy-text)");

        buttons.Select(b => b.TextContent.Trim()).Should().Equal(button is null ? [] : [button]);
        action.Markup.Should().Contain("It went wrong.");
        if (button is not null)
        {
            buttons[0].Click();
            pressed.Should().Equal("65b2000000000000000000a1");
        }
    }

    [Fact]
    public void A_failed_action_leads_to_where_its_cause_is_taken_away_and_then_is_tried_again()
    {
        var failed = Action(ActionStatus.Failed) with { Error = "The secret smtpHost is not set.", ErrorCode = "SECRET_MISSING", Remedy = Remedy.SetSecrets };
        var trace = Context.Render<TraceTimeline>(p => p
            .Add(c => c.Event, Event(EventStatus.Failed) with { Actions = [failed] })
            .Add(c => c.RemedyOf, (remedy, of) => of is null ? null : new RemedyLink($"{remedy} of {of.Type}", "/secrets"))
            .Add(c => c.OnRetryAction, _ => { }));

        trace.Find("a[href='/secrets']").TextContent.Trim().Should().Be("SetSecrets of add_tag");
        trace.FindAll("button").Should().Contain(b => b.TextContent.Trim() == "Try again");
        trace.Find(".error code").TextContent.Should().Be("SECRET_MISSING");
    }

    [Fact]
    public void A_remedy_is_offered_to_those_who_may_do_it()
    {
        var of = Event(EventStatus.Failed) with { Phone = "+919876543210", LeadId = "65b2000000000000000000aa" };
        var action = Action(ActionStatus.Failed);

        foreach (var (remedy, needs, href) in new[]
        {
            (Remedy.SetSecrets, Permission.Administer, "/c/clinic/settings/secrets"), (Remedy.ReconnectGoogle, Permission.Administer, "/c/clinic/onboarding?step=4"),
            (Remedy.OpenTemplates, Permission.Design, "/c/clinic/templates"), (Remedy.ChangeRule, Permission.Design, "/c/clinic/automations/r"),
            (Remedy.OpenConversation, Permission.Work, "/c/clinic/inbox?search=%2B919876543210"), (Remedy.OpenLead, Permission.Work, "/c/clinic/leads/65b2000000000000000000aa"),
        })
        {
            RemedyLinks.Of(remedy, "clinic", of, action, p => p == needs)!.Href.Should().Be(href);
            RemedyLinks.Of(remedy, "clinic", of, action, p => p != needs).Should().BeNull();
        }

        RemedyLinks.Of(Remedy.TryAgain, "clinic", of, action, _ => true).Should().BeNull("that is a button of its own");
    }

    [Theory]
    [InlineData(1_500, 90_000, "1.5 s", "waited 2 min in the queue")]
    [InlineData(12, 1_900, "12 ms", null)]
    public void An_action_shows_how_long_it_worked_and_how_long_it_waited_where_that_is_notable(long took, long waited, string works, string? waits)
    {
        var action = Context.Render<TraceAction>(p => p.Add(c => c.Action, Action(ActionStatus.Completed) with { StartedAt = At, FinishedAt = At, TookMs = took, WaitedMs = waited }));

        action.Find(".head .num").TextContent.Should().Be(works);
        (action.Markup.Contains("in the queue", StringComparison.Ordinal) ? waits : null).Should().Be(waits);
        if (waits is not null)
        {
            action.Markup.Should().Contain(waits);
        }
    }

    [Fact]
    public void Who_may_only_look_sees_no_buttons()
    {
        Context.Render<TraceAction>(p => p.Add(c => c.Action, Action(ActionStatus.Failed))).FindAll("button:not(.copy-text)").Should().BeEmpty();
        Context.Render<TraceCallback>(p => p.Add(c => c.Callback, Callback(CallbackStatus.Failed))).FindAll("button:not(.copy-text)").Should().BeEmpty();
    }

    [Fact]
    public void A_callback_lists_its_attempts_with_what_came_back_and_is_sent_again()
    {
        var again = new List<string>();
        var shown = Context.Render<TraceCallback>(p => p.Add(c => c.Callback, Callback(CallbackStatus.Failed)).Add(c => c.OnRedeliver, again.Add));

        shown.FindAll("details.attempt").Should().HaveCount(2);
        shown.FindAll("details.attempt")[0].TextContent.Should().Contain("500").And.Contain("HTTP/1.1 500").And.Contain("broken");
        shown.FindAll("details.attempt")[1].TextContent.Should().Contain("no answer").And.Contain("Connection refused");
        shown.FindAll("button").Single(b => b.TextContent.Trim() == "Send again").Click();
        again.Should().Equal("65b2000000000000000000d1");

        Context.Render<TraceCallback>(p => p.Add(c => c.Callback, Callback(CallbackStatus.Pending)).Add(c => c.OnRedeliver, again.Add))
            .Markup.Should().NotContain("Send again", "it is on its way");
    }

    [Fact]
    public void A_callbacks_sheet_shows_what_is_sent_byte_for_byte_and_each_attempt_with_what_helps()
    {
        var callback = Callback(CallbackStatus.Retrying) with
        {
            Body = """{"id":"1",  "spaced":true}""",
            NextAttemptAt = At.AddMinutes(2),
            Attempts =
            [
                new CallbackAttemptView(At, 404, 12, "HTTP/1.1 404 Not Found", "<b>gone</b>", "There is nothing.") { Remedy = "Check callbackUrl.", Address = "203.0.113.9", RequestHead = "POST /hook HTTP/1.1\nwebhook-id: 1" },
                new CallbackAttemptView(At, null, 10_000, null, null, "No answer within 10 seconds.") { RequestHead = "POST /hook HTTP/1.1\nwebhook-id: 2" },
            ],
        };

        var sheet = Context.Render<CallbackSheet>(p => p.Add(c => c.Callback, callback).Add(c => c.EventHref, "/events/1"));

        sheet.Find("a[href='/events/1']").TextContent.Should().Contain("appointment_confirmed");
        sheet.Find("pre.headers").TextContent.Should().Contain("webhook-id: 2", "the latest");
        sheet.Find(".json pre").TextContent.Should().Be(callback.Body);
        var attempts = sheet.FindAll("details.attempt");
        attempts[0].TextContent.Should().Contain("404").And.Contain("Check callbackUrl.").And.Contain("Sent to 203.0.113.9").And.Contain("<b>gone</b>").And.Contain("webhook-id: 1");
        attempts[1].TextContent.Should().Contain("no answer").And.Contain("No connection was made");
        (attempts[0].HasAttribute("open"), attempts[1].HasAttribute("open")).Should().Be((false, true));
        sheet.Markup.Should().Contain("Next attempt").And.NotContain("Given up");

        Context.Render<CallbackSheet>(p => p.Add(c => c.Callback, callback with { Attempts = [], Note = "It was called off." }).Add(c => c.EventHref, "/events/1"))
            .Markup.Should().Contain("No attempt yet").And.Contain("once it has been tried").And.Contain("It was called off.");
    }

    [Theory]
    [InlineData("sending", "Submitting to WhatsApp")]
    [InlineData("failed", "Failed")]
    [InlineData("something_new", "something_new")]
    public void Ticks_are_words_too(string status, string word)
    {
        Context.Render<MessageTicks>(p => p.Add(c => c.Status, status)).Find(".ticks").TextContent.Should().Be(word);
    }

    [Theory]
    [InlineData("completed", "good")]
    [InlineData("failed", "bad")]
    [InlineData("cancelled", "warn")]
    [InlineData("processing", "live")]
    public void A_step_has_the_tone_of_its_state_and_its_duration(string status, string tone)
    {
        var step = Context.Render<TraceStep>(p => p.Add(c => c.Title, "Rules").Add(c => c.Status, status).Add(c => c.Took, TimeSpan.FromSeconds(2)));

        step.Find("li").ClassList.Should().Contain(tone);
        step.Find("h3").TextContent.Should().Be("Rules");
        step.Find(".num").TextContent.Should().Contain("2");
    }

    [Theory]
    [InlineData(null, "good", "meet.google.com")]
    [InlineData(MeetingCancellation.Pending, "live", "being taken out of the calendar")]
    [InlineData(MeetingCancellation.Done, "warn", "no longer in the calendar")]
    [InlineData(MeetingCancellation.Failed, "bad", "Google said no")]
    public void A_meeting_says_whether_it_is_still_in_the_calendar_and_why(MeetingCancellation? cancelled, string tone, string says)
    {
        var warning = cancelled == MeetingCancellation.Failed ? "Google said no" : null;
        var trace = Trace(Event(EventStatus.Completed) with { Meet = new MeetView("https://meet.google.com/abc-defg-hij", warning, cancelled) });

        var step = trace.FindAll("li").Single(li => li.QuerySelector("h3")?.TextContent == "Google Meet");
        step.ClassList.Should().Contain(tone);
        step.TextContent.Should().Contain(says).And.Contain("https://meet.google.com/abc-defg-hij");
    }

    private IRenderedComponent<TraceTimeline> Trace(EventView view) =>
        Context.Render<TraceTimeline>(p => p.Add(c => c.Event, view).Add(c => c.EventPath, "/events/{0}").Add(c => c.LeadPath, "/leads/{0}"));

    private static EventView Event(EventStatus status) => new()
    {
        Id = "65b2000000000000000000e1",
        Trigger = "appointment_confirmed",
        Source = EventSource.Client,
        Status = status,
        RulesMatched = 0,
        ActionCounts = new Dictionary<string, int>(),
        ReceivedAt = At,
        Request = [],
        LeadMade = false,
        Rules = [],
        Actions = [],
        Forced = false,
        Caused = [],
        Depth = 0,
    };

    private static ActionView Action(ActionStatus status) => new() { Id = "65b2000000000000000000a1", RuleId = "r", Type = "add_tag", Status = status, RunAt = At, Attempts = 1 };

    private static CallbackView Callback(CallbackStatus status) => new(
        "65b2000000000000000000d1", "65b2000000000000000000e1", "appointment_confirmed", "https://client.example/hook", status, """{"id":"1"}""",
        [new CallbackAttemptView(At, 500, 12, "HTTP/1.1 500", "broken", null), new CallbackAttemptView(At, null, 3000, null, null, "Connection refused")], null, At, null);
}
