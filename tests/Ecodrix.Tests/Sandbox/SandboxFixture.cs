using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Ecodrix.Sandbox;

namespace Ecodrix.Tests.Sandbox;

/// <summary>A sandbox with a webhook receiver, and a client that calls it as the product does.</summary>
public sealed class SandboxFixture : IAsyncDisposable
{
    public const string Number = "106540352242922";
    public const string AppSecret = "meta-app-secret-for-tests";

    private SandboxFixture(SandboxHost host, WebhookReceiver receiver)
    {
        (Host, Receiver) = (host, receiver);
        Client = new HttpClient { BaseAddress = new Uri(host.BaseUrl) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "EAAsandboxToken");
    }

    public SandboxHost Host { get; }

    public WebhookReceiver Receiver { get; }

    public HttpClient Client { get; }

    public static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    public static async Task<SandboxFixture> StartAsync(Action<SandboxOptions>? configure = null)
    {
        var receiver = await WebhookReceiver.StartAsync();
        var options = new SandboxOptions
        {
            WebhookUrl = receiver.Url,
            AppSecret = AppSecret,
            EnforceWindow = false,
            SentAfter = TimeSpan.FromMilliseconds(1),
            DeliveredAfter = TimeSpan.FromMilliseconds(1),
            ReadAfter = TimeSpan.FromMilliseconds(1),
            RetryFirst = TimeSpan.FromMilliseconds(5),
            RetryLongest = TimeSpan.FromMilliseconds(20),
        };
        configure?.Invoke(options);
        return new SandboxFixture(await SandboxHost.StartAsync(options, CancellationToken.None), receiver);
    }

    public static object TextTo(string to, string body = "Hello", string? reference = null) => new
    {
        messaging_product = "whatsapp",
        recipient_type = "individual",
        to,
        type = "text",
        text = new { body },
        biz_opaque_callback_data = reference,
    };

    public static object Template(string to, string name, string language, params object[] components) => new
    {
        messaging_product = "whatsapp",
        to,
        type = "template",
        template = new { name, language = new { code = language }, components },
    };

    public static object Body(params string[] values) =>
        new { type = "body", parameters = values.Select(v => new { type = "text", text = v }).ToArray() };

    public Task<HttpResponseMessage> SendAsync(object message, string number = Number) =>
        Client.PostAsJsonAsync($"/sandbox/graph/v25.0/{number}/messages", message, WithoutNulls);

    public Task<HttpResponseMessage> SendRawAsync(string json) => Client.PostAsync(
        $"/sandbox/graph/v25.0/{Number}/messages", new StringContent(json, Encoding.UTF8, "application/json"));

    public async Task<string> AcceptedAsync(object message)
    {
        using var response = await SendAsync(message);
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).Should().Be(200, text);
        return JsonSerializer.Deserialize<JsonElement>(text).GetProperty("messages")[0].GetProperty("id").GetString()!;
    }

    public async Task<(int Status, int Code, string Details)> RefusedAsync(object message)
    {
        using var response = await SendAsync(message);
        var error = await ErrorAsync(response);
        return ((int)response.StatusCode, error.GetProperty("code").GetInt32(),
            error.TryGetProperty("error_data", out var data) ? data.GetProperty("details").GetString()! : error.GetProperty("message").GetString()!);
    }

    public static async Task<JsonElement> ErrorAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        var answer = JsonSerializer.Deserialize<JsonElement>(text);
        answer.TryGetProperty("error", out var error).Should().BeTrue(text);
        error.GetProperty("fbtrace_id").GetString().Should().NotBeNullOrEmpty();
        return error;
    }

    public async Task<JsonElement> GetAsync(string path) => await Client.GetFromJsonAsync<JsonElement>(path);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        await Receiver.DisposeAsync();
    }

    private static readonly JsonSerializerOptions WithoutNulls = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };
}
