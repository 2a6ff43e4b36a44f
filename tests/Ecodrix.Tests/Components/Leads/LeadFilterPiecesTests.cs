using Bunit;
using Ecodrix.Components.Leads;
using Ecodrix.Components.People;
using Ecodrix.Engine.People;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Ecodrix.Tests.Components.Leads;

public sealed class LeadFilterPiecesTests : CrmComponentTest
{
    private static readonly MemberNames Names = new([Person("asha@example.com", "Asha Rao"), Person("vikram@example.com", "Vikram Shah")]);

    private readonly List<LeadNarrowing> _wanted = [];

    [Fact]
    public void Filters_are_put_into_words_with_the_parameters_they_stand_in()
    {
        new LeadNarrowing("asha@example.com", "vip, hot", "website", 50).InWords(Names, "assignedTo").Select(n => (n.Text, string.Join(',', n.Names))).Should().Equal(
            ("Owner Asha Rao", "assignedTo"), ("Tagged vip, hot", "tags"), ("Source website", "source"), ("Score from 50", "minScore,maxScore"));

        new LeadNarrowing(LeadNarrowing.Nobody, MaxScore: 20).InWords(Names, "owner").Select(n => n.Text).Should().Equal("Unassigned", "Score to 20");
        new LeadNarrowing(MinScore: 20, MaxScore: 40).InWords(Names, "owner").Single().Text.Should().Be("Score 20–40");
        new LeadNarrowing().InWords(Names, "owner").Should().BeEmpty();
    }

    [Fact]
    public void A_chip_takes_its_filter_off_and_nothing_is_there_while_no_filter_is_on()
    {
        Narrowing? off = null;
        var chips = Context.Render<NarrowingChips>(p => p.Add(c => c.Narrowings, [new Narrowing("Unassigned", "owner"), new Narrowing("Score from 50", "minScore", "maxScore")])
            .Add(c => c.OnTakeOff, EventCallback.Factory.Create<Narrowing>(this, n => off = n)));

        chips.Find("[aria-label='Take off: Score from 50']").Click();

        off!.Names.Should().Equal("minScore", "maxScore");
        chips.Render(p => p.Add(c => c.Narrowings, []));
        chips.Markup.Trim().Should().BeEmpty();
    }

    [Fact]
    public void The_menu_says_how_many_filters_are_on_and_opens_and_closes()
    {
        var menu = Menu(new LeadNarrowing("none", MinScore: 50));
        menu.Find(".count").TextContent.Should().Be("2 on");
        menu.FindAll("input").Should().BeEmpty();

        menu.Find(".opens").Click();
        menu.FindAll("input").Should().HaveCount(4);
        menu.Find(".opens").GetAttribute("aria-expanded").Should().Be("true");

        menu.Find(".panel").KeyDown(new KeyboardEventArgs { Key = "Escape" });
        menu.FindAll("input").Should().BeEmpty();
        menu.Find(".opens").Click();
        menu.Find(".veil").Click();
        menu.FindAll("input").Should().BeEmpty();
        Menu(new LeadNarrowing()).Find(".opens").TextContent.Trim().Should().Be("Filters");
    }

    [Fact]
    public void Escape_in_the_owners_list_closes_the_list_and_once_more_the_menu()
    {
        var menu = Menu(new LeadNarrowing());
        menu.Find(".opens").Click();
        menu.Find("#filter-owner").Focus();
        menu.FindAll("[role=option]").Should().NotBeEmpty();

        menu.Find("#filter-owner").KeyDown(new KeyboardEventArgs { Key = "Escape" });
        menu.FindAll("[role=option]").Should().BeEmpty();
        menu.Find(".opens").GetAttribute("aria-expanded").Should().Be("true");

        menu.Find("#filter-owner").KeyDown(new KeyboardEventArgs { Key = "Escape" });
        menu.Find(".opens").GetAttribute("aria-expanded").Should().Be("false");
        // It goes back to the button that opened the menu.
        Context.JSInterop.VerifyFocusAsyncInvoke();
    }

