using System.Net.Http.Json;
using System.Text.Json;
using Ecodrix.Sandbox;
using Ecodrix.Sandbox.Callbacks;

namespace Ecodrix.Tests.Api.Withstand;

/// <summary>A client of a product that is to be killed: it confirms appointments by WhatsApp and wants to be called back.</summary>
internal sealed class Clinic(SandboxHost sandbox)
{
    private const string Secret = "0123456789abcdef0123456789abcdef";

    public string Key { get; private set; } = "";

    /// <summary>Makes the client at a running product and wires both to each other.</summary>
    public static async Task<Clinic> SetUpAsync(ChildApp app, SandboxHost sandbox)
    {
        var clinic = new Clinic(sandbox);
        clinic.Key = await clinic.SetUpAsync(app);
        return clinic;
    }

    /// <summary>Fires a trigger as a client server does that repeats a call that broke off; null when this one did not get through.</summary>
    public async Task<string?> FireAsync(ChildApp app, string phone, string once)
    {
        var trigger = new
        {
            trigger = "appointment_confirmed",
            phone,
            createLeadIfMissing = true,
            leadData = new { firstName = "Ravi" },
            callbackUrl = "CALLBACK",
        };
        using var answer = await PostAsync(app, "/api/saas/workflows/trigger", trigger, ("x-client-code", "killed"), ("x-api-key", Key), ("Idempotency-Key", once));
        return answer.IsSuccessStatusCode ? (await DataAsync(answer)).GetProperty("eventLogId").GetString() : null;
    }

    /// <summary>Sets how many messages a second its number may send. A node that has not sent for it yet knows it at once.</summary>
    public async Task PaceAsync(ChildApp app, int perSecond)
    {
        using var settings = new HttpRequestMessage(HttpMethod.Patch, $"{app.Url}/api/saas/chat/settings") { Content = JsonContent.Create(new { messagesPerSecond = perSecond }) };
        settings.Headers.Add("x-client-code", "killed");
        settings.Headers.Add("x-api-key", Key);
        (await app.Http.SendAsync(settings)).EnsureSuccessStatusCode();
    }

    private async Task<string> SetUpAsync(ChildApp app)
    {
        sandbox.Options.WebhookUrl = $"{app.Url}/api/saas/whatsapp/webhook/killed";
        sandbox.Callbacks.Configure("killed", new CallbackBehaviour { Secret = Secret });
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
        var json = JsonSerializer.Serialize(body).Replace("CALLBACK", sandbox.CallbackUrl("killed"), StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Post, app.Url + path) { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await app.Http.SendAsync(request);
    }

    /// <summary>Accepted events that are not completed.</summary>
    public async Task<long> UnfinishedAsync(ChildApp app)
    {
        return await TotalAsync("") - await TotalAsync("&status=completed");

        async Task<long> TotalAsync(string filter)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{app.Url}/api/saas/events/logs?trigger=appointment_confirmed&limit=1{filter}");
            request.Headers.Add("x-client-code", "killed");
            request.Headers.Add("x-api-key", Key);
            using var answer = await app.Http.SendAsync(request);
            answer.EnsureSuccessStatusCode();
            return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("total").GetInt64();
        }
    }

    private static async Task<JsonElement> DataAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("data");
}
