using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>Staff look after tenants: suspend, resume, archive, and delete for good.</summary>
public sealed class TenantsPageTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task A_tenant_is_suspended_resumed_archived_and_deleted_only_by_its_code()
    {
        var tenant = await app.TenantAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.PlatformAdmin));
        await page.GotoAsync($"/tenants?search={tenant.Code}");
        var row = page.Locator("tbody tr").Filter(new() { HasText = tenant.Code });

        await ChooseAsync("Suspend");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Suspend" }).ClickAsync();
        await Expect(row).ToContainTextAsync("suspended", new() { IgnoreCase = true });
        await ChooseAsync("Resume");
        await Expect(row).ToContainTextAsync("active", new() { IgnoreCase = true });

        await ChooseAsync("Archive");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Archive" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        await page.GotoAsync($"/tenants?search={tenant.Code}&status=archived");
        await ChooseAsync("Delete for good");
        var dialog = page.GetByRole(AriaRole.Dialog);
        var delete = dialog.GetByRole(AriaRole.Button, new() { Name = "Delete for good" });
        await Expect(delete).ToBeDisabledAsync();
        await dialog.GetByLabel($"Type {tenant.Code} to delete it").FillAsync(tenant.Code);
        await delete.ClickAsync();
        await Expect(page.GetByText("No tenant matches")).ToBeVisibleAsync();

        var staff = await app.SignedInAsync(await app.PersonAsync(Role.Staff));
        await staff.GotoAsync($"/tenants?search={(await app.TenantAsync()).Code}");
        await staff.Locator("tbody tr").First.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(staff.GetByRole(AriaRole.Menuitem, new() { Name = "Suspend" })).ToBeVisibleAsync();
        await Expect(staff.GetByRole(AriaRole.Menuitem, new() { Name = "Delete for good" })).ToHaveCountAsync(0);

        async Task ChooseAsync(string what)
        {
            await row.GetByRole(AriaRole.Button, new() { Name = "Actions for" }).ClickAsync();
            await page.GetByRole(AriaRole.Menuitem, new() { Name = what }).ClickAsync();
        }
    }
}
