using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

public sealed class BoardTouchTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task A_long_press_takes_a_card_up_shows_what_would_fire_and_drops_it_where_the_finger_is()
    {
        var (tenant, page) = await BoardAsync();
        var stages = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/pipelines"))[0].GetProperty("stages");
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new
        {
            name = "Welcome pack",
            trigger = "stage_enter",
            triggerConfig = new { stageId = stages[1].GetProperty("id").GetString() },
            actions = new[] { new { type = "add_tag", config = new { tag = "welcomed" } } },
        });
        await page.ReloadAsync();
        var card = page.Locator(".board-card", new() { HasText = "Ravi" });
        await Expect(card).ToBeVisibleAsync();
        await Expect(page.GetByText("Welcome pack")).ToHaveCountAsync(0);
        var (from, to) = ((await card.BoundingBoxAsync())!, (await Column(page, "Contacted").BoundingBoxAsync())!);
        var touch = await page.Context.NewCDPSessionAsync(page);

        await TouchAsync(touch, "touchStart", from.X + 40, from.Y + 20);
        await Expect(page.Locator(".board-card[aria-hidden=true]")).ToHaveCountAsync(1);
        await TouchAsync(touch, "touchMove", to.X + 60, to.Y + 120);
        await Expect(Column(page, "Contacted").GetByText("Welcome pack")).ToBeVisibleAsync();
        await Expect(Column(page, "Proposal").GetByText("Welcome pack")).ToHaveCountAsync(0);
        await TouchAsync(touch, "touchEnd");

        await Expect(Column(page, "Contacted").Locator(".board-card")).ToContainTextAsync("Ravi");
        await Expect(page.Locator(".board-card[aria-hidden=true]")).ToHaveCountAsync(0);
        await Expect(page.GetByText("Welcome pack")).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" })).ToHaveCountAsync(0);
        await Expect(Column(page, "Contacted").GetByText("welcomed")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_short_touch_that_moves_scrolls_and_moves_no_card()
    {
        var (_, page) = await BoardAsync();
        var from = (await page.Locator(".board-card", new() { HasText = "Ravi" }).BoundingBoxAsync())!;
        var touch = await page.Context.NewCDPSessionAsync(page);

        await TouchAsync(touch, "touchStart", from.X + 40, from.Y + 20);
        await TouchAsync(touch, "touchMove", from.X + 40, from.Y + 60);
        await TouchAsync(touch, "touchMove", from.X + 40, from.Y + 200);
        // Longer than a long press: what began as scrolling stays that.
        await page.WaitForFunctionAsync("() => new Promise(done => setTimeout(() => done(true), 600))");

        await Expect(page.Locator(".board-card[aria-hidden=true]")).ToHaveCountAsync(0);
        await TouchAsync(touch, "touchEnd");
        await Expect(Column(page, "New").Locator(".board-card")).ToContainTextAsync("Ravi");
        await Expect(page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" })).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task The_board_shows_only_what_needs_a_reply_and_the_filter_is_in_the_address()
    {
        var (tenant, page) = await BoardAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Priya", phone = "9876500002" });
        await SampleTenant.WritesAsync(tenant, "+919876500001", "Ravi", "Is 3 pm free?");

        await page.GetByRole(AriaRole.Button, new() { Name = "Needs reply 1" }).ClickAsync();
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(1);
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("show=reply"));
        await Expect(Column(page, "New").Locator(".count")).ToHaveTextAsync("1");

        await page.GetByRole(AriaRole.Button, new() { Name = "Stale 0" }).ClickAsync();
        await Expect(page.GetByText("No card matches")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stale 0" }).ClickAsync();
        await Expect(page.Locator(".board-card")).ToHaveCountAsync(2);
    }

    [BrowserFact]
    public async Task Escape_closes_the_menus_of_the_top_line_and_gives_the_focus_back()
    {
        var (_, page) = await BoardAsync();
        foreach (var name in (string[])["Account of Agent", "Notifications"])
        {
            var opener = page.GetByRole(AriaRole.Button, new() { Name = name });
            await opener.ClickAsync();
            await Expect(opener).ToHaveAttributeAsync("aria-expanded", "true");
            await page.Keyboard.PressAsync("Escape");
            await Expect(opener).ToHaveAttributeAsync("aria-expanded", "false");
            await Expect(opener).ToBeFocusedAsync();
        }
    }

    private async Task<(E2ETenant Tenant, IPage Page)> BoardAsync()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Ravi", phone = "9876500001", dealValue = 120000 });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/board");
        await Expect(page.Locator(".board-card").First).ToBeVisibleAsync();
        return (tenant, page);
    }

    private static Task TouchAsync(ICDPSession touch, string type, double x = 0, double y = 0) => touch.SendAsync(
        "Input.dispatchTouchEvent",
        new Dictionary<string, object> { ["type"] = type, ["touchPoints"] = type == "touchEnd" ? Array.Empty<object>() : new object[] { new { x, y } } });

    private static ILocator Column(IPage page, string name) => page.Locator("section.column", new() { Has = page.Locator(".name", new() { HasText = name }) });
}
