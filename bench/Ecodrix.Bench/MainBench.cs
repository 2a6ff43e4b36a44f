using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Ecodrix.Sandbox;

namespace Ecodrix.Bench;

/// <summary>The main job over HTTP on loopback: accept a trigger, send a WhatsApp message, with the embedded store and a sandbox in the same process.</summary>
internal sealed class MainBench : IAsyncDisposable
{

    private static readonly string[] Variables = ["Ravi", "Dr. Sharma", "3 PM"];

    private readonly TextWriter _output;
    private BenchApp _bench = null!;
    private int _next;

    private MainBench(TextWriter output) => _output = output;

    public static async Task RunAsync(TextWriter output)
    {
        await using var bench = new MainBench(output);
        await bench.StartAsync();
        await bench.AcceptAsync(connections: 1, triggers: 500);
        await bench.ToGraphAsync(times: 100);
        await bench.AcceptAsync(connections: 32, triggers: 6_000);
        await bench.DrainAsync();
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    private async Task StartAsync()
    {
        _bench = await BenchApp.StartAsync(new SandboxOptions { MagicNumbers = false, AutoStatuses = false, MessageHistory = 20_000 });
        (await _bench.Http.GetAsync(new Uri("/api/saas/health", UriKind.Relative))).EnsureSuccessStatusCode();
        Row("start to the first healthy answer, in process", $"{Stopwatch.GetElapsedTime(_bench.Began).TotalMilliseconds:0} ms");
        Row("memory after start, driver and sandbox included", $"{Environment.WorkingSet / 1024 / 1024} MB");

        var made = await SendAsync(HttpMethod.Post, "/api/clients", new { name = "Bench", code = "bench" }, admin: true);
        _bench.Http.DefaultRequestHeaders.Add("x-client-code", "bench");
        _bench.Http.DefaultRequestHeaders.Add("x-api-key", made.GetProperty("data").GetProperty("apiKey").GetString());
        await SendAsync(HttpMethod.Post, "/api/clients/bench/secrets", new { whatsappToken = "sandbox-access-token-0001", whatsappBusinessId = "102290129340398", whatsappPhoneNumberId = "106540352242922" }, admin: true);
        await SendAsync(HttpMethod.Patch, "/api/clients/bench", new { rateLimits = new { triggerPerMinute = 100_000, defaultPerMinute = 1_000_000 } }, admin: true);
        await SendAsync(HttpMethod.Post, "/api/crm/automations", new
        {
            name = "Confirm",
            trigger = "appointment_confirmed",
            actions = new[] { new { type = "send_whatsapp", config = new { templateName = "appointment_confirmed", language = "en_US", variables = Variables } } },
        }, admin: false);
        for (var warm = 0; warm < 50; warm++)
        {
            await FireAsync();
        }

        await SentAsync(50);
    }

    private async Task AcceptAsync(int connections, int triggers)
    {
        var took = new double[triggers];
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, triggers, new ParallelOptions { MaxDegreeOfParallelism = connections }, async (i, _) => took[i] = await FireAsync());
        var all = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Array.Sort(took);
        Row($"accept, {connections} connection(s)", string.Create(CultureInfo.InvariantCulture, $"{triggers / all:0}/s, p50 {took[triggers / 2]:0.0} ms, p99 {took[triggers * 99 / 100]:0.0} ms"));
        if (connections == 1)
        {
            await SentAsync(_next);
        }
    }

    private async Task ToGraphAsync(int times)
    {
        var took = new double[times];
        for (var i = 0; i < times; i++)
        {
            var before = _bench.Sandbox.Graph.Accepted;
            await FireAsync();
            var accepted = Stopwatch.GetTimestamp();
            var arrived = await _bench.Sandbox.Graph.WaitForMessageAsync(_ => _bench.Sandbox.Graph.Accepted > before, CancellationToken.None);
            _ = arrived;
            took[i] = Stopwatch.GetElapsedTime(accepted).TotalMilliseconds;
        }

        Array.Sort(took);
        Row("from the answer to Meta's call, idle", string.Create(CultureInfo.InvariantCulture, $"p50 {took[times / 2]:0.0} ms, p99 {took[times * 99 / 100]:0.0} ms"));
    }

    private async Task DrainAsync()
    {
        var (before, started) = (_bench.Sandbox.Graph.Accepted, Stopwatch.GetTimestamp());
        await SentAsync(_next);
        var rest = _bench.Sandbox.Graph.Accepted - before;
        Row("sends when saturated (what was left after accepting)", string.Create(CultureInfo.InvariantCulture, $"{rest / Stopwatch.GetElapsedTime(started).TotalSeconds:0}/s over {rest}"));
    }

    private async Task SentAsync(long wanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (_bench.Sandbox.Graph.Accepted < wanted)
        {
            await pace.WaitForNextTickAsync(limit.Token);
        }
    }

    private async Task<double> FireAsync()
    {
        var phone = $"+9198{70_000_000 + Interlocked.Increment(ref _next)}";
        var started = Stopwatch.GetTimestamp();
        using var answer = await _bench.Http.PostAsJsonAsync("/api/saas/workflows/trigger", new { trigger = "appointment_confirmed", phone, createLeadIfMissing = true, leadData = new { firstName = "Ravi" } });
        var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        answer.EnsureSuccessStatusCode();
        return took;
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object body, bool admin)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        if (admin)
        {
            request.Headers.Add("x-admin-key", BenchApp.AdminKey);
        }

        using var answer = await _bench.Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private void Row(string what, string figure) => _output.WriteLine($"{what,-56}{figure}");
}
