using Ecodrix.Engine.People;
using Microsoft.Playwright;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>Pictures of the CRM's pages, to be looked at: <c>ECODRIX_SHOTS=/tmp/shots dotnet test --filter CrmScreenshots</c>.</summary>
public sealed class CrmScreenshots(RunningApp app) : IClassFixture<RunningApp>
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("ECODRIX_SHOTS");

    [ShotFact]
    public async Task Every_page_in_light_and_dark_wide_and_narrow()
    {
        var tenant = await app.TenantAsync();
        var lead = await FillAsync(tenant);
        var email = await app.PersonAsync(Role.TenantAdmin, tenant.Code);
        (string Name, string Path)[] pages =
        [
            ("board", "board"), ("drawer", $"board?lead={lead}"), ("leads", "leads"), ("lead", $"leads/{lead}"), ("analytics", "analytics"),
            ("pipelines", "settings/pipelines"), ("scoring", "settings/scoring"), ("nomatch", "leads?search=zzz"),
        ];
        foreach (var (width, height) in ((int, int)[])[(1440, 900), (360, 740)])
        {
            var page = await app.SignedInAsync(email, width, height);
            foreach (var theme in (string[])["light", "dark"])
            {
                await page.EvaluateAsync($"localStorage.setItem('theme', '{theme}')");
                foreach (var (name, path) in pages)
                {
                    await page.GotoAsync($"/c/{tenant.Code}/{path}");
                    await page.WaitForSelectorAsync(".frame-page");
                    await page.WaitForFunctionAsync("() => !document.querySelector('.skeleton')");
                    await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Folder!, $"{name}-{theme}-{width}.png") });
                }
            }
        }
    }

    private static async Task<string> FillAsync(E2ETenant tenant)
    {
        string[] names = ["Ravi Kumar", "Priya Sharma", "Anil Mehta", "Sunita Rao", "Farhan Ali", "Meera Nair", "Karan Singh", "Lakshmi Iyer", "Deepak Patel", "Asha Verma", "Joseph Thomas", "Nisha Gupta"];
        string[] sources = ["website", "referral", "walk_in", "facebook"];
        var stages = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/pipelines"))[0].GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("id").GetString()!).ToList();
        await tenant.CallAsync(HttpMethod.Patch, "/api/crm/scoring", new
        {
            rules = new object[] { new { field = "source", @operator = "eq", value = "referral", score = 50 }, new { field = "dealValue", @operator = "gt", value = 40000, score = 35 } },
        });
        var first = "";
        foreach (var (at, name) in names.Index())
        {
            var made = await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new
            {
                firstName = name.Split(' ')[0],
                lastName = name.Split(' ')[1],
                phone = $"98765001{at:00}",
                source = sources[at % 4],
                dealValue = (at + 1) * 9500,
                dealTitle = at % 2 == 0 ? "OPD automation package" : null,
                assignedTo = at % 3 == 0 ? "asha.rao@example.com" : null,
                tags = at % 2 == 0 ? new[] { "hot", "vip", "clinic" } : null,
            });
            var id = made.GetProperty("id").GetString()!;
            first = first.Length == 0 ? id : first;
            await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/leads/{id}/move", new { stageId = stages[at % 7] });
            await tenant.CallAsync(HttpMethod.Post, $"/api/crm/leads/{id}/calls", new { durationMinutes = 12, summary = "Explained pricing", outcome = "interested", performedBy = "asha.rao@example.com" });
        }

        await tenant.CallAsync(HttpMethod.Post, $"/api/crm/leads/{first}/notes", new { content = "Prefers evening slots.", createdBy = "Dr. Sharma", pinned = true });
        return first;
    }

    private sealed class ShotFactAttribute : FactAttribute
    {
        public ShotFactAttribute() => Skip = Folder is null || Browsers.Path is null ? "Set ECODRIX_SHOTS to a folder to have pictures taken." : null;
    }
}
