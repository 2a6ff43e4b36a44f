using Microsoft.Playwright;

namespace Ecodrix.E2E;

/// <summary>One real Chromium for all tests of a run; each test has a context, hence cookies and storage, of its own.</summary>
public static class Browsers
{
    private static readonly string[] Arguments =
        ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
         // A microphone that hears a tone, and nobody who has to allow it.
         "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

    private static readonly Lazy<Task<IBrowser>> Chromium = new(async () =>
    {
        var playwright = await Playwright.CreateAsync();
        return await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Path, Args = Arguments });
    });

    public static string? Path { get; } =
        new[] { Environment.GetEnvironmentVariable("ECODRIX_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
            .FirstOrDefault(p => p is not null && File.Exists(p));

    public static async Task<IBrowserContext> NewContextAsync(string url, int width = 1440, int height = 900)
    {
        var browser = await Chromium.Value;
        var context = await browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = url, ViewportSize = new ViewportSize { Width = width, Height = height } });
        context.SetDefaultTimeout(20_000);
        Assertions.SetDefaultExpectTimeout(15_000);
        return context;
    }
}

/// <summary>What people do with a page that takes more than one step here.</summary>
public static class PageSteps
{
    /// <summary>Chooses a file, once the field hears of it: nobody is quick enough to do so before.</summary>
    public static async Task ChooseFileAsync(this ILocator field, FilePayload file)
    {
        var element = await field.ElementHandleAsync();
        await field.Page.WaitForFunctionAsync("field => field._blazorInputFileNextFileId !== undefined", element);
        await field.SetInputFilesAsync(file);
    }
}

/// <summary>A test that needs Chromium: skipped by name where there is none.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Browsers.Path is null)
        {
            Skip = "Needs Chromium (Debian: apt-get install chromium, or name it in ECODRIX_CHROMIUM).";
        }
    }
}
