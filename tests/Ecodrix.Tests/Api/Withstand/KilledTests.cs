using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Ecodrix.Sandbox;
using Ecodrix.Sandbox.Callbacks;

namespace Ecodrix.Tests.Api.Withstand;

/// <summary>A process that is killed at any moment loses nothing it accepted and does nothing twice.</summary>
public sealed class KilledTests : IAsyncLifetime
{
    private const int Triggers = 200;
    private const int Kills = 4;
    private const string Secret = "0123456789abcdef0123456789abcdef";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ecodrix-killed-");
    private SandboxHost _sandbox = null!;

    public async Task InitializeAsync() => _sandbox = await SandboxHost.StartAsync(new SandboxOptions { MagicNumbers = false, CallbackHistory = 10_000 }, CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Two_hundred_accepted_triggers_survive_kills_each_with_one_message_and_its_callback()
    {
        await using var app = new ChildApp(Path.Combine(_folder.FullName, "data"), new Dictionary<string, string>
        {
            ["Ecodrix__WhatsApp__GraphUrl"] = _sandbox.GraphUrl,
            ["Ecodrix__WhatsApp__ReconcileAfter"] = "00:00:25",
            ["Ecodrix__Callbacks__AllowedPrivateHosts__0"] = "127.0.0.1",
        });
        await app.StartAsync();
        var key = await SetUpAsync(app);
        var accepted = new ConcurrentDictionary<string, string>();

        var kills = KillAtRandomAsync(app, accepted);
        await Parallel.ForEachAsync(Enumerable.Range(0, Triggers), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, ct) =>
        {
            // A client server whose call breaks off repeats it with the same key, as clients do.
            var phone = $"+9198765{i:00000}";
            await Eventually.IsTrueAsync(async () =>
            {
                using var answer = await PostAsync(app, "/api/saas/workflows/trigger", Trigger(phone), ("x-client-code", "killed"), ("x-api-key", key), ("Idempotency-Key", $"trigger-{i}"));
                if (!answer.IsSuccessStatusCode)
                {
                    return false;
                }

                accepted[phone] = (await DataAsync(answer)).GetProperty("eventLogId").GetString()!;
                return true;
            }, TimeSpan.FromMinutes(4));
        });
        await kills;

        await Eventually.IsTrueAsync(async () => await UnfinishedAsync(app, key) == 0, TimeSpan.FromMinutes(3));
        await Eventually.IsTrueAsync(() => Task.FromResult(accepted.Values.All(id => _sandbox.Callbacks.Of("killed").Any(c => c.Body.Contains(id, StringComparison.Ordinal)))), TimeSpan.FromMinutes(2));

        accepted.Should().HaveCount(Triggers);
        var twice = _sandbox.Graph.Messages.GroupBy(m => m.To).Where(g => g.Count() != 1).Select(g => $"{g.Key} got {g.Count()}");
        twice.Should().BeEmpty("nobody gets a message twice");
        _sandbox.Graph.Messages.Should().HaveCount(Triggers);
        _sandbox.Callbacks.Of("killed").Should().OnlyContain(c => c.Signature.IsValid);
    }

    private static object Trigger(string phone) => new
    {
        trigger = "appointment_confirmed",
        phone,
        createLeadIfMissing = true,
        leadData = new { firstName = "Ravi" },
        callbackUrl = "CALLBACK",
    };

    private static async Task KillAtRandomAsync(ChildApp app, ConcurrentDictionary<string, string> accepted)
    {
        for (var kill = 1; kill <= Kills; kill++)
        {
            // At a random point of the work, not at a time: on a slow machine as in the midst of it as on a fast one.
            var point = (kill * Triggers / (Kills + 1)) + Random.Shared.Next(-10, 10);
            await Eventually.IsTrueAsync(() => Task.FromResult(accepted.Count >= point), TimeSpan.FromMinutes(4));
            await app.KillAsync();
            await app.StartAsync();
        }
    }

    private async Task<string> SetUpAsync(ChildApp app)
    {
        _sandbox.Options.WebhookUrl = $"{app.Url}/api/saas/whatsapp/webhook/killed";
        _sandbox.Callbacks.Configure("killed", new CallbackBehaviour { Secret = Secret });
        using var made = await PostAsync(app, "/api/clients", new { name = "Killed", code = "killed" }, ("x-admin-key", ChildApp.AdminKey));
        var key = (await DataAsync(made)).GetProperty("apiKey").GetString()!;
        (await PostAsync(app, "/api/clients/killed/secrets", new
        {
            whatsappToken = "sandbox-access-token-0001",
            whatsappBusinessId = "102290129340398",
            whatsappPhoneNumberId = "106540352242922",
            whatsappAppSecret = "sandbox-app-secret",
            automationWebhookSecret = Secret,
        }, ("x-admin-key", ChildApp.AdminKey))).EnsureSuccessStatusCode();
        using var limits = new HttpRequestMessage(HttpMethod.Patch, $"{app.Url}/api/clients/killed")
        {
            Content = JsonContent.Create(new { rateLimits = new { triggerPerMinute = 100_000, defaultPerMinute = 100_000 } }),
        };
        limits.Headers.Add("x-admin-key", ChildApp.AdminKey);
        (await app.Http.SendAsync(limits)).EnsureSuccessStatusCode();
        (await PostAsync(app, "/api/crm/automations", new
        {
            name = "Confirm",
            trigger = "appointment_confirmed",
            actions = new object[]
            {
                new { type = "send_whatsapp", config = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "Ravi", "Dr. Sharma", "3 PM" } } },
                new { type = "add_tag", config = new { tag = "confirmed" } },
            },
        }, ("x-client-code", "killed"), ("x-api-key", key))).EnsureSuccessStatusCode();
        return key;
    }

    private async Task<HttpResponseMessage> PostAsync(ChildApp app, string path, object body, params (string Name, string Value)[] headers)
    {
        var json = JsonSerializer.Serialize(body).Replace("CALLBACK", _sandbox.CallbackUrl("killed"), StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Post, app.Url + path) { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await app.Http.SendAsync(request);
    }

    /// <summary>Accepted events that are not completed.</summary>
    private static async Task<long> UnfinishedAsync(ChildApp app, string key)
    {
        return await TotalAsync("") - await TotalAsync("&status=completed");

        async Task<long> TotalAsync(string filter)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{app.Url}/api/saas/events/logs?trigger=appointment_confirmed&limit=1{filter}");
            request.Headers.Add("x-client-code", "killed");
            request.Headers.Add("x-api-key", key);
            using var answer = await app.Http.SendAsync(request);
            answer.EnsureSuccessStatusCode();
            return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("total").GetInt64();
        }
    }

    private static async Task<JsonElement> DataAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("data");
}
