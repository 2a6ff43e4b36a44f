using Bunit;
using Ecodrix.Components.People;
using Ecodrix.Engine.People;

namespace Ecodrix.Tests.Components.People;

public sealed class MembersTableTests : CrmComponentTest
{
    private static readonly PersonView Asha = Person("1", "Asha Rao", Role.TenantAdmin, "active") with { TwoFactorEnabled = true };
    private static readonly PersonView Vikram = Person("2", "Vikram Shah", Role.Agent, "deactivated") with { OnlyOwn = true };

    [Fact]
    public void Everybody_is_shown_with_role_state_and_what_they_see_and_who_looks_is_marked()
    {
        var table = Show(sees: true);

        var rows = table.FindAll("tbody > tr");
        rows.Should().HaveCount(2);
        rows[0].TextContent.Should().Contain("Asha Rao").And.Contain("you").And.Contain("everything").And.Contain("on").And.Contain("never").And.Contain("Shut out");
        rows[1].TextContent.Should().Contain("only own").And.Contain("Deactivated").And.Contain("Let in again").And.NotContain("you");
        rows[1].QuerySelectorAll("button").Should().NotContain(b => b.TextContent.Contains("Reset second factor"), "there is none to reset");
        table.Find("select[aria-label='Role of Vikram Shah'] option[selected]").TextContent.Should().Be("Agent");
        Show(sees: false).FindAll("th").Select(th => th.TextContent).Should().NotContain("Sees");
    }

    [Fact]
    public void A_field_for_a_person_is_offered_members_by_name_who_can_do_the_work_and_nobody_where_there_is_none()
    {
        var offered = Context.Render<MemberSuggestions>(p => p.AddCascadingValue(new MemberNames([Asha, Vikram])));

        offered.FindAll("datalist#members > option").Select(o => (o.GetAttribute("value"), o.TextContent)).Should().Equal([(Asha.Email, "Asha Rao")], "the other is shut out");
        Context.Render<MemberSuggestions>().FindAll("option").Should().BeEmpty();
    }

    [Fact]
    public void A_change_of_role_and_letting_in_again_say_who_and_what()
    {
        var changes = new List<(PersonView Person, PersonChanges Changes)>();
        var table = Context.Render<MembersTable>(p => p.Add(c => c.People, [Asha, Vikram]).Add(c => c.Roles, [Role.TenantAdmin, Role.Agent]).Add(c => c.OnChange, changes.Add));

        table.Find("select[aria-label='Role of Asha Rao']").Change("Agent");
        table.FindAll("button").Last(b => b.TextContent.Contains("Let in again")).Click();
        table.FindAll("button").First(b => b.TextContent.Contains("Shut out")).Click();

        changes.Select(c => c.Person.Id).Should().Equal("1", "2", "1");
        changes[0].Changes.Role.Value.Should().Be(Role.Agent);
        changes[1].Changes.Deactivated.Should().Be(new Ecodrix.Engine.Kernel.Optional<bool>(false));
        changes[2].Changes.Deactivated.Value.Should().BeTrue();
    }

    [Fact]
    public void Sessions_open_below_their_person_and_are_ended_there()
    {
        var at = new DateTime(2026, 3, 1, 8, 0, 0, DateTimeKind.Utc);
        var asked = new List<string>();
        var table = Context.Render<MembersTable>(p => p.Add(c => c.People, [Asha, Vikram]).Add(c => c.Roles, [Role.Agent]).Add(c => c.Open, "2").Add(c => c.Sessions, [new SessionView("s9", "Firefox/141", "203.0.113.7", at, at)])
            .Add(c => c.OnSessions, person => asked.Add(person.Id)).Add(c => c.OnEndSession, e => asked.Add($"{e.Person.Id}:{e.Session.Id}")));

        table.FindAll("button").First(b => b.TextContent.Contains("Sessions")).Click();
        table.Find("table[aria-label='Sessions of Vikram Shah'] button").Click();

        asked.Should().Equal("1", "2:s9");
        table.FindAll("button").Where(b => b.TextContent.Contains("Sessions")).Select(b => b.GetAttribute("aria-expanded")).Should().Equal("false", "true");
    }

    private IRenderedComponent<MembersTable> Show(bool sees) =>
        Context.Render<MembersTable>(p => p.Add(c => c.People, [Asha, Vikram]).Add(c => c.Roles, [Role.TenantAdmin, Role.Agent, Role.Viewer]).Add(c => c.Me, "1").Add(c => c.ShowSees, sees));

    private static PersonView Person(string id, string name, Role role, string status) => new()
    {
        Id = id,
        Name = name,
        Email = $"{id}@example.com",
        Role = role,
        OnlyOwn = false,
        Status = status,
        TwoFactorEnabled = false,
        CreatedAt = default,
    };
}
