using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Ecodrix.Engine.People;
using Ecodrix.Sandbox;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Ecodrix.Bench;

/// <summary>
/// The dashboard in a real Chromium on the same machine: how soon large pages are there, a card lies where it was dropped, a message is
/// seen; and what many open pages cost.
/// </summary>
internal sealed class DeskBench : IAsyncDisposable
{
    private const string Password = "correct horse battery";
    private const string AppSecret = "sandbox-app-secret";
    private const int Opens = 12;

    private static readonly string[] Arguments =
        ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

    private readonly TextWriter _output;
    private BenchApp _bench = null!;
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;
    private int _messages;

    private DeskBench(TextWriter output) => _output = output;

    public static async Task RunAsync(TextWriter output, int agents, int leads, int conversations)
    {
        await using var bench = new DeskBench(output);
        await bench.StartAsync();
        await bench.BoardAsync(leads);
        var tenant = await bench.InboxAsync(conversations);
        await bench.AgentsAsync(tenant, agents);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _bench.DisposeAsync();
    }

    private async Task StartAsync()
    {
        _bench = await BenchApp.StartAsync(new SandboxOptions());
        _playwright = await Playwright.CreateAsync();
        var path = Environment.GetEnvironmentVariable("ECODRIX_CHROMIUM") ?? "/usr/bin/chromium";
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Args = Arguments });
    }

    private async Task BoardAsync(int leads)
    {
        var tenant = await TenantAsync("Board Clinic");
        var pipeline = (await tenant.SendAsync(HttpMethod.Get, "/api/crm/pipelines", null))[0];
        var stages = pipeline.GetProperty("stages").EnumerateArray().Select(s => (Id: s.GetProperty("id").GetString()!, Name: s.GetProperty("name").GetString()!)).ToList();
        for (var batch = 0; batch < leads / 1000; batch++)
        {
            await tenant.SendAsync(HttpMethod.Post, "/api/crm/leads/import", new
            {
                leads = Enumerable.Range(batch * 1000, 1000).Select(i => new
                {
                    firstName = $"Person{i % 997}",
                    lastName = $"Family{i}",
                    phone = Phone(i),
                    dealValue = i % 1000 * 100,
                    stageId = stages[i % stages.Count].Id,
                }),
            });
        }

        var page = await SignedInAsync(tenant);
        await OpenAsync($"board of {leads:N0} leads opens", page, $"/c/{tenant.Code}/board", ".board-card");
        await DropAsync(page, stages[0].Name, stages[1].Name);
        await page.Context.CloseAsync();
    }

    /// <summary>From letting go of the mouse until the card lies in the other column and the counts of both have followed.</summary>
    private async Task DropAsync(IPage page, string from, string to)
    {
        var took = new List<double>();
        for (var n = 0; n < Opens; n++)
        {
            var (source, target) = (page.Locator($".column[aria-label^='{from},']"), page.Locator($".column[aria-label^='{to},']"));
            var id = await source.Locator(".board-card").First.GetAttributeAsync("data-card");
            var card = page.Locator($"[data-card='{id}']");
            var count = await target.Locator(".count").InnerTextAsync();
            await page.EvaluateAsync("""
                ([to, id, count]) => {
                    const target = [...document.querySelectorAll('.column')].find(c => c.ariaLabel.startsWith(to + ','));
                    window.dropped = new Promise((done, failed) => addEventListener('drop', () => {
                        const start = performance.now();
                        const look = () => target.querySelector(`[data-card="${id}"]`) && target.querySelector('.count').innerText !== count ? done(performance.now() - start)
                            : performance.now() - start > 10000 ? failed(new Error('The card is not where it was dropped.'))
                            : requestAnimationFrame(look);
                        look();
                    }, { once: true, capture: true }));
                }
                """, new object?[] { to, id, count });
            await card.DragToAsync(target.Locator(".cards"));
            took.Add(await page.EvaluateAsync<double>("() => window.dropped"));
        }

        Report("a card lies where it was dropped, p50 / p95", took);
    }

    private async Task<Tenant> InboxAsync(int conversations)
    {
        var tenant = await TenantAsync("Inbox Clinic");
        for (var first = 0; first < conversations; first += 200)
        {
            await WritesAsync(tenant, Enumerable.Range(first, 200).Select(n => (Phone(n), $"wamid.first.{n}", "Is my appointment still at three?")));
        }

        var start = Stopwatch.GetTimestamp();
        while ((await tenant.ReadAsync("/api/saas/chat/conversations?limit=1")).GetProperty("total").GetInt64() < conversations && Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(10))
        {
            await Task.Delay(500);
        }

        // What so many new contacts cause is carried out before anything is timed.
        while ((await tenant.ReadAsync("/api/saas/events/logs?status=received&limit=1")).GetProperty("total").GetInt64() > 0 && Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(10))
        {
            await Task.Delay(500);
        }

        var page = await SignedInAsync(tenant);
        await OpenAsync($"inbox of {conversations:N0} conversations opens", page, $"/c/{tenant.Code}/inbox", "[data-conversation]");
        await MessageAsync("a message shows in its open thread after the webhook", tenant, page);
        await page.Context.CloseAsync();
        return tenant;
    }

    private async Task MessageAsync(string what, Tenant tenant, IPage page)
    {
        var conversation = (await tenant.ReadAsync($"/api/saas/chat/conversations?search={Phone(7)[1..]}&limit=1")).GetProperty("data")[0].GetProperty("id").GetString();
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        await page.GetByRole(AriaRole.Log).GetByText("Is my appointment").First.WaitForAsync();
        var took = new List<double>();
        for (var n = 0; n < 3 * Opens; n++)
        {
            var text = $"Message number {++_messages} has come";
            await page.EvaluateAsync("""
                text => { window.shown = new Promise(done => { const look = () => document.querySelector('[role=log]').innerText.includes(text) ? done(Date.now()) : requestAnimationFrame(look); look(); }); }
                """, text);
            var posted = DateTimeOffset.UtcNow;
            await WritesAsync(tenant, [(Phone(7), $"wamid.live.{_messages}", text)]);
            took.Add(await page.EvaluateAsync<double>("() => window.shown") - posted.ToUnixTimeMilliseconds());
        }

        Report($"{what}, p50 / p95", took);
    }

    /// <summary>Opens boards and inboxes for so many agents in a process of their own, and says what the process of product and sandbox grew by.</summary>
    private async Task AgentsAsync(Tenant tenant, int agents)
    {
        var page = await SignedInAsync(tenant);
        // What the figures before have left behind is not the agents'.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var before = Own();
        using var clients = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["circuits", _bench.Url, tenant.Code, $"{agents - 1}"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        foreach (var cookie in await page.Context.CookiesAsync())
        {
            await clients.StandardInput.WriteLineAsync($"{cookie.Name}={cookie.Value}");
        }

        await clients.StandardInput.WriteLineAsync();
        await clients.StandardInput.FlushAsync();
        if (await clients.StandardOutput.ReadLineAsync() != CircuitClient.AllOpen)
        {
            throw new InvalidOperationException("Not all pages opened.");
        }

        Report($"{agents} agents connected: memory of the process's own", $"{Own():N0} MB, {Own() - before:N0} of them more than before");
        var cpu = BenchApp.Cpu();
        await MessageAsync($"the same beside {agents} open pages", tenant, page);
        Report("  for each message and open page", BenchApp.CpuEach(cpu, 3 * Opens * agents));
        Report("  memory after so many messages at once", $"{Own():N0} MB");
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Report("  of that without what can be collected", $"{Own():N0} MB, {Own() - before:N0} of them more than before");
        clients.StandardInput.Close();
        await clients.WaitForExitAsync();
    }

    /// <summary>In MB. What is mapped of the data file is the system's, which takes it back as it likes, and each connection's mapping would count once more.</summary>
    private static double Own() => File.ReadLines("/proc/self/status").Where(l => l.StartsWith("RssAnon:", StringComparison.Ordinal))
        .Select(l => double.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024).FirstOrDefault();

    private async Task OpenAsync(string what, IPage page, string path, string there)
    {
        var (took, scripts) = (new List<double>(), new List<double>());
        for (var n = 0; n <= Opens; n++)
        {
            await page.GotoAsync("about:blank");
            var start = Stopwatch.GetTimestamp();
            await page.GotoAsync($"{_bench.Url}{path}", new() { WaitUntil = WaitUntilState.Commit });
            await page.Locator(there).First.WaitForAsync();
            if (n > 0)
            {
                took.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                scripts.Add(await page.EvaluateAsync<double>("() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"));
            }
        }

        Report($"{what}, p50 / p95", took);
        Report("  of that until the page's scripts had run", scripts);
    }

    private async Task<IPage> SignedInAsync(Tenant tenant)
    {
        await using var scope = _bench.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Account>>();
        var account = new Account { Email = $"{Guid.NewGuid():n}@example.com", Name = "Asha", Role = Role.TenantAdmin, TenantCode = tenant.Code, CreatedAt = DateTime.UtcNow };
        var made = await users.CreateAsync(account, Password);
        if (!made.Succeeded)
        {
            throw new InvalidOperationException(string.Join(' ', made.Errors.Select(e => e.Description)));
        }

        var context = await _browser.NewContextAsync(new() { BaseURL = _bench.Url, ViewportSize = new() { Width = 1440, Height = 900 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync("/signin");
        await page.GetByLabel("E-mail").FillAsync(account.Email);
        await page.GetByLabel("Password").FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.WaitForFunctionAsync("() => !location.pathname.startsWith('/signin')");
        return page;
    }

    private async Task<Tenant> TenantAsync(string name)
    {
        var admin = new Tenant(_bench.Http, "", [("x-admin-key", BenchApp.AdminKey)]);
        var made = await admin.SendAsync(HttpMethod.Post, "/api/clients", new { name });
        var code = made.GetProperty("clientCode").GetString()!;
        await admin.SendAsync(HttpMethod.Patch, $"/api/clients/{code}", new { rateLimits = new { defaultPerMinute = 1_000_000 } });
        await admin.SendAsync(HttpMethod.Post, $"/api/clients/{code}/secrets", new
        {
            whatsappToken = "sandbox-access-token-0001",
            whatsappBusinessId = "102290129340398",
            whatsappPhoneNumberId = "106540352242922",
            whatsappAppSecret = AppSecret,
        });
        return new Tenant(_bench.Http, code, [("x-client-code", code), ("x-api-key", made.GetProperty("apiKey").GetString()!)]);
    }

    private async Task WritesAsync(Tenant tenant, IEnumerable<(string Phone, string Wamid, string Text)> messages)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            @object = "whatsapp_business_account",
            entry = new[]
            {
                new
                {
                    id = "102290129340398",
                    changes = new[]
                    {
                        new
                        {
                            field = "messages",
                            value = new
                            {
                                messaging_product = "whatsapp",
                                metadata = new { display_phone_number = "15550783881", phone_number_id = "106540352242922" },
                                messages = messages.Select(m => new { from = m.Phone[1..], id = m.Wamid, timestamp = now, type = "text", text = new { body = m.Text } }),
                            },
                        },
                    },
                },
            },
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/saas/whatsapp/webhook/{tenant.Code}") { Content = new ByteArrayContent(body) };
        request.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(System.Text.Encoding.UTF8.GetBytes(AppSecret), body)));
        using var answer = await _bench.Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private static string Phone(int n) => string.Create(CultureInfo.InvariantCulture, $"+9198{n + 20_000_000:00000000}");

    private void Report(string what, List<double> took)
    {
        took.Sort();
        Report(what, $"{took[took.Count / 2]:N0} / {took[Math.Min(took.Count - 1, took.Count * 95 / 100)]:N0} ms");
    }

    private void Report(string what, string figure) => _output.WriteLine($"{what,-64}{figure}");

    /// <summary>A client and its way in.</summary>
    private sealed record Tenant(HttpClient Http, string Code, (string Name, string Value)[] Headers)
    {
        /// <summary>Calls the API and answers its <c>data</c>.</summary>
        public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body) => (await CallAsync(method, path, body)).GetProperty("data");

        public Task<JsonElement> ReadAsync(string path) => CallAsync(HttpMethod.Get, path, null);

        private async Task<JsonElement> CallAsync(HttpMethod method, string path, object? body)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            foreach (var (name, value) in Headers)
            {
                request.Headers.Add(name, value);
            }

            using var answer = await Http.SendAsync(request);
            answer.EnsureSuccessStatusCode();
            return await answer.Content.ReadFromJsonAsync<JsonElement>();
        }
    }
}
