using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>Who may only look is offered nothing that would be refused.</summary>
public sealed class ViewerPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task A_viewer_neither_selects_leads_nor_imports_them()
    {
        var tenant = await app.TenantAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Viewer, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads");
        await Expect(page.GetByText("No leads yet")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Import" })).ToHaveCountAsync(0);

        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = "+919876513041" });
        await page.ReloadAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(page.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(0);
        await page.Keyboard.PressAsync("j");
        await Expect(page.Locator("tr.cursor")).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Ravi" })).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_viewer_who_comes_by_address_sees_settings_and_a_new_broadcast_without_a_way_to_save()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/canned-replies", new { shortcut = "hours", text = "We are open from 9 to 6." });
        await app.PersonAsync(Role.TenantAdmin, tenant.Code, "Asha Rao");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Viewer, tenant.Code));

        await OpenAsync("broadcasts/new", "New broadcast");
        await Expect(Button("Check before sending")).ToBeDisabledAsync();
        await Expect(page.GetByRole(AriaRole.Note)).ToContainTextAsync("not make them");

        await OpenAsync("settings/general", "Settings");
        await Expect(page.GetByLabel("Triggers a minute")).ToBeDisabledAsync();
        await Expect(Button("Save settings")).ToHaveCountAsync(0);

        await OpenAsync("settings/secrets", "Secrets");
        await Expect(page.GetByText("Secrets are for admins")).ToBeVisibleAsync();
        await Expect(Button("Save secrets")).ToHaveCountAsync(0);

        await OpenAsync("settings/people", "People");
        await Expect(page.GetByLabel("Role of Asha Rao")).ToBeDisabledAsync();
        await Expect(Button("Invite")).ToHaveCountAsync(0);

        await OpenAsync("settings/keys", "API keys");
        await Expect(page.GetByText("Keys are for admins")).ToBeVisibleAsync();
        await Expect(Button("Make key")).ToHaveCountAsync(0);

        await OpenAsync("settings/chat", "Chat");
        await Expect(page.Locator(".replies")).ToContainTextAsync("/hours");
        await Expect(page.GetByLabel("Words that opt out")).ToBeDisabledAsync();
        await Expect(Button("Save chat settings")).ToHaveCountAsync(0);
        await Expect(Button("Add reply")).ToHaveCountAsync(0);
        await Expect(Button("Remove /hours")).ToHaveCountAsync(0);

        ILocator Button(string name) => page.GetByRole(AriaRole.Button, new() { Name = name });

        async Task OpenAsync(string path, string heading)
        {
            await page.GotoAsync($"/c/{tenant.Code}/{path}");
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = heading, Level = 1 })).ToBeVisibleAsync();
        }
    }
}
