using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Sandbox;
using Microsoft.AspNetCore.SignalR.Client;

namespace Ecodrix.Bench;

/// <summary>The chat over HTTP on loopback with the embedded store and a sandbox in place of Meta, all in one process on this machine.</summary>
internal sealed class ChatBench : IAsyncDisposable
{
    private const string Number = "106540352242922";

    private readonly TextWriter _output;
    private BenchApp _bench = null!;
    private string _code = "";

    private ChatBench(TextWriter output) => _output = output;

    /// <summary>Runs the named parts, or all.</summary>
    public static async Task RunAsync(TextWriter output, IReadOnlyCollection<string> parts)
    {
        bool Wanted(string part) => parts.Count == 0 || parts.Contains(part);
        await using var bench = new ChatBench(output);
        await bench.StartAsync();
        if (Wanted("latency"))
        {
            await bench.LatencyAsync();
        }

        if (Wanted("inbound"))
        {
            await bench.InboundAsync("of new contacts, from a cold start", perPost: 1, posts: 5_000);
            await bench.InboundAsync("of more new contacts", perPost: 1, posts: 5_000, first: 20_000);
            await bench.InboundAsync("of known contacts", perPost: 1, posts: 10_000);
            await bench.InboundAsync("of known contacts", perPost: 50, posts: 400);
        }

        if (Wanted("list"))
        {
            await bench.ListAsync(conversations: 50_000);
        }

        if (Wanted("broadcast"))
        {
            await bench.BroadcastAsync(recipients: 10_000, perSecond: 1_000);
        }
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    private async Task StartAsync()
    {
        _bench = await BenchApp.StartAsync(new SandboxOptions { MagicNumbers = false, ReadReceipts = false, MessageHistory = 1_000 });
        var made = await AdminAsync("/api/clients", new { name = "Bench Clinic" });
        _code = made.GetProperty("data").GetProperty("clientCode").GetString()!;
        _bench.Http.DefaultRequestHeaders.Add("x-client-code", _code);
        _bench.Http.DefaultRequestHeaders.Add("x-api-key", made.GetProperty("data").GetProperty("apiKey").GetString());
        await AdminAsync($"/api/clients/{_code}/secrets", new
        {
            whatsappToken = "sandbox-access-token-0001",
            whatsappBusinessId = "102290129340398",
            whatsappPhoneNumberId = Number,
            whatsappAppSecret = "sandbox-app-secret",
        });
        using var limits = new HttpRequestMessage(HttpMethod.Patch, $"/api/clients/{_code}") { Content = JsonContent.Create(new { rateLimits = new { defaultPerMinute = 1_000_000 } }) };
        limits.Headers.Add("x-admin-key", BenchApp.AdminKey);
        (await _bench.Http.SendAsync(limits)).EnsureSuccessStatusCode();
    }

    /// <summary>From posting a webhook to the event at a SignalR client, one at a time.</summary>
    private async Task LatencyAsync()
    {
        var arrived = new ConcurrentDictionary<string, TaskCompletionSource>();
        await using var connection = await ListenAsync(wamid => arrived.GetOrAdd(wamid, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult());
        var (total, answered) = (new List<double>(), new List<double>());
        for (var n = 0; n < 600; n++)
        {
            var wamid = $"wamid.l{n}";
            var start = Stopwatch.GetTimestamp();
            await PostAsync(Inbound([(Phone(n % 50), wamid)]));
            answered.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            await arrived.GetOrAdd(wamid, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(TimeSpan.FromSeconds(10));
            total.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        Report("webhook answered, p50 / p95", $"{Percentile(answered, 50):0.0} / {Percentile(answered, 95):0.0} ms");
        Report("webhook to SignalR client, p50 / p95", $"{Percentile(total, 50):0.0} / {Percentile(total, 95):0.0} ms");
    }

    /// <summary>How many messages a second are taken in and worked off, from the first post to the last event.</summary>
    private async Task InboundAsync(string what, int perPost, int posts, int first = 1_000)
    {
        var expected = perPost * posts;
        var seen = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var connection = await ListenAsync(_ =>
        {
            if (Interlocked.Increment(ref seen) == expected)
            {
                done.TrySetResult();
            }
        });
        var bodies = Enumerable.Range(0, posts).Select(p => Inbound(Enumerable.Range(0, perPost).Select(n => (Phone(first + (((p * perPost) + n) % 5000)), $"wamid.i{first}.{perPost}.{posts}.{p}.{n}")))).ToList();
        var answers = new ConcurrentBag<double>();
        var (start, cpu) = (Stopwatch.GetTimestamp(), BenchApp.Cpu());
        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (body, _) =>
        {
            var one = Stopwatch.GetTimestamp();
            await PostAsync(body);
            answers.Add(Stopwatch.GetElapsedTime(one).TotalMilliseconds);
        });
        var posted = Stopwatch.GetElapsedTime(start).TotalSeconds;
        try
        {
            await done.Task.WaitAsync(TimeSpan.FromMinutes(3));
        }
        catch (TimeoutException)
        {
            Report("  (not all events came)", $"{seen} of {expected}");
        }

        var all = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await SettleAsync();
        Report(
            $"inbound {what}, {perPost} a post: taken in / worked off",
            $"{expected / posted:N0} / {seen / all:N0} per s; answered p95 {Percentile(answers, 95):0.0} ms; {BenchApp.CpuEach(cpu, expected)} with all they cause");
    }

    /// <summary>Comes back when what the messages caused has been carried out, so that what one figure leaves behind is not in the next.</summary>
    private async Task SettleAsync()
    {
        var start = Stopwatch.GetTimestamp();
        for (var quiet = 0; quiet < 50 && Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(2);)
        {
            quiet = (await GetAsync("/api/saas/events/logs?status=received&limit=1")).GetProperty("total").GetInt64() == 0 ? quiet + 1 : 0;
            await Task.Delay(100);
        }
    }

    private async Task ListAsync(int conversations)
    {
        for (var from = 0; from < conversations; from += 20_000)
        {
            var count = Math.Min(20_000, conversations - from);
            await Parallel.ForEachAsync(Enumerable.Range(0, count / 200), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (chunk, _) =>
                await PostAsync(Inbound(Enumerable.Range(0, 200).Select(n => (Phone(100_000 + from + (chunk * 200) + n), $"wamid.c{from}.{chunk}.{n}")))));
        }

        var deadline = Stopwatch.GetTimestamp();
        while ((await GetAsync("/api/saas/chat/conversations?limit=1")).GetProperty("total").GetInt64() < conversations && Stopwatch.GetElapsedTime(deadline) < TimeSpan.FromMinutes(5))
        {
            await Task.Delay(500);
        }

        Report("conversations", $"{(await GetAsync("/api/saas/chat/conversations?limit=1")).GetProperty("total").GetInt64():N0}");
        foreach (var query in new[] { "", "?status=open", "?unread=true", "?assignedTo=none", "?search=98765", "?search=contact&status=open" })
        {
            var times = new List<double>();
            for (var n = 0; n < 120; n++)
            {
                var start = Stopwatch.GetTimestamp();
                await GetAsync($"/api/saas/chat/conversations{query}");
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            Report($"list {(query.Length == 0 ? "(all)" : query)}, p50 / p95", $"{Percentile(times, 50):0.0} / {Percentile(times, 95):0.0} ms");
        }
    }

    private async Task BroadcastAsync(int recipients, int perSecond)
    {
        await ClientAsync(HttpMethod.Patch, "/api/saas/chat/settings", new { messagesPerSecond = 1000 });
        _bench.Sandbox.Graph.ConfigureWebhook(Number, new($"{_bench.Url}/api/saas/whatsapp/webhook/{_code}", "sandbox-app-secret", "x"));
        // The first of a process is for the compiler.
        await SendToAsync(firstPhone: 290_000, recipients: 3_000, perSecond);
        var (accepted, sent, known, cpu) = await SendToAsync(firstPhone: 300_000, recipients, perSecond);
        Report($"broadcast of {recipients:N0}: launch answered", $"{accepted.TotalMilliseconds:N0} ms");
        Report($"broadcast paced at {perSecond:N0}/s: sustained", $"{recipients / sent.TotalSeconds:N0} per s");
        Report("broadcast: every delivery known after", $"{known.TotalSeconds:N1} s; {BenchApp.CpuEach(cpu, recipients)}; exactly once: {_bench.Sandbox.Graph.AcceptedByOpaqueData.Values.All(v => v == 1)}");
    }

    /// <summary>Sends a broadcast: how long its launch took, all calls to Meta since the first, and all deliveries until they were known.</summary>
    private async Task<(TimeSpan Launch, TimeSpan Sent, TimeSpan Known, TimeSpan Cpu)> SendToAsync(int firstPhone, int recipients, int perSecond)
    {
        _bench.Sandbox.Graph.Clear();
        var phones = Enumerable.Range(0, recipients).Select(n => Phone(firstPhone + n)).ToList();
        var cpu = BenchApp.Cpu();
        var launch = Stopwatch.GetTimestamp();
        var launched = await ClientAsync(HttpMethod.Post, "/api/saas/chat/broadcast", new { name = "Bench", templateName = "visit_follow_up", recipients = phones.Select(phone => new { phone }), ratePerSecond = perSecond });
        var id = launched.GetProperty("data").GetProperty("id").GetString();
        var accepted = Stopwatch.GetElapsedTime(launch);
        while (_bench.Sandbox.Graph.Accepted == 0)
        {
            await Task.Delay(5);
        }

        var start = Stopwatch.GetTimestamp();
        while (_bench.Sandbox.Graph.Accepted < recipients && Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(5))
        {
            await Task.Delay(20);
        }

        var sent = Stopwatch.GetElapsedTime(start);
        int delivered;
        do
        {
            await Task.Delay(500);
            delivered = (await GetAsync($"/api/saas/chat/broadcasts/{id}")).GetProperty("data").GetProperty("counts").GetProperty("delivered").GetInt32();
        }
        while (delivered < recipients && Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(5));
        return (accepted, sent, Stopwatch.GetElapsedTime(start), cpu);
    }

    private async Task<HubConnection> ListenAsync(Action<string> received)
    {
        var connection = new HubConnectionBuilder().WithUrl($"{_bench.Url}/hubs/live", options =>
        {
            foreach (var header in _bench.Http.DefaultRequestHeaders)
            {
                options.Headers[header.Key] = header.Value.First();
            }
        }).Build();
        connection.On<JsonElement>("message.received", e => received(e.GetProperty("data").GetProperty("wamid").GetString()!));
        await connection.StartAsync();
        return connection;
    }

    private static string Phone(int n) => string.Create(CultureInfo.InvariantCulture, $"+9198{n:00000000}");

    private static byte[] Inbound(IEnumerable<(string Phone, string Wamid)> messages)
    {
        var all = messages.ToList();
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["object"] = "whatsapp_business_account",
            ["entry"] = new JsonArray(new JsonObject
            {
                ["id"] = "102290129340398",
                ["changes"] = new JsonArray(new JsonObject
                {
                    ["field"] = "messages",
                    ["value"] = new JsonObject
                    {
                        ["messaging_product"] = "whatsapp",
                        ["metadata"] = new JsonObject { ["display_phone_number"] = "15550783881", ["phone_number_id"] = Number },
                        ["contacts"] = new JsonArray([.. all.Select(m => (JsonNode)new JsonObject { ["profile"] = new JsonObject { ["name"] = "Contact " + m.Phone[^4..] }, ["wa_id"] = m.Phone[1..] })]),
                        ["messages"] = new JsonArray([.. all.Select(m => (JsonNode)new JsonObject
                        {
                            ["from"] = m.Phone[1..], ["id"] = m.Wamid, ["timestamp"] = now, ["type"] = "text", ["text"] = new JsonObject { ["body"] = "Is my appointment still at three?" },
                        })]),
                    },
                }),
            }),
        }.ToJsonString());
    }

    private async Task PostAsync(byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/saas/whatsapp/webhook/{_code}") { Content = new ByteArrayContent(body) };
        request.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData("sandbox-app-secret"u8, body)));
        using var answer = await _bench.Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<JsonElement> GetAsync(string path) => await _bench.Http.GetFromJsonAsync<JsonElement>(path);

    private async Task<JsonElement> AdminAsync(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("x-admin-key", BenchApp.AdminKey);
        using var answer = await _bench.Http.SendAsync(request);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<JsonElement> ClientAsync(HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        using var answer = await _bench.Http.SendAsync(request);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static double Percentile(IEnumerable<double> values, int percent)
    {
        var sorted = values.Order().ToList();
        return sorted[Math.Min(sorted.Count - 1, sorted.Count * percent / 100)];
    }

    private void Report(string what, string figure) => _output.WriteLine($"{what,-64}{figure}");
}
