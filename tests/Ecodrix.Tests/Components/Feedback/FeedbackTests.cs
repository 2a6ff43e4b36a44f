using Bunit;
using Ecodrix.Components.Feedback;
using Ecodrix.Components.Formats;
using Ecodrix.Engine.Kernel;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.Tests.Components.Feedback;

public sealed class FeedbackTests : CrmComponentTest
{
    [Fact]
    public void An_error_says_what_why_and_its_code_and_retries_where_it_can()
    {
        var tries = 0;
        var error = Context.Render<ErrorState>(p => p.Add(c => c.Title, "The board cannot be shown").Add(c => c.Text, "The database does not answer.").Add(c => c.Code, "DATABASE_UNAVAILABLE")
            .Add(c => c.OnRetry, EventCallback.Factory.Create(this, () => tries++)));

        error.Find("[role=alert]").TextContent.Should().Contain("The board cannot be shown").And.Contain("does not answer").And.Contain("DATABASE_UNAVAILABLE");
        error.Find("button").Click();
        tries.Should().Be(1);
        Context.Render<ErrorState>(p => p.Add(c => c.Title, "No")).FindAll("button").Should().BeEmpty();
    }

    [Fact]
    public void An_empty_state_is_a_sentence_with_the_first_action()
    {
        var empty = Context.Render<EmptyState>(p => p.Add(c => c.Title, "No leads yet").Add(c => c.Text, "Import a list.").AddChildContent("<a href=\"/import\">Import</a>"));

        empty.Find("[role=status] h2").TextContent.Should().Be("No leads yet");
        empty.Find("a").GetAttribute("href").Should().Be("/import");
    }

    [Theory]
    [InlineData(1, true, false, "1–25 of 60")]
    [InlineData(2, false, false, "26–50 of 60")]
    [InlineData(3, false, true, "51–60 of 60")]
    public void A_pager_says_where_it_is_and_stops_at_both_ends(int page, bool first, bool last, string words)
    {
        var asked = new List<int>();
        var pager = Context.Render<Pager>(p => p.Add(c => c.Page, page).Add(c => c.Limit, 25).Add(c => c.Total, 60).Add(c => c.OnPage, EventCallback.Factory.Create<int>(this, asked.Add)).AddCascadingValue(TenantFormat.Default));

        pager.Markup.Should().Contain(words);
        pager.Find("[aria-label='Previous page']").HasAttribute("disabled").Should().Be(first);
        pager.Find("[aria-label='Next page']").HasAttribute("disabled").Should().Be(last);
        if (!last)
        {
            pager.Find("[aria-label='Next page']").Click();
            asked.Should().Equal(page + 1);
        }
    }

    [Fact]
    public async Task More_of_a_list_comes_when_its_end_is_seen_or_pressed()
    {
        var wanted = 0;
        var watch = Context.JSInterop.SetupModule(i => i.Identifier == "ecodrix.watch");
        watch.SetupVoid("dispose").SetVoidResult();
        var more = Context.Render<MoreOnScroll>(p => p.Add(c => c.Left, 7).Add(c => c.OnMore, EventCallback.Factory.Create(this, () => wanted++)));

        more.Find("button").TextContent.Should().Be("7 more…");
        await more.InvokeAsync(() => more.FindComponent<WhenSeen>().Instance.SeenAsync());
        wanted.Should().Be(1);
        more.Find("button").Click();
        wanted.Should().Be(2);
        more.Render(p => p.Add(c => c.Words, "Older messages"));
        more.Find("button").TextContent.Should().Be("Older messages");
    }

    [Fact]
    public void A_pager_of_nothing_is_not_there_and_a_skeleton_says_that_it_loads()
    {
        Context.Render<Pager>(p => p.Add(c => c.Page, 1).Add(c => c.Limit, 25).Add(c => c.Total, 0)).FindAll("nav").Should().BeEmpty();
        var skeleton = Context.Render<SkeletonRows>(p => p.Add(c => c.Rows, 3));
        skeleton.Find("[aria-busy=true]").GetAttribute("aria-label").Should().Be("Loading");
        skeleton.FindAll(".mud-skeleton").Should().HaveCount(3);
    }

    [Fact]
    public void A_list_tells_loading_fault_no_match_empty_and_rows_apart()
    {
        Show(null).FindAll("[aria-busy=true]").Should().ContainSingle();
        Show(List(), fault: RefusedException.Validation("page", "page must be a whole number.")).Find("[role=alert]").TextContent.Should().Contain("cannot be shown").And.Contain("page must be");
        Show(List(), narrowed: true).Find("a[href='/all']").TextContent.Should().Contain("Clear filters");
        Show(List()).Markup.Should().Contain("Nothing here yet").And.NotContain("Clear filters");
        var asked = 0;
        var list = Show(List("a", "b"), onPage: page => asked = page);
        list.FindAll("tbody tr").Select(tr => tr.TextContent).Should().Equal("a", "b");
        list.Find("th").TextContent.Should().Be("Letter");
        list.Find("[aria-label='Next page']").Click();
        asked.Should().Be(2);

        static Page<string> List(params string[] items) => new(items, items.Length * 25, Paging.From(1, 2));

        IRenderedComponent<ListCard<string>> Show(Page<string>? list, RefusedException? fault = null, bool narrowed = false, Action<int>? onPage = null) => Context.Render<ListCard<string>>(p => p
            .Add(c => c.List, list).Add(c => c.Fault, fault).Add(c => c.FaultTitle, "It cannot be shown").Add(c => c.Narrowed, narrowed).Add(c => c.NoMatch, "Nothing matches").Add(c => c.ClearHref, "/all")
            .Add(c => c.Empty, "<p>Nothing here yet</p>").Add(c => c.Head, "<th>Letter</th>").Add(c => c.Row, letter => $"<tr><td>{letter}</td></tr>").Add(c => c.OnPage, onPage ?? (_ => { })));
    }

    [Theory]
    [InlineData("completed", "good", "Completed")]
    [InlineData("failed", "bad", "Failed")]
    [InlineData("retrying", "warn", "Retrying")]
    [InlineData("queued", "live", "Queued")]
    [InlineData("not_configured", "calm", "Not configured")]
    public void A_badge_has_a_word_and_an_icon_beside_its_colour(string status, string tone, string word)
    {
        var badge = Context.Render<StatusBadge>(p => p.Add(c => c.Status, status));

        badge.Find($".badge.{tone}").TextContent.Trim().Should().Be(word);
        badge.FindAll("svg").Should().ContainSingle();
    }
}
