using System.Text;
using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>A broadcast before it is sent: its list of people, and what a check says about it.</summary>
public sealed class BroadcastPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task A_list_of_thousands_is_checked_from_a_file_and_as_pasted_text()
    {
        var page = await NewAsync();
        await page.GetByLabel("Numbers or CSV").CheckAsync();
        await page.GetByLabel("Or a file").ChooseFileAsync(new FilePayload { Name = "patients.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(Recipients(5000)) });
        var file = page.GetByRole(AriaRole.Group, new() { Name = "File of recipients" });
        await Expect(file).ToContainTextAsync("patients.csv");
        await Expect(file).ToContainTextAsync("5,000 rows");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check before sending" }).ClickAsync();
        await Expect(Check(page)).ToContainTextAsync("5,000 of 5,000 will get it");

        await file.GetByRole(AriaRole.Button, new() { Name = "Remove file" }).ClickAsync();
        await page.GetByLabel("One number a line").FillAsync(Recipients(2000));
        await page.GetByRole(AriaRole.Button, new() { Name = "Check before sending" }).ClickAsync();
        await Expect(Check(page)).ToContainTextAsync("2,000 of 2,000 will get it");
    }

    [BrowserFact]
    public async Task A_check_holds_for_what_was_checked_and_is_gone_after_any_edit()
    {
        var page = await NewAsync();
        await page.GetByLabel("Numbers or CSV").CheckAsync();
        await page.GetByLabel("One number a line").FillAsync(Recipients(2));
        foreach (var edit in (IEnumerable<Func<Task>>)
            [
                () => page.GetByLabel("One number a line").FillAsync(Recipients(3)),
                () => page.GetByLabel("Template").SelectOptionAsync("appointment_confirmed|en_US"),
                () => page.GetByLabel("Begin").FillAsync($"{DateTime.UtcNow.AddDays(30):yyyy-MM-dd}T10:00"),
                () => page.GetByLabel("Leads that match").CheckAsync(),
                () => page.GetByLabel("Tags").FillAsync("vip"),
            ])
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Check before sending" }).ClickAsync();
            await Expect(Check(page)).ToBeVisibleAsync();
            await edit();
            await page.GetByLabel("Name", new() { Exact = true }).FocusAsync();
            await Expect(Check(page)).ToHaveCountAsync(0);
        }
    }

    private static ILocator Check(IPage page) => page.GetByRole(AriaRole.Region, new() { Name = "Check" });

    private static string Recipients(int count) =>
        "phone,1,2,3\n" + string.Concat(Enumerable.Range(0, count).Select(n => $"+9198766{n:00000},Patient {n},Dr. Rao,3 PM\n"));

    private async Task<IPage> NewAsync()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/templates/sync");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/broadcasts/new");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Reminder for Sunday");
        await page.GetByLabel("Template").SelectOptionAsync("appointment_reminder|en_US");
        return page;
    }
}