    [Fact]
    public void Each_field_changes_its_own_filter_and_leaves_the_others_also_those_that_are_not_yet_in_the_address()
    {
        var menu = Menu(new LeadNarrowing("none", MinScore: 50));
        menu.Find(".opens").Click();

        menu.Find("#filter-tags").Change(" vip, hot ");
        menu.Find("#filter-source").Change("website");
        menu.Find("#filter-score").Change("700");
        menu.Find("#filter-score").Change("");
        menu.FindAll("button").Single(b => b.TextContent == "Take all off").Click();
        menu.Find(".opens").TextContent.Trim().Should().Be("Filters");
        menu.Render(p => p.Add(m => m.Value, new LeadNarrowing(Source: "referral")));
        menu.Find(".count").TextContent.Should().Be("1 on");

        _wanted.Should().Equal(
            new LeadNarrowing("none", "vip, hot", MinScore: 50), new LeadNarrowing("none", "vip, hot", "website", 50), new LeadNarrowing("none", "vip, hot", "website", 100), new LeadNarrowing("none", "vip, hot", "website"), new LeadNarrowing());
    }

    [Theory]
    [InlineData("asha@example.com", "Mine|Unassigned|Vikram Shah")]
    [InlineData("staff@ecodrix.example", "Unassigned|Asha Rao|Vikram Shah")]
    [InlineData(null, "Unassigned|Asha Rao|Vikram Shah")]
    public void The_owner_is_oneself_where_one_is_a_member_nobody_or_a_colleague(string? me, string offered)
    {
        var picker = Picker(me);

        picker.Find("input").Focus();

        picker.FindAll("[role=option]").Select(o => o.TextContent.Trim()).Should().Equal(offered.Split('|'));
    }

    [Theory]
    [InlineData("mine", "asha@example.com")]
    [InlineData("unas", "none")]
    [InlineData("shah", "vikram@example.com")]
    [InlineData("vikram@", "vikram@example.com")]
    [InlineData("front desk", "front desk")]
    public void What_is_written_finds_people_by_name_and_address_and_is_taken_as_it_is_where_it_finds_nobody(string text, string owner)
    {
        var chosen = new List<string?>();
        var picker = Picker("asha@example.com", chosen);

        picker.Find("input").Input(text);
        picker.WaitForElement("[role=option]");
        picker.Find("input").KeyDown(new KeyboardEventArgs { Key = "Enter" });

        chosen.Should().Equal(owner);
    }

    [Theory]
    [InlineData("none", "Unassigned")]
    [InlineData("asha@example.com", "Mine")]
    [InlineData("vikram@example.com", "Vikram Shah")]
    [InlineData("front desk", "front desk")]
    public void The_field_says_whose_leads_are_shown(string owner, string shown) =>
        Picker("asha@example.com", value: owner).Find("input").GetAttribute("value").Should().Be(shown);

    private IRenderedComponent<LeadFilterMenu> Menu(LeadNarrowing value) =>
        Context.Render<LeadFilterMenu>(p => p.Add(m => m.Value, value).Add(m => m.OnChange, EventCallback.Factory.Create<LeadNarrowing>(this, _wanted.Add)).AddCascadingValue(Names));

    private IRenderedComponent<OwnerPicker> Picker(string? me, List<string?>? chosen = null, string? value = null) =>
        Context.Render<OwnerPicker>(p => p.Add(o => o.Value, value).Add(o => o.Mine, me).Add(o => o.OnValue, EventCallback.Factory.Create<string?>(this, v => chosen?.Add(v))).AddCascadingValue(Names));

    private static PersonView Person(string email, string name) =>
        new() { Id = email, Name = name, Email = email, Role = Role.Agent, OnlyOwn = false, Status = "active", TwoFactorEnabled = false, CreatedAt = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc) };
}
