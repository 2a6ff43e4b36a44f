using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>Longer forms that are half written when the page goes: with a restart of the server, or with the tab.</summary>
public sealed class KeptDraftTests(RunningApp app) : IClassFixture<RunningApp>
{
    private const string Restored = "Restored what you had not saved.";

    [BrowserFact]
    public async Task A_half_written_rule_is_there_again_without_its_secrets_and_writes_over_nothing_unasked()
    {
        var tenant = await app.TenantAsync();
        var rule = (await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new
        {
            name = "Welcome",
            trigger = "lead_created",
            actions = new object[] { new { type = "http_request", config = new { url = "https://hooks.example.com/in", headers = new Dictionary<string, string> { ["Authorization"] = "Bearer s3cret" } } }, new { type = "add_tag", config = new { tag = "new" } } },
        })).GetProperty("id").GetString();
        var page = await PageAsync(tenant, $"automations/{rule}");
        var (name, key) = (page.GetByLabel("Name", new() { Exact = true }), $"rule:{tenant.Code}:{rule}");
        await name.FillAsync("Welcome, and more");
        await page.GetByLabel("Tag", new() { Exact = true }).FillAsync("fresh");
        await page.GetByLabel("Tag", new() { Exact = true }).BlurAsync();
        await KeptAsync(page, key, "fresh");
        (await page.EvaluateAsync<string>("key => localStorage.getItem(key)", key)).Should().NotContain("s3cret");

        await page.ReloadAsync();
        await Expect(page.GetByText(Restored)).ToBeVisibleAsync();
        await Expect(name).ToHaveValueAsync("Welcome, and more");
        await Expect(page.GetByLabel("Tag", new() { Exact = true })).ToHaveValueAsync("fresh");
        await Expect(page.GetByLabel("Headers", new() { Exact = true })).ToHaveValueAsync("Authorization: Bearer s3cret");
        await page.GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
        await Expect(name).ToHaveValueAsync("Welcome");
        await Expect(page.GetByText(Restored)).ToHaveCountAsync(0);
        await KeptAsync(page, key, null);

