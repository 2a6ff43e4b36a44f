using Bunit;
using Ecodrix.Components.People;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Tests.Components.People;

public sealed class AuditListTests : CrmComponentTest
{
    private static readonly DateTime At = new(2026, 3, 1, 8, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void An_entry_says_when_who_what_to_what_and_from_old_to_new()
    {
        var row = Show([new AuditView("1", At, ActorKind.Staff, "Asha Rao", "client.changed", "clinic", [new AuditChange("timeZone", "UTC", "Asia/Kolkata"), new AuditChange("origin", null, "https://a.example")])]).Find("tbody tr");

        row.TextContent.Should().Contain("Asha Rao").And.Contain("platform staff").And.Contain("Changed settings").And.Contain("client.changed").And.Contain("clinic")
            .And.Contain("timeZone: UTC → Asia/Kolkata").And.Contain("origin: — → https://a.example");
    }

    [Fact]
    public void Loading_empty_no_match_and_fault_are_told_apart()
    {
        Show(null).FindAll("[aria-busy=true]").Should().ContainSingle();
        Show([]).Markup.Should().Contain("Nothing yet").And.NotContain("Clear filters");
        Show([], new AuditFilter(Actor: "asha")).Find("a[href='/audit']").TextContent.Should().Contain("Clear filters");
        Show([], fault: RefusedException.Validation("from", "from must be a day.")).Find("[role=alert]").TextContent.Should().Contain("from must be a day.");
    }

    [Fact]
    public void It_is_narrowed_by_day_once_the_year_is_whole_and_asks_for_older_ones_only_where_there_may_be_some()
    {
        var narrowed = new List<(string, string?)>();
        var older = 0;
        AuditView[] entries = [new("1", At, ActorKind.Agent, "Asha", "person.signed_in", null, [])];
        var list = Context.Render<AuditList>(p => p.Add(c => c.Entries, entries).Add(c => c.Actions, [("person.", "People")]).Add(c => c.HasOlder, true).Add(c => c.OnNarrow, narrowed.Add).Add(c => c.OnOlder, () => older++));

        list.Find("input[type=date]").Change("0202-03-01");
        list.Find("input[type=date]").Change("2026-03-01");
        list.FindAll("input[type=date]")[1].Change("");
        list.Find(".pager button").Click();

        narrowed.Should().Equal(("from", "2026-03-01"), ("to", null));
        older.Should().Be(1);
        Show(entries).FindAll(".pager").Should().BeEmpty();
    }

    private IRenderedComponent<AuditList> Show(IReadOnlyList<AuditView>? entries, AuditFilter? filter = null, RefusedException? fault = null) => Context.Render<AuditList>(p => p
        .Add(c => c.Entries, entries).Add(c => c.Filter, filter ?? new AuditFilter()).Add(c => c.Actions, [("person.", "People")]).Add(c => c.Zone, "UTC").Add(c => c.EmptyText, "Sign-ins appear here.").Add(c => c.ClearHref, "/audit").Add(c => c.Fault, fault));
}
