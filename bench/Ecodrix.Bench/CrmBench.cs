using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Ecodrix.Sandbox;

namespace Ecodrix.Bench;

/// <summary>The CRM over HTTP on loopback with the embedded store: 100,000 leads in one tenant.</summary>
internal sealed class CrmBench : IAsyncDisposable
{
    private const int Leads = 100_000;
    private static readonly string[] Sources = ["website", "referral", "walk_in", "facebook", "google"];
    private static readonly string[] Hot = ["hot"];
    private static readonly string[] Cold = ["cold", "list"];

    private readonly TextWriter _output;
    private BenchApp _bench = null!;
    private List<string> _stages = [];
    private string _pipeline = "";

    private CrmBench(TextWriter output) => _output = output;

    public static async Task RunAsync(TextWriter output)
    {
        await using var bench = new CrmBench(output);
        await bench.StartAsync();
        await bench.FillAsync();
        await bench.ImportAsync();
        await bench.ReadAsync();
        await bench.ExportAsync();
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    private async Task StartAsync()
    {
        _bench = await BenchApp.StartAsync(new SandboxOptions());
        _bench.Http.DefaultRequestHeaders.Add("x-admin-key", BenchApp.AdminKey);
        var made = await SendAsync(HttpMethod.Post, "/api/clients", new { name = "Bench Clinic" });
        var code = made.GetProperty("clientCode").GetString()!;
        await SendAsync(HttpMethod.Patch, $"/api/clients/{code}", new { rateLimits = new { defaultPerMinute = 1_000_000 } });
        _bench.Http.DefaultRequestHeaders.Add("x-client-code", code);
        _bench.Http.DefaultRequestHeaders.Add("x-api-key", made.GetProperty("apiKey").GetString());
        var pipeline = (await SendAsync(HttpMethod.Get, "/api/crm/pipelines", null))[0];
        _pipeline = pipeline.GetProperty("id").GetString()!;
        _stages = [.. pipeline.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("id").GetString()!)];
    }

    private async Task FillAsync()
    {
        for (var batch = 0; batch < Leads / 1000; batch++)
        {
            await ImportAsync(batch);
        }

        await QuietAsync();
    }

    /// <summary>Imports into the full tenant, each when what the one before caused is carried out.</summary>
    private async Task ImportAsync()
    {
        var took = new List<double>();
        for (var batch = 0; batch < 10; batch++)
        {
            var start = Stopwatch.GetTimestamp();
            await ImportAsync((Leads / 1000) + batch);
            took.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            await QuietAsync();
        }

        Report("import of 1,000 rows, p50", Percentile(took, 0.5), "ms");
        Report("import of 1,000 rows, p95", Percentile(took), "ms");
    }

    private Task ImportAsync(int batch) => SendAsync(HttpMethod.Post, "/api/crm/leads/import", new
    {
        leads = Enumerable.Range(batch * 1000, 1000).Select(i => new
        {
            firstName = $"Person{i % 997}",
            lastName = $"Family{i % 4999}",
            phone = $"+9198{i + 10_000_000}",
            email = $"p{i}@example.com",
            source = Sources[i % 5],
            dealValue = i % 1000 * 100,
            stageId = _stages[i % _stages.Count],
            assignedTo = $"agent{i % 20}",
            tags = i % 3 == 0 ? Hot : Cold,
        }),
    });

    /// <summary>Waits until what was imported has caused what it causes (timeline entries).</summary>
    private async Task QuietAsync()
    {
        var since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < TimeSpan.FromMinutes(3) && await PendingAsync())
        {
        }
    }

    private async Task<bool> PendingAsync()
    {
        var before = await TotalAsync();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        await timer.WaitForNextTickAsync();
        return await TotalAsync() != before;
    }

    private async Task<long> TotalAsync() =>
        (await SendAsync(HttpMethod.Get, "/api/crm/analytics/heatmap?range=7d", null)).EnumerateArray().Sum(d => d.GetProperty("count").GetInt64());

    private async Task ReadAsync()
    {
        await TimeAsync("list page 1, newest first", "/api/crm/leads");
        await TimeAsync("list by stage, by value", $"/api/crm/leads?stageId={_stages[2]}&sortBy=dealValue");
        await TimeAsync("list by status, source and person", "/api/crm/leads?status=open&source=website&assignedTo=agent5");
        await TimeAsync("list by two tags, by score", "/api/crm/leads?tags=cold,list&sortBy=score");
        await TimeAsync("search by prefix", "/api/crm/leads?search=person12 fam");
        await TimeAsync("search by part of the phone", "/api/crm/leads?search=10012");
        await TimeAsync("stage column", $"/api/crm/pipelines/{_pipeline}/stages/{_stages[0]}/leads");
        await TimeAsync("board", $"/api/crm/pipelines/{_pipeline}/board", 10);
        await TimeAsync("forecast", $"/api/crm/pipelines/{_pipeline}/forecast", 10);
        foreach (var report in (string[])["overview", "funnel", "sources", "team", "heatmap", "scores", "stage-time"])
        {
            await TimeAsync($"analytics {report}", $"/api/crm/analytics/{report}", 5);
        }
    }

    private async Task ExportAsync()
    {
        var (start, before, most, lines) = (Stopwatch.GetTimestamp(), GC.GetTotalMemory(true), 0L, 0L);
        using var response = await _bench.Http.GetAsync("/api/crm/leads/export", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await body.ReadAsync(buffer)) > 0;)
        {
            lines += buffer.AsSpan(0, read).Count((byte)'\n');
            most = Math.Max(most, GC.GetTotalMemory(false));
        }

        Report("export", (lines - 1) / Stopwatch.GetElapsedTime(start).TotalSeconds, "rows/s");
        Report("export, most memory above the start", (most - before) / 1048576.0, "MB");
    }

    private async Task TimeAsync(string what, string path, int times = 40)
    {
        await SendAsync(HttpMethod.Get, path, null);
        var took = new List<double>();
        for (var i = 0; i < times; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await SendAsync(HttpMethod.Get, path, null);
            took.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        Report($"{what}, p50", Percentile(took, 0.5), "ms");
        Report($"{what}, p95", Percentile(took), "ms");
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await _bench.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement.GetProperty("data") : throw new InvalidOperationException($"{path}: {text}");
    }

    private static double Percentile(List<double> values, double share = 0.95) => values.Order().ElementAt((int)Math.Ceiling(values.Count * share) - 1);

    private void Report(string what, double value, string unit) => _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-44} {value,12:N1} {unit}"));
}
