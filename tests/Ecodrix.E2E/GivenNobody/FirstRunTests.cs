using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenNobody;

public sealed class FirstRunTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task The_first_visitor_sets_the_platform_up_and_sees_a_trigger_run_live()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new
        {
            name = "Confirmation",
            trigger = "appointment_confirmed",
            actions = new[] { new { type = "send_whatsapp", config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "Ravi", "Dr. Sharma", "3 PM" } } } },
        });
        var context = await Browsers.NewContextAsync(app.Url);
        var page = await context.NewPageAsync();

        await page.GotoAsync("/");
        await page.GetByLabel("Name").FillAsync("Asha Rao");
        await page.GetByLabel("E-mail").FillAsync("asha@example.com");
        await page.GetByLabel("Password").FillAsync(RunningApp.Password);
        await page.GetByLabel("Admin key").FillAsync("not the key at all");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not the admin key");

        await page.GetByLabel("Password").FillAsync(RunningApp.Password);
        await page.GetByLabel("Admin key").FillAsync(RunningApp.AdminKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Nirvisham Clinic" }).ClickAsync();
        await page.GotoAsync($"/c/{tenant.Code}/events");
        await Expect(page.GetByText("No events yet")).ToBeVisibleAsync();

        var fired = await tenant.CallAsync(HttpMethod.Post, "/api/saas/workflows/trigger", new
        {
            trigger = "appointment_confirmed",
            phone = "919876543210",
            createLeadIfMissing = true,
            leadData = new { firstName = "Ravi" },
            callbackUrl = app.Sandbox.CallbackUrl("e2e"),
        });

        // Without a reload: the list, then the trace, then its end.
        await page.GetByRole(AriaRole.Link, new() { Name = "appointment_confirmed" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"/events/{fired.GetProperty("eventLogId").GetString()}$"));
        await Expect(page.GetByText("Lead created")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Send WhatsApp template" })).ToBeVisibleAsync();
        await Expect(page.GetByText("Finished")).ToBeVisibleAsync();
        await Expect(page.GetByText("Delivered").First).ToBeVisibleAsync();

        await page.GotoAsync("/setup");
        await Expect(page).ToHaveURLAsync(new Regex("/signin$"));
    }
}
