using Bunit;
using Ecodrix.Components.People;
using Ecodrix.Engine.People;

namespace Ecodrix.Tests.Components.People;

public sealed class SessionTableTests : CrmComponentTest
{
    [Fact]
    public void A_session_says_which_browser_it_is_and_can_be_ended()
    {
        var ended = new List<string>();
        var at = new DateTime(2026, 3, 1, 8, 0, 0, DateTimeKind.Utc);
        var table = Context.Render<SessionTable>(p => p.Add(s => s.OnEnd, s => ended.Add(s.Id)).Add(s => s.Sessions,
        [
            new SessionView("1", "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", "203.0.113.7", at, at),
            new SessionView("2", "curl/8", "203.0.113.8", at, at),
        ]));

        table.FindAll("tbody td.ellipsis").Select(td => td.TextContent).Should().Equal("Edge on Windows", "Unknown browser");
        table.FindAll("tbody button")[1].Click();

        ended.Should().Equal("2");
        table.Render(p => p.Add(s => s.Sessions, []));
        table.Markup.Should().Contain("Not signed in anywhere");
    }
}
