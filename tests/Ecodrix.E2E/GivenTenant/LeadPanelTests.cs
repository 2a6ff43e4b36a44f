using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>A lead's panel: what is written on its timeline and into its fields, and the conversations with it.</summary>
public sealed class LeadPanelTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task Calls_and_meetings_are_logged_and_notes_edited_by_keyboard_and_who_looks_on_sees_it()
    {
        var (tenant, lead) = await LeadAsync("Ravi");
        var page = await PageAsync(tenant, lead);
        var other = await PageAsync(tenant, lead, 360, 740);
        await page.GetByRole(AriaRole.Button, new() { Name = "Call", Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByLabel("Minutes").FillAsync("12");
        await page.GetByLabel("What came of it").FillAsync("Interested");
        await page.GetByLabel("When, in").FillAsync("2099-01-01T10:00");
        await Expect(page.GetByText("That lies in the future")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Log call" })).ToBeDisabledAsync();
        await page.GetByLabel("When, in").FillAsync("2026-01-05T10:00");
        // More than the engine takes: what is refused stays where it was written.
        await page.GetByLabel("What was said").FillAsync(new string('a', 10_001));
        await page.GetByRole(AriaRole.Button, new() { Name = "Log call" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".mud-snackbar")).ToContainTextAsync("10000");
        await Expect(page.GetByLabel("What was said")).ToHaveValueAsync(new string('a', 10_001));
        await page.GetByLabel("What was said").FillAsync("Wants a second opinion");

        await page.ReloadAsync();
        await Expect(page.GetByLabel("What was said")).ToHaveValueAsync("Wants a second opinion");
        await Expect(page.GetByLabel("When, in")).ToHaveValueAsync("2026-01-05T10:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log call" }).ClickAsync();
        var call = other.Locator(".timeline li", new() { HasText = "Call, 12 min" });
        await Expect(call).ToContainTextAsync("Wants a second opinion");
        await Expect(call).ToContainTextAsync("Interested");
        await Expect(page.GetByLabel("Note", new() { Exact = true })).ToHaveValueAsync("");
        var logged = (await tenant.CallAsync(HttpMethod.Get, $"/api/crm/leads/{lead}/activities")).EnumerateArray().Single(a => a.GetProperty("type").GetString() == "call");
        logged.GetProperty("createdAt").GetDateTime().ToUniversalTime().Should().Be(new DateTime(2026, 1, 5, 4, 30, 0, DateTimeKind.Utc), "it is the tenant's ten o'clock");

        await other.GetByRole(AriaRole.Button, new() { Name = "Meeting" }).ClickAsync();
        await other.GetByLabel("What it was about").FillAsync("The price");
        await other.GetByRole(AriaRole.Button, new() { Name = "Log meeting" }).ClickAsync();
        await Expect(page.Locator(".timeline")).ToContainTextAsync("The price");

        await page.GetByLabel("Note", new() { Exact = true }).FillAsync("Prefers evenings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await Expect(page.GetByLabel("Text of this note")).ToBeFocusedAsync();
        await page.GetByLabel("Text of this note").FillAsync("Prefers mornings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save note" }).ClickAsync();
        await Expect(other.Locator(".timeline")).ToContainTextAsync("Prefers mornings");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Edit" })).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task What_is_typed_into_details_and_a_file_for_the_chat_outlast_another_tab_and_are_asked_after_before_they_are_left()
    {
        var (tenant, lead) = await LeadAsync("Ravi", "+919876514001");
        await SampleTenant.WritesAsync(tenant, "+919876514001", "Ravi", "Hello");
        await SampleTenant.ConversationAsync(tenant, "+919876514001");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/board?lead={lead}");
        await Expect(page.GetByRole(AriaRole.Log)).ToHaveCountAsync(0);
        await TabAsync(page, "Chat");
        await page.Locator(".composer input[type=file]").ChooseFileAsync(new FilePayload { Name = "prices.txt", MimeType = "text/plain", Buffer = "1, 2, 3"u8.ToArray() });
        await Expect(page.Locator(".answering")).ToContainTextAsync("prices.txt");
        await TabAsync(page, "Details");
        var deal = page.GetByLabel("Deal", new() { Exact = true });
        await deal.FillAsync("Knee surgery");
        await TabAsync(page, "Timeline");
        await SampleTenant.WritesAsync(tenant, "+919876514001", "Ravi", "Are you there?");
        await Expect(page.GetByRole(AriaRole.Tab, new() { Name = "Chat new" })).ToBeVisibleAsync();
        await TabAsync(page, "Chat");
        await Expect(page.Locator(".answering")).ToContainTextAsync("prices.txt");
        await Expect(page.GetByRole(AriaRole.Tab, new() { Name = "Chat new" })).ToHaveCountAsync(0);
        await TabAsync(page, "Details");
        await Expect(deal).ToHaveValueAsync("Knee surgery");

        await page.Locator(".drawer-head").GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stay" }).ClickAsync();
        await Expect(deal).ToHaveValueAsync("Knee surgery");
        await page.ReloadAsync();
        await TabAsync(page, "Details");
        await Expect(page.GetByText("Restored what you had not saved.")).ToBeVisibleAsync();
        await Expect(deal).ToHaveValueAsync("Knee surgery");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Restored what you had not saved.")).ToHaveCountAsync(0);
        await page.Locator(".drawer-head").GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" })).ToHaveCountAsync(0);
        (await tenant.CallAsync(HttpMethod.Get, $"/api/crm/leads/{lead}")).GetProperty("dealTitle").GetString().Should().Be("Knee surgery");
    }

    [BrowserFact]
    public async Task A_conversation_is_begun_from_the_lead_the_board_and_the_inbox_with_a_template()
    {
        var (tenant, lead) = await LeadAsync("Ravi", "+919876514011");
        await LeadAsync("Priya", "+919876514012", tenant);
        var stops = await LeadAsync("Anil", "+919876514013", tenant);
        await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/leads/{stops.Lead}", new { optedOut = true });
        await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/templates/sync");
        var page = await PageAsync(tenant, lead);
        await TabAsync(page, "Chat");
        await page.GetByRole(AriaRole.Button, new() { Name = "Message on WhatsApp" }).ClickAsync();
        await Expect(page.Locator(".composer")).ToContainTextAsync("The contact has not written yet");
        await page.GotoAsync($"/c/{tenant.Code}/leads/{stops.Lead}");
        await TabAsync(page, "Chat");
        await Expect(page.Locator(".panel")).ToContainTextAsync("Anil has opted out of messages.");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Message on WhatsApp" })).ToHaveCountAsync(0);

        await page.GotoAsync($"/c/{tenant.Code}/board");
        await page.Locator(".board-card", new() { HasText = "Anil" }).PressAsync("c");
        await Expect(page.GetByText("Anil has opted out of messages.")).ToBeVisibleAsync();
        await page.Locator(".board-card", new() { HasText = "Priya" }).PressAsync("c");
        await Expect(page).ToHaveURLAsync(new Regex("/inbox/[0-9a-f]{24}$"));
        await Expect(page.Locator(".thread h2")).ToHaveTextAsync("Priya");

        await page.GotoAsync($"/c/{tenant.Code}/inbox");
        await NewAsync("Anil", "Anil");
        await Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert)).ToContainTextAsync("Anil has opted out of messages.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await NewAsync("ravi", "Ravi");
        await Expect(page.Locator(".thread h2")).ToHaveTextAsync("Ravi");
        await NewAsync("98765 14019", "98765 14019");
        await Expect(page.Locator(".thread header")).ToContainTextAsync("+919876514019");
        (await tenant.CallAsync(HttpMethod.Get, "/api/saas/chat/conversations")).GetArrayLength().Should().Be(3);
        var viewer = await app.SignedInAsync(await app.PersonAsync(Role.Viewer, tenant.Code));
        await viewer.GotoAsync($"/c/{tenant.Code}/inbox");
        await Expect(viewer.Locator("[data-conversation]")).ToHaveCountAsync(3);
        await Expect(viewer.GetByRole(AriaRole.Button, new() { Name = "New conversation" })).ToHaveCountAsync(0);

        async Task NewAsync(string typed, string option)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
            var dialog = page.GetByRole(AriaRole.Dialog);
            await dialog.GetByRole(AriaRole.Combobox).FillAsync(typed);
            await dialog.GetByRole(AriaRole.Option, new() { Name = option }).First.ClickAsync();
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Open conversation" }).ClickAsync();
        }
    }

    [BrowserFact]
    public async Task Of_two_conversations_the_newest_is_shown_and_the_other_can_be_chosen()
    {
        var (tenant, lead) = await LeadAsync("Ravi", "+919876514021");
        await SampleTenant.WritesAsync(tenant, "+919876514021", "Ravi", "From the old number");
        await SampleTenant.ConversationAsync(tenant, "+919876514021");
        await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/leads/{lead}", new { phone = "+919876514022" });
        await SampleTenant.WritesAsync(tenant, "+919876514022", "Ravi", "From the new number");
        await SampleTenant.ConversationAsync(tenant, "+919876514022");
        var page = await PageAsync(tenant, lead);
        await TabAsync(page, "Chat");
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("From the new number");
        var which = page.GetByLabel("Which conversation");
        await Expect(which.Locator("option")).ToHaveCountAsync(2);
        await which.SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("From the old number");
    }

    [BrowserFact]
    public async Task A_double_click_on_older_entries_adds_each_once()
    {
        var (tenant, lead) = await LeadAsync("Ravi");
        foreach (var at in Enumerable.Range(1, 60))
        {
            await tenant.CallAsync(HttpMethod.Post, $"/api/crm/leads/{lead}/notes", new { content = $"Note {at}." });
        }

        var page = await PageAsync(tenant, lead);
        await Expect(page.Locator(".timeline li")).ToHaveCountAsync(25);
        // Both come before the first is answered.
        await page.GetByRole(AriaRole.Button, new() { Name = "Show older" }).EvaluateAsync("button => { button.click(); button.click(); }");
        await Expect(page.Locator(".timeline li")).ToHaveCountAsync(50);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show older" }).ClickAsync();
        await Expect(page.Locator(".timeline li")).ToHaveCountAsync(61);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Show older" })).ToHaveCountAsync(0);
        await page.GetByLabel("Note", new() { Exact = true }).FillAsync("One more");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.Locator(".timeline li").First).ToContainTextAsync("One more");
    }

    private async Task<(E2ETenant Tenant, string Lead)> LeadAsync(string name, string phone = "+919876514099", E2ETenant? of = null)
    {
        var tenant = of ?? await app.TenantAsync();
        return (tenant, (await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = name, phone })).GetProperty("id").GetString()!);
    }

    private async Task<IPage> PageAsync(E2ETenant tenant, string lead, int width = 1440, int height = 900)
    {
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code, "Asha Rao"), width, height);
        await page.GotoAsync($"/c/{tenant.Code}/leads/{lead}");
        return page;
    }

    private static Task TabAsync(IPage page, string name) => page.GetByRole(AriaRole.Tab, new() { Name = name }).ClickAsync();
}
