using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

public sealed class CrmPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task A_card_is_dragged_undone_and_moved_by_keyboard_and_a_colleague_sees_it_live()
    {
        var tenant = await app.TenantAsync();
        await LeadAsync(tenant, "Ravi", "9876500001", 120000);
        await LeadAsync(tenant, "Priya", "9876500002", 45000);
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        var colleague = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/board");
        await colleague.GotoAsync($"/c/{tenant.Code}/board");
        var card = page.Locator(".board-card", new() { HasText = "Ravi" });

        await card.DragToAsync(Column(page, "Proposal"));
        await Expect(Column(page, "Proposal").Locator(".board-card")).ToContainTextAsync("Ravi");
        await Expect(Column(page, "Proposal")).ToContainTextAsync("72");
        await Expect(Column(colleague, "Proposal").Locator(".board-card")).ToContainTextAsync("Ravi");

        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Expect(Column(page, "New").Locator(".board-card")).ToHaveCountAsync(2);

        await card.FocusAsync();
        await page.Keyboard.PressAsync("Shift+ArrowRight");
        await Expect(Column(page, "Contacted").Locator(".board-card")).ToContainTextAsync("Ravi");
        await Expect(Column(colleague, "Contacted").Locator(".board-card")).ToContainTextAsync("Ravi");

        await card.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" })).ToContainTextAsync("Moved from New to Contacted");
        await page.GetByLabel("Note").FillAsync("Prefers evenings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.Locator(".timeline")).ToContainTextAsync("Prefers evenings");
    }

    [BrowserFact]
    public async Task A_list_is_imported_filtered_tagged_and_the_import_undone()
    {
        var tenant = await app.TenantAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads");
        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        await page.GetByLabel("CSV file").SetInputFilesAsync(new FilePayload
        {
            Name = "list.csv",
            MimeType = "text/csv",
            Buffer = "Name,Mobile,City\nSuresh,9876500011,Pune\nAnita,9876500012,Goa\nBad,12,Goa\n"u8.ToArray(),
        });
        await Expect(page.GetByText("2 new")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Import 2 leads" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Undo this import" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();

        await page.GetByLabel("Search leads").FillAsync("suresh");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("search=suresh"));
        await page.GetByLabel("Select Suresh").CheckAsync();
        await page.GetByLabel("Tag or person").FillAsync("campaign");
        await page.GetByRole(AriaRole.Button, new() { Name = "Tag", Exact = true }).ClickAsync();
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("campaign");
    }

    [BrowserFact]
    public async Task Reports_open_the_records_behind_them_and_rules_are_previewed_before_they_are_saved()
    {
        var tenant = await app.TenantAsync();
        await LeadAsync(tenant, "Ravi", "9876500021", 120000);
        await LeadAsync(tenant, "Priya", "9876500022", 45000);
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));

        await page.GotoAsync($"/c/{tenant.Code}/analytics");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Funnel" })).ToContainTextAsync("New");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sources as a table" }).ClickAsync();
        await page.GetByRole(AriaRole.Region, new() { Name = "Funnel" }).GetByRole(AriaRole.Link).First.ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);

        await page.GotoAsync($"/c/{tenant.Code}/settings/scoring");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add rule" }).ClickAsync();
        await page.GetByLabel("Field").SelectOptionAsync("dealValue");
        await page.GetByLabel("Comparison").SelectOptionAsync("gt");
        await page.GetByLabel("Value", new() { Exact = true }).FillAsync("100000");
        await page.GetByLabel("Points").FillAsync("80");
        await page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Preview" })).ToContainTextAsync("Ravi");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and score all leads" }).ClickAsync();
        await page.GotoAsync($"/c/{tenant.Code}/leads?minScore=70");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);

        await page.GotoAsync($"/c/{tenant.Code}/settings/pipelines");
        await page.GetByLabel("Name of the new stage").FillAsync("Under review");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add stage" }).ClickAsync();
        await Expect(page.GetByLabel("Remove Under review")).ToBeVisibleAsync();
    }

    private static ILocator Column(IPage page, string name) => page.Locator("section.column", new() { Has = page.Locator(".name", new() { HasText = name }) });

    private static Task LeadAsync(E2ETenant tenant, string firstName, string phone, int dealValue) =>
        tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName, phone, dealValue, source = "website" });
}
