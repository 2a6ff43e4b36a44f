using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Ecodrix.Sandbox.Callbacks;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>What was done, what went wrong, and doing it again.</summary>
public sealed class MonitorPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    private const string Phone = "+919876513001";

    [BrowserFact]
    public async Task A_replay_leaves_out_what_is_done_and_a_forced_one_does_it_again()
    {
        var (tenant, page) = await GivenAsync(new { type = "create_note", config = new { content = "Welcome" } });
        var fired = await FireAsync(tenant, null);
        await page.GotoAsync($"/c/{tenant.Code}/events/{fired}");
        var trace = page.GetByRole(AriaRole.List, new() { Name = "Trace" });
        await Expect(trace.Locator(".step.good", new() { HasText = "Write a note" })).ToBeVisibleAsync();

        await ReplayAsync("Replay", "Replay");
        await Expect(trace).ToContainTextAsync("Replay of");
        await Expect(trace.Locator(".step.warn", new() { HasText = "Write a note" })).ToBeVisibleAsync();

        await page.GotoAsync($"/c/{tenant.Code}/events/{fired}");
        await Expect(trace).ToContainTextAsync("Caused one more event");
        await ReplayAsync("Force replay", "Do everything again");
        await Expect(trace).ToContainTextAsync("Replay, forced, of");
        await Expect(trace.Locator(".step.good", new() { HasText = "Write a note" })).ToBeVisibleAsync();

        async Task ReplayAsync(string button, string sure)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();
            await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = sure, Exact = true }).ClickAsync();
            await Expect(page).Not.ToHaveURLAsync(new Regex(fired));
        }
    }

    [BrowserFact]
    public async Task J_and_K_go_through_a_list_and_a_rule_whose_run_failed_leads_to_it()
    {
        var (tenant, page) = await GivenAsync(new { type = "move_stage", config = new { stageId = "000000000000000000000000" } });
        var first = await FireAsync(tenant, null);
        var second = await FireAsync(tenant, null);
        await page.GotoAsync($"/c/{tenant.Code}/events?status=failed");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        await page.GotoAsync($"/c/{tenant.Code}/automations");
        await page.GetByRole(AriaRole.Link, new() { Name = "Needs review: 2 failed" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("rule=.*status=failing"));
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Events" })).ToBeFocusedAsync();

        await page.Keyboard.PressAsync("j");
        await Expect(page.Locator($"a[href$='{second}']")).ToBeFocusedAsync();
        // As a page does that comes: slowly, perhaps, and it is in use by now.
        await page.EvaluateAsync("ecodrix.focusPage('h1')");
        await Expect(page.Locator($"a[href$='{second}']")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await Expect(page.Locator($"a[href$='{first}']")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("k");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Regex($"events/{second}"));
    }

    [BrowserFact]
    public async Task A_callback_that_was_not_heard_is_sent_again_from_the_list_and_from_its_trace()
    {
        var (tenant, page) = await GivenAsync(new { type = "add_tag", config = new { tag = "told" } });
        app.Sandbox.Callbacks.Configure("deaf", new CallbackBehaviour { RespondWith = [500] });
        var fired = await FireAsync(tenant, app.Sandbox.CallbackUrl("deaf"));
        await page.GotoAsync($"/c/{tenant.Code}/callbacks");
        var row = page.Locator("tbody tr");
        await Expect(row).ToContainTextAsync("500");

        await row.GetByRole(AriaRole.Button, new() { Name = "again" }).ClickAsync();
        await Expect(row).ToContainTextAsync("200");
        app.Sandbox.Callbacks.Of("deaf").Should().HaveCount(2);

        await page.GotoAsync($"/c/{tenant.Code}/events/{fired}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();
        await Expect(page.Locator("details.attempt")).ToHaveCountAsync(3);
    }

    [BrowserFact]
    public async Task A_callback_is_found_by_its_address_shows_what_was_sent_and_is_sent_again()
    {
        var (tenant, page) = await GivenAsync(new { type = "add_tag", config = new { tag = "told" } });
        app.Sandbox.Callbacks.Configure("moved", new CallbackBehaviour { RespondWith = [404] });
        await FireAsync(tenant, app.Sandbox.CallbackUrl("moved"));
        await FireAsync(tenant, app.Sandbox.CallbackUrl("heard"));
        await page.GotoAsync($"/c/{tenant.Code}/callbacks");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);

        await page.GetByLabel("How the address begins").FillAsync(new Uri(app.Sandbox.CallbackUrl("moved")).ToString());
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await page.Locator("tbody tr").ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("/callbacks/[0-9a-f]{24}$"));
        await Expect(page.Locator("pre.headers")).ToContainTextAsync("webhook-signature: v1,");
        await Expect(page.Locator("details.attempt")).ToContainTextAsync("there is nothing at this address");

        await page.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();
        await Expect(page.Locator("details.attempt")).ToHaveCountAsync(2);
        await Expect(page.Locator(".page-head")).ToContainTextAsync("Delivered");
        await page.GetByRole(AriaRole.Link, new() { Name = "appointment_confirmed" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "All about this callback" }).ClickAsync();
        await Expect(page.Locator("details.attempt")).ToHaveCountAsync(2);
    }

    [BrowserFact]
    public async Task A_dead_letter_is_tried_again_and_a_waiting_job_called_off()
    {
        app.Sandbox.Callbacks.Configure("gone", new CallbackBehaviour { RespondWith = [404, 200] });
        var (tenant, page) = await GivenAsync(
            new { type = "http_request", config = new { url = app.Sandbox.CallbackUrl("gone") } },
            new { type = "add_tag", delayMinutes = 60, config = new { tag = "later" } });
        await FireAsync(tenant, null);

        await page.GotoAsync($"/c/{tenant.Code}/jobs?status=failed");
        await Expect(page.Locator("tbody tr")).ToContainTextAsync("404");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(page.GetByText("No job matches")).ToBeVisibleAsync();

        // Only what is the tenant's can be called off: the platform's own work waits beside it without a button.
        await page.GotoAsync($"/c/{tenant.Code}/jobs?status=queued");
        await Expect(page.Locator("tbody tr", new() { HasText = "tenant.drain" })).ToHaveCountAsync(1);
        await Expect(page.Locator("tbody tr", new() { HasText = "tenant.drain" }).GetByRole(AriaRole.Button, new() { Name = "Call off" })).ToHaveCountAsync(0);
        await page.GotoAsync($"/c/{tenant.Code}/jobs?status=queued&kind=automation.action");
        await page.GetByRole(AriaRole.Button, new() { Name = "Call off" }).ClickAsync();
        await Expect(page.GetByText("No job matches")).ToBeVisibleAsync();
        await page.GotoAsync($"/c/{tenant.Code}/events");
        await Expect(page.Locator("tbody tr", new() { HasText = "appointment_confirmed" })).ToContainTextAsync("1 cancelled");
    }

    private async Task<(E2ETenant Tenant, IPage Page)> GivenAsync(params object[] actions)
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = Phone });
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new { name = "Confirmed", trigger = "appointment_confirmed", actions });
        return (tenant, await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code)));
    }

    private static async Task<string> FireAsync(E2ETenant tenant, string? callbackUrl) =>
        (await tenant.CallAsync(HttpMethod.Post, "/api/saas/workflows/trigger", new { trigger = "appointment_confirmed", phone = Phone, callbackUrl })).GetProperty("eventLogId").GetString()!;
}
