using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>A rule from its first line to its trace, and the switch that holds all of them.</summary>
public sealed class AutomationPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    private const string Phone = "+919876512001";

    [BrowserFact]
    public async Task What_is_written_in_a_rule_is_not_lost_by_a_link_and_who_may_not_change_rules_can_read_them()
    {
        var tenant = await app.TenantAsync();
        var rule = (await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new { name = "Welcome", trigger = "lead_created", actions = new[] { new { type = "add_tag", config = new { tag = "new" } } } })).GetProperty("id").GetString();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/automations/{rule}");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Welcome, and more");
        await page.GetByLabel("Name", new() { Exact = true }).BlurAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Leads" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Stay" }).ClickAsync();
        await Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("Welcome, and more");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save rule" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Welcome, and more" })).ToBeVisibleAsync();

        var viewer = await app.SignedInAsync(await app.PersonAsync(Role.Viewer, tenant.Code));
        await viewer.GotoAsync($"/c/{tenant.Code}/automations/{rule}");
        await Expect(viewer.GetByLabel("Name", new() { Exact = true })).ToBeDisabledAsync();
        await Expect(viewer.GetByRole(AriaRole.Button, new() { Name = "Save rule" })).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task What_a_rule_asks_of_its_pipeline_is_shown_and_stays_when_it_is_saved()
    {
        var tenant = await app.TenantAsync();
        var pipeline = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/pipelines"))[0].GetProperty("id").GetString();
        var rule = await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new
        {
            name = "Greets",
            trigger = "stage_enter",
            triggerConfig = new { pipelineId = pipeline },
            actions = new[] { new { type = "add_tag", config = new { tag = "in" } } },
        });
        var id = rule.GetProperty("id").GetString();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/automations/{id}");
        await Expect(page.GetByLabel("Pipeline")).ToHaveValueAsync(pipeline!);

        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Greets all");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save rule" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Greets all" })).ToBeVisibleAsync();

        (await tenant.CallAsync(HttpMethod.Get, $"/api/crm/automations/{id}")).GetProperty("triggerConfig").GetProperty("pipelineId").GetString().Should().Be(pipeline);
    }

    [BrowserFact]
    public async Task A_name_is_picked_by_keyboard_where_liquid_is_written_and_a_filter_after_it()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = Phone, metadata = new { extra = new { plan = "gold" } } });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/automations/new");
        await page.GetByLabel("Action", new() { Exact = true }).SelectOptionAsync("create_note");
        var note = page.GetByRole(AriaRole.Textbox, new() { Name = "Note", Exact = true });
        var options = page.Locator(".action [role=option]");

        await note.PressSequentiallyAsync("Hello {{ lead.fir");
        await Expect(options).ToHaveCountAsync(1);
        await note.PressAsync("Enter");
        await Expect(note).ToHaveValueAsync("Hello {{ lead.firstName }}");
        await Expect(options).ToHaveCountAsync(0);
        await note.PressSequentiallyAsync(", your {{pl");
        await Expect(options).ToHaveTextAsync(["lead.metadata.extra.plan"]);
        await note.PressAsync("Tab");
        await Expect(note).ToHaveValueAsync("Hello {{ lead.firstName }}, your {{ lead.metadata.extra.plan }}");
        await Expect(note).ToBeFocusedAsync();
        await note.PressSequentiallyAsync(" {{ lead.lastName | cap");
        await Expect(options).ToHaveTextAsync(["capitalize"]);
        await options.ClickAsync();
        await Expect(options).ToHaveCountAsync(0);

        // What was picked is part of the rule, and Enter without a list is a line.
        await note.PressAsync("Enter");
        await Expect(note).ToHaveValueAsync("Hello {{ lead.firstName }}, your {{ lead.metadata.extra.plan }} {{ lead.lastName | capitalize }}\n");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Greets");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save rule" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Greets" }).ClickAsync();
        await Expect(note).ToHaveValueAsync(new Regex("^Hello {{ lead.firstName }}, your {{ lead.metadata.extra.plan }} {{ lead.lastName \\| capitalize }}"));
    }

    [BrowserFact]
    public async Task A_rule_is_written_tried_on_a_lead_simulated_fired_and_its_delayed_action_called_off()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = Phone, dealValue = 120000 });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/automations/new");

        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Large payment");
        await page.GetByLabel("Trigger", new() { Exact = true }).SelectOptionAsync("payment_captured");
        await page.GetByRole(AriaRole.Button, new() { Name = "Condition", Exact = true }).ClickAsync();
        await page.GetByLabel("Field", new() { Exact = true }).FillAsync("data.amount");
        await page.GetByLabel("Operator").SelectOptionAsync("gt");
        await page.GetByLabel("Value", new() { Exact = true }).FillAsync("1000");
        await page.GetByLabel("Action", new() { Exact = true }).SelectOptionAsync("add_tag");
        await page.GetByLabel("Tag", new() { Exact = true }).FillAsync("paid");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add action" }).ClickAsync();
        await page.GetByLabel("Action", new() { Exact = true }).Nth(1).SelectOptionAsync("create_note");
        await page.GetByLabel("Delay in minutes").Nth(1).FillAsync("60");
        await page.GetByLabel("Note", new() { Exact = true }).FillAsync("Thank for {{ data.amount }}");

        // Before it is saved: it does not match without the amount, and would do both with it.
        var dry = page.GetByRole(AriaRole.Region, new() { Name = "Dry run" });
        await dry.GetByPlaceholder("Name or number of a lead").FillAsync("Ravi");
        await dry.GetByRole(AriaRole.Option, new() { Name = $"Ravi {Phone}" }).ClickAsync();
        await Expect(dry.GetByRole(AriaRole.Combobox)).ToHaveValueAsync($"Ravi {Phone}");
        await dry.GetByRole(AriaRole.Button, new() { Name = "Try it" }).ClickAsync();
        await Expect(dry.GetByRole(AriaRole.Status).First).ToContainTextAsync("Does not match");
        await dry.GetByText("What the trigger would carry").ClickAsync();
        await dry.GetByLabel("data, as JSON; for a system trigger what changed").FillAsync("""{ "amount": 1500 }""");
        await dry.GetByRole(AriaRole.Button, new() { Name = "Try it" }).ClickAsync();
        await Expect(dry.GetByRole(AriaRole.Status).First).ToContainTextAsync("Matches");
        await Expect(dry.Locator(".planned")).ToHaveCountAsync(2);
        await Expect(dry).ToContainTextAsync("Thank for 1500");

        await page.GetByRole(AriaRole.Button, new() { Name = "Save rule" }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToContainTextAsync("after 1 h");

        await page.GotoAsync($"/c/{tenant.Code}/simulate");
        var result = page.GetByRole(AriaRole.Region, new() { Name = "Result" });
        var payload = page.GetByLabel("Request body");
        await payload.FillAsync("{ not json");
        await page.GetByRole(AriaRole.Button, new() { Name = "Simulate", Exact = true }).ClickAsync();
        await Expect(result.GetByRole(AriaRole.Alert)).ToContainTextAsync("not a JSON object");
        await payload.FillAsync($$"""{ "trigger": "payment_captured", "phone": "{{Phone}}", "data": { "amount": 1500 } }""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Simulate", Exact = true }).ClickAsync();
        await Expect(result).ToContainTextAsync("1 rule would match");
        await Expect(result).ToContainTextAsync("Thank for 1500");

        await tenant.CallAsync(HttpMethod.Post, "/api/saas/workflows/trigger", new { trigger = "payment_captured", phone = Phone, data = new { amount = 1500 } });
        await page.GotoAsync($"/c/{tenant.Code}/automations");
        await page.GetByRole(AriaRole.Link, new() { Name = "run log" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Rule: Large payment" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "payment_captured" }).ClickAsync();
        var trace = page.GetByRole(AriaRole.List, new() { Name = "Trace" });
        await Expect(trace).ToContainTextAsync("1 rule matched");
        await Expect(trace.Locator(".step.good", new() { HasText = "Add tag" })).ToBeVisibleAsync();
        await trace.Locator(".step", new() { HasText = "Write a note" }).GetByRole(AriaRole.Button, new() { Name = "Call off" }).ClickAsync();
        await Expect(trace.Locator(".step", new() { HasText = "Finished" })).ToBeVisibleAsync();

        await page.GotoAsync($"/c/{tenant.Code}/automations");
        await page.GetByRole(AriaRole.Link, new() { Name = "Large payment" }).ClickAsync();
        var runs = page.GetByRole(AriaRole.Region, new() { Name = "Run log" });
        await Expect(runs.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(1);
        await Expect(runs).ToContainTextAsync("1 completed");
        await Expect(runs.GetByRole(AriaRole.Link, new() { Name = Phone })).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_lead_pressed_before_the_answer_to_what_was_just_written_stays_chosen()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = "+919876512101" });
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Priya", phone = "+919876512102" });

        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/automations/new");
        var dry = page.GetByRole(AriaRole.Region, new() { Name = "Dry run" });
        var field = dry.GetByRole(AriaRole.Combobox, new() { Name = "Lead" });
        var ready = dry.GetByRole(AriaRole.Button, new() { Name = "Try it" });
        for (var round = 0; round < 5; round++)
        {
            await field.ClickAsync();
            var option = dry.GetByRole(AriaRole.Option, new() { Name = "Ravi" });
            await Expect(option).ToBeVisibleAsync();
            var box = (await option.BoundingBoxAsync())!;
            // Between the press and the release the search for what is written comes back and draws the list anew.
            await field.PressSequentiallyAsync("R");
            await page.Mouse.MoveAsync(box.X + 10, box.Y + 10);
            await page.Mouse.DownAsync();
            await Expect(ready).ToBeEnabledAsync();
            await page.Mouse.UpAsync();
            await Expect(field).ToHaveValueAsync(new Regex(@"\+9198765121"));
            await Expect(ready).ToBeEnabledAsync();
            await dry.GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
            await Expect(ready).ToBeDisabledAsync();
            await page.Keyboard.PressAsync("Escape");
        }

        // The same by keyboard alone, faster than the search.
        await field.FillAsync("Priya");
        await field.PressAsync("Enter");
        await Expect(field).ToHaveValueAsync(new Regex("^Priya"));
        await Expect(ready).ToBeEnabledAsync();
        await field.PressAsync("Tab");
        await Expect(ready).ToBeEnabledAsync();
    }

    [BrowserFact]
    public async Task A_mail_is_previewed_with_its_own_look_and_no_script_of_it_runs()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = Phone, email = "ravi@example.com" });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code), 360, 740);
        await page.GotoAsync($"/c/{tenant.Code}/automations/new");
        await page.GetByLabel("Action", new() { Exact = true }).SelectOptionAsync("send_email");
        await page.GetByLabel("Subject").FillAsync("Welcome {{ lead.firstName }}");
        await page.GetByLabel("Body", new() { Exact = true }).FillAsync("""<h1 style="color:rgb(14, 124, 102)">Namaste {{ lead.firstName }}</h1><script>document.body.textContent = "run"</script>""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();

        await Expect(page.Locator(".email-preview")).ToContainTextAsync("Welcome Ravi");
        await Expect(page.Locator(".email-preview")).ToContainTextAsync("ravi@example.com");
        var heading = page.FrameLocator("iframe[title=\"The mail's body\"]").GetByRole(AriaRole.Heading, new() { Name = "Namaste Ravi" });
        await Expect(heading).ToBeVisibleAsync();
        await Expect(heading).ToHaveCSSAsync("color", "rgb(14, 124, 102)");
        (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth")).Should().BeLessThanOrEqualTo(0);
    }

    [BrowserFact]
    public async Task Pausing_all_automations_shows_at_once_to_everybody_holds_events_and_resuming_runs_them()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = Phone });
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new { name = "Confirmed", trigger = "appointment_confirmed", actions = new[] { new { type = "add_tag", config = new { tag = "booked" } } } });
        var admin = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        var agent = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await admin.GotoAsync($"/c/{tenant.Code}/automations");
        await agent.GotoAsync($"/c/{tenant.Code}/leads");
        await Expect(agent.Locator("tbody tr")).ToHaveCountAsync(1);

        await admin.GetByRole(AriaRole.Button, new() { Name = "Pause all" }).ClickAsync();
        await admin.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true }).ClickAsync();
        await Expect(admin.Locator(".paused")).ToContainTextAsync("Automations are paused since");
        await Expect(agent.Locator(".paused")).ToBeVisibleAsync();
        await Expect(agent.GetByRole(AriaRole.Button, new() { Name = "Resume automations" })).ToHaveCountAsync(0);

        var fired = await tenant.CallAsync(HttpMethod.Post, "/api/saas/workflows/trigger", new { trigger = "appointment_confirmed", phone = Phone });
        await agent.GotoAsync($"/c/{tenant.Code}/events/{fired.GetProperty("eventLogId").GetString()}");
        var trace = agent.GetByRole(AriaRole.List, new() { Name = "Trace" });
        await Expect(trace).ToContainTextAsync("Automations are paused");

        await admin.GetByRole(AriaRole.Button, new() { Name = "Resume automations" }).ClickAsync();
        await Expect(admin.Locator(".paused")).ToHaveCountAsync(0);
        await Expect(trace).ToContainTextAsync("1 rule matched");
        await Expect(trace.Locator(".step.good", new() { HasText = "Add tag" })).ToBeVisibleAsync();
        await Expect(agent.Locator(".paused")).ToHaveCountAsync(0);
        await admin.GotoAsync($"/c/{tenant.Code}/leads");
        await Expect(admin.Locator("tbody tr")).ToContainTextAsync(new Regex("booked"));
    }
}
