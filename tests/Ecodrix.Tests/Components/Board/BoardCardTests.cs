using Bunit;
using Ecodrix.Components.Board;
using Ecodrix.Components.Formats;
using Ecodrix.Components.People;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Triggers;
using Ecodrix.Tests.Components.Chat;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using MudBlazor;

namespace Ecodrix.Tests.Components.Board;

public sealed class BoardCardTests : CrmComponentTest
{
    private static readonly DateTime Now = new(2026, 3, 21, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void A_card_shows_name_value_score_owner_two_tags_and_its_age()
    {
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead(72, "asha.rao@example.com", "hot", "vip", "clinic")).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14))
            .AddCascadingValue(new TenantFormat("IN", "INR", "Asia/Kolkata")));

        card.Markup.Should().Contain("Ravi Kumar").And.Contain("1,20,000").And.Contain("hot").And.Contain("vip").And.Contain("+1").And.NotContain("clinic").And.Contain("AR").And.Contain("20 d");
        card.Find(".stale").TextContent.Should().Be("20 d");
    }

    [Fact]
    public void The_owner_is_called_by_name_where_they_are_a_member_and_as_the_lead_says_where_not()
    {
        var names = new MemberNames([new PersonView { Id = "1", Name = "Asha Verma", Email = "asha.rao@example.com", Role = Role.Agent, OnlyOwn = false, Status = "active", TwoFactorEnabled = false, CreatedAt = Now }]);

        Show("Asha.Rao@example.com").Find(".avatar").GetAttribute("title").Should().Be("Asha Verma");
        Show("front desk").Find(".avatar").TextContent.Should().Be("FD");

        IRenderedComponent<BoardCard> Show(string owner) => Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead(0, owner)).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)).AddCascadingValue(names));
    }

    [Theory]
    [InlineData(14, LeadStatus.Open, true)]
    [InlineData(20, LeadStatus.Open, false)]
    [InlineData(14, LeadStatus.Won, false)]
    public void A_card_is_stale_after_as_many_days_as_the_board_says_and_only_while_its_deal_is_open(int days, LeadStatus status, bool stale)
    {
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead() with { Status = status }).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(days)));

        card.FindAll(".stale").Should().HaveCount(stale ? 1 : 0);
        card.Find("article").GetAttribute("aria-label")!.Contains("stale", StringComparison.Ordinal).Should().Be(stale);
    }

    [Theory]
    [InlineData("ArrowRight", 1)]
    [InlineData("ArrowLeft", -1)]
    public void Shift_and_an_arrow_move_a_stage(string key, int by)
    {
        var steps = new List<int>();
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)).Add(c => c.OnStep, EventCallback.Factory.Create<int>(this, steps.Add)));

        card.Find("article").KeyDown(new KeyboardEventArgs { Key = key, ShiftKey = true });

        steps.Should().Equal(by);
    }

    [Theory]
    [InlineData("ArrowUp", -1)]
    [InlineData("ArrowDown", 1)]
    public void Shift_and_an_arrow_up_or_down_move_within_the_column(string key, int by)
    {
        var shifts = new List<int>();
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)).Add(c => c.OnShift, EventCallback.Factory.Create<int>(this, shifts.Add)));

        card.Find("article").KeyDown(new KeyboardEventArgs { Key = key, ShiftKey = true });

        shifts.Should().Equal(by);
    }

    [Fact]
    public void Enter_opens_and_a_plain_arrow_asks_for_another_card()
    {
        var heard = new List<string>();
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14))
            .Add(c => c.OnOpen, EventCallback.Factory.Create(this, () => heard.Add("open"))).Add(c => c.OnArrow, EventCallback.Factory.Create<string>(this, heard.Add)));

        card.Find("article").KeyDown(new KeyboardEventArgs { Key = "Enter" });
        card.Find("article").KeyDown(new KeyboardEventArgs { Key = "ArrowDown" });

        heard.Should().Equal("open", "ArrowDown");
    }

    [Fact]
    public void Somebody_who_may_only_look_gets_no_menu_and_drags_nothing()
    {
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)).Add(c => c.Movable, false));

        card.Find("article").GetAttribute("draggable").Should().Be("false");
        card.FindAll("[aria-label^='Move']").Should().BeEmpty();
    }

    [Theory]
    [InlineData(3, true, "3")]
    [InlineData(250, false, "99+")]
    public void A_card_shows_the_last_words_how_many_are_unread_and_whether_the_window_is_open(int unread, bool open, string shown)
    {
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)).Add(c => c.Chat, Chats.With(unread, open)));

        card.Find(".snippet").TextContent.Should().Contain("Is 3 pm free?");
        card.Find(".unread").TextContent.Should().Be(shown);
        card.FindAll(".window.open").Should().HaveCount(open ? 1 : 0);
        card.Find("article").GetAttribute("aria-label").Should().Contain($"{unread} unread");
    }

    [Fact]
    public void A_card_without_a_conversation_or_with_all_read_shows_no_count()
    {
        var silent = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)));
        var read = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)).Add(c => c.Chat, Chats.With(0, false)));

        silent.FindAll(".chat").Should().BeEmpty();
        read.FindAll(".chat").Should().ContainSingle();
        read.FindAll(".unread").Should().BeEmpty();
    }

    [Fact]
    public void A_card_is_as_high_before_as_after_it_is_known_whether_there_is_a_conversation()
    {
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)));
        card.FindAll(".line").Should().ContainSingle();

        card.Render(p => p.Add(c => c.Chat, Chats.With(1, true)));

        card.FindAll(".line").Should().ContainSingle().Which.TextContent.Should().Contain("Is 3 pm free?");
    }

    [Theory]
    [InlineData("add_tag", "Add tag tomorrow 09:00")]
    [InlineData(null, "payment_captured tomorrow 09:00")]
    public void A_card_says_what_comes_next_by_itself_and_only_when_beside_the_last_words(string? action, string words)
    {
        var next = new PendingStep(Lead().Id, "e", "payment_captured", action is null ? null : "a", action, new DateTime(2026, 3, 22, 9, 0, 0, DateTimeKind.Utc));
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)));
        card.FindAll(".next").Should().BeEmpty();

        card.Render(p => p.Add(c => c.Next, next));
        card.Find(".next").TextContent.Trim().Should().Be(words);
        card.Find("article").GetAttribute("aria-label").Should().Contain("next: ");

        card.Render(p => p.Add(c => c.Chat, Chats.With(1, true)));
        card.FindAll(".line").Should().ContainSingle();
        card.Find(".next").TextContent.Trim().Should().Be("tomorrow 09:00");
        card.Find(".next").GetAttribute("title").Should().StartWith("Next: ");
    }

    [Theory]
    [InlineData("Asha Verma", "asha@example.com")]
    [InlineData("Unassigned", null)]
    public void A_asks_on_the_card_whose_it_is(string whose, string? owner)
    {
        var given = new List<string?>();
        var card = WithKeys(given: given);

        card.Find("article").KeyDown(new KeyboardEventArgs { Key = "a" });
        card.Find("input[aria-label='Assign Ravi Kumar']").Focus();
        card.FindAll("[role=option]").Single(o => o.TextContent.Trim() == whose).MouseDown(new MouseEventArgs { Button = 0 });

        given.Should().Equal(owner);
        card.FindAll("input").Should().BeEmpty();
    }

    [Fact]
    public void A_and_Enter_make_it_ones_own()
    {
        var given = new List<string?>();
        var card = WithKeys(given: given);
        card.Render(p => p.Add(c => c.Mine, "asha@example.com"));

        card.Find("article").KeyDown(new KeyboardEventArgs { Key = "A" });
        card.Find("input").Focus();
        card.Find("input").KeyDown(new KeyboardEventArgs { Key = "Enter" });

        given.Should().Equal("asha@example.com");
    }

    [Fact]
    public void Escape_leaves_the_list_of_people_and_then_the_card_as_it_was()
    {
        var given = new List<string?>();
        var card = WithKeys(given: given);
        card.Find("article").KeyDown(new KeyboardEventArgs { Key = "a" });
        card.Find("input").Focus();

        card.Find("input").KeyDown(new KeyboardEventArgs { Key = "Escape" });
        card.FindAll("[role=option]").Should().BeEmpty();
        card.Find("input").KeyDown(new KeyboardEventArgs { Key = "Escape" });

        card.FindAll("input").Should().BeEmpty();
        given.Should().BeEmpty();
        Context.JSInterop.Invocations["ecodrix.focus"][^1].Arguments[0].Should().Be($"[data-card=\"{Lead().Id}\"]");
    }

    [Fact]
    public void C_asks_for_the_conversation_and_the_browsers_own_keys_do_nothing()
    {
        var chats = 0;
        var card = WithKeys(() => chats++);

        card.Find("article").KeyDown(new KeyboardEventArgs { Key = "c" });
        card.Find("article").KeyDown(new KeyboardEventArgs { Key = "c", CtrlKey = true });
        card.Find("article").KeyDown(new KeyboardEventArgs { Key = "a", MetaKey = true });

        chats.Should().Be(1);
        card.FindAll("input").Should().BeEmpty();
    }

    [Theory]
    [InlineData("Too dear", "Too dear")]
    [InlineData("", "")]
    public void It_is_asked_why_a_deal_is_lost_and_nobody_has_to_say(string written, string said)
    {
        var heard = new List<string?>();
        var cancelled = 0;
        var why = Context.Render<LostReason>(p => p.Add(w => w.Name, "Ravi").Add(w => w.OnSay, EventCallback.Factory.Create<string?>(this, heard.Add)).Add(w => w.OnCancel, () => cancelled++));
        Context.JSInterop.VerifyFocusAsyncInvoke().Arguments[0].ShouldBeElementReferenceTo(why.Find("input"));
        why.Find("label").TextContent.Should().Be("Why is Ravi lost?");
        // Whatever a dialog gives the focus to first, it is no button that answers.
        why.FindAll("input, button")[0].TagName.Should().Be("INPUT");

        why.Find("input").Input(written);
        why.Find("form").Submit();
        foreach (var button in (string[])["Too expensive", "Skip", "Cancel"])
        {
            why.FindAll("button").Single(b => b.TextContent.Trim() == button).Click();
        }

        heard.Should().Equal(said, "Too expensive", null);
        cancelled.Should().Be(1);
    }

    [Fact]
    public void The_card_whose_lead_is_open_is_marked()
    {
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)));
        card.Find("article").HasAttribute("aria-current").Should().BeFalse();

        card.Render(p => p.Add(c => c.Current, true));

        card.Find("article").GetAttribute("aria-current").Should().Be("true");
        card.Find("article").ClassList.Should().Contain("current");
    }

    [Fact]
    public void A_card_is_drawn_anew_only_where_it_looks_different()
    {
        var lead = Lead();
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, lead).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)));

        card.Render(p => p.Add(c => c.Now, Now.AddSeconds(5)).Add(c => c.OnOpen, EventCallback.Factory.Create(this, () => { })));
        card.RenderCount.Should().Be(1);

        card.Render(p => p.Add(c => c.Lead, lead with { FirstName = "Priya" }));
        card.Markup.Should().Contain("Priya Kumar");
        card.Render(p => p.Add(c => c.Now, Now.AddDays(1)));
        card.Markup.Should().Contain("21 d");
    }

    private IRenderedComponent<BoardCard> WithKeys(Action? onChat = null, List<string?>? given = null)
    {
        var names = new MemberNames([new PersonView { Id = "1", Name = "Asha Verma", Email = "asha@example.com", Role = Role.Agent, OnlyOwn = false, Status = "active", TwoFactorEnabled = false, CreatedAt = Now }]);
        return Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)).AddCascadingValue(names)
            .Add(c => c.OnChat, EventCallback.Factory.Create(this, onChat ?? (() => { }))).Add(c => c.OnAssign, EventCallback.Factory.Create<string?>(this, owner => given?.Add(owner))));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_menu_of_stages_is_made_when_it_is_asked_for_by_its_button_or_M(bool byKey)
    {
        var card = Context.Render<BoardCard>(p => p.Add(c => c.Lead, Lead()).Add(c => c.Stages, Stages).Add(c => c.Now, Now).Add(c => c.StaleAfter, TimeSpan.FromDays(14)));
        card.FindComponents<MudMenu>().Should().BeEmpty();

        if (byKey)
        {
            card.Find("article").KeyDown(new KeyboardEventArgs { Key = "m" });
        }
        else
        {
            card.Find("[aria-label='Move Ravi Kumar']").Click();
        }

        card.WaitForAssertion(() => card.Find("[aria-label='Move Ravi Kumar']").GetAttribute("aria-expanded").Should().Be("true"));
    }
}
