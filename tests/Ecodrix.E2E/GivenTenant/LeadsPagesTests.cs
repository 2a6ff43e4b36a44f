using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>Views of the leads table, and leads that are one person.</summary>
public sealed class LeadsPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
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

    private static async Task MenuAsync(IPage page, string item)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Views" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = item }).ClickAsync();
    }
}
