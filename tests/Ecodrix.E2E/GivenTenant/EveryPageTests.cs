using System.Text.Json;
using Ecodrix.Engine.People;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>
/// Every page, in light and dark: no serious finding of axe-core, no sideways scrolling on a phone. With a folder in
/// <c>ECODRIX_SHOTS</c> pictures of all are written there, to be looked at.
/// </summary>
public sealed class EveryPageTests(RunningApp app) : IClassFixture<RunningApp>
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("ECODRIX_SHOTS");
    private static readonly string? Axe = Environment.GetEnvironmentVariable("ECODRIX_AXE");

    [BrowserFact]
    public async Task No_page_scrolls_sideways_on_a_phone()
    {
        var sample = await SampleTenant.MakeAsync(app);
        var page = await app.SignedInAsync(sample.Admin, 360, 740);
        var wide = new List<string>();
        await VisitAsync(page, sample, async (page, name, theme) =>
        {
            // The document, the frame's own scrolling part and tables that become cards must not be wider than the screen; another table may scroll in its own box.
            var by = await page.EvaluateAsync<int>("() => Math.max(document.documentElement.scrollWidth - innerWidth, ...[...document.querySelectorAll('.frame-page, .plain, .table-wrap:has(> .cards)')].map(e => e.scrollWidth - e.clientWidth))");
            if (by > 0)
            {
                var what = await page.EvaluateAsync<string>("() => [...document.querySelectorAll('.frame-page *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.table-wrap')).slice(0, 3).map(e => e.tagName + '.' + e.className).join(' | ')");
                wide.Add($"{name} by {by}: {what}");
            }

            await ShotAsync(page, $"{name}-{theme}-360");
        });

        string.Join("\n", wide).Should().BeEmpty();
    }

    [AxeFact]
    public async Task No_page_has_a_serious_accessibility_finding()
    {
        var sample = await SampleTenant.MakeAsync(app);
        var page = await app.SignedInAsync(sample.Admin);
        var source = await File.ReadAllTextAsync(Axe!);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        await VisitAsync(page, sample, async (page, name, theme) =>
        {
            // A button that is just becoming usable has the colour of neither state.
            await page.EvaluateAsync("() => Promise.allSettled(document.getAnimations().filter(a => a.effect.getComputedTiming().endTime !== Infinity).map(a => a.finished))");
            await ShotAsync(page, $"{name}-{theme}-1440");
            await page.EvaluateAsync(source);
            var result = await page.EvaluateAsync<JsonElement>("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => ({ id: v.id, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' :: ' + n.any.concat(n.all).map(c => c.message).join('; ').slice(0, 160)) }))");
            foreach (var violation in result.EnumerateArray())
            {
                foreach (var node in violation.GetProperty("nodes").EnumerateArray())
                {
                    found.Add($"{violation.GetProperty("id").GetString()} on {name} ({theme}): {node.GetString()}");
                }
            }
        });

        string.Join("\n", found).Should().BeEmpty();
    }

    private async Task VisitAsync(IPage page, SampleTenant sample, Func<IPage, string, string, Task> look)
    {
        var (width, height) = (page.ViewportSize!.Width, page.ViewportSize.Height);
        var staff = await app.SignedInAsync(await app.PersonAsync(Role.PlatformAdmin), width, height);
        var nobody = await (await Browsers.NewContextAsync(app.Url, width, height)).NewPageAsync();
        await nobody.GotoAsync("/signin");
        var halfway = await HalfwayAsync(sample, width, height);
        await using var empty = await EmptyAsync();
        var first = await (await Browsers.NewContextAsync(empty.App.Url, width, height)).NewPageAsync();
        await first.GotoAsync("/setup");
        (IPage Who, string Name, string Path)[] pages =
        [
            .. sample.Pages.Select(p => (page, p.Name, $"/c/{sample.Tenant.Code}/{p.Path}")), (page, "account", "/account"), (page, "not-found", "/no/such/page"),
            (staff, "tenants", "/tenants"), (staff, "staff", "/staff"), (staff, "platform-audit", "/audit"), (nobody, "signin", "/signin"),
            (nobody, "invite", $"/invite/{await InviteAsync()}"), (nobody, "invite-gone", "/invite/no-such-link"), (halfway, "two-factor", "/signin/two-factor"), (first, "setup", "/setup"),
        ];
        foreach (var theme in (string[])["light", "dark"])
        {
            foreach (var who in (IPage[])[page, staff, nobody, halfway, first])
            {
                await who.EvaluateAsync($"localStorage.setItem('theme', '{theme}')");
            }

            foreach (var (who, name, path) in pages)
            {
                await who.GotoAsync(path);
                await SettledAsync(who);
                await look(who, name, theme);
            }

            await SwitchAsync(sample, paused: true);
            await page.GotoAsync($"/c/{sample.Tenant.Code}/automations");
            await SettledAsync(page);
            await page.WaitForSelectorAsync(".paused");
            await look(page, "paused", theme);
            await SwitchAsync(sample, paused: false);
        }
    }

    /// <summary>Somebody who has given their password and not yet their second factor.</summary>
    private async Task<IPage> HalfwayAsync(SampleTenant sample, int width, int height) =>
        await app.SignedInAsync(await app.PersonAsync(Role.Agent, sample.Tenant.Code, twoFactor: true), width, height, "Second step");

    private async Task<string> InviteAsync()
    {
        var admin = await app.Services.GetRequiredService<AccountStore>().FindByEmailAsync(await app.PersonAsync(Role.PlatformAdmin), default);
        var platform = await app.Services.GetRequiredService<MemberAccess>().OpenPlatformAsync(admin!.Id.ToString(), Permission.ManageStaff, default);
        return (await app.Services.GetRequiredService<Invitations>().InviteAsync(platform, new NewPerson { Name = "Meera Nair", Email = $"{Guid.NewGuid():n}@example.com", Role = Role.Staff }, default)).Token;
    }

    /// <summary>An installation where nobody has an account yet: only there is something to set up.</summary>
    private static async Task<EmptyApp> EmptyAsync()
    {
        var app = new RunningApp();
        await app.InitializeAsync();
        return new EmptyApp(app);
    }

    private sealed record EmptyApp(RunningApp App) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await App.DisposeAsync();
    }

    private Task SwitchAsync(SampleTenant sample, bool paused) =>
        app.CallAsync(HttpMethod.Patch, $"/api/clients/{sample.Tenant.Code}", new { automationsPaused = paused }, ("x-admin-key", RunningApp.AdminKey));

    private static async Task SettledAsync(IPage page)
    {
        await page.WaitForSelectorAsync("h1, h2", new() { State = WaitForSelectorState.Attached });
        await page.WaitForFunctionAsync("() => !document.querySelector('.skeleton')");
    }

    private static Task ShotAsync(IPage page, string name) => Folder is null ? Task.CompletedTask : page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Folder, $"{name}.png") });

    private sealed class AxeFactAttribute : FactAttribute
    {
        public AxeFactAttribute() => Skip = Axe is null || !File.Exists(Axe) || Browsers.Path is null ? "Needs Chromium and axe-core: test.sh installs both; ECODRIX_AXE names axe.min.js." : null;
    }
}
