using Bunit;
using Ecodrix.Components.People;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

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
        Show([], "?who=asha").Find("a[href='/audit']").TextContent.Should().Contain("Clear filters");
        Show([], fault: RefusedException.Validation("from", "from must be a day.")).Find("[role=alert]").TextContent.Should().Contain("from must be a day.");
    }

    [Fact]
    public void It_is_narrowed_by_day_once_the_year_is_whole()
    {
        var narrowed = new List<(string, string?)>();
        var list = Context.Render<AuditList>(p => Given(p, _ => [Entry(1)]).Add(c => c.OnNarrow, narrowed.Add));

        list.Find("input[type=date]").Change("0202-03-01");
        list.Find("input[type=date]").Change("2026-03-01");
        list.FindAll("input[type=date]")[1].Change("");

        narrowed.Should().Equal(("from", "2026-03-01"), ("to", null));
    }

    [Fact]
    public void A_second_click_on_older_asks_nothing_and_adds_nothing_twice()
    {
        var (asked, answer) = (0, new TaskCompletionSource<(IReadOnlyList<AuditView>?, RefusedException?)>());
        AuditView[] all = [.. Enumerable.Range(1, AuditLog.PageSize + 1).Select(Entry)];
        var list = Context.Render<AuditList>(p => p.Add(c => c.Actions, []).Add(c => c.Zone, "UTC").Add(c => c.EmptyText, "").Add(c => c.ClearHref, "/audit").Add(c => c.Read, filter =>
        {
            asked++;
            return filter.Before is null ? Task.FromResult<(IReadOnlyList<AuditView>?, RefusedException?)>((all[..AuditLog.PageSize], null)) : answer.Task;
        }));

        list.Find(".pager button").Click();
        list.Find(".pager button").HasAttribute("disabled").Should().BeTrue();
        list.Find(".pager button").Click();
        list.InvokeAsync(() => answer.SetResult(([all[^1]], null)));

        asked.Should().Be(2);
        list.WaitForAssertion(() => list.FindAll("tbody tr").Should().HaveCount(AuditLog.PageSize + 1));
    }

    [Fact]
    public void Older_ones_follow_where_there_may_be_some_and_another_filter_in_the_address_reads_anew()
    {
        var asked = new List<AuditFilter>();
        AuditView[] all = [.. Enumerable.Range(1, AuditLog.PageSize + 1).Select(Entry)];
        var list = Context.Render<AuditList>(p => Given(p, filter =>
        {
            asked.Add(filter);
            return filter.Actor is not null ? [all[0]] : filter.Before is null ? all[..AuditLog.PageSize] : [all[^1]];
        }));
        list.FindAll("tbody tr").Should().HaveCount(AuditLog.PageSize);

        list.Find(".pager button").Click();
        list.FindAll("tbody tr").Should().HaveCount(AuditLog.PageSize + 1);
        list.FindAll(".pager").Should().BeEmpty();
        list.Render();
        Context.Services.GetRequiredService<NavigationManager>().NavigateTo("/audit?who=asha&from=2026-03-01");

        list.FindAll("tbody tr").Should().ContainSingle();
        asked.Should().Equal(new AuditFilter(), new AuditFilter(Before: all[^2].Id), new AuditFilter(Actor: "asha", From: "2026-03-01"));
    }

    private static AuditView Entry(int at) => new($"{at}", At, ActorKind.Agent, "Asha", "person.signed_in", null, []);

    private IRenderedComponent<AuditList> Show(IReadOnlyList<AuditView>? entries, string query = "", RefusedException? fault = null)
    {
        Context.Services.GetRequiredService<NavigationManager>().NavigateTo($"/audit{query}");
        return Context.Render<AuditList>(p => Given(p, _ => entries, fault));
    }

    /// <summary>A list over what is read; reading that brings neither entries nor a fault is still under way.</summary>
    private static ComponentParameterCollectionBuilder<AuditList> Given(
        ComponentParameterCollectionBuilder<AuditList> p, Func<AuditFilter, IReadOnlyList<AuditView>?> read, RefusedException? fault = null) => p
        .Add(c => c.Read, filter => read(filter) is var entries && entries is null && fault is null
            ? new TaskCompletionSource<(IReadOnlyList<AuditView>?, RefusedException?)>().Task
            : Task.FromResult((entries, fault)))
        .Add(c => c.Actions, [("person.", "People")]).Add(c => c.Zone, "UTC").Add(c => c.EmptyText, "Sign-ins appear here.").Add(c => c.ClearHref, "/audit");
}
