using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>Views of the leads table, and leads that are one person.</summary>
public sealed class LeadsPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task An_admin_erases_a_person_after_being_asked_and_an_agent_cannot()
    {
        var tenant = await app.TenantAsync();
        var lead = (await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = "+919876513021" })).GetProperty("id").GetString();
        var agent = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await agent.GotoAsync($"/c/{tenant.Code}/leads/{lead}");
        await Expect(agent.GetByRole(AriaRole.Button, new() { Name = "Merge…" })).ToBeVisibleAsync();
        await Expect(agent.GetByRole(AriaRole.Button, new() { Name = "Erase…" })).ToHaveCountAsync(0);

        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads/{lead}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Erase…" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Ravi" }).First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Erase…" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Erase for good" }).ClickAsync();

        await Expect(page).ToHaveURLAsync(new Regex($"/c/{tenant.Code}/leads$"));
        (await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads")).GetArrayLength().Should().Be(0);
        await Expect(agent.GetByRole(AriaRole.Alert)).ToContainTextAsync("LEAD_NOT_FOUND");
    }

    [BrowserFact]
    public async Task What_is_typed_into_a_lead_outlasts_what_others_change_and_a_double_click_notes_once()
    {
        var tenant = await app.TenantAsync();
        var lead = (await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = "+919876513011", source = "website" })).GetProperty("id").GetString();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads/{lead}");
        await page.GetByLabel("Note").FillAsync("Prefers evenings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).DblClickAsync();
        await Expect(page.GetByLabel("Note")).ToHaveValueAsync("");
        await Expect(page.Locator(".timeline").GetByText("Prefers evenings")).ToHaveCountAsync(1);

        await page.GetByRole(AriaRole.Tab, new() { Name = "Details" }).ClickAsync();
        var deal = page.GetByLabel("Deal", new() { Exact = true });
        await deal.FillAsync("Knee surgery");
        await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/leads/{lead}", new { source = "referral" });
        await Expect(page.GetByLabel("Source")).ToHaveValueAsync("referral");
        await Expect(deal).ToHaveValueAsync("Knee surgery");
        await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/leads/{lead}", new { dealTitle = "Hip surgery" });
        await Expect(page.GetByText("Changed meanwhile: Deal is Hip surgery now")).ToBeVisibleAsync();
        await Expect(deal).ToHaveValueAsync("Knee surgery");

        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Saved", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(page.GetByText("Changed meanwhile")).ToHaveCountAsync(0);
        var kept = await tenant.CallAsync(HttpMethod.Get, $"/api/crm/leads/{lead}");
        (kept.GetProperty("dealTitle").GetString(), kept.GetProperty("source").GetString()).Should().Be(("Knee surgery", "referral"));
    }

    [BrowserFact]
    public async Task Views_follow_their_owner_to_another_browser_are_shared_by_an_admin_and_come_from_where_they_once_were_kept()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = "+919876513001", source = "website" });
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Priya", phone = "+919876513002", source = "referral" });
        var email = await app.PersonAsync(Role.TenantAdmin, tenant.Code);
        var page = await app.SignedInAsync(email);
        await page.EvaluateAsync($$"""localStorage.setItem("views:{{tenant.Code}}", JSON.stringify([{ Name: "From before", Query: "source=referral" }]))""");
        await page.GotoAsync($"/c/{tenant.Code}/leads?source=website");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await MenuAsync(page, "Save these filters as a view");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByLabel("Name")).ToHaveValueAsync("website");
        await dialog.GetByLabel("Name").FillAsync("From our site");
        await dialog.GetByLabel("Share it with everybody here").CheckAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save view" }).ClickAsync();
        await Expect(page.GetByText("View saved for everybody")).ToBeVisibleAsync();

        var elsewhere = await app.SignedInAsync(email);
        await elsewhere.GotoAsync($"/c/{tenant.Code}/leads");
        await MenuAsync(elsewhere, "From before");
        await Expect(elsewhere).ToHaveURLAsync(new Regex("source=referral$"));
        await Expect(elsewhere.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(elsewhere.Locator("tbody tr")).ToContainTextAsync("Priya");
        (await page.EvaluateAsync<string?>($"localStorage.getItem('views:{tenant.Code}')")).Should().BeNull("what was moved is not kept twice");

        var agent = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await agent.GotoAsync($"/c/{tenant.Code}/leads");
        await MenuAsync(agent, "From our site");
        await Expect(agent).ToHaveURLAsync(new Regex("source=website$"));
        await Expect(agent.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(agent.Locator("tbody tr")).ToContainTextAsync("Ravi");
        await MenuAsync(agent, "Share or remove views");
        var theirs = agent.GetByRole(AriaRole.Dialog);
        await Expect(theirs.Locator("li")).ToContainTextAsync("From our site");
        await Expect(theirs.Locator("li").GetByRole(AriaRole.Button)).ToHaveCountAsync(0);

        await MenuAsync(elsewhere, "Share or remove views");
        await elsewhere.GetByRole(AriaRole.Button, new() { Name = "Remove From our site for everybody" }).ClickAsync();
        await elsewhere.GetByRole(AriaRole.Button, new() { Name = "Remove From before" }).ClickAsync();
        await Expect(elsewhere.GetByRole(AriaRole.Dialog)).ToContainTextAsync("No views");
        await agent.ReloadAsync();
        await agent.GetByRole(AriaRole.Button, new() { Name = "Views" }).ClickAsync();
        await Expect(agent.GetByRole(AriaRole.Menuitem, new() { Name = "All leads" })).ToBeVisibleAsync();
        await Expect(agent.GetByRole(AriaRole.Menuitem, new() { Name = "From our site" })).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task Two_leads_of_one_person_are_merged_on_the_leads_page_which_shows_the_name_once()
    {
        var tenant = await app.TenantAsync();
        var kept = await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", lastName = "Kumar", phone = "+919876513011" });
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "R Kumar", email = "ravi@example.com", phone = "+919876513012", tags = new[] { "vip" } });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads/{kept.GetProperty("id").GetString()}");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Ravi Kumar" })).ToHaveCountAsync(1);

        await page.GetByRole(AriaRole.Button, new() { Name = "Merge…" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Combobox).FillAsync("kumar");
        await Expect(dialog.GetByRole(AriaRole.Option)).ToHaveCountAsync(1);
        await dialog.GetByRole(AriaRole.Option, new() { Name = "R Kumar" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Merge into Ravi Kumar" }).ClickAsync();

        await Expect(page.Locator(".panel")).ToContainTextAsync("ravi@example.com");
        await Expect(page.Locator(".panel .tags")).ToContainTextAsync("vip");
        await Expect(page.Locator(".timeline")).ToContainTextAsync("Merged with R Kumar");
        (await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads")).GetArrayLength().Should().Be(1);
    }

    [BrowserFact]
    public async Task The_table_is_gone_through_selected_and_opened_by_keyboard_as_the_help_says()
    {
        var tenant = await app.TenantAsync();
        foreach (var (at, name) in ((string[])["Anil", "Bela", "Chitra"]).Index())
        {
            await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = name, phone = $"987651302{at}" });
        }

        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads");
        var rows = page.Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(3);
        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Select the row");
        await Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Close" })).ToBeFocusedAsync();
        // A dialog has the keys to itself.
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(page.Locator("tr.cursor")).ToHaveCountAsync(0);

        await page.Keyboard.PressAsync("j");
        await Expect(rows.Nth(0)).ToHaveClassAsync(new Regex("cursor"));
        await Expect(rows.Nth(0).GetByRole(AriaRole.Link)).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await Expect(rows.Nth(2)).ToHaveClassAsync(new Regex("cursor"));
        await page.Keyboard.PressAsync("k");
        await Expect(rows.Nth(1)).ToHaveClassAsync(new Regex("cursor"));
        await Expect(page.Locator("tr.cursor")).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("x");
        await Expect(rows.Nth(1).GetByRole(AriaRole.Checkbox)).ToBeCheckedAsync();
        await Expect(page.GetByText("1 selected")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("x");
        await Expect(rows.Nth(1).GetByRole(AriaRole.Checkbox)).Not.ToBeCheckedAsync();

        // What is written in a field is only that.
        await page.GetByLabel("Search leads").PressAsync("k");
        await Expect(page).ToHaveURLAsync(new Regex("search=k"));
        await Expect(rows).ToHaveCountAsync(0);
        await page.GetByLabel("Search leads").FillAsync("");
        await Expect(page).ToHaveURLAsync(new Regex("/leads$"));
        await Expect(rows).ToHaveCountAsync(3);
        await Expect(rows.Nth(1)).ToHaveClassAsync(new Regex("cursor"));
        var id = await rows.Nth(1).GetAttributeAsync("data-lead");
        await page.EvaluateAsync("() => document.activeElement.blur()");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Regex($"/leads/{id}$"));
    }

    [BrowserFact]
    public async Task An_export_that_is_refused_says_why_and_the_page_goes_on()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = "+919876513031" });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads?createdFrom=yesterday");
        var why = page.GetByText("createdFrom");
        await Expect(why).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Button, new() { Name = "Export" }).ClickAsync();
        await Expect(why).ToHaveCountAsync(2);

        await page.GetByRole(AriaRole.Button, new() { Name = "Take off" }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Export" }).ClickAsync());
        (await File.ReadAllTextAsync(await download.PathAsync())).Should().Contain("Ravi");
    }

    private static async Task MenuAsync(IPage page, string item)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Views" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = item }).ClickAsync();
    }
}
