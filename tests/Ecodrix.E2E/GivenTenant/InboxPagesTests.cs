using Ecodrix.Engine.People;
using Ecodrix.Sandbox.Graph.Numbers;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>The inbox with two people at once, by keyboard alone, and over a connection that breaks.</summary>
public sealed class InboxPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    private const string Phone = "+919876511001";

    // The list is reversed: its end is at zero.
    private const string ToTop = "e => e.scrollTop = -e.scrollHeight";

    [BrowserFact]
    public async Task Two_agents_see_each_others_work_and_what_contacts_write_without_a_reload()
    {
        var (tenant, conversation) = await GivenAsync();
        var asha = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code, "Asha"));
        var vikram = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code, "Vikram"));
        await asha.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        await vikram.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        await Expect(vikram.GetByRole(AriaRole.Log)).ToContainTextAsync("Is 3 pm free?");

        await asha.GetByLabel("Message", new() { Exact = true }).FillAsync("Yes, 3 pm is free");
        await asha.GetByRole(AriaRole.Button, new() { Name = "Emoji", Exact = true }).ClickAsync();
        await asha.GetByRole(AriaRole.Button, new() { Name = "Folded hands" }).ClickAsync();
        await asha.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
        await Expect(vikram.GetByRole(AriaRole.Log)).ToContainTextAsync("Yes, 3 pm is free🙏");

        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Thank you, see you then");
        await Expect(asha.GetByRole(AriaRole.Log)).ToContainTextAsync("Thank you, see you then");
        await Expect(vikram.GetByRole(AriaRole.Log)).ToContainTextAsync("Thank you, see you then");

        await asha.GetByRole(AriaRole.Tab, new() { Name = "Note", Exact = true }).ClickAsync();
        await asha.GetByLabel("Note for colleagues").FillAsync("Her father comes along");
        await asha.GetByRole(AriaRole.Button, new() { Name = "Save note" }).ClickAsync();
        await Expect(vikram.GetByRole(AriaRole.Log)).ToContainTextAsync("Her father comes along");

        await vikram.GetByRole(AriaRole.Button, new() { Name = "Resolve", Exact = true }).DblClickAsync();
        await Expect(asha.GetByRole(AriaRole.Button, new() { Name = "Reopen" })).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task The_inbox_is_worked_by_keyboard_alone_and_opens_at_the_first_unread_message()
    {
        var (tenant, _) = await GivenAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox");
        await Expect(page.Locator("[data-conversation]")).ToHaveCountAsync(1);

        // The page says when it listens; a key pressed before is nobody's.
        await Expect(page.Locator(".inbox[aria-keyshortcuts]")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("j");
        await Expect(page.GetByText("Unread from here")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("r");
        await Expect(page.GetByLabel("Message", new() { Exact = true })).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("Of course");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("Of course");
        await page.EvaluateAsync("() => document.activeElement.blur()");
        await page.Keyboard.PressAsync("e");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Reopen" })).ToBeVisibleAsync();

        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByText("Choose a conversation")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task The_list_goes_on_beyond_a_hundred_conversations_by_button_and_by_key()
    {
        var tenant = await app.TenantAsync();
        foreach (var at in Enumerable.Range(0, 131))
        {
            await SampleTenant.WritesAsync(tenant, $"+9198765{13000 + at}", $"Contact {at}", "Hello");
        }

        var first = await SampleTenant.ConversationAsync(tenant, "+919876513000");
        await SampleTenant.ConversationAsync(tenant, "+919876513130");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox");
        await Expect(page.GetByRole(AriaRole.Tab, new() { Name = "All 131" })).ToBeVisibleAsync();
        var rows = page.Locator("[data-conversation]");
        var more = page.GetByRole(AriaRole.Button, new() { Name = "Show more" });
        await Expect(rows).ToHaveCountAsync(30);
        await Expect(page.Locator(".inbox[aria-keyshortcuts]")).ToBeVisibleAsync();
        await rows.Nth(29).ClickAsync();
        await Expect(rows.Nth(29)).ToHaveAttributeAsync("aria-current", "true");
        await page.EvaluateAsync("() => document.activeElement.blur()");
        await page.Keyboard.PressAsync("j");
        await Expect(rows.Nth(30)).ToHaveAttributeAsync("aria-current", "true");

        await Expect(rows).ToHaveCountAsync(60);
        await more.ClickAsync();
        await Expect(rows).ToHaveCountAsync(90);
        await more.ClickAsync();
        await Expect(rows).ToHaveCountAsync(131);
        await Expect(more).ToHaveCountAsync(0);
        await Expect(page.Locator($"[data-conversation='{first}']")).ToHaveCountAsync(1);
    }

    [BrowserFact]
    public async Task The_bar_tries_until_the_connection_is_back()
    {
        var tenant = await app.TenantAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox");
        await Expect(page.GetByText("No conversation to look after")).ToBeVisibleAsync();

        // The framework gives up after minutes; here it says so at once, and the server is away for two attempts.
        await page.EvaluateAsync(
            """
            () => {
              const say = (state) => document.getElementById("components-reconnect-modal").dispatchEvent(new CustomEvent("components-reconnect-state-changed", { detail: { state } }));
              window.attempts = 0;
              Blazor.reconnect = async () => {
                if (++window.attempts < 3) throw new Error("away");
                say("hide");
                return true;
              };
              say("show");
              say("failed");
            }
            """);
        await Expect(page.GetByText("Still no connection")).ToBeVisibleAsync();

        await Expect(page.Locator("#components-reconnect-modal")).ToBeHiddenAsync();
        (await page.EvaluateAsync<int>("() => window.attempts")).Should().Be(3);
    }

    [BrowserFact]
    public async Task A_lead_that_may_not_be_seen_is_not_said_to_be_none()
    {
        var tenant = await app.TenantAsync();
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Is 3 pm free?");
        var conversation = await SampleTenant.ConversationAsync(tenant, Phone);
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        var pane = page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" });
        await Expect(pane.GetByRole(AriaRole.Link, new() { Name = "Ravi" })).ToBeVisibleAsync();

        await page.GotoAsync($"/c/{tenant.Code}/inbox/65b2000000000000000000aa");
        await Expect(pane.GetByRole(AriaRole.Alert)).ToContainTextAsync("CONVERSATION_NOT_FOUND");
        await Expect(pane).Not.ToContainTextAsync("no lead yet");
        await Expect(pane.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Older_messages_come_as_one_scrolls_up_and_the_lead_is_a_click_away()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = Phone });
        foreach (var at in Enumerable.Range(1, 90))
        {
            await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", $"Message {at}.");
        }

        var conversation = await SampleTenant.ConversationAsync(tenant, Phone, "Message 90.");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        await Expect(page.GetByText("Unread from here")).ToBeVisibleAsync();
        // Once it is read it opens at its end, with the latest.
        await page.WaitForFunctionAsync(
            "([url, headers]) => fetch(url, { headers }).then(r => r.json()).then(c => c.data.unreadCount === 0)",
            new object[] { $"/api/saas/chat/conversations/{conversation}", new Dictionary<string, string> { ["x-client-code"] = tenant.Code, ["x-api-key"] = tenant.Key } },
            new() { PollingInterval = 100 });
        await page.ReloadAsync();
        var log = page.GetByRole(AriaRole.Log);
        await Expect(log.GetByText("Message 90.")).ToBeInViewportAsync();
        await Expect(log.GetByText("Message 51.")).ToHaveCountAsync(1);
        await Expect(log.GetByText("Message 50.")).ToHaveCountAsync(0);
        // What was read stays where it was when older ones come above it.
        await log.EvaluateAsync(ToTop);
        await Expect(log.GetByText("Message 12.")).ToHaveCountAsync(1);
        await Expect(log.GetByText("Message 51.")).ToBeInViewportAsync();
        await log.EvaluateAsync(ToTop);
        await Expect(log.GetByText("Message 1.")).ToHaveCountAsync(1);
        await Expect(log.GetByRole(AriaRole.Button, new() { Name = "Older messages" })).ToHaveCountAsync(0);

        // Who reads further up is told of what arrives, and not moved.
        await log.EvaluateAsync(ToTop);
        await Expect(log.GetByText("Message 1.")).ToBeInViewportAsync();
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "And another thing.");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "New messages" })).ToBeVisibleAsync();
        await Expect(log.GetByText("Message 1.")).ToBeInViewportAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "New messages" }).ClickAsync();
        await Expect(log.GetByText("And another thing.")).ToBeInViewportAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "New messages" })).ToHaveCountAsync(0);
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Who is at the end stays there.");
        await Expect(log.GetByText("Who is at the end stays there.")).ToBeInViewportAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Show on the board" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" })).ToContainTextAsync("Ravi");
    }

    [BrowserFact]
    public async Task A_lost_connection_shows_a_thin_bar_keeps_the_draft_and_catches_up()
    {
        var (tenant, conversation) = await GivenAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        var away = false;
        IWebSocketRoute? wire = null;
        await page.RouteWebSocketAsync(new System.Text.RegularExpressions.Regex("_blazor"), socket =>
        {
            wire = socket;
            socket.ConnectToServer();
        });
        await page.RouteAsync("**/_blazor/negotiate**", route => away ? route.AbortAsync() : route.ContinueAsync());
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        var message = page.GetByLabel("Message", new() { Exact = true });
        await message.FillAsync("Half a sentence");
        // The server answers what is typed by having the browser keep it.
        await page.WaitForFunctionAsync("() => Object.values(localStorage).includes('Half a sentence')");

        away = true;
        await wire!.CloseAsync();
        await Expect(page.GetByText("Connection lost")).ToBeVisibleAsync();
        await Expect(message).ToHaveValueAsync("Half a sentence");
        // What is written meanwhile is not the server's yet.
        await message.FillAsync("Half a sentence, and its end");
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Written while you were away");
        away = false;

        await Expect(page.GetByText("Connection lost")).ToBeHiddenAsync();
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("Written while you were away");
        await Expect(message).ToHaveValueAsync("Half a sentence, and its end");
        await page.ReloadAsync();
        await Expect(message).ToHaveValueAsync("Half a sentence, and its end");

        away = true;
        await wire!.CloseAsync();
        await Expect(page.GetByText("Connection lost")).ToBeVisibleAsync();
        await message.FillAsync("Half a sentence, and another end");
        away = false;
        await Expect(page.GetByText("Connection lost")).ToBeHiddenAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("Half a sentence, and another end");
    }

    [BrowserFact]
    public async Task A_card_on_the_board_shows_what_was_written_and_its_drawer_answers_it()
    {
        var (tenant, _) = await GivenAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/board");
        var card = page.Locator(".board-card", new() { HasText = "Ravi" });
        await Expect(card).ToContainTextAsync("Is 3 pm free?");

        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Or rather 4 pm?");
        await Expect(card).ToContainTextAsync("Or rather 4 pm?");
        await Expect(card.Locator(".unread")).ToHaveTextAsync("2");
        var unread = page.GetByRole(AriaRole.Link, new() { Name = "Inbox 1 unread conversation" });
        await Expect(unread).ToBeVisibleAsync();

        await card.ClickAsync();
        var drawer = page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" });
        await drawer.GetByRole(AriaRole.Tab, new() { Name = "Chat" }).ClickAsync();
        await drawer.GetByLabel("Message", new() { Exact = true }).FillAsync("4 pm it is");
        await drawer.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
        await Expect(drawer.GetByRole(AriaRole.Log)).ToContainTextAsync("4 pm it is");
        await Expect(card.Locator(".unread")).ToHaveCountAsync(0);
        await Expect(unread).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_voice_note_is_recorded_heard_before_it_goes_and_sent_as_whatsapp_wants_it()
    {
        var (tenant, conversation) = await GivenAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");

        await page.GetByRole(AriaRole.Button, new() { Name = "Record a voice note" }).ClickAsync();
        // It runs on: any second of it will do.
        await Expect(page.GetByText(new System.Text.RegularExpressions.Regex("Recording 0:(0[1-9]|1)"))).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Take the recording" }).ClickAsync();
        await Expect(page.Locator(".answering audio")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Log).Locator("audio")).ToBeVisibleAsync();
        await Expect(page.Locator(".answering audio")).ToHaveCountAsync(0);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var sent = await app.Sandbox.Graph.WaitForMessageAsync(m => m.Type == "audio" && m.To.EndsWith("9876511001", StringComparison.Ordinal), limit.Token);
        sent.PhoneNumberId.Should().Be("106540352242922");
    }

    [BrowserFact]
    public async Task A_number_that_is_not_on_whatsapp_is_corrected_with_its_lead_and_the_message_sent_again()
    {
        const string Wrong = "+919876510002";
        var (tenant, _) = await GivenAsync();
        app.Sandbox.Graph.ConfigureWebhook("106540352242922", new WebhookSettings($"{app.Url}/api/saas/whatsapp/webhook/{tenant.Code}", "sandbox-app-secret", "verify"));
        await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/templates/sync");
        var lead = (await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Meera", phone = Wrong })).GetProperty("id").GetString();
        var sent = await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/send", new { to = Wrong, templateName = "appointment_confirmed", templateLanguage = "en_US", variables = new[] { "Meera", "Dr. Rao", "3 pm" } });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{sent.GetProperty("conversationId").GetString()}");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("131026");

        await page.GetByRole(AriaRole.Button, new() { Name = "Fix number" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByLabel("Phone")).ToHaveValueAsync(Wrong);
        await dialog.GetByLabel("Phone").FillAsync("12");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save and send again" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("phone");
        await dialog.GetByLabel("Phone").FillAsync(Phone);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save and send again" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("exists");
        await dialog.GetByLabel("Phone").FillAsync("98765 11771");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save and send again" }).ClickAsync();

        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(page.Locator(".thread header")).ToContainTextAsync("+919876511771");
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("Dr. Rao");
        await Expect(page.GetByRole(AriaRole.Log).GetByText("Delivered").Or(page.GetByRole(AriaRole.Log).GetByText("Read"))).ToHaveCountAsync(1);
        (await tenant.CallAsync(HttpMethod.Get, $"/api/crm/leads/{lead}")).GetProperty("phone").GetString().Should().Be("+919876511771");
    }

    [BrowserFact]
    public async Task A_conversation_is_assigned_by_keyboard()
    {
        var (tenant, conversation) = await GivenAsync();
        var agent = await app.PersonAsync(Role.Agent, tenant.Code, "Vikram Shah");
        var page = await app.SignedInAsync(agent);
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        await Expect(page.Locator(".inbox[aria-keyshortcuts]")).ToBeVisibleAsync();

        await page.Keyboard.PressAsync("a");
        await Expect(page.GetByLabel("Assigned to")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("Vik");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("Assigned", new() { Exact = true })).ToBeVisibleAsync();
        (await tenant.CallAsync(HttpMethod.Get, $"/api/saas/chat/conversations/{conversation}")).GetProperty("assignedTo").GetString().Should().Be(agent);
    }

    [BrowserFact]
    public Task The_lead_beside_a_conversation_is_moved_and_moved_back_priced_and_what_waits_for_it_called_off() => WorksTheLeadAsync(1440);

    [BrowserFact]
    public Task The_lead_of_a_conversation_is_worked_on_a_phone_too() => WorksTheLeadAsync(360);

    private async Task WorksTheLeadAsync(int width)
    {
        var (tenant, conversation) = await GivenAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new
        {
            name = "Later",
            trigger = "stage_enter",
            actions = new[] { new { type = "add_tag", delayMinutes = 60, config = new { tag = "later" } } },
        });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.SetViewportSizeAsync(width, 800);
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        if (width < 1180)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Show the lead" }).ClickAsync();
        }

        var pane = page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" });
        var here = pane.Locator("[aria-current=step]");
        await Expect(here).ToHaveAttributeAsync("title", "New");
        await pane.GetByTitle("Move to Qualified").ClickAsync();
        await Expect(here).ToHaveAttributeAsync("title", "Qualified");
        await Expect(pane.GetByRole(AriaRole.Region, new() { Name = "Last trace" })).ToContainTextAsync("stage_enter");
        var next = pane.GetByRole(AriaRole.Region, new() { Name = "Next" });
        await next.GetByRole(AriaRole.Button, new() { Name = "Call off" }).ClickAsync();
        await Expect(next).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Expect(here).ToHaveAttributeAsync("title", "New");

        await pane.GetByRole(AriaRole.Button, new() { Name = "Change the value" }).ClickAsync();
        await pane.GetByLabel("Value", new() { Exact = true }).FillAsync("4500");
        await pane.GetByLabel("Value", new() { Exact = true }).PressAsync("Enter");
        await Expect(pane.GetByRole(AriaRole.Button, new() { Name = "Change the value" })).ToContainTextAsync("4,500");
        (await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth")).Should().BeTrue("nothing is wider than the screen");
    }

    private async Task<(E2ETenant Tenant, string Conversation)> GivenAsync()
    {
        var tenant = await app.TenantAsync();
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Is 3 pm free?");
        return (tenant, await SampleTenant.ConversationAsync(tenant, Phone));
    }
}
