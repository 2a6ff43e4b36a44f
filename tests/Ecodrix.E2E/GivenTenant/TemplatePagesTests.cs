using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Ecodrix.Sandbox.Graph.Numbers;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>Templates from Meta's list to a person's phone, one at a time and to many.</summary>
public sealed class TemplatePagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task A_template_is_sent_once_by_a_double_click()
    {
        const string Phone = "+919876514031";
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/templates/sync");
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Is 3 pm free?");
        var conversation = await SampleTenant.ConversationAsync(tenant, Phone);
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Template" }).ClickAsync();
        await page.GetByLabel("Template", new() { Exact = true }).SelectOptionAsync("appointment_confirmed|en_US");
        var send = page.GetByRole(AriaRole.Button, new() { Name = "Send template" });
        await Expect(send).ToBeDisabledAsync();
        foreach (var (at, text) in new[] { "Ravi", "Dr. Sharma", "3 PM" }.Index())
        {
            await page.Locator(".picker input").Nth(at).FillAsync(text);
            await page.Locator(".picker input").Nth(at).BlurAsync();
        }

        await send.DblClickAsync();

        await Expect(page.GetByText("Template queued")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("Dr. Sharma");
        (await tenant.CallAsync(HttpMethod.Get, $"/api/saas/chat/conversations/{conversation}/messages")).EnumerateArray().Count(m => m.GetProperty("type").GetString() == "template").Should().Be(1);
    }

    [BrowserFact]
    public async Task Templates_are_synced_mapped_beside_a_preview_with_a_real_lead_and_kept()
    {
        var tenant = await app.TenantAsync();
        await LeadAsync(tenant, "Lakshmi", "+919876514021");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/templates");

        await page.GetByRole(AriaRole.Button, new() { Name = "Sync from Meta" }).ClickAsync();
        await Expect(page.GetByText(" added, 0 changed, 0 gone of ")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync from Meta" }).ClickAsync();
        await Expect(page.GetByText("0 added, 0 changed, 0 gone of ")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "appointment_reminder" }).First.ClickAsync();
        var phone = page.GetByRole(AriaRole.Img, new() { Name = "How the message reads on a phone" });
        await Expect(phone).ToContainTextAsync("Hi Ravi, a reminder");
        // The preview follows what is edited, before it is saved.
        await page.GetByLabel("Preview with").FillAsync("Lak");
        await page.GetByRole(AriaRole.Option, new() { Name = "Lakshmi" }).ClickAsync();
        await Expect(page.GetByLabel("Preview with")).ToHaveValueAsync(new Regex("^Lakshmi"));
        await Expect(phone).Not.ToContainTextAsync("Lakshmi");
        await MapAsync(0, "lead", "Field", "firstName");
        await page.Locator(".mapping").Nth(0).GetByLabel("Field").BlurAsync();
        await Expect(phone).ToContainTextAsync("Hi Lakshmi, a reminder");
        await Expect(page.GetByText("Shows the mapping as it stands here, not saved yet.")).ToBeVisibleAsync();
        await MapAsync(1, "static", "Text", "Dr. Rao");
        await MapAsync(2, "event", "Field", "time");
        await page.Locator(".mapping").Nth(2).GetByLabel("If empty").FillAsync("the agreed time");
        await page.GetByLabel("When a value is missing").SelectOptionAsync("fallback");
        await Expect(page.GetByText("Not saved", new() { Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save mapping" }).ClickAsync();
        await Expect(page.GetByText("Mapping saved")).ToBeVisibleAsync();

        await Expect(phone).ToContainTextAsync("Hi Lakshmi, a reminder of your appointment with Dr. Rao at the agreed time");
        await page.ReloadAsync();
        await Expect(page.Locator(".mapping").Nth(1).GetByLabel("Text")).ToHaveValueAsync("Dr. Rao");

        async Task MapAsync(int row, string source, string label, string value)
        {
            await page.Locator(".mapping").Nth(row).GetByLabel("Source").SelectOptionAsync(source);
            await page.Locator(".mapping").Nth(row).GetByLabel(label).FillAsync(value);
        }
    }

    [BrowserFact]
    public async Task A_broadcast_is_checked_sent_and_followed_to_each_recipient()
    {
        var tenant = await app.TenantAsync();
        // Statuses come back as Meta's webhooks; the second number is one that Meta cannot deliver to.
        app.Sandbox.Graph.ConfigureWebhook("106540352242922", new WebhookSettings($"{app.Url}/api/saas/whatsapp/webhook/{tenant.Code}", "sandbox-app-secret", "verify"));
        await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/templates/sync");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/broadcasts/new");

        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Reminder for Sunday");
        await page.GetByLabel("Template").SelectOptionAsync("appointment_reminder|en_US");
        await page.GetByLabel("Numbers or CSV").CheckAsync();
        await page.GetByLabel("One number a line").FillAsync("phone,1,2,3\n+919876514031,Ravi,Dr. Rao,3 PM\n+919876510002,Priya,Dr. Rao,4 PM\n+919876514031,Ravi,Dr. Rao,3 PM\n12,Bad,Dr. Rao,5 PM\n");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check before sending" }).ClickAsync();
        var check = page.GetByRole(AriaRole.Region, new() { Name = "Check" });
        await Expect(check).ToContainTextAsync("2 of 4 will get it");
        await Expect(check).ToContainTextAsync("Hi Ravi, a reminder");
        app.Sandbox.Graph.Messages.Should().NotContain(m => m.To.EndsWith("9876514031", StringComparison.Ordinal), "a check sends nothing");

        await check.GetByRole(AriaRole.Button, new() { Name = "Send now" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Reminder for Sunday" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("aria-valuenow", "100");
        await Expect(page.Locator("tbody tr", new() { HasText = "919876514031" }).Filter(new() { HasText = "Read" })).ToHaveCountAsync(1);
        await Expect(page.Locator("tbody tr", new() { HasText = "919876510002" })).ToContainTextAsync("131026");

        await page.GetByLabel("State of recipients").SelectOptionAsync("failed");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
    }

    private static Task LeadAsync(E2ETenant tenant, string firstName, string phone) =>
        tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName, phone, source = "website" });
}
