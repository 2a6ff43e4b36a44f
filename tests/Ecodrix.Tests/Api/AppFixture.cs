using System.Net.Http.Json;
using System.Text.Json;
using Ecodrix.App.Hosting;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Ecodrix.Sandbox;
using Ecodrix.Tests.Api.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api;

/// <summary>
/// The whole application on a port of its own with the embedded store, and a sandbox beside it. Nothing ticks: tests step the queue
/// with <see cref="RunDueAsync"/> and move <see cref="Clock"/>.
/// </summary>
public sealed class AppFixture : IAsyncLifetime
{
    public const string AdminKey = "test-admin-key-0123456789";

    private readonly string _data = Path.Combine(Path.GetTempPath(), $"ecodrix-test-{Guid.NewGuid():n}");
    private WebApplication _app = null!;

    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    /// <summary>What the product sends to the database.</summary>
    internal CommandLog Commands { get; } = new();

    /// <summary>Which routes have been answered.</summary>
    internal WalkedRoutes Walked { get; } = new();

    /// <summary>A client of the tests' own: what they look up themselves is not what the product asks for.</summary>
    public IMongoClient Looking { get; private set; } = null!;

    /// <summary>Where the store is.</summary>
    public string StoreUri { get; private set; } = "";

    public SandboxHost Sandbox { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public IServiceProvider Services => _app.Services;

    public async Task InitializeAsync()
    {
        Sandbox = await SandboxHost.StartAsync(new SandboxOptions { AutoStatuses = false, MagicNumbers = false }, CancellationToken.None);
        var builder = WebApplication.CreateBuilder(["--environment", "Production"]);
        builder.Logging.ClearProviders();
        builder.Configuration["Urls"] = "http://127.0.0.1:0";
        builder.Configuration["Ecodrix:DataPath"] = _data;
        builder.Configuration["Ecodrix:AdminKey"] = AdminKey;
        builder.Configuration["Ecodrix:Workers"] = "0";
        builder.Configuration["Ecodrix:PublicUrl"] = "https://ecodrix.test";
        builder.Configuration["Ecodrix:WhatsApp:GraphUrl"] = Sandbox.GraphUrl;
        builder.Configuration["Ecodrix:Google:BaseUrl"] = Sandbox.GoogleUrl;
        builder.Configuration["Ecodrix:Google:AuthUrl"] = $"{Sandbox.GoogleUrl}/auth";
        builder.Configuration["Ecodrix:Google:TokenUrl"] = $"{Sandbox.GoogleUrl}/token";
        builder.Configuration["Ecodrix:Email:TrustedCertificates:0"] = Sandbox.Mail.Fingerprint;
        builder.Configuration["Ecodrix:Callbacks:AllowedPrivateHosts:0"] = "127.0.0.1";
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddSingleton<ICommandWatch>(Commands);
        builder.Services.AddSingleton<IStartupFilter>(Walked);
        _app = await EcodrixHost.BuildAsync(builder);
        StoreUri = builder.Configuration["Ecodrix:Mongo:Uri"]!;
        Looking = new MongoClient(StoreUri);
        await _app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    /// <summary>Makes a call, and fails from the first command on that is asked for: as where the process ends there.</summary>
    internal async Task<TestAnswer> CutOffAsync(Func<BsonDocument, bool> which, Func<Task<TestAnswer>> call)
    {
        Commands.CutOff = which;
        try
        {
            return await call();
        }
        finally
        {
            Commands.CutOff = null;
        }
    }

    public async Task DisposeAsync()
    {
        var (scans, _) = await Commands.ExplainAsync(Looking);
        Looking.Dispose();
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Sandbox.DisposeAsync();
        Directory.Delete(_data, recursive: true);
        string.Join("\n", scans).Should().BeEmpty("every query is served by an index");
    }

    /// <summary>Carries out everything that is due now, and what that makes due.</summary>
    public async Task RunDueAsync()
    {
        var pump = _app.Services.GetRequiredService<OutboxPump>();
        var runner = _app.Services.GetRequiredService<JobRunner>();
        while (await pump.RunDueAsync(CancellationToken.None) + await runner.RunDueAsync(CancellationToken.None) > 0)
        {
        }
    }

    /// <summary>A tenant as the platform's own work opens it.</summary>
    public async Task<TenantScope> ScopeAsync(TestTenant tenant) =>
        (await _app.Services.GetRequiredService<TenantDirectory>().OpenForSystemAsync(tenant.Code, CancellationToken.None))!;

    /// <summary>A tenant's database, to look into and to break.</summary>
    public IMongoDatabase Database(TestTenant tenant) => Looking.GetDatabase($"ecodrix_{tenant.Code}");

    /// <summary>Does the daily scan for silence of one tenant, whatever the hour.</summary>
    public async Task ScanForSilenceAsync(string code)
    {
        var scope = await _app.Services.GetRequiredService<TenantDirectory>().OpenForSystemAsync(code, CancellationToken.None);
        await _app.Services.GetRequiredService<SilenceScan>().EnqueueAsync(scope!, $"{Guid.NewGuid():n}", CancellationToken.None);
        await RunDueAsync();
    }

    /// <summary>Makes a tenant with its own database, wired to the sandbox.</summary>
    public async Task<TestTenant> TenantAsync(string webhookSecret = "0123456789abcdef0123456789abcdef")
    {
        var made = await SendAsync(HttpMethod.Post, "/api/clients", new { name = $"Clinic {Guid.NewGuid():n}"[..20] }, ("x-admin-key", AdminKey));
        var data = made.Json.GetProperty("data");
        var tenant = new TestTenant(this, data.GetProperty("clientCode").GetString()!, data.GetProperty("apiKey").GetString()!, webhookSecret);
        var secrets = new
        {
            whatsappToken = "sandbox-access-token-0001",
            whatsappBusinessId = "102290129340398",
            whatsappPhoneNumberId = "106540352242922",
            whatsappAppSecret = "sandbox-app-secret",
            automationWebhookSecret = webhookSecret,
        };
        await SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", secrets, ("x-admin-key", AdminKey));
        return tenant;
    }

    public async Task<TestAnswer> SendAsync(HttpMethod method, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body switch
        {
            null => null,
            string raw => new StringContent(raw, System.Text.Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new TestAnswer((int)response.StatusCode, JsonDocument.Parse(text).RootElement,
            response.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
    }
}

/// <summary>A tenant of the test's own.</summary>
public sealed record TestTenant(AppFixture App, string Code, string Key, string WebhookSecret)
{
    public Task<TestAnswer> GetAsync(string path) => App.SendAsync(HttpMethod.Get, path, null, Headers());

    public Task<TestAnswer> PostAsync(string path, object body, params (string Name, string Value)[] more) =>
        App.SendAsync(HttpMethod.Post, path, body, [.. Headers(), .. more]);

    public Task<TestAnswer> PatchAsync(string path, object? body) => App.SendAsync(HttpMethod.Patch, path, body, Headers());

    public Task<TestAnswer> DeleteAsync(string path, object? body = null) => App.SendAsync(HttpMethod.Delete, path, body, Headers());

    public Task<TestAnswer> PutAsync(string path, object body) => App.SendAsync(HttpMethod.Put, path, body, Headers());

    private (string, string)[] Headers() => [("x-api-key", Key), ("x-client-code", Code)];
}

/// <summary>An answer of the API.</summary>
public sealed record TestAnswer(int Status, JsonElement Json, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Data => Json.GetProperty("data");

    public string? Code => Json.TryGetProperty("code", out var code) ? code.GetString() : null;
}
