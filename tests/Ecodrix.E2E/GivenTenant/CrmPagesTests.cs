using Ecodrix.Engine.People;
using Microsoft.Playwright;
using MongoDB.Bson;
using MongoDB.Driver;
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

        await page.ReloadAsync();
        await Expect(Column(page, "New").GetByTitle("Half of the leads that left it")).ToBeVisibleAsync();

        await card.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" })).ToContainTextAsync("Moved from New to Contacted");
        await page.GetByLabel("Note").FillAsync("Prefers evenings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.Locator(".timeline")).ToContainTextAsync("Prefers evenings");
    }

    [BrowserFact]
    public async Task A_lead_is_added_where_it_stands_given_to_a_colleague_by_name_and_lost_for_a_reason()
    {
        var tenant = await app.TenantAsync();
        var colleague = await app.PersonAsync(Role.Agent, tenant.Code, "Vikram Shah");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/board");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a lead to Qualified" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("First name").FillAsync("Ravi");
        await dialog.GetByLabel("Phone").FillAsync("9876500061");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add lead" }).ClickAsync();
        await Expect(Column(page, "Qualified").Locator(".board-card")).ToContainTextAsync("Ravi");

        await Expect(page.Locator($"datalist#members option[value='{colleague}']")).ToHaveTextAsync("Vikram Shah");
        await page.GetByRole(AriaRole.Button, new() { Name = "Filters" }).ClickAsync();
        await page.GetByLabel("Owner").FillAsync("vik");
        await page.GetByRole(AriaRole.Option, new() { Name = "Vikram Shah" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex($"owner={Uri.EscapeDataString(colleague)}"));
        await Expect(page.GetByText("No card matches")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Take all off" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Filters" })).ToBeFocusedAsync();

        await page.Locator(".board-card", new() { HasText = "Ravi" }).ClickAsync();
        var drawer = page.GetByRole(AriaRole.Complementary, new() { Name = "Lead" });
        await drawer.GetByRole(AriaRole.Button, new() { Name = "Mark lost" }).ClickAsync();
        await dialog.GetByLabel("Why is Ravi lost?").FillAsync("Went elsewhere");
        await dialog.GetByLabel("Why is Ravi lost?").PressAsync("Enter");
        await Expect(drawer.GetByRole(AriaRole.Button, new() { Name = "Take up again" })).ToBeVisibleAsync();
        var lead = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads?search=ravi"))[0];
        lead.GetProperty("status").GetString().Should().Be("lost");
        lead.GetProperty("closeReason").GetString().Should().Be("Went elsewhere");
    }

    [BrowserFact]
    public async Task A_list_is_imported_filtered_tagged_and_the_import_undone()
    {
        var tenant = await app.TenantAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads");
        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        await page.GetByLabel("CSV file").ChooseFileAsync(new FilePayload
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

        // Days later it can still be found, and undone by another click.
        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        var earlier = page.GetByRole(AriaRole.Dialog).Locator("tbody tr");
        await Expect(earlier).ToHaveCountAsync(1);
        await earlier.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo the import" }).ClickAsync();
        await Expect(page.GetByText("1 removed, 0 restored, 1 kept")).ToBeVisibleAsync();
        await Expect(earlier).ToContainTextAsync("undone");
    }

    [BrowserFact]
    public async Task An_import_tells_its_faults_before_and_after_and_is_undone_where_nobody_touched_it_since()
    {
        var tenant = await app.TenantAsync();
        await LeadAsync(tenant, "Known", "9876500031", 1000);
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads");
        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("CSV file").ChooseFileAsync(new FilePayload
        {
            Name = "list.csv",
            MimeType = "text/csv",
            Buffer = "Name,Mobile,Wert\nKnown,9876500031,2000\nAnita,9876500032,3000\nSuresh,9876500033,4000\nBad,12,1\n"u8.ToArray(),
        });
        await dialog.GetByLabel("Wert goes into").SelectOptionAsync("dealValue");
        await Expect(dialog).ToContainTextAsync("2 new");
        await Expect(dialog).ToContainTextAsync("1 left out");
        (await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads")).GetArrayLength().Should().Be(1, "a dry run writes nothing");

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Import 3 leads" }).ClickAsync();
        var faults = await page.RunAndWaitForDownloadAsync(() => dialog.GetByRole(AriaRole.Button, new() { Name = "Faults as CSV" }).ClickAsync());
        (await File.ReadAllTextAsync(await faults.PathAsync())).Should().Contain("12");
        var anita = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads?search=anita"))[0].GetProperty("id").GetString();
        await tenant.CallAsync(HttpMethod.Post, $"/api/crm/leads/{anita}/notes", new { content = "Called her", createdBy = "Asha" });
        await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/leads/{anita}", new { lastName = "Desai" });

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Undo this import" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("1 removed, 1 restored, 1 kept");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        await Expect(page.Locator("tbody tr", new() { HasText = "Known" })).ToContainTextAsync("1,000");
        await Expect(page.Locator("tbody")).ToContainTextAsync("Anita");
    }

    [BrowserFact]
    public async Task Filters_are_kept_as_a_view_columns_are_chosen_all_that_match_are_moved_at_once_and_the_list_is_exported()
    {
        var tenant = await app.TenantAsync();
        foreach (var at in Enumerable.Range(0, 27))
        {
            await LeadAsync(tenant, $"Lead {at}", $"98765012{at:00}", 1000 * at);
        }

        await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new { firstName = "Other", phone = "9876501299", source = "referral" });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/leads");
        await page.GetByRole(AriaRole.Button, new() { Name = "Filters" }).ClickAsync();
        await page.GetByLabel("Source", new() { Exact = true }).FillAsync("website");
        await page.GetByLabel("Source", new() { Exact = true }).PressAsync("Enter");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("source=website"));
        await Expect(page.GetByText("1–25 of 27")).ToBeVisibleAsync();
        await ChooseAsync("Views", "Save these filters as a view");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save view" }).ClickAsync();
        await page.GotoAsync($"/c/{tenant.Code}/leads");
        await Expect(page.GetByText("1–25 of 28")).ToBeVisibleAsync();
        await ChooseAsync("Views", "website");
        await Expect(page.GetByText("1–25 of 27")).ToBeVisibleAsync();

        await Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "Source" })).ToBeVisibleAsync();
        await ChooseAsync("Columns", "Source");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "Source" })).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(page.GetByText("1–25 of 27")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "Source" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Value" }).ClickAsync();
        await Expect(page.Locator("tbody tr").First).ToContainTextAsync("Lead 26");

        await page.GetByLabel("Select all on this page").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Select all 27" }).ClickAsync();
        await ChooseAsync("Move to", "Qualified");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Move 27 leads?");
        await page.GetByRole(AriaRole.Button, new() { Name = "Move them" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).GetByText("27 changed, 0 left as they were")).ToBeVisibleAsync();
        await Expect(page.Locator("tbody tr", new() { HasText = "Qualified" })).ToHaveCountAsync(25);
        (await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads?search=other"))[0].GetProperty("source").GetString().Should().Be("referral");

        var export = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Export" }).ClickAsync());
        var rows = (await File.ReadAllLinesAsync(await export.PathAsync())).Where(l => l.Length > 0).ToList();
        rows.Should().HaveCount(28).And.NotContain(l => l.Contains("Other", StringComparison.Ordinal), "what is exported is what is shown");

        async Task ChooseAsync(string menu, string item)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = menu }).ClickAsync();
            await page.GetByRole(AriaRole.Menuitem, new() { Name = item }).ClickAsync();
        }
    }

    [BrowserFact]
    public async Task The_board_stays_where_the_times_in_its_stages_cannot_be_read()
    {
        var tenant = await app.TenantAsync();
        await LeadAsync(tenant, "Ravi", "9876500051", 120000);
        await LeadAsync(tenant, "Spoilt", "9876500052", 1000);
        var moved = await tenant.CallAsync(HttpMethod.Get, "/api/crm/leads?search=ravi");
        var stages = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/pipelines"))[0].GetProperty("stages");
        await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/leads/{moved[0].GetProperty("id").GetString()}/move", new { stageId = stages[1].GetProperty("id").GetString() });
        var leads = await app.CollectionAsync(tenant, "leads");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/board?search=ravi");
        // Nobody's stay was longer than this test.
        await Expect(Column(page, "New").GetByTitle("Half of the leads that left it")).ToContainTextAsync("under a minute");

        // A stay that began at no time at all: no report can count it.
        await leads.UpdateOneAsync(
            Builders<BsonDocument>.Filter.Eq("firstName", "Spoilt"),
            Builders<BsonDocument>.Update.Set("stageHistory.0.enteredAt", "never").Set("stageHistory.0.leftAt", DateTime.UtcNow));
        await page.GotoAsync($"/c/{tenant.Code}/analytics");
        var stays = page.GetByRole(AriaRole.Region, new() { Name = "Time in stage" });
        await Expect(stays.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not answer");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Sources" })).ToContainTextAsync("website");
        await Expect(page.Locator(".tile", new() { HasText = "New leads" })).ToContainTextAsync("2");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(1);
        await page.GotoAsync($"/c/{tenant.Code}/board?search=ravi");
        await Expect(Column(page, "Contacted").Locator(".board-card")).ToContainTextAsync("Ravi");
        await page.GetByLabel("Search the board").FillAsync("rav");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("search=rav$"));
        await Expect(Column(page, "Contacted").Locator(".board-card")).ToContainTextAsync("Ravi");
        await Expect(page.GetByTitle("Half of the leads that left it")).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);

        await page.GotoAsync($"/c/{tenant.Code}/analytics");
        await Expect(stays.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await leads.UpdateOneAsync(Builders<BsonDocument>.Filter.Eq("firstName", "Spoilt"), Builders<BsonDocument>.Update.Set("stageHistory.0.enteredAt", DateTime.UtcNow).Set("stageHistory.0.leftAt", BsonNull.Value));
        await stays.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(stays).ToContainTextAsync("Contacted");
        await Expect(stays.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_deal_counts_as_stale_after_as_many_days_as_the_tenant_says_and_the_board_shows_only_those()
    {
        var tenant = await app.TenantAsync();
        await LeadAsync(tenant, "Ravi", "9876500041", 120000);
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/settings/general");
        await page.GetByLabel("Days until a deal is stale").FillAsync("3");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
        await Expect(page.GetByText("Settings saved")).ToBeVisibleAsync();

        await page.GotoAsync($"/c/{tenant.Code}/board");
        var stale = page.GetByRole(AriaRole.Button, new() { Name = "Stale" });
        await Expect(stale).ToHaveAttributeAsync("title", new System.Text.RegularExpressions.Regex("more than 3 days"));
        await stale.ClickAsync();
        await Expect(page.GetByText("No card matches")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Clear filters" }).ClickAsync();
        await Expect(page.Locator(".board-card")).ToContainTextAsync("Ravi");
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
        await Expect(page.GetByText("All leads are scored by the new rules")).ToBeVisibleAsync();
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
