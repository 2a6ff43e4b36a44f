using Bunit;
using Ecodrix.Components.Chat;
using Ecodrix.Components.Formats;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Ecodrix.Tests.Components.Chat;

public sealed class ChatPiecesTests : CrmComponentTest
{
    [Fact]
    public void A_row_shows_name_words_unread_two_labels_and_that_nobody_answers()
    {
        var row = Context.Render<ConversationRow>(p => p.Add(c => c.Conversation, Chats.With(120, open: true)).Add(c => c.Href, "/here"));

        row.Find("a").GetAttribute("href").Should().Be("/here");
        row.Markup.Should().Contain("Ravi Kumar").And.Contain("Is 3 pm free?").And.Contain("99+").And.Contain("vip").And.Contain("Unassigned").And.NotContain("third");
        row.Find("[aria-label='120 unread']");
    }

    [Fact]
    public void A_row_names_the_stage_of_its_lead_in_the_stages_colour_and_calls_who_has_but_a_name_on_whatsapp_by_it()
    {
        var row = Context.Render<ConversationRow>(p => p.Add(c => c.Conversation, Chats.With(0, open: true, name: null) with { Phone = null, Username = "@ravi" }).Add(c => c.Stage, Stages[1]));

        row.Find(".stage").TextContent.Should().Contain(Stages[1].Name);
        row.Find(".stage .dot").GetAttribute("style").Should().Contain(Stages[1].Color);
        row.Find("strong").TextContent.Should().Be("@ravi");
    }

    [Theory]
    [InlineData(ConversationStatus.Open, false)]
    [InlineData(ConversationStatus.Snoozed, true)]
    [InlineData(ConversationStatus.Resolved, true)]
    public void A_row_names_its_status_unless_it_is_open_and_its_number_where_there_is_no_name(ConversationStatus status, bool named)
    {
        var row = Context.Render<ConversationRow>(p => p.Add(c => c.Conversation, Chats.With(0, open: false, status, name: null, owner: "asha@example.com")).Add(c => c.Selected, true));

        row.Markup.Contains(status.ToString(), StringComparison.OrdinalIgnoreCase).Should().Be(named);
        row.Markup.Should().Contain("+919876543210").And.Contain("asha@example.com");
        row.Find("a").GetAttribute("aria-current").Should().Be("true");
        row.FindAll(".unread").Should().BeEmpty();
    }

    [Fact]
    public void The_clock_says_how_long_is_left_warns_when_it_is_soon_and_that_it_is_closed()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 20, 8, 0, 0, TimeSpan.Zero));
        Context.Services.AddSingleton<TimeProvider>(clock);

        ClockAt(null).Markup.Should().Contain("No window");
        ClockAt(clock.GetUtcNow().AddMinutes(-1)).Markup.Should().Contain("Closed");
        ClockAt(clock.GetUtcNow().AddHours(3).AddMinutes(12)).Markup.Should().Contain("3 h 12 m");
        ClockAt(clock.GetUtcNow().AddMinutes(40)).Find(".soon").TextContent.Should().Contain("40 m");

        IRenderedComponent<WindowClock> ClockAt(DateTimeOffset? until) =>
            Context.Render<WindowClock>(p => p.Add(c => c.ExpiresAt, until?.UtcDateTime).AddCascadingValue(TenantFormat.Default));
    }

    [Fact]
    public void The_window_tells_its_page_when_it_closes()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 20, 8, 0, 0, TimeSpan.Zero));
        Context.Services.AddSingleton<TimeProvider>(clock);
        var closed = 0;
        Context.Render<WindowClock>(p => p.Add(c => c.ExpiresAt, clock.GetUtcNow().AddSeconds(45).UtcDateTime).Add(c => c.OnClosed, EventCallback.Factory.Create(this, () => closed++)));

        clock.Advance(TimeSpan.FromSeconds(30));
        closed.Should().Be(0);
        clock.Advance(TimeSpan.FromSeconds(30));
        closed.Should().Be(1);
    }

    [Fact]
    public void Emoji_open_are_picked_by_name_and_close_by_escape()
    {
        var picked = new List<string>();
        var picker = Context.Render<EmojiPicker>(p => p.Add(c => c.OnPick, EventCallback.Factory.Create<string>(this, picked.Add)));

        picker.FindAll("[role=group]").Should().BeEmpty();
        picker.Find("[aria-label=Emoji]").Click();
        picker.Find("[aria-label='Folded hands']").Click();
        picked.Should().Equal("🙏");
        picker.FindAll("[role=group]").Should().BeEmpty("it closes after the choice");

        picker.Find("[aria-label=Emoji]").Click();
        picker.Find(".emoji").KeyDown(new KeyboardEventArgs { Key = "Escape" });
        picker.FindAll("[role=group]").Should().BeEmpty();
    }
}
