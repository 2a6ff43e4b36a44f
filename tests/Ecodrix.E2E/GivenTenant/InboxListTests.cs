using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>The list of conversations while things change.</summary>
public sealed class InboxListTests(RunningApp app) : IClassFixture<RunningApp>
{
    private const string Phone = "+919876516001";

    [BrowserFact]
    public async Task The_list_follows_a_burst_of_messages_the_leads_stage_the_stages_name_and_labels()
    {
        var tenant = await app.TenantAsync();
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Is 3 pm free?");
        var conversation = await SampleTenant.ConversationAsync(tenant, Phone);
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox");
        var row = page.Locator($"[data-conversation='{conversation}']");
        await Expect(row.Locator(".stage")).ToContainTextAsync("New");

        foreach (var at in Enumerable.Range(1, 12))
        {
            await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", $"Message {at}");
        }

        await Expect(row).ToContainTextAsync("Message 12");
        await Expect(row.GetByLabel("13 unread")).ToBeVisibleAsync();

        var stages = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/pipelines"))[0].GetProperty("stages");
        var (lead, contacted) = ((await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads?search=ravi"))[0].GetProperty("id").GetString(), stages[1].GetProperty("id").GetString());
        await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/leads/{lead}/move", new { stageId = contacted });
        await Expect(row.Locator(".stage")).ToContainTextAsync(stages[1].GetProperty("name").GetString()!);
        await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/stages/{contacted}", new { name = "Spoken to" });
        await Expect(row.Locator(".stage")).ToContainTextAsync("Spoken to");

        await tenant.CallAsync(HttpMethod.Patch, $"/api/saas/chat/conversations/{conversation}", new { labels = new[] { "vip" } });
        await Expect(row).ToContainTextAsync("vip");
        await page.GetByLabel("Label", new() { Exact = true }).SelectOptionAsync("vip");
        await Expect(row).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Behind_a_dialog_no_key_does_anything_wherever_the_focus_is()
    {
        var tenant = await app.TenantAsync();
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Is 3 pm free?");
        var conversation = await SampleTenant.ConversationAsync(tenant, Phone);
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("Is 3 pm free?");
        await page.Locator(".inbox[aria-keyshortcuts]").WaitForAsync();
        await page.Keyboard.PressAsync("?");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Close" })).ToBeFocusedAsync();

        await page.EvaluateAsync("() => document.activeElement.blur()");
        await page.Keyboard.PressAsync("e");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();

        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Resolve", Exact = true })).ToBeVisibleAsync();
        (await tenant.CallAsync(HttpMethod.Get, $"/api/saas/chat/conversations/{conversation}")).GetProperty("status").GetString().Should().Be("open");
    }

    [BrowserFact]
    public async Task A_conversation_is_resolved_by_one_key_which_opens_the_next_open_one_and_the_list_when_there_is_none()
    {
        var tenant = await app.TenantAsync();
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Is 3 pm free?");
        var first = await SampleTenant.ConversationAsync(tenant, Phone);
        await SampleTenant.WritesAsync(tenant, "+919876511002", "Meera Rao", "And 5 pm?");
        var second = await SampleTenant.ConversationAsync(tenant, "+919876511002");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{second}");
        await Expect(page.Locator(".inbox[aria-keyshortcuts]")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("And 5 pm?");

        await page.Keyboard.PressAsync("Shift+E");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex(first));
        await page.GetByRole(AriaRole.Button, new() { Name = "Resolve and next" }).ClickAsync();
        await Expect(page.GetByText("Choose a conversation")).ToBeVisibleAsync();
        var rows = page.Locator(".rows [data-conversation]");
        await Expect(rows).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show resolved and snoozed ones" }).ClickAsync();
        await Expect(rows).ToHaveCountAsync(2);
        foreach (var id in new[] { first, second })
        {
            (await tenant.CallAsync(HttpMethod.Get, $"/api/saas/chat/conversations/{id}")).GetProperty("status").GetString().Should().Be("resolved");
        }
    }
}
