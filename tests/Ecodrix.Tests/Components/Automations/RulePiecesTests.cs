using System.Text.Json.Nodes;
using Bunit;
using Ecodrix.Components.Automations;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Automations.Actions;
using Ecodrix.Engine.Email;
using Ecodrix.Engine.Triggers;

namespace Ecodrix.Tests.Components.Automations;

public sealed class RulePiecesTests : CrmComponentTest
{
    [Fact]
    public void An_action_asks_for_the_fields_of_its_type()
    {
        var form = new ActionForm();
        var changes = 0;
        var editor = Context.Render<ActionEditor>(p => p
            .Add(c => c.Form, form).Add(c => c.Types, ["send_whatsapp", "move_stage", "create_note"]).Add(c => c.Stages, [("s1", "Sales: New"), ("s2", "Sales: Won")]).Add(c => c.OnChanged, () => changes++));
        editor.Find("[aria-label=Template]");

        editor.Find("select[aria-label=Action]").Change("move_stage");
        editor.FindAll("[aria-label=Template]").Should().BeEmpty();
        editor.Find("select[aria-label=Stage]").Change("s2");
        editor.Find("[aria-label='Delay in minutes']").Change("15");

        changes.Should().Be(3);
        form.DelayMinutes.Should().Be(15);
        form.ToConfig().GetRawText().Should().Be("""{"stageId":"s2"}""");
    }

    [Fact]
    public void A_mail_is_previewed_in_a_frame_that_can_run_nothing()
    {
        ActionForm? asked = null;
        var form = new ActionForm { Type = "send_email" };
        var editor = Context.Render<ActionEditor>(p => p
            .Add(c => c.Form, form).Add(c => c.Types, ["send_email"]).Add(c => c.OnPreview, f => asked = f)
            .Add(c => c.Preview, new EmailPreviewView(null, "Hello Ravi", "<p>Hi</p><script>alert(1)</script>", "Hi", null)));

        editor.Find(".email-help button").Click();

        asked.Should().Be(form);
        editor.Find("iframe").GetAttribute("sandbox").Should().BeEmpty("neither scripts nor the page's origin");
        editor.Markup.Should().Contain("nobody: the lead has no address").And.Contain("There is no lead yet");
        editor.FindAll("script").Should().BeEmpty();
    }

    [Theory]
    [InlineData("""<p><img alt="Logo" src='https://cdn.example/logo.png'></p>""", true)]
    [InlineData("""<td style="background: url(//cdn.example/b.png)">""", true)]
    [InlineData("""<p>See https://clinic.example <img src="data:image/png;base64,AA"></p>""", false)]
    public void Pictures_that_the_preview_cannot_show_are_told_of(string html, bool told)
    {
        var editor = Context.Render<ActionEditor>(p => p
            .Add(c => c.Form, new ActionForm { Type = "send_email" }).Add(c => c.Types, ["send_email"]).Add(c => c.Preview, new EmailPreviewView("a@b.example", "Hello", html, "Hi", null)));

        editor.Find(".email-preview").TextContent.Contains("Pictures from elsewhere are not shown in the preview", StringComparison.Ordinal).Should().Be(told);
    }

    [Fact]
    public void A_configuration_comes_out_as_it_went_in_with_what_has_no_field()
    {
        var config = JsonNode.Parse("""{ "url": "https://a.example", "headers": { "Authorization": "Bearer x: y" }, "unknown": [1, 2] }""")!.AsObject();

        var form = ActionForm.From("http_request", 0, config);

        form.Values["headers"].Should().Be("Authorization: Bearer x: y");
        JsonNode.DeepEquals(JsonNode.Parse(form.ToConfig().GetRawText()), config).Should().BeTrue();
    }

    [Fact]
    public void Named_variables_that_have_no_lines_are_kept_and_numbers_stay_numbers()
    {
        var named = JsonNode.Parse("""{ "templateName": "a", "variables": { "patient_name": "Ravi" } }""")!.AsObject();
        JsonNode.DeepEquals(JsonNode.Parse(ActionForm.From("send_whatsapp", 0, named).ToConfig().GetRawText()), named).Should().BeTrue();

        var wait = ActionForm.From("wait_until", 0, JsonNode.Parse("""{ "until": "x", "offsetMinutes": -60 }""")!.AsObject());
        wait.ToConfig().GetProperty("offsetMinutes").GetInt32().Should().Be(-60);
    }

