using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>What surrounds every page: the menus of the top bar.</summary>
public sealed class FrameTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task The_palette_finds_pages_and_people_by_keyboard_and_the_question_mark_lists_the_keys()
    {
        var sample = await SampleTenant.MakeAsync(app);
        var page = await app.SignedInAsync(sample.Admin);
        await page.GotoAsync($"/c/{sample.Tenant.Code}/board");
        await Expect(page.Locator(".board-card").First).ToBeVisibleAsync();

        await page.Keyboard.PressAsync("?");
        var help = page.GetByRole(AriaRole.Dialog);
        await Expect(help).ToContainTextAsync("Resolve a conversation");
        await Expect(help.GetByRole(AriaRole.Button, new() { Name = "Close" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(help).ToHaveCountAsync(0);

        await page.Keyboard.PressAsync("Control+k");
        await Expect(page.GetByLabel("Search", new() { Exact = true })).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("lakshmi");
        await Expect(page.GetByRole(AriaRole.Option, new() { Name = "Lakshmi Iyer" })).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("Enter");
        // Not a wait for a navigation: within the app nothing is loaded, and the address may have changed before the wait begins.
        await Expect(page).ToHaveURLAsync(new Regex("/leads/[0-9a-f]{24}$"));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Lakshmi Iyer", Level = 1 })).ToBeVisibleAsync();

        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("analyt");
        await Expect(page.GetByLabel("Search", new() { Exact = true })).ToBeFocusedAsync();
        await Expect(page.GetByRole(AriaRole.Option, new() { Name = "Analytics Page" })).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Regex("/analytics$"));

        // A question mark that is written is only that.
        await page.GotoAsync($"/c/{sample.Tenant.Code}/leads");
        await page.GetByLabel("Search leads").FillAsync("why");
        await page.GetByLabel("Search leads").PressAsync("?");
        await Expect(page.GetByLabel("Search leads")).ToHaveValueAsync("why?");
        await Expect(help).ToHaveCountAsync(0);

        // As slowly as the list is read in between: nothing that is typed gets lost.
        await page.GetByLabel("Search leads").FillAsync("");
        await page.GetByLabel("Search leads").PressSequentiallyAsync("priya sharma", new() { Delay = 370 });
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(page.GetByLabel("Search leads")).ToHaveValueAsync("priya sharma");
    }

    [BrowserFact]
    public async Task The_palette_finds_the_conversation_of_a_contact_without_a_lead_by_name_and_number_and_only_for_who_may_see_it()
    {
        var tenant = await app.TenantAsync();
        var zubin = await ConversationAsync("+919876515001", "Zubin Daruwala");
        var zoya = await ConversationAsync("+919876515002", "Zoya Khan");
        (await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads")).GetArrayLength().Should().Be(0, "a conversation that was begun by hand makes no lead");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads");
        await Expect(page.GetByText("No leads yet")).ToBeVisibleAsync();

        await SearchAsync(page, "zub");
        var option = page.GetByRole(AriaRole.Option, new() { Name = "Zubin Daruwala" });
        await Expect(option).ToHaveCountAsync(1);
        await Expect(option).ToContainTextAsync("Conversation · +919876515001");
        await option.ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"/inbox/{zubin}$"));

        await SearchAsync(page, "98765 15002");
        await page.GetByRole(AriaRole.Option, new() { Name = "Zoya Khan" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"/inbox/{zoya}$"));

        var email = await app.PersonAsync(Role.Agent, tenant.Code, "Vikram Shah", onlyOwn: true);
        await tenant.CallAsync(HttpMethod.Patch, $"/api/saas/chat/conversations/{zoya}", new { assignedTo = email });
        var limited = await app.SignedInAsync(email);
        await limited.GotoAsync($"/c/{tenant.Code}/leads");
        await Expect(limited.GetByText("No leads yet")).ToBeVisibleAsync();
        await SearchAsync(limited, "98765");
        await Expect(limited.GetByRole(AriaRole.Option, new() { Name = "Zoya Khan" })).ToHaveCountAsync(1);
        await Expect(limited.GetByRole(AriaRole.Option)).ToHaveCountAsync(1);

        async Task<string> ConversationAsync(string phone, string name) =>
            (await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/conversations", new { phone, name })).GetProperty("id").GetString()!;
    }

    [BrowserFact]
    public async Task Who_is_shut_out_while_a_page_is_open_is_led_to_sign_in_from_every_kind_of_page()
    {
        var tenant = await app.TenantAsync();
        var admin = await app.SignedInAsync(await app.PersonAsync(Role.PlatformAdmin));
        await admin.GotoAsync("/staff");
        foreach (var (role, path, again) in (IEnumerable<(Role, string, Func<IPage, Task>)>)
            [
                (Role.Staff, "/tenants", page => page.GetByLabel("Find a tenant").FillAsync("clinic")),
                (Role.Staff, $"/c/{tenant.Code}/health", page => page.GetByRole(AriaRole.Button, new() { Name = "Look again" }).ClickAsync()),
                (Role.Staff, $"/c/{tenant.Code}/settings/general", page => page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync()),
            ])
        {
            var email = await app.PersonAsync(role, null, "Meera Nair");
            var page = await app.SignedInAsync(email);
            await page.GotoAsync(path);
            await Expect(page.GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
            await Expect(page.Locator(".skeleton")).ToHaveCountAsync(0);
            await admin.ReloadAsync();
            var row = admin.Locator("tbody tr").Filter(new() { HasText = email });
            await row.GetByRole(AriaRole.Button, new() { Name = "Shut out" }).ClickAsync();
            await Expect(row).ToContainTextAsync("Deactivated");

            await again(page);
            await Expect(page).ToHaveURLAsync(new Regex(@"/signin\?returnUrl="));
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        }
    }

    [BrowserFact]
    public async Task Staff_switch_to_the_same_page_of_another_tenant_by_name_or_among_those_they_were_in_last()
    {
        var (alpha, beta) = (await app.TenantAsync("Alpha Dental"), await app.TenantAsync("Beta Labs"));
        var staff = await app.PersonAsync(Role.Staff, null, "Meera Nair");
        var page = await app.SignedInAsync(staff);
        var (find, options) = (page.GetByLabel("Find a tenant to switch to"), page.GetByRole(AriaRole.Option));
        await page.GotoAsync($"/c/{alpha.Code}/board?search=ravi");
        await page.GetByRole(AriaRole.Button, new() { Name = "Switch tenant: Alpha Dental" }).ClickAsync();
        await Expect(find).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("beta l");
        await Expect(options).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Regex($"/c/{beta.Code}/board$"));
        await Expect(page.Locator(".acting")).ToContainTextAsync("Acting in Beta Labs");
        await Expect(find).ToHaveCountAsync(0);

        await page.GotoAsync($"/c/{beta.Code}/settings/keys");
        var button = page.GetByRole(AriaRole.Button, new() { Name = "Switch tenant: Beta Labs" });
        await button.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(options.First).ToContainTextAsync("Alpha Dental");
        await page.Keyboard.PressAsync("Escape");
        await Expect(find).ToHaveCountAsync(0);
        await Expect(button).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(options.First).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Regex($"/c/{alpha.Code}/settings/keys$"));

        var phone = await app.SignedInAsync(staff, 360, 740);
        await phone.GotoAsync($"/c/{alpha.Code}/leads/65b2000000000000000000aa");
        await phone.GetByRole(AriaRole.Button, new() { Name = "Switch tenant: Alpha Dental" }).ClickAsync();
        var box = (await phone.GetByRole(AriaRole.Group, new() { Name = "Switch tenant" }).BoundingBoxAsync())!;
        box.X.Should().BeGreaterThanOrEqualTo(0);
        (box.X + box.Width).Should().BeLessThanOrEqualTo(360);
        await phone.GetByLabel("Find a tenant to switch to").FillAsync(beta.Code);
        await phone.GetByRole(AriaRole.Option, new() { Name = "Beta Labs" }).ClickAsync();
        await Expect(phone).ToHaveURLAsync(new Regex($"/c/{beta.Code}/leads$"));

        var member = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, alpha.Code));
        await member.GotoAsync($"/c/{alpha.Code}/board");
        await Expect(member.Locator(".topbar-tenant")).ToHaveTextAsync("Alpha Dental");
        await Expect(member.GetByRole(AriaRole.Button, new() { Name = "Switch tenant" })).ToHaveCountAsync(0);
    }

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

    private static async Task SearchAsync(IPage page, string text)
    {
        await page.Keyboard.PressAsync("Control+k");
        await page.GetByLabel("Search", new() { Exact = true }).FillAsync(text);
    }
}