        // Somebody saves the rule meanwhile: theirs is shown, and what was written here offered.
        await name.FillAsync("Mine");
        await name.BlurAsync();
        await KeptAsync(page, key, "Mine");
        await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/automations/{rule}", new { name = "Theirs" });
        await page.ReloadAsync();
        await Expect(page.GetByText("it has been changed since")).ToBeVisibleAsync();
        await Expect(name).ToHaveValueAsync("Theirs");
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await Expect(name).ToHaveValueAsync("Mine");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save rule" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Mine" })).ToBeVisibleAsync();
        await KeptAsync(page, key, null);
        var saved = await tenant.CallAsync(HttpMethod.Get, $"/api/crm/automations/{rule}");
        saved.GetProperty("actions")[0].GetProperty("config").GetProperty("headers").GetProperty("Authorization").GetString().Should().Be("Bearer s3cret");

        // Who leaves and says so wants it no more.
        await page.GetByRole(AriaRole.Link, new() { Name = "Mine" }).ClickAsync();
        await name.FillAsync("Not this");
        await name.BlurAsync();
        await KeptAsync(page, key, "Not this");
        await page.GetByRole(AriaRole.Link, new() { Name = "Leads" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Leave" }).ClickAsync();
        await KeptAsync(page, key, null);
    }

    [BrowserFact]
    public async Task A_new_rule_a_mapping_and_a_broadcast_are_there_again_too()
    {
        var tenant = await app.TenantAsync();
        await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/templates/sync");
        var page = await PageAsync(tenant, "automations/new");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Large payment");
        await page.GetByLabel("Trigger", new() { Exact = true }).SelectOptionAsync("payment_captured");
        await KeptAsync(page, $"rule:{tenant.Code}:new", "payment_captured");
        await page.ReloadAsync();
        await Expect(page.GetByText(Restored)).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Trigger", new() { Exact = true })).ToHaveValueAsync("payment_captured");

        await page.GotoAsync($"/c/{tenant.Code}/templates/appointment_reminder?language=en_US");
        var row = page.Locator(".mapping").First;
        await row.GetByLabel("Source").SelectOptionAsync("static");
        await row.GetByLabel("Text").FillAsync("dear guest");
        await row.GetByLabel("Text").BlurAsync();
        await KeptAsync(page, $"mapping:{tenant.Code}:appointment_reminder:en_US", "dear guest");
        await page.ReloadAsync();
        await Expect(page.GetByText(Restored)).ToBeVisibleAsync();
        await Expect(row.GetByLabel("Text")).ToHaveValueAsync("dear guest");
        await Expect(page.GetByText("Not saved", new() { Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
        await Expect(row.GetByLabel("Source")).ToHaveValueAsync("");
        await Expect(page.GetByText("Not saved", new() { Exact = true })).ToHaveCountAsync(0);

        await page.GotoAsync($"/c/{tenant.Code}/broadcasts/new");
        await page.GetByLabel("Numbers or CSV").CheckAsync();
        await page.GetByLabel("One number a line").FillAsync("+919876600001");
        await page.GetByLabel("One number a line").BlurAsync();
        await KeptAsync(page, $"broadcast:{tenant.Code}", "+919876600001".TrimStart('+'));
        await page.ReloadAsync();
        await Expect(page.GetByText(Restored)).ToBeVisibleAsync();
        await Expect(page.GetByLabel("One number a line")).ToHaveValueAsync("+919876600001");
    }

    [BrowserFact]
    public async Task A_lead_that_is_being_added_is_there_again_until_somebody_cancels()
    {
        var tenant = await app.TenantAsync();
        var page = await PageAsync(tenant, "leads");
        var (add, first, dialog) = (page.GetByRole(AriaRole.Button, new() { Name = "Add lead" }).First, page.GetByLabel("First name"), page.GetByRole(AriaRole.Dialog));
        await add.ClickAsync();
        await first.FillAsync("Ravi");
        await KeptAsync(page, $"lead:{tenant.Code}", "Ravi");
        await page.ReloadAsync();
        await add.ClickAsync();
        await Expect(first).ToHaveValueAsync("Ravi");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await KeptAsync(page, $"lead:{tenant.Code}", null);
        await add.ClickAsync();
        await Expect(first).ToHaveValueAsync("");
    }

    [BrowserFact]
    public async Task Scoring_rules_that_are_not_saved_are_there_again_until_they_are()
    {
        var tenant = await app.TenantAsync();
        var page = await PageAsync(tenant, "settings/scoring");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add rule" }).ClickAsync();
        await page.GetByLabel("Comparison").SelectOptionAsync("in");
        await page.GetByLabel("Value", new() { Exact = true }).FillAsync("referral, walk_in");
        await page.GetByLabel("Points").FillAsync("25");
        await page.GetByLabel("Points").BlurAsync();
        await KeptAsync(page, $"scoring:{tenant.Code}", "25");

        await page.ReloadAsync();
        await Expect(page.GetByText(Restored)).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Comparison")).ToHaveValueAsync("in");
        await Expect(page.GetByLabel("Value", new() { Exact = true })).ToHaveValueAsync("referral, walk_in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and score all leads" }).ClickAsync();
        await Expect(page.GetByText("Rules saved")).ToBeVisibleAsync();
        await KeptAsync(page, $"scoring:{tenant.Code}", null);
        await Expect(page.GetByText(Restored)).ToHaveCountAsync(0);
        var rule = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/scoring")).GetProperty("rules")[0];
        rule.GetProperty("value").EnumerateArray().Select(v => v.GetString()).Should().Equal("referral", "walk_in");
    }

    private async Task<IPage> PageAsync(E2ETenant tenant, string path)
    {
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        // The browser asks in its own words before what is not saved goes.
        page.Dialog += (_, asked) => asked.AcceptAsync();
        await page.GotoAsync($"/c/{tenant.Code}/{path}");
        return page;
    }

    /// <summary>Waits until the browser keeps a text under a key, or (null) nothing.</summary>
    private static Task KeptAsync(IPage page, string key, string? text) => page.WaitForFunctionAsync(
        "([key, text]) => text === null ? localStorage.getItem(key) === null : localStorage.getItem(key)?.includes(text)", new[] { key, text });
}
