using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Sandbox;

/// <summary>One webhook as it arrived.</summary>
public sealed record ReceivedWebhook(byte[] Body, string? Signature, int AnsweredWith)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

    public IEnumerable<JsonElement> Values => Json.GetProperty("entry").EnumerateArray()
        .SelectMany(e => e.GetProperty("changes").EnumerateArray()).Select(c => c.GetProperty("value"));

    public IEnumerable<JsonElement> Statuses => Values
        .Where(v => v.TryGetProperty("statuses", out _)).SelectMany(v => v.GetProperty("statuses").EnumerateArray());

    public bool IsSignedWith(string secret) =>
        Signature == "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Body));
}

/// <summary>Receives webhooks in the product's place, and can be told to fail.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedWebhook> _received = new();
    private readonly ConcurrentQueue<int> _answers = new();
    private TaskCompletionSource _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WebhookReceiver()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        _app = builder.Build();
        _app.UseRouting();
        _app.MapPost("/webhooks", (Delegate)ReceiveAsync);
        _app.MapGet("/webhooks", (HttpContext http) => http.Request.Query["hub.verify_token"] == "verify-me"
            ? Results.Text(http.Request.Query["hub.challenge"].ToString())
            : Results.StatusCode(403));
    }

    public string Url => _app.Urls.First() + "/webhooks";

    public IReadOnlyCollection<ReceivedWebhook> Received => _received;

    /// <summary>What was acknowledged with 200.</summary>
    public IEnumerable<JsonElement> Statuses => _received.Where(r => r.AnsweredWith == 200).SelectMany(r => r.Statuses);

    public static async Task<WebhookReceiver> StartAsync()
    {
        var receiver = new WebhookReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Answers the next webhooks with these statuses, then with 200 again.</summary>
    public void AnswerWith(params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            _answers.Enqueue(status);
        }
    }

    /// <summary>Waits until the condition holds, looking again after each webhook.</summary>
    public async Task UntilAsync(Func<WebhookReceiver, bool> holds)
    {
        while (true)
        {
            var next = Volatile.Read(ref _arrival).Task;
            if (holds(this))
            {
                return;
            }

            await next.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    /// <summary>Waits for the statuses of one message to be these, in this order.</summary>
    public async Task<IReadOnlyList<JsonElement>> StatusesOfAsync(string messageId, int count)
    {
        await UntilAsync(r => r.Statuses.Count(s => s.GetProperty("id").GetString() == messageId) >= count);
        return [.. Statuses.Where(s => s.GetProperty("id").GetString() == messageId)];
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> ReceiveAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var answer = _answers.TryDequeue(out var status) ? status : 200;
        _received.Enqueue(new ReceivedWebhook(body.ToArray(), http.Request.Headers["X-Hub-Signature-256"], answer));
        Interlocked.Exchange(ref _arrival, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        return Results.StatusCode(answer);
    }
}
