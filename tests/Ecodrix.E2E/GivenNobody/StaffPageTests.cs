using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenNobody;

public sealed class StaffPageTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task Staff_is_invited_by_a_link_seen_with_sessions_and_shut_out_at_once()
    {
        var page = await app.SignedInAsync(await app.PersonAsync(Role.PlatformAdmin));
        await page.GotoAsync("/tenants");
        await page.GetByRole(AriaRole.Link, new() { Name = "Staff" }).First.ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Meera Nair");
        await page.GetByLabel("E-mail").FillAsync("meera@example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Invite" }).ClickAsync();
        var notice = page.GetByRole(AriaRole.Status).Filter(new() { HasText = "Send this link to Meera Nair" });
        var link = System.Text.RegularExpressions.Regex.Match(await notice.TextContentAsync() ?? "", "/invite/[A-Za-z0-9_-]+").Value;

        var theirs = await (await Browsers.NewContextAsync(app.Url)).NewPageAsync();
        await theirs.GotoAsync(link);
        await theirs.GetByLabel("Password").FillAsync(RunningApp.Password);
        await theirs.GetByRole(AriaRole.Button, new() { Name = "Set password and sign in" }).ClickAsync();
        await Expect(theirs).ToHaveURLAsync(new Regex("/tenants$"));
        await Expect(theirs.GetByRole(AriaRole.Link, new() { Name = "Staff" })).ToHaveCountAsync(0);
        await theirs.GotoAsync("/staff");
        await Expect(theirs.GetByText("The staff cannot be shown")).ToBeVisibleAsync();

        await page.ReloadAsync();
        var row = page.Locator("tbody tr").Filter(new() { HasText = "meera@example.com" });
        await Expect(row).ToContainTextAsync("active", new() { IgnoreCase = true });
        await row.GetByRole(AriaRole.Button, new() { Name = "Sessions" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Sessions of Meera Nair" }).Locator("tbody tr")).ToHaveCountAsync(1);
        await row.GetByRole(AriaRole.Button, new() { Name = "Shut out" }).ClickAsync();
        await Expect(row).ToContainTextAsync("deactivated", new() { IgnoreCase = true });

        await theirs.GotoAsync("/tenants");
        await Expect(theirs).ToHaveURLAsync(new Regex("/signin"));

        await page.GetByRole(AriaRole.Link, new() { Name = "Audit log" }).ClickAsync();
        var log = page.GetByRole(AriaRole.Table, new() { Name = "Audit log" });
        await Expect(log.Locator("tbody tr", new() { HasText = "person.changed" }).First).ToContainTextAsync("→");
        await page.GetByLabel("Who").FillAsync("meera");
        await Expect(log.Locator("tbody tr", new() { HasText = "person.signed_in" })).ToHaveCountAsync(1);
        await Expect(log.Locator("tbody tr", new() { HasText = "person.changed" })).ToHaveCountAsync(0);
        await page.GetByLabel("to", new() { Exact = true }).FillAsync("2024-01-01");
        await Expect(page.GetByText("Nothing matches")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Clear filters" }).ClickAsync();
        await Expect(log.Locator("tbody tr", new() { HasText = "person.invited" })).ToHaveCountAsync(1);
    }
}
