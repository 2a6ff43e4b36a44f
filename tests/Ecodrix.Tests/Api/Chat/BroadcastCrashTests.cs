using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Ecodrix.Sandbox;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>The real process, killed outright in the middle of its work.</summary>
public sealed class BroadcastCrashTests : IAsyncLifetime, IDisposable
{
    private const int Recipients = 400;

    private readonly string _data = Path.Combine(Path.GetTempPath(), $"ecodrix-crash-{Guid.NewGuid():n}");
    private readonly int _port = FreePort();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private SandboxHost _sandbox = null!;
    private Process? _process;

    public async Task InitializeAsync() => _sandbox = await SandboxHost.StartAsync(
        new SandboxOptions { WebhookUrl = $"{Url}/api/saas/whatsapp/webhook", MagicNumbers = false, ReadReceipts = false, RetryLongest = TimeSpan.FromSeconds(1) }, CancellationToken.None);

    public async Task DisposeAsync()
    {
        Kill();
        await _sandbox.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    public void Dispose() => _http.Dispose();

    private string Url => $"http://127.0.0.1:{_port}";

    [Fact]
    public async Task A_process_killed_five_times_during_a_broadcast_sends_everybody_exactly_one_message()
    {
        await StartAsync();
        var (code, key) = await TenantAsync();
        var phones = Enumerable.Range(0, Recipients).Select(n => $"+9187{n:00000000}").ToList();
        var launched = await CallAsync(HttpMethod.Post, "/api/saas/chat/broadcast", new { name = "Crash", templateName = "visit_follow_up", recipients = phones.Select(phone => new { phone }), ratePerSecond = 60 }, code, key);
        var id = launched.GetProperty("data").Text("id")!;

        for (var kill = 1; kill <= 5; kill++)
        {
            await UntilAsync(() => Task.FromResult(_sandbox.Graph.Accepted >= kill * Recipients / 7));
            Kill();
            await StartAsync();
        }

        await UntilAsync(async () => (await CallAsync(HttpMethod.Get, $"/api/saas/chat/broadcasts/{id}", null, code, key)).GetProperty("data").Text("status") == "completed");

        _sandbox.Graph.Messages.Where(m => m.Type == "template").GroupBy(m => m.To).Select(g => g.Count()).Should().HaveCount(Recipients).And.OnlyContain(sent => sent == 1);
        await UntilAsync(async () => (await CallAsync(HttpMethod.Get, $"/api/saas/chat/broadcasts/{id}", null, code, key)).GetProperty("data").GetProperty("counts").GetProperty("delivered").GetInt32() == Recipients);
    }

    private async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Ecodrix.App.dll"));
        foreach (var (name, value) in new[]
        {
            ("ASPNETCORE_ENVIRONMENT", "Production"), ("Urls", Url), ("Ecodrix__DataPath", _data), ("Ecodrix__AdminKey", AppFixture.AdminKey),
            ("Ecodrix__WhatsApp__GraphUrl", _sandbox.GraphUrl), ("Ecodrix__WhatsApp__ReconcileAfter", "00:00:15"),
        })
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        // Unread pipes would fill up and stop it.
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await UntilAsync(async () => (await _http.GetAsync($"{Url}/api/saas/health")).StatusCode == HttpStatusCode.OK);
    }

    private void Kill()
    {
        _process?.Kill(entireProcessTree: true);
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    private async Task<(string Code, string Key)> TenantAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Url}/api/clients") { Content = JsonContent.Create(new { name = "Crash Clinic" }) };
        request.Headers.Add("x-admin-key", AppFixture.AdminKey);
        var made = (await (await _http.SendAsync(request)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data");
        using var secrets = new HttpRequestMessage(HttpMethod.Post, $"{Url}/api/clients/{made.Text("clientCode")}/secrets")
        {
            Content = JsonContent.Create(new
            {
                whatsappToken = "sandbox-access-token-0001",
                whatsappBusinessId = "102290129340398",
                whatsappPhoneNumberId = "106540352242922",
                whatsappAppSecret = "sandbox-app-secret",
            }),
        };
        secrets.Headers.Add("x-admin-key", AppFixture.AdminKey);
        (await _http.SendAsync(secrets)).EnsureSuccessStatusCode();
        return (made.Text("clientCode")!, made.Text("apiKey")!);
    }

    private async Task<JsonElement> CallAsync(HttpMethod method, string path, object? body, string code, string key)
    {
        using var request = new HttpRequestMessage(method, Url + path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("x-client-code", code);
        request.Headers.Add("x-api-key", key);
        using var answer = await _http.SendAsync(request);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !limit.IsCancellationRequested)
            {
                // Not up yet.
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
