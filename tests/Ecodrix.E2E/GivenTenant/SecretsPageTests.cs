using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>Secrets go in, are forgotten and replaced, and never come out.</summary>
public sealed class SecretsPageTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task A_secret_is_set_and_forgotten_and_the_next_callback_secret_takes_over_when_told_to()
    {
        var tenant = await app.TenantAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/settings/secrets");
        var bucket = page.Locator(".secret", new() { HasText = "Bucket" });
        await Expect(bucket).ToContainTextAsync("not set");
        await page.GetByLabel("Bucket", new() { Exact = true }).FillAsync("clinic-files");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save secrets" }).ClickAsync();
        await Expect(bucket).Not.ToContainTextAsync("not set");
        await Expect(bucket).Not.ToContainTextAsync("clinic-files");

        await page.GetByRole(AriaRole.Button, new() { Name = "Forget Bucket" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Forget it" }).ClickAsync();
        await Expect(bucket).ToContainTextAsync("not set");

        await page.GetByRole(AriaRole.Button, new() { Name = "Rotate the callback secret" }).ClickAsync();
        await Expect(page.GetByText("The next callback secret, shown only now")).ToBeVisibleAsync();
        var takesOver = page.GetByRole(AriaRole.Button, new() { Name = "Let the next callback secret take over now" });
        await takesOver.ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Let it take over" }).ClickAsync();
        await Expect(page.GetByText("The next callback secret has taken over")).ToBeVisibleAsync();
        await Expect(takesOver).ToHaveCountAsync(0);
    }
}
