using Bunit;
using Ecodrix.Components.Forms;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Ecodrix.Tests.Components.Forms;

public sealed class ComboboxTests : CrmComponentTest
{
    private static readonly string[] People = ["Ravi Kumar", "Ravi Rao", "Priya Sharma"];

    private readonly Dictionary<string, TaskCompletionSource<IReadOnlyList<string>>> _answers = new(StringComparer.Ordinal);
    private readonly List<string?> _chosen = [];
    private readonly List<string> _searched = [];

    [Fact]
    public void A_press_chooses_and_neither_a_late_answer_nor_losing_the_focus_takes_the_choice_away()
    {
        var late = _answers["Ravi"] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var box = Show();
        box.Find("input").Focus();
        box.FindAll("[role=option]").Should().HaveCount(3);

        // The list of the empty text is still shown while the answer for what was written is under way.
        box.Find("input").Input("Ravi");
        box.FindAll("[role=option]")[1].MouseDown(new MouseEventArgs { Button = 0 });
        late.SetResult(["Ravi Kumar"]);
        box.Find("input").FocusOut();
        box.Render();

        _chosen.Should().Equal("Ravi Rao");
        box.Find("input").GetAttribute("value").Should().Be("Ravi Rao");
        box.Find("input").GetAttribute("aria-expanded").Should().Be("false");
        box.FindAll("[role=option]").Should().BeEmpty();
    }

    [Fact]
    public void A_slow_answer_to_an_earlier_text_does_not_replace_the_one_to_what_stands_there()
    {
        var slow = _answers["P"] = new();
        var box = Show();
        box.Find("input").Input("P");
        box.Find("input").Input("Ravi");
        box.WaitForAssertion(() => box.FindAll("[role=option]").Should().HaveCount(2));

        slow.SetResult(["Priya Sharma"]);

        box.FindAll("[role=option]").Select(o => o.TextContent.Trim()).Should().Equal("Ravi Kumar", "Ravi Rao");
    }

    [Fact]
    public void Arrows_go_round_the_list_enter_takes_and_escape_leaves_and_who_cannot_see_hears_where_they_are()
    {
        var box = Show();
        box.Find("input").KeyDown("ArrowDown");
        var input = box.Find("input[role=combobox]");
        input.GetAttribute("aria-expanded").Should().Be("true");
        box.Find($"#{input.GetAttribute("aria-controls")}").GetAttribute("role").Should().Be("listbox");
        Active().Should().Be("Ravi Kumar");

        box.Find("input").KeyDown("ArrowUp");
        Active().Should().Be("Priya Sharma");
        box.Find("input").KeyDown("ArrowDown");
        box.Find("input").KeyDown("ArrowDown");
        Active().Should().Be("Ravi Rao");
        box.Find("input").KeyDown("Escape");
        box.FindAll("[role=option]").Should().BeEmpty();
        _chosen.Should().BeEmpty();

        box.Find("input").KeyDown("ArrowDown");
        box.Find("input").KeyDown("ArrowDown");
        box.Find("input").KeyDown("Enter");
        _chosen.Should().Equal("Ravi Rao");

        string Active() => box.Find($"#{box.Find("input").GetAttribute("aria-activedescendant")}[aria-selected=true]").TextContent.Trim();
    }

    [Fact]
    public void Enter_before_the_answer_takes_the_first_of_what_it_brings_not_what_an_earlier_text_found()
    {
        var box = Show();
        box.Find("input").Focus();
        var late = _answers["Pri"] = new();
        box.Find("input").Input("Pri");
        box.Find("input").KeyDown("Enter");
        _chosen.Should().BeEmpty();

        late.SetResult(["Priya Sharma"]);

        box.WaitForAssertion(() => _chosen.Should().Equal("Priya Sharma"));
    }

    [Fact]
    public void Writing_something_else_or_clearing_lets_the_choice_go_and_another_button_of_the_mouse_chooses_nothing()
    {
        var box = Show("Ravi Kumar");
        box.Find("input").GetAttribute("value").Should().Be("Ravi Kumar");

        box.Find("input").Input("Ravi K");
        box.Find("[role=option]").MouseDown(new MouseEventArgs { Button = 2 });
        _chosen.Should().Equal([null]);
        box.Find("input").GetAttribute("value").Should().Be("Ravi K");

        // A screen reader clicks without pressing.
        box.Find("[role=option]").Click(new MouseEventArgs { Detail = 0 });
        box.Find("[aria-label=Clear]").Click();
        _chosen.Should().Equal(null, "Ravi Kumar", null);
        box.Find("input").GetAttribute("value").Should().BeNullOrEmpty();
        box.FindAll("[aria-label=Clear]").Should().BeEmpty();
    }

    [Fact]
    public void It_searches_once_the_writer_pauses_and_says_when_nothing_is_found()
    {
        var clock = new FakeTimeProvider();
        Context.Services.AddSingleton<TimeProvider>(clock);
        var box = Show(delay: 200);

        box.Find("input").Input("N");
        clock.Advance(TimeSpan.FromMilliseconds(150));
        box.Find("input").Input("Nobody");
        clock.Advance(TimeSpan.FromMilliseconds(150));
        box.Find("[role=status]").TextContent.Should().Be("Searching…");
        clock.Advance(TimeSpan.FromMilliseconds(50));

        box.WaitForAssertion(() => box.Find("[role=status]").TextContent.Should().Be("No such person."));
        _searched.Should().Equal("Nobody");
    }

    private IRenderedComponent<Combobox<string>> Show(string? value = null, int delay = 0)
    {
        IRenderedComponent<Combobox<string>>? box = null;
        box = Context.Render<Combobox<string>>(p => p
            .Add(c => c.Value, value).Add(c => c.Find, FindAsync).Add(c => c.Show, s => s).Add(c => c.Key, s => s).Add(c => c.Label, "Person").Add(c => c.NothingText, "No such person.").Add(c => c.DelayMilliseconds, delay)
            .Add(c => c.OnValue, chosen =>
            {
                _chosen.Add(chosen);
                box!.Render(again => again.Add(c => c.Value, chosen));
            }));
        return box;
    }

    private async Task<IReadOnlyList<string>> FindAsync(string text, CancellationToken ct)
    {
        _searched.Add(text);
        return _answers.TryGetValue(text, out var answer)
            ? await answer.Task
            : [.. People.Where(p => p.Contains(text, StringComparison.Ordinal))];
    }
}
