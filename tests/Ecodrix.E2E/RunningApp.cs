using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ecodrix.App.Hosting;
using Ecodrix.Engine.People;
using Ecodrix.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.E2E;

/// <summary>The whole application with its workers and the real clock, on a port and a data folder of its own, beside a sandbox.</summary>
public sealed class RunningApp : IAsyncLifetime
{
    public const string AdminKey = "e2e-admin-key-0123456789";
    public const string Password = "correct horse battery";

    private readonly string _data = Path.Combine(Path.GetTempPath(), $"ecodrix-e2e-{Guid.NewGuid():n}");
    private WebApplication _app = null!;

    public SandboxHost Sandbox { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public string Url { get; private set; } = "";

    public IServiceProvider Services => _app.Services;

    public async Task InitializeAsync()
    {
        Sandbox = await SandboxHost.StartAsync(new SandboxOptions(), CancellationToken.None);
        var builder = WebApplication.CreateBuilder(["--environment", "Production"]);
        builder.Logging.ClearProviders();
        // Known before it starts: links and Meta's handshake go to the public address.
        var address = $"http://127.0.0.1:{FreePort()}";
        builder.Configuration["Urls"] = address;
        builder.Configuration["Ecodrix:PublicUrl"] = address;
        builder.Configuration["Ecodrix:DataPath"] = _data;
        builder.Configuration["Ecodrix:AdminKey"] = AdminKey;
        builder.Configuration["Ecodrix:Workers"] = "8";
        builder.Configuration["Ecodrix:SignIn:AttemptsPerMinute"] = "1000";
        builder.Configuration["Ecodrix:WhatsApp:GraphUrl"] = Sandbox.GraphUrl;
        builder.Configuration["Ecodrix:Google:BaseUrl"] = Sandbox.GoogleUrl;
        builder.Configuration["Ecodrix:Google:AuthUrl"] = $"{Sandbox.GoogleUrl}/auth";
        builder.Configuration["Ecodrix:Google:TokenUrl"] = $"{Sandbox.GoogleUrl}/token";
        builder.Configuration["Ecodrix:Email:TrustedCertificates:0"] = Sandbox.Mail.Fingerprint;
        builder.Configuration["Ecodrix:Callbacks:AllowedPrivateHosts:0"] = "127.0.0.1";
        _app = await EcodrixHost.BuildAsync(builder);
        await _app.StartAsync();
        Url = _app.Urls.First();
        Http = new HttpClient { BaseAddress = new Uri(Url) };
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Sandbox.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>Calls the API and answers its <c>data</c>.</summary>
    public async Task<JsonElement> CallAsync(HttpMethod method, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.Should().BeTrue("{0} {1} should succeed: {2}", method, path, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("data");
    }

    /// <summary>A collection of a tenant's own database, for what no door lets anybody do.</summary>
    public async Task<IMongoCollection<BsonDocument>> CollectionAsync(E2ETenant tenant, string name)
    {
        var client = new MongoClient(await File.ReadAllTextAsync(Path.Combine(_data, "mongodb.uri")));
        var databases = await (await client.ListDatabaseNamesAsync()).ToListAsync();
        return client.GetDatabase(databases.Single(d => d.Contains(tenant.Code, StringComparison.Ordinal))).GetCollection<BsonDocument>(name);
    }

    /// <summary>Makes a tenant wired to the sandbox.</summary>
    public async Task<E2ETenant> TenantAsync(string name = "Nirvisham Clinic")
    {
        var code = $"t-{Guid.NewGuid():n}"[..16];
        var made = await CallAsync(HttpMethod.Post, "/api/clients", new { name, code }, ("x-admin-key", AdminKey));
        var tenant = new E2ETenant(this, code, made.GetProperty("apiKey").GetString()!);
        await CallAsync(HttpMethod.Post, $"/api/clients/{code}/secrets", new
        {
            whatsappToken = "sandbox-access-token-0001",
            whatsappBusinessId = "102290129340398",
            whatsappPhoneNumberId = "106540352242922",
            whatsappAppSecret = "sandbox-app-secret",
            automationWebhookSecret = "0123456789abcdef0123456789abcdef",
        }, ("x-admin-key", AdminKey));
        return tenant;
    }

    /// <summary>Makes an account with a password, and answers its address.</summary>
    public async Task<string> PersonAsync(Role role, string? tenantCode = null, string? name = null, bool onlyOwn = false, bool twoFactor = false)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Account>>();
        var email = $"{Guid.NewGuid():n}@example.com"[8..];
        var account = new Account { Email = email, Name = name ?? role.Title(), Role = role, TenantCode = tenantCode, OnlyOwn = onlyOwn, CreatedAt = DateTime.UtcNow };
        if (twoFactor)
        {
            scope.ServiceProvider.GetRequiredService<AccountStore>().SetAuthenticatorKey(account, users.GenerateNewAuthenticatorKey());
            account.TwoFactorEnabled = true;
        }

        (await users.CreateAsync(account, Password)).Succeeded.Should().BeTrue();
        return email;
    }

    /// <summary>A browser page whose person is signed in, or has come as far as to a further step of signing in.</summary>
    public async Task<IPage> SignedInAsync(string email, int width = 1440, int height = 900, string? step = null)
    {
        var context = await Browsers.NewContextAsync(Url, width, height);
        var page = await context.NewPageAsync();
        await page.GotoAsync("/signin");
        await page.GetByLabel("E-mail").FillAsync(email);
        await page.GetByLabel("Password").FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await (step is null
            ? Assertions.Expect(page).Not.ToHaveURLAsync(new Regex("/signin"))
            : Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = step })).ToBeVisibleAsync());
        return page;
    }
}

/// <summary>A tenant of the test's own.</summary>
public sealed record E2ETenant(RunningApp App, string Code, string Key)
{
    public Task<JsonElement> CallAsync(HttpMethod method, string path, object? body = null) =>
        App.CallAsync(method, path, body, ("x-api-key", Key), ("x-client-code", Code));
}
