using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>What surrounds every page: the menus of the top bar.</summary>
public sealed class FrameTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task The_menus_of_the_top_bar_open_by_mouse_and_by_keyboard_and_the_account_menu_signs_out()
    {
        var sample = await SampleTenant.MakeAsync(app);
        var page = await app.SignedInAsync(sample.Admin);
        await page.GotoAsync($"/c/{sample.Tenant.Code}/automations");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Automations" })).ToBeVisibleAsync();
        var nothing = page.GetByText("Nobody has told you anything yet.");

        await page.GetByRole(AriaRole.Button, new() { Name = "Notifications" }).ClickAsync();
        await Expect(nothing).ToBeVisibleAsync();
        await page.Mouse.ClickAsync(600, 600);
        await Expect(nothing).ToBeHiddenAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Notifications" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(nothing).ToBeVisibleAsync();
        await page.Mouse.ClickAsync(600, 600);
        await Expect(nothing).ToBeHiddenAsync();

        await page.Locator(".topbar-me button").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("Sign out").ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("/signin"));
    }
}
