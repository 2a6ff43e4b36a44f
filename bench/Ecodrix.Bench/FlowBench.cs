using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Ecodrix.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Bench;

/// <summary>Automations with the embedded store: delayed actions that come due together, fairness between tenants, many rules.</summary>
internal sealed class FlowBench : IAsyncDisposable
{
    private static readonly string[] Cities = ["Pune", "Goa"];
    private static readonly string[] Variables = ["Ravi", "Dr. Rao", "3 pm"];

    private static readonly FilterDefinition<BsonDocument> Ended = Builders<BsonDocument>.Filter.Eq("kind", "automation.action") & Builders<BsonDocument>.Filter.Eq("status", "completed");

    private readonly TextWriter _output;
    private BenchApp _bench = null!;
    private IMongoCollection<BsonDocument> _jobs = null!;

    private FlowBench(TextWriter output) => _output = output;

    /// <param name="output">Where the figures go.</param>
    /// <param name="delayed">Delayed actions that come due at one moment.</param>
    /// <param name="sends">Sends one tenant has queued.</param>
    public static async Task RunAsync(TextWriter output, int delayed, int sends)
    {
        await using var bench = new FlowBench(output);
        await bench.StartAsync();
        await bench.RulesAsync(rules: 200);
        await bench.DelayedAsync(delayed, tenants: Math.Min(50, delayed), over: TimeSpan.Zero);
        await bench.DelayedAsync(delayed, tenants: Math.Min(50, delayed), over: TimeSpan.FromSeconds(delayed / 1_100.0));
        await bench.FairnessAsync(sends);
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    private async Task StartAsync()
    {
        _bench = await BenchApp.StartAsync(new SandboxOptions { MagicNumbers = false, AutoStatuses = false, MessageHistory = 1_000 });
        _jobs = new MongoClient(await _bench.MongoUriAsync()).GetDatabase("ecodrix").GetCollection<BsonDocument>("jobs");
    }

    /// <summary>What matching many rules costs: a simulated trigger with them less one without any.</summary>
    private async Task RulesAsync(int rules)
    {
        var tenant = await TenantAsync();
        for (var i = 0; i < rules; i++)
        {
            await RuleAsync(tenant, "form_submitted", new { type = "add_tag", config = new { tag = "x" } }, new
            {
                all = new object[]
                {
                    new { field = "source", @operator = "eq", value = "website" },
                    new { any = new object[] { new { field = "data.amount", @operator = "gt", value = 100 + i }, new { field = "variables.city", @operator = "in", value = Cities } } },
                    new { field = "metadata.extra.plan", @operator = "starts_with", value = $"plan-{i}" },
                },
            });
        }

        var scope = (await _bench.Services.GetRequiredService<TenantDirectory>().AuthenticateAsync(tenant.Code, tenant.Key, CancellationToken.None)).Scope;
        var simulation = _bench.Services.GetRequiredService<Simulation>();
        var (with, without) = (new List<double>(), new List<double>());
        // In turns, or the first would pay for a process that is only warming up.
        for (var i = 0; i < 600; i++)
        {
            with.Add(await SimulateAsync("form_submitted"));
            without.Add(await SimulateAsync("payment_captured"));
        }

        Report($"{rules} rules matched, p50", Percentile(with, 0.5) - Percentile(without, 0.5), "ms");
        Report("a simulation without any rule, p50", Percentile(without, 0.5), "ms");

        async Task<double> SimulateAsync(string trigger)
        {
            var body = JsonSerializer.SerializeToElement(new { trigger, phone = "+919812345678", createLeadIfMissing = true, leadData = new { source = "website" }, data = new { amount = 5_000 } });
            var start = Stopwatch.GetTimestamp();
            await simulation.RunAsync(scope, body, CancellationToken.None);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
    }

    /// <summary>Actions of many tenants that come due at one moment, or evenly over a time.</summary>
    private async Task DelayedAsync(int actions, int tenants, TimeSpan over)
    {
        var already = await _jobs.CountDocumentsAsync(Ended);
        var all = new List<BenchTenant>();
        for (var i = 0; i < tenants; i++)
        {
            all.Add(await TenantAsync());
            await RuleAsync(all[^1], "form_submitted", new { type = "wait_until", config = new { until = "{{ data.at }}" } }, null);
        }

        // Far enough away for all to be waiting by then; a whole second, as times are kept in milliseconds.
        var at = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 10 + (actions / 100)).UtcDateTime;
        await Parallel.ForEachAsync(Enumerable.Range(0, actions), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
            await SendAsync(all[i % tenants], HttpMethod.Post, "/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = $"+9198{10_000_000 + (i / 10)}", createLeadIfMissing = true, data = new { at = DueAt(i) } }));
        var waiting = Builders<BsonDocument>.Filter.Eq("kind", "automation.action") & Builders<BsonDocument>.Filter.Eq("status", "queued");
        Report("delayed actions waiting when they come due", await _jobs.CountDocumentsAsync(waiting), "");
        await UntilAsync(async () => DateTime.UtcNow > at && await _jobs.CountDocumentsAsync(waiting) == 0);

        var ended = await _jobs.Find(Ended).Sort(Builders<BsonDocument>.Sort.Ascending("finishedAt")).Skip((int)already).Project(Builders<BsonDocument>.Projection.Include("finishedAt").Include("runAt")).ToListAsync();
        var late = ended.Where(j => j["runAt"].ToUniversalTime() >= at).Select(j => (j["finishedAt"].ToUniversalTime() - j["runAt"].ToUniversalTime()).TotalSeconds).ToList();
        Report(over == TimeSpan.Zero ? "due at one moment: drained" : $"due over {over.TotalSeconds:0.0} s: drained", late.Count / (ended[^1]["finishedAt"].ToUniversalTime() - at).TotalSeconds, "/s");
        Report("  lateness, p50", Percentile(late, 0.5), "s");
        Report("  lateness, p99", Percentile(late, 0.99), "s");

        string DueAt(int i) => (at + (over * i / actions)).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>A fresh trigger of one tenant while another has a mountain of sends queued.</summary>
    private async Task FairnessAsync(int sends)
    {
        var busy = await TenantAsync();
        var fresh = await TenantAsync();
        await RuleAsync(fresh, "form_submitted", new { type = "create_note", config = new { content = "Came in" } }, null);
        await SendAsync(busy, HttpMethod.Post, "/api/saas/chat/templates/sync", new { });
        var idle = await ToDoneAsync(fresh, times: 30);
        await Parallel.ForEachAsync(Enumerable.Range(0, sends), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
            await SendAsync(busy, HttpMethod.Post, "/api/saas/chat/send", new { to = $"+9197{10_000_000 + i}", templateName = "appointment_confirmed", templateLanguage = "en_US", variables = Variables }));
        var queued = await _jobs.CountDocumentsAsync(Builders<BsonDocument>.Filter.Eq("tenant", busy.Code) & Builders<BsonDocument>.Filter.Eq("status", "queued"));
        var loaded = await ToDoneAsync(fresh, times: 30);
        Report("sends queued by one tenant", queued, "");
        Report("another's trigger to its action, idle, p50", Percentile(idle, 0.5), "ms");
        Report("the same beside the queue, p50", Percentile(loaded, 0.5), "ms");
        Report("the same beside the queue, p99", Percentile(loaded, 0.99), "ms");
    }

    private async Task<List<double>> ToDoneAsync(BenchTenant tenant, int times)
    {
        var took = new List<double>();
        for (var i = 0; i < times; i++)
        {
            var fired = await SendAsync(tenant, HttpMethod.Post, "/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "+919812300001", createLeadIfMissing = true });
            var answered = Stopwatch.GetTimestamp();
            var path = $"/api/saas/events/logs/{fired.GetProperty("eventLogId").GetString()}";
            while ((await SendAsync(tenant, HttpMethod.Get, path, null)).GetProperty("status").GetString() != "completed")
            {
            }

            took.Add(Stopwatch.GetElapsedTime(answered).TotalMilliseconds);
        }

        return took;
    }

    private async Task<BenchTenant> TenantAsync()
    {
        var made = await SendAsync(null, HttpMethod.Post, "/api/clients", new { name = $"Bench {Guid.NewGuid():n}"[..20] });
        var tenant = new BenchTenant(made.GetProperty("clientCode").GetString()!, made.GetProperty("apiKey").GetString()!);
        await SendAsync(null, HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { rateLimits = new { triggerPerMinute = 100_000, defaultPerMinute = 1_000_000 } });
        await SendAsync(null, HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new
        {
            whatsappToken = "sandbox-access-token-0001",
            whatsappBusinessId = "102290129340398",
            whatsappPhoneNumberId = "106540352242922",
        });
        return tenant;
    }

    private Task<JsonElement> RuleAsync(BenchTenant tenant, string trigger, object action, object? condition) =>
        SendAsync(tenant, HttpMethod.Post, "/api/crm/automations", new { name = $"On {trigger}", trigger, condition, actions = new[] { action } });

    private async Task<JsonElement> SendAsync(BenchTenant? tenant, HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add(tenant is null ? "x-admin-key" : "x-api-key", tenant?.Key ?? BenchApp.AdminKey);
        if (tenant is not null)
        {
            request.Headers.Add("x-client-code", tenant.Code);
        }

        using var response = await _bench.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement.GetProperty("data") : throw new InvalidOperationException($"{path}: {text}");
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        // Seldom: counting is work that the drain would pay for.
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (!await holds())
        {
            await pace.WaitForNextTickAsync();
        }
    }

    private static double Percentile(List<double> values, double share) => values.Order().ElementAt((int)Math.Ceiling(values.Count * share) - 1);

    private void Report(string what, double value, string unit) => _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-48} {value,12:N2} {unit}"));

    private sealed record BenchTenant(string Code, string Key);
}
