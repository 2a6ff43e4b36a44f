using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

public sealed class ReportsAndChatSettingsTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task A_report_of_days_of_ones_own_opens_its_leads_and_activities_and_is_saved_as_csv()
    {
        var tenant = await app.TenantAsync();
        var lead = (await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = "9876500021", source = "=website" })).GetProperty("id").GetString();
        await tenant.CallAsync(HttpMethod.Post, $"/api/crm/leads/{lead}/calls", new { durationMinutes = 5, summary = "Explained pricing", performedBy = "Vikram" });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/analytics");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Funnel" })).ToBeVisibleAsync();

        await page.GetByLabel("From").FillAsync("2025-01-01");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("from=2025-01-01&to="));
        await Expect(page.GetByText("days in Asia/Kolkata")).ToContainTextAsync("1 Jan 2025");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "30 days" })).ToHaveAttributeAsync("aria-pressed", "false");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Sources as CSV" }).ClickAsync());
        download.SuggestedFilename.Should().StartWith($"{tenant.Code}-sources-2025-01-01");
        (await File.ReadAllTextAsync(await download.PathAsync())).Should().Contain("\r\n'=website,1,0,0,0,0\r\n");

        await page.GetByRole(AriaRole.Region, new() { Name = "Sources" }).GetByRole(AriaRole.Link).First.ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Button, new() { Name = "Take off: Made 1 Jan 2025" }).ClickAsync();
        await Expect(page).Not.ToHaveURLAsync(new System.Text.RegularExpressions.Regex("createdFrom"));

        await page.GotoAsync($"/c/{tenant.Code}/analytics?range=7d");
        await page.GetByRole(AriaRole.Region, new() { Name = "Activity" }).Locator("svg a").Last.ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex(@"/activity\?from="));
        await Expect(page.Locator("tbody")).ToContainTextAsync("Explained pricing");
    }

    [BrowserFact]
    public async Task Opt_out_words_and_canned_replies_are_kept_and_the_change_is_in_the_audit_log()
    {
        var tenant = await app.TenantAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/settings/chat");
        await page.GetByLabel("Words that opt out").FillAsync("STOP, GENUG");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save chat settings" }).ClickAsync();
        await Expect(page.GetByText("Chat settings saved")).ToBeVisibleAsync();
        (await tenant.CallAsync(HttpMethod.Get, "/api/saas/chat/settings")).GetProperty("optOutKeywords").EnumerateArray().Select(w => w.GetString()).Should().Equal("STOP", "GENUG");

        await page.GetByLabel("Words that opt in again").FillAsync("GENUG");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save chat settings" }).ClickAsync();
        await Expect(page.GetByText("A word cannot both opt out and opt in.")).ToBeVisibleAsync();

        await page.GetByLabel("Short name").FillAsync("hours");
        await page.GetByLabel("Text of the reply").FillAsync("We are open from 9 to 6, {{ contact.name }}.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add reply" }).ClickAsync();
        await Expect(page.Locator(".replies")).ToContainTextAsync("/hours");
        // What is being written stays, whatever else is removed; and that is asked first.
        await page.GetByLabel("Short name").FillAsync("way");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove /hours" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove the reply" }).ClickAsync();
        await Expect(page.GetByText("No canned replies yet")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Short name")).ToHaveValueAsync("way");

        await page.GotoAsync($"/c/{tenant.Code}/settings/audit");
        await Expect(page.GetByText("GENUG")).ToBeVisibleAsync();
    }
}