    [Fact]
    public void Conditions_are_added_grouped_and_removed()
    {
        var form = ConditionForm.From(null);
        form.ToJson().Should().BeNull("nothing there means always");
        var editor = Context.Render<ConditionEditor>(p => p.Add(c => c.Form, form).Add(c => c.Fields, ["source"]));

        Button("Condition").Click();
        editor.Find("[aria-label=Field]").Change(" source ");
        editor.Find("[aria-label=Operator]").Change("in");
        editor.Find("[aria-label=Value]").Change("website, 7");
        Button("Group").Click();
        form.Members.Should().HaveCount(2);

        form.ToJson()!.ToJsonString().Should().Be("""{"all":[{"field":"source","operator":"in","value":["website",7]}]}""", "an empty group says nothing");
        editor.Find("[aria-label=Operator]").Change("exists");
        editor.FindAll("[aria-label=Value]").Should().BeEmpty();
        editor.FindAll("[aria-label='Remove this condition']")[0].Click();
        form.ToJson().Should().BeNull();

        AngleSharp.Dom.IElement Button(string text) => editor.FindAll("button").Last(b => b.TextContent.Trim() == text);
    }

    [Theory]
    [InlineData("1500", "1500")]
    [InlineData("0.5", "0.5")]
    [InlineData("007", "\"007\"")]
    [InlineData("true", "true")]
    [InlineData("3 pm", "\"3 pm\"")]
    public void What_is_typed_is_compared_as_what_it_looks_like(string typed, string json)
    {
        new ConditionForm { Field = "data.x", Value = typed }.ToJson()!["value"]!.ToJsonString().Should().Be(json);
    }

    [Fact]
    public void A_condition_deep_enough_takes_no_more_groups()
    {
        var editor = Context.Render<ConditionEditor>(p => p.Add(c => c.Form, ConditionForm.From(null)).Add(c => c.Depth, 5));

        editor.FindAll("button").Select(b => b.TextContent.Trim()).Should().Contain("Condition").And.NotContain("Group");
    }

    [Fact]
    public void Rules_that_match_come_first_each_with_the_value_that_decided()
    {
        var list = Context.Render<ConsideredRules>(p => p
            .Add(c => c.Rules, [new RuleTraceView("1", "Small", false, "data.amount is 5, not more than 10"), new RuleTraceView("2", "Large", true, "data.amount is 15")])
            .Add(c => c.Matched, "would match").Add(c => c.NotMatched, "would not match"));

        list.FindAll("li").Select(l => string.Join(' ', l.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))).Should()
            .Equal("Large would match: data.amount is 15", "Small would not match: data.amount is 5, not more than 10");
        list.Find("li.matched").TextContent.Should().Contain("Large");
    }

    [Fact]
    public void A_planned_action_shows_whom_it_reaches_what_it_says_and_what_stops_it()
    {
        var plan = Context.Render<PlannedActions>(p => p.Add(c => c.Actions,
        [
            Planned(0, "send_whatsapp") with { To = "+919876543210", Text = "Hello Ravi" },
            Planned(1, "send_email") with { Obstacles = [new Obstacle("SECRET_MISSING", "The mail server is not set up.")] },
        ]));

        var (first, second) = (plan.FindAll(".planned")[0], plan.FindAll(".planned")[1]);
        first.TextContent.Should().Contain("Send WhatsApp template").And.Contain("+919876543210").And.Contain("Would run").And.Contain("Hello Ravi").And.Contain("Confirmed");
        second.ClassList.Should().Contain("stopped");
        second.TextContent.Should().Contain("Would not run").And.Contain("The mail server is not set up.").And.Contain("SECRET_MISSING");
    }

    [Fact]
    public void The_plan_of_one_rule_does_not_repeat_its_name()
    {
        Context.Render<PlannedActions>(p => p.Add(c => c.Actions, [Planned(0, "add_tag")]).Add(c => c.ShowRule, false)).Markup.Should().NotContain("Confirmed");
    }

    private static PlannedActionView Planned(int index, string type) => new()
    {
        RuleId = "r",
        RuleName = "Confirmed",
        Index = index,
        Type = type,
        RunAt = new DateTime(2026, 3, 20, 8, 0, 0, DateTimeKind.Utc),
        Input = [],
        Obstacles = [],
    };
}
