using Bunit;
using Ecodrix.Components.Chat;
using Ecodrix.Engine.WhatsApp.Inbox;

namespace Ecodrix.Tests.Components.Chat;

public sealed class PresenceTests : CrmComponentTest
{
    private static readonly DateTimeOffset Now = new(2026, 3, 20, 8, 0, 0, TimeSpan.Zero);

    private readonly PresenceRoll _roll = new("me");

    [Fact]
    public void Who_is_alone_is_told_nothing_and_the_line_is_there_for_screen_readers()
    {
        Line().TextContent.Trim().Should().BeEmpty();
        Line().GetAttribute("role").Should().Be("status");
    }

    [Theory]
    [InlineData("Asha is here", PresenceState.Here)]
    [InlineData("Asha and Meera are here", PresenceState.Here, PresenceState.Here)]
    [InlineData("Asha and 2 others are here", PresenceState.Here, PresenceState.Here, PresenceState.Here)]
    [InlineData("Meera is replying", PresenceState.Here, PresenceState.Replying)]
    [InlineData("Asha and Ravi are replying", PresenceState.Replying, PresenceState.Here, PresenceState.Replying)]
    public void Colleagues_are_named_and_who_writes_before_who_looks(string words, params PresenceState[] states)
    {
        foreach (var (at, state) in states.Index())
        {
            _roll.Hear(Signal($"{at}", ((string[])["Asha", "Meera", "Ravi"])[at], state), Now);
        }

        Line().TextContent.Trim().Should().Be(words);
        Line().ClassList.Contains("replying").Should().Be(words.EndsWith("replying", StringComparison.Ordinal));
    }

    [Fact]
    public void Nobody_is_told_of_themselves_and_who_leaves_is_gone()
    {
        _roll.Hear(Signal("me", "Me in another tab", PresenceState.Replying), Now);
        _roll.At(Now).Should().BeEmpty();

        _roll.Hear(Signal("1", "Asha", PresenceState.Here), Now).Should().BeTrue("they have just come");
        _roll.Hear(Signal("1", "Asha", PresenceState.Replying), Now).Should().BeFalse("they were here already");
        _roll.Hear(Signal("1", "Asha", PresenceState.Gone), Now);
        _roll.At(Now).Should().BeEmpty();
    }

    [Fact]
    public void Who_stops_typing_is_only_here_and_who_falls_silent_is_gone()
    {
        _roll.Hear(Signal("1", "Asha", PresenceState.Replying), Now);

        _roll.At(Now + ConversationPresence.ReplyingLasts - TimeSpan.FromSeconds(1)).Should().Equal(new PresentColleague("1", "Asha", true));
        _roll.At(Now + ConversationPresence.ReplyingLasts).Should().Equal(new PresentColleague("1", "Asha", false));
        _roll.At(Now + ConversationPresence.Lasts).Should().BeEmpty();
        ConversationPresence.Pulse.Should().BeLessThan(ConversationPresence.Lasts / 2, "one lost word is nobody's leaving");
    }

    private static PresenceSignal Signal(string person, string name, PresenceState state) => new("c", person, name, state, false);

    private AngleSharp.Dom.IElement Line() => Context.Render<PresenceLine>(p => p.Add(c => c.Colleagues, _roll.At(Now))).Find(".presence");
}
