using System.Text.Json;
using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>A board that is narrowed, folded, and gone through lead by lead.</summary>
public sealed class BoardPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task Filters_are_in_the_address_hold_for_what_comes_live_and_are_taken_off_one_by_one_or_together()
    {
        var (tenant, page, me) = await BoardAsync();
        await LeadAsync(tenant, "Anil", me, "vip", "website");
        await LeadAsync(tenant, "Bela", null, "vip", "website");
        await LeadAsync(tenant, "Chitra", null, "new", "referral");
        await page.GotoAsync($"/c/{tenant.Code}/board");
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(3);

        await page.GetByRole(AriaRole.Button, new() { Name = "Filters" }).ClickAsync();
        await page.GetByLabel("Owner").ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "Mine" }).ClickAsync();
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(1);
        await Expect(page.Locator(".board-card")).ToContainTextAsync("Anil");
        await page.GetByRole(AriaRole.Button, new() { Name = "Clear", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "Unassigned" }).ClickAsync();
        await page.GetByLabel("Tags").FillAsync("vip");
        await page.GetByLabel("Tags").PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Regex("owner=none.*tags=vip|tags=vip.*owner=none"));
        await Expect(page.Locator(".board-card", new() { HasText = "Chitra" })).ToHaveCountAsync(0);
        await Expect(page.Locator(".board-card")).ToContainTextAsync("Bela");
        await Expect(Column(page, "New").Locator(".count")).ToHaveTextAsync("1");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Filters 2 on" })).ToBeFocusedAsync();

        await LeadAsync(tenant, "Deepa", me, "vip", "website");
        await LeadAsync(tenant, "Esha", null, "vip", "referral");
        await Expect(page.Locator(".board-card", new() { HasText = "Esha" })).ToBeVisibleAsync();
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(2);
        await page.ReloadAsync();
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Button, new() { Name = "Take off: Unassigned" }).ClickAsync();
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(4);

        await page.GetByRole(AriaRole.Button, new() { Name = "Filters 1 on" }).ClickAsync();
        await page.GetByLabel("Score from").FillAsync("99");
        await page.GetByLabel("Score from").PressAsync("Enter");
        await Expect(page.GetByText("No card matches")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.GetByRole(AriaRole.Link, new() { Name = "Clear filters" }).ClickAsync();
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(5);
        await Expect(page).Not.ToHaveURLAsync(new Regex("tags|minScore"));
    }

    [BrowserFact]
    public async Task Escape_leaves_a_half_written_note_before_it_closes_the_drawer_and_the_note_is_there_again_afterwards()
    {
        var (tenant, page, _) = await BoardAsync();
        await LeadAsync(tenant, "Anil", null, "vip", "website");
        await page.GotoAsync($"/c/{tenant.Code}/board");
        await page.Locator(".board-card").ClickAsync();
        var drawer = page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" });
        var note = drawer.GetByLabel("Note", new() { Exact = true });
        await note.PressSequentiallyAsync("Wants a second");

        await page.Keyboard.PressAsync("Escape");
        await Expect(drawer).ToBeFocusedAsync();
        await Expect(note).ToHaveValueAsync("Wants a second");
        await page.Keyboard.PressAsync("Escape");
        await Expect(drawer).ToHaveCountAsync(0);

        await page.ReloadAsync();
        await page.Locator(".board-card").ClickAsync();
        await Expect(note).ToHaveValueAsync("Wants a second");
    }

    [BrowserFact]
    public async Task What_a_colleague_moves_while_a_card_is_held_is_shown_when_it_is_let_go()
    {
        var (tenant, page, _) = await BoardAsync();
        await LeadAsync(tenant, "Anil", null, "vip", "website");
        await LeadAsync(tenant, "Bela", null, "vip", "website");
        await page.GotoAsync($"/c/{tenant.Code}/board");
        var held = page.Locator(".board-card", new() { HasText = "Anil" });
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(2);
        var stages = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/pipelines"))[0].GetProperty("stages");
        var bela = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads?search=bela"))[0].GetProperty("id").GetString();

        await held.DispatchEventAsync("dragstart");
        await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/leads/{bela}/move", new { stageId = stages[1].GetProperty("id").GetString() });
        await held.DispatchEventAsync("dragend");

        await Expect(Column(page, stages[1].GetProperty("name").GetString()!).Locator(".board-card")).ToContainTextAsync("Bela");
    }

    [BrowserFact]
    public async Task Columns_of_ended_deals_are_folded_until_somebody_unfolds_them_and_take_what_is_dropped_on_them()
    {
        var (tenant, page, _) = await BoardAsync(1920);
        var stages = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/pipelines"))[0].GetProperty("stages").EnumerateArray().ToList();
        var won = stages.Single(s => s.GetProperty("isWon").GetBoolean());
        var (wonId, wonName) = (won.GetProperty("id").GetString(), won.GetProperty("name").GetString()!);
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Anil", phone = "9876502001", stageId = wonId });
        var dragged = await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Bela", phone = "9876502002" });
        await page.GotoAsync($"/c/{tenant.Code}/board");
        var column = Column(page, wonName);
        var fold = column.Locator(".fold");

        await Expect(column.Locator(".count")).ToHaveTextAsync("1");
        await Expect(fold).ToHaveAttributeAsync("aria-expanded", "false");
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(1);
        await page.Locator(".board-card", new() { HasText = "Bela" }).DragToAsync(column);
        await Expect(column.Locator(".count")).ToHaveTextAsync("2");
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Undo" })).ToBeVisibleAsync();
        (await tenant.CallAsync(HttpMethod.Get, $"/api/crm/leads/{dragged.GetProperty("id").GetString()}")).GetProperty("stageId").GetString().Should().Be(wonId);

        await fold.ClickAsync();
        await Expect(column.Locator(".board-card")).ToHaveCountAsync(2);
        await column.Locator(".board-card", new() { HasText = "Bela" }).GetByRole(AriaRole.Button, new() { Name = "Move Bela" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Move to New" }).ClickAsync();
        await Expect(Column(page, "New").Locator(".board-card")).ToContainTextAsync("Bela");
        await page.ReloadAsync();
        await Expect(column.Locator(".board-card")).ToContainTextAsync("Anil");
        await fold.ClickAsync();
        await Expect(column.Locator(".board-card")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task Arrows_and_two_buttons_go_through_a_columns_leads_and_the_board_stays_where_it_is()
    {
        var (tenant, page, _) = await BoardAsync();
        foreach (var name in (string[])["Anil", "Bela", "Chitra"])
        {
            await LeadAsync(tenant, name, null, "vip", "website");
        }

        await page.GotoAsync($"/c/{tenant.Code}/board");
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(3);
        var ids = await page.Locator(".board-card").EvaluateAllAsync<string[]>("cards => cards.map(c => c.dataset.card)");
        var drawer = page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" });
        await page.Locator(".board-card").First.ClickAsync();
        await Expect(drawer).ToBeFocusedAsync();
        await page.EvaluateAsync("() => document.querySelector('.columns').scrollLeft = 60");
        await Expect(drawer.GetByRole(AriaRole.Button, new() { Name = "Previous lead" })).ToHaveAttributeAsync("aria-disabled", "true");

        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(page).ToHaveURLAsync(new Regex($"lead={ids[1]}"));
        await Expect(page.Locator(".board-card.current")).ToHaveAttributeAsync("data-card", ids[1]);
        // In a field the arrows are the field's.
        await drawer.GetByLabel("Note").FillAsync("Prefers evenings");
        await drawer.GetByLabel("Note").PressAsync("ArrowUp");
        await drawer.GetByRole(AriaRole.Button, new() { Name = "Next lead" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"lead={ids[2]}"));
        await Expect(drawer.GetByRole(AriaRole.Button, new() { Name = "Next lead" })).ToHaveAttributeAsync("aria-disabled", "true");
        await page.Keyboard.PressAsync("ArrowUp");
        await Expect(page).ToHaveURLAsync(new Regex($"lead={ids[1]}"));
        (await page.EvaluateAsync<int>("() => document.querySelector('.columns').scrollLeft")).Should().Be(60);

        await page.Keyboard.PressAsync("Escape");
        await Expect(drawer).ToHaveCountAsync(0);
        await Expect(page.Locator($"[data-card='{ids[1]}']")).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task A_focused_card_is_assigned_by_A_lost_for_a_reason_by_M_and_says_what_comes_next_and_C_opens_its_chat()
    {
        var (tenant, page, me) = await BoardAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new { name = "Remind", trigger = "form_submitted", actions = new[] { new { type = "add_tag", delayMinutes = 90, config = new { tag = "late" } } } });
        var lead = (await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Anil", phone = "9876502011" })).GetProperty("id").GetString();
        await page.GotoAsync($"/c/{tenant.Code}/board");
        var card = page.Locator($"[data-card='{lead}']");
        await Expect(card).ToBeVisibleAsync();

        await tenant.CallAsync(HttpMethod.Post, "/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876502011" });
        await Expect(card.Locator(".next")).ToContainTextAsync("Add tag");

        await card.FocusAsync();
        await page.Keyboard.PressAsync("a");
        await Expect(page.GetByLabel("Assign Anil")).ToBeFocusedAsync();
        await Expect(page.GetByRole(AriaRole.Option, new() { Name = "Mine", Selected = true })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(card.GetByTitle("Asha Rao")).ToBeVisibleAsync();
        await Expect(card).ToBeFocusedAsync();
        (await tenant.CallAsync(HttpMethod.Get, $"/api/crm/leads/{lead}")).GetProperty("assignedTo").GetString().Should().Be(me);

        await page.Keyboard.PressAsync("c");
        // None yet: it is begun.
        await Expect(page.Locator(".thread h2")).ToHaveTextAsync("Anil");
        await page.GoBackAsync();
        await card.FocusAsync();
        await page.Keyboard.PressAsync("m");
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Move to Lost" }).ClickAsync();
        await Expect(page.GetByLabel("Why is Anil lost?")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("Went elsewhere");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Undo" })).ToBeVisibleAsync();
        await Expect(Column(page, "Lost").Locator(".fold")).ToBeFocusedAsync();
        (await tenant.CallAsync(HttpMethod.Get, $"/api/crm/leads/{lead}")).GetProperty("closeReason").GetString().Should().Be("Went elsewhere");
    }

    [BrowserFact]
    public async Task Before_a_deal_is_lost_it_is_asked_why_wherever_it_is_moved_and_rules_hear_of_it_afterwards()
    {
        var (tenant, page, _) = await BoardAsync(1920);
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new
        {
            name = "Dear",
            trigger = "deal_lost",
            condition = new { field = "lead.closeReason", @operator = "eq", value = "Too expensive" },
            actions = new[] { new { type = "add_tag", config = new { tag = "dear" } } },
        });
        var lead = (await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Anil", phone = "9876502021" })).GetProperty("id").GetString();
        await page.GotoAsync($"/c/{tenant.Code}/board");
        var (card, lost, dialog) = (page.Locator($"[data-card='{lead}']"), Column(page, "Lost"), page.GetByRole(AriaRole.Dialog));

        await card.DragToAsync(lost);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(Column(page, "New").Locator(".board-card")).ToContainTextAsync("Anil");
        await Expect(card).ToBeFocusedAsync();
        await card.DragToAsync(lost);
        await Expect(page.GetByLabel("Why is Anil lost?")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);
        (await tenant.CallAsync(HttpMethod.Get, $"/api/crm/leads/{lead}")).GetProperty("status").GetString().Should().Be("open");

        await card.DragToAsync(lost);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Too expensive" }).ClickAsync();
        await Expect(lost.Locator(".count")).ToHaveTextAsync("1");
        await lost.Locator(".fold").ClickAsync();
        await Expect(lost.Locator(".board-card")).ToContainTextAsync("dear");

        // From the drawer, without a word; and many together from the table.
        await card.GetByRole(AriaRole.Button, new() { Name = "Move Anil" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Move to New" }).ClickAsync();
        await Expect(Column(page, "New").Locator(".board-card")).ToContainTextAsync("Anil");
        await card.ClickAsync();
        await page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" }).GetByRole(AriaRole.Button, new() { Name = "Lost", Exact = true }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Skip" }).ClickAsync();
        await Expect(lost.Locator(".count")).ToHaveTextAsync("1");
        (await tenant.CallAsync(HttpMethod.Get, $"/api/crm/leads/{lead}")).GetProperty("closeReason").ValueKind.Should().Be(JsonValueKind.Null);
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Bela", phone = "9876502022" });
        await page.GotoAsync($"/c/{tenant.Code}/leads?status=open");
        await page.GetByLabel("Select Bela").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Move to" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Lost" }).ClickAsync();
        await page.GetByLabel("Why are they lost?").FillAsync("Moved away");
        await page.GetByLabel("Why are they lost?").PressAsync("Enter");
        await Expect(page.GetByText("1 changed")).ToBeVisibleAsync();
        (await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads?search=bela"))[0].GetProperty("closeReason").GetString().Should().Be("Moved away");
    }

    [BrowserFact]
    public async Task Escape_closes_the_owners_list_and_once_more_the_filters()
    {
        var (tenant, page, _) = await BoardAsync();
        await page.GotoAsync($"/c/{tenant.Code}/board");
        var filters = page.GetByRole(AriaRole.Button, new() { Name = "Filters" });
        await filters.ClickAsync();
        await page.GetByLabel("Owner").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Option, new() { Name = "Unassigned" })).ToBeVisibleAsync();

        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Option)).ToHaveCountAsync(0);
        await Expect(page.GetByLabel("Owner")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByLabel("Owner")).ToHaveCountAsync(0);
        await Expect(filters).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task A_card_is_put_below_the_last_one_by_mouse_and_moved_up_again_by_keyboard()
    {
        var (tenant, page, _) = await BoardAsync(1440);
        foreach (var (at, name) in ((string[])["Anil", "Bela", "Chitra"]).Index())
        {
            await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = name, phone = $"987650220{at}" });
        }

        await page.GotoAsync($"/c/{tenant.Code}/board");
        var column = Column(page, "New");
        await OrderAsync("Chitra", "Bela", "Anil");
        await column.Locator(".board-card", new() { HasText = "Chitra" }).DragToAsync(column.Locator(".end"));
        await OrderAsync("Bela", "Anil", "Chitra");
        await page.ReloadAsync();
        await OrderAsync("Bela", "Anil", "Chitra");

        var card = column.Locator(".board-card", new() { HasText = "Chitra" });
        await card.FocusAsync();
        await page.Keyboard.PressAsync("Shift+ArrowUp");
        await OrderAsync("Bela", "Chitra", "Anil");
        await Expect(card).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Shift+ArrowUp");
        await OrderAsync("Chitra", "Bela", "Anil");
        await page.ReloadAsync();
        await OrderAsync("Chitra", "Bela", "Anil");

        Task OrderAsync(params string[] names) => Expect(column.Locator(".board-card")).ToContainTextAsync(names);
    }

    private async Task<(E2ETenant Tenant, IPage Page, string Me)> BoardAsync(int width = 1440)
    {
        var tenant = await app.TenantAsync();
        var me = await app.PersonAsync(Role.Agent, tenant.Code, "Asha Rao");
        return (tenant, await app.SignedInAsync(me, width), me);
    }

    private static ILocator Column(IPage page, string name) => page.Locator("section.column", new() { Has = page.Locator(".name", new() { HasText = name }) });

    private static Task LeadAsync(E2ETenant tenant, string firstName, string? owner, string tag, string source) =>
        tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName, phone = $"98765{Random.Shared.Next(10000, 99999)}", assignedTo = owner, tags = new[] { tag }, source });
}
